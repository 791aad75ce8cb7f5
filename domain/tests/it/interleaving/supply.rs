//! What suppliers bring and other systems tell.

use domain::Result;
use domain::inventory::sync::{StockSync, SyncItem, sync};
use domain::kernel::random::Random;
use domain::transfer::purchase::{
    self, CreatePurchaseOrder, DeliveredUnits, PurchaseContent, PurchaseLine, PurchaseStep, ReceivePurchaseOrder,
};
use entity::money::Currency;
use entity::purchase_order;
use entity::words::{PurchaseOrderStatus, StockSyncMode, SyncErrorPolicy};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::acts::{one, units};
use super::floor::Floor;

/// Orders from the supplier, or receives some of what was ordered.
pub(super) async fn purchase(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let open = [PurchaseOrderStatus::Ordered, PurchaseOrderStatus::PartlyReceived];
    let open = purchase_order::Entity::find()
        .filter(purchase_order::Column::Status.is_in(open))
        .order_by_asc(purchase_order::Column::Id);
    let open = open.all(floor.world().db()).await.unwrap();
    let Some(row) = one(random, &open).filter(|_| random.below(3) > 0) else { return order(floor, random, key).await };
    let lines = purchase::query::lines(floor.world().db(), &[row.id]).await.unwrap();
    let Some(line) = one(random, &lines) else { return Ok(()) };
    let damaged = i64::from(random.below(4) == 0);
    let received = units(random, 4);
    let input = ReceivePurchaseOrder {
        purchase_order_id: row.id,
        expected_version: None,
        shipping_notice_id: None,
        lines: Some(vec![DeliveredUnits {
            variant_id: line.variant_id,
            received,
            damaged,
            reason: (damaged > 0).then(|| "crushed".to_owned()),
        }]),
        units: floor.new_numbers(random, line.variant_id, received + damaged),
        idempotency_key: key,
    };
    purchase::receive(&floor.clerk, input).await.map(|_| ())
}

async fn order(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let (Some(variant), Some(place)) = (one(random, &floor.goods), one(random, &floor.places)) else { return Ok(()) };
    let input = CreatePurchaseOrder {
        supplier_id: floor.supplier,
        location_id: *place,
        content: PurchaseContent {
            currency: Currency::JPY,
            over_delivery_percent: 20,
            expected_at: None,
            external_reference: None,
            note: String::new(),
            lines: vec![PurchaseLine { variant_id: *variant, quantity: units(random, 8), unit_cost: None }],
        },
        idempotency_key: key.clone(),
    };
    let id = purchase::create(&floor.clerk, input).await?.row.id;
    let step = PurchaseStep { purchase_order_id: id, expected_version: None, idempotency_key: key };
    purchase::order(&floor.clerk, step).await.map(|_| ())
}

/// A warehouse system tells of a unit or two more or less.
pub(super) async fn tell_change(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let (Some(sku), Some(place)) = (one(random, &floor.skus), one(random, &floor.places)) else { return Ok(()) };
    let by = units(random, 2);
    let item = SyncItem {
        sku: Some(sku.clone()),
        location_id: Some(*place),
        quantity: if random.below(2) == 0 { by } else { -by },
        reason: Some("shrinkage".to_owned()),
        ..SyncItem::default()
    };
    let input = StockSync {
        source: "wms".to_owned(),
        mode: StockSyncMode::Delta,
        policy: SyncErrorPolicy::SkipFailed,
        items: vec![item],
        idempotency_key: key,
    };
    sync(&floor.clerk, input).await.map(|_| ())
}
