//! Transfers and purchase orders: what moves, what is expected, what is refused.

mod conserving;
mod moving;
mod purchasing;
mod racing;
mod suggesting;
mod table;

use domain::transfer::purchase::{
    self, CreatePurchaseOrder, DeliveredUnits, PurchaseContent, PurchaseLine, PurchaseStep, ReceivePurchaseOrder,
};
use domain::transfer::supplier::{self, UpsertSupplier};
use domain::transfer::{
    self, CancelTransfer, CreateTransfer, DispatchTransfer, Done, ReceiveTransfer, ReceivedUnits, TransferContent,
    TransferStep,
};
use domain::{Ctx, Permission, Result};
use entity::id::{LocationId, PurchaseOrderId, SupplierId, TransferId, VariantId};
use entity::money::{Currency, Money};
use entity::words::TransferCancelOutcome;
use entity::{location, purchase_order, purchase_order_line, stock_level, transfer as transfers, transfer_line};
use support::World;

/// A hub that sends, a store that receives, tea on the hub's shelf, and somebody who may do it all.
struct Shop {
    world: World,
    hub: location::Model,
    store: location::Model,
    tea: VariantId,
    worker: Ctx,
}

impl Shop {
    async fn open(world: &World, units: i64) -> Self {
        let hub = world.warehouse("hub").await;
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&hub, units).create().await.id();
        let worker = world.staff(&[Permission::TransfersWork, Permission::PurchasingWork]).await;
        Self { world: world.clone(), hub, store, tea, worker }
    }

    fn key(&self) -> String {
        self.world.new_uuid().to_string()
    }

    async fn level(&self, place: LocationId) -> stock_level::Model {
        domain::inventory::query::level(self.world.db(), (place, self.tea)).await.unwrap().unwrap()
    }

    /// Units on hand, put aside, damaged and expected at a place.
    async fn units(&self, place: LocationId) -> (i64, i64, i64, i64) {
        let level = self.level(place).await;
        (level.on_hand, level.reserved, level.damaged, level.incoming)
    }

    async fn draft(&self, quantity: i64) -> TransferId {
        let input = CreateTransfer {
            from_location_id: self.hub.id,
            to_location_id: self.store.id,
            content: content(vec![(self.tea, quantity)]),
            idempotency_key: self.key(),
        };
        transfer::create(&self.worker, input).await.unwrap().row.id
    }

    fn step(&self, transfer_id: TransferId) -> TransferStep {
        TransferStep { transfer_id, expected_version: None, idempotency_key: self.key() }
    }

    async fn ready(&self, quantity: i64) -> TransferId {
        let id = self.draft(quantity).await;
        transfer::make_ready(&self.worker, self.step(id)).await.unwrap();
        id
    }

    fn leaving(&self, transfer_id: TransferId, lines: Option<Vec<(VariantId, i64)>>) -> DispatchTransfer {
        DispatchTransfer {
            units: Vec::new(),
            transfer_id,
            expected_version: None,
            lines,
            carrier: None,
            tracking_number: None,
            idempotency_key: self.key(),
        }
    }

    async fn under_way(&self, quantity: i64) -> TransferId {
        let id = self.ready(quantity).await;
        transfer::dispatch(&self.worker, self.leaving(id, None)).await.unwrap();
        id
    }

    async fn under_way_to(&self, place: &location::Model, quantity: i64) -> TransferId {
        let input = CreateTransfer {
            from_location_id: self.hub.id,
            to_location_id: place.id,
            content: content(vec![(self.tea, quantity)]),
            idempotency_key: self.key(),
        };
        let id = transfer::create(&self.worker, input).await.unwrap().row.id;
        transfer::make_ready(&self.worker, self.step(id)).await.unwrap();
        transfer::dispatch(&self.worker, self.leaving(id, None)).await.unwrap();
        id
    }

    fn arriving(&self, transfer_id: TransferId, received: i64, damaged: i64, missing: i64) -> ReceiveTransfer {
        let reason = (damaged > 0 || missing > 0).then(|| "a wet box".to_owned());
        let units = ReceivedUnits { variant_id: self.tea, received, damaged, missing, reason };
        ReceiveTransfer {
            numbers: domain::transfer::Numbers::default(),
            transfer_id,
            expected_version: None,
            lines: Some(vec![units]),
            idempotency_key: self.key(),
        }
    }

    async fn arrive(&self, id: TransferId, received: i64) -> Result<Done<transfers::Model>> {
        transfer::receive(&self.worker, self.arriving(id, received, 0, 0)).await
    }

    fn giving_up(&self, transfer_id: TransferId, outcome: Option<TransferCancelOutcome>) -> CancelTransfer {
        let reason = Some("the van broke down".to_owned());
        CancelTransfer { transfer_id, expected_version: None, outcome, reason, idempotency_key: self.key() }
    }

    async fn line(&self, id: TransferId) -> transfer_line::Model {
        transfer::query::lines(self.world.db(), &[id]).await.unwrap().remove(0)
    }

    async fn supplier(&self) -> SupplierId {
        let input = UpsertSupplier {
            id: None,
            code: "uji".to_owned(),
            name: "=Uji Tea".to_owned(),
            email: Some("Orders@Uji.example".to_owned()),
            phone: None,
            lead_days: Some(7),
            active: true,
            expected_version: None,
        };
        supplier::upsert(&self.worker, input).await.unwrap().id
    }

    fn purchase(&self, quantity: i64, over_delivery_percent: i32) -> PurchaseContent {
        let unit_cost = Some(Money::new(350, Currency::JPY));
        PurchaseContent {
            currency: Currency::JPY,
            over_delivery_percent,
            expected_at: None,
            external_reference: None,
            note: String::new(),
            lines: vec![PurchaseLine { variant_id: self.tea, quantity, unit_cost }],
        }
    }

    async fn purchase_draft(&self, quantity: i64, over_delivery_percent: i32) -> PurchaseOrderId {
        let input = CreatePurchaseOrder {
            supplier_id: self.supplier().await,
            location_id: self.store.id,
            content: self.purchase(quantity, over_delivery_percent),
            idempotency_key: self.key(),
        };
        purchase::create(&self.worker, input).await.unwrap().row.id
    }

    fn purchase_step(&self, purchase_order_id: PurchaseOrderId) -> PurchaseStep {
        PurchaseStep { purchase_order_id, expected_version: None, idempotency_key: self.key() }
    }

    async fn ordered(&self, quantity: i64, over_delivery_percent: i32) -> PurchaseOrderId {
        let id = self.purchase_draft(quantity, over_delivery_percent).await;
        purchase::order(&self.worker, self.purchase_step(id)).await.unwrap();
        id
    }

    fn delivered(&self, purchase_order_id: PurchaseOrderId, received: i64, damaged: i64) -> ReceivePurchaseOrder {
        let reason = (damaged > 0).then(|| "crushed".to_owned());
        let units = DeliveredUnits { variant_id: self.tea, received, damaged, reason };
        ReceivePurchaseOrder {
            units: Vec::new(),
            purchase_order_id,
            expected_version: None,
            shipping_notice_id: None,
            lines: Some(vec![units]),
            idempotency_key: self.key(),
        }
    }

    async fn deliver(&self, id: PurchaseOrderId, received: i64) -> Result<Done<purchase_order::Model>> {
        purchase::receive(&self.worker, self.delivered(id, received, 0)).await
    }

    async fn purchase_line(&self, id: PurchaseOrderId) -> purchase_order_line::Model {
        purchase::query::lines(self.world.db(), &[id]).await.unwrap().remove(0)
    }
}

fn content(lines: Vec<(VariantId, i64)>) -> TransferContent {
    TransferContent { lines, expected_at: None, external_reference: None, note: String::new() }
}
