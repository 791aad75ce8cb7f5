//! Goods on their way, for sound books.

use domain::transfer::purchase::{self, CreatePurchaseOrder, PurchaseContent, PurchaseLine, PurchaseStep};
use domain::transfer::{self, CreateTransfer, ReceivedUnits, TransferContent, TransferStep};
use entity::id::VariantId;
use entity::location;
use entity::money::Currency;
use support::World;

/// A transfer and a purchase order of which a part came, and a transfer that is ready.
pub(super) async fn on_their_way(world: &World, store: &location::Model, tea: VariantId) {
    let from = world.warehouse("hub").await;
    world.stock(&from, tea, 10).await;
    let worker = world.staff(&[domain::Permission::TransfersWork, domain::Permission::PurchasingWork]).await;
    for (number, quantity) in [3, 2].into_iter().enumerate() {
        let key = |step: &str| format!("transfer-{number}-{step}");
        let content = TransferContent {
            lines: vec![(tea, quantity)],
            expected_at: None,
            external_reference: None,
            note: String::new(),
        };
        let (from_location_id, to_location_id) = (from.id, store.id);
        let input = CreateTransfer { from_location_id, to_location_id, content, idempotency_key: key("create") };
        let transfer_id = transfer::create(&worker, input).await.unwrap().row.id;
        let step = TransferStep { transfer_id, expected_version: None, idempotency_key: key("ready") };
        transfer::make_ready(&worker, step).await.unwrap();
        if number == 0 {
            let left = transfer::DispatchTransfer {
                units: Vec::new(),
                transfer_id,
                expected_version: None,
                lines: None,
                carrier: None,
                tracking_number: None,
                idempotency_key: key("dispatch"),
            };
            transfer::dispatch(&worker, left).await.unwrap();
            let one = ReceivedUnits { variant_id: tea, received: 1, damaged: 0, missing: 0, reason: None };
            let came = transfer::ReceiveTransfer {
                numbers: domain::transfer::Numbers::default(),
                transfer_id,
                expected_version: None,
                lines: Some(vec![one]),
                idempotency_key: key("receive"),
            };
            transfer::receive(&worker, came).await.unwrap();
        }
    }
    let supplier = transfer::supplier::UpsertSupplier {
        id: None,
        code: "uji".to_owned(),
        name: "Uji".to_owned(),
        email: None,
        phone: None,
        lead_days: None,
        active: true,
        expected_version: None,
    };
    let supplier_id = transfer::supplier::upsert(&worker, supplier).await.unwrap().id;
    let content = PurchaseContent {
        currency: Currency::JPY,
        over_delivery_percent: 0,
        expected_at: None,
        external_reference: None,
        note: String::new(),
        lines: vec![PurchaseLine { variant_id: tea, quantity: 5, unit_cost: None }],
    };
    let input = CreatePurchaseOrder { supplier_id, location_id: store.id, content, idempotency_key: "po".to_owned() };
    let purchase_order_id = purchase::create(&worker, input).await.unwrap().row.id;
    let step = PurchaseStep { purchase_order_id, expected_version: None, idempotency_key: "po".to_owned() };
    purchase::order(&worker, step).await.unwrap();
    let came = purchase::DeliveredUnits { variant_id: tea, received: 2, damaged: 0, reason: None };
    let input = purchase::ReceivePurchaseOrder {
        units: Vec::new(),
        purchase_order_id,
        expected_version: None,
        shipping_notice_id: None,
        lines: Some(vec![came]),
        idempotency_key: "po".to_owned(),
    };
    purchase::receive(&worker, input).await.unwrap();
}
