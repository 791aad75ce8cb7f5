//! Goods on the way: from the warehouse to a store, and from a supplier to the warehouse.

use serde_json::{Value, json};

use super::place::{Place, act, refused};
use crate::harness::over_http;

const TRANSFER: &str = "transfer { id number status version supportedActions trackingNumber
    lines { variant { sku } quantity dispatched received damaged missing discrepancyReason } } replayed";
const PURCHASE: &str = "purchaseOrder { id number status totalCost { amount } supplier { code }
    lines { variant { sku } quantity received damaged closed }
    shippingNotices { id reference receivedAt } } replayed";

async fn incoming(place: &Place, at: &entity::location::Model, sku: &support::Sku) -> Value {
    let document = "query($filter: StockLevelFilter!) { stockLevels(filter: $filter) { nodes { incoming damaged } } }";
    let filter = json!({ "locationIds": [at.id.to_string()], "variantIds": [sku.id().to_string()] });
    place.boss.ask(document, json!({ "filter": filter })).await["stockLevels"]["nodes"][0].clone()
}

over_http! {
    /// Draft, ready, dispatched, received in two goes; one unit is broken, one is missing, and both say why.
    async fn a_transfer_arrives_in_parts(app: TestApp) {
        let place = Place::open(&app).await;
        let (cup, pot) = (place.cup.id().to_string(), place.pot.id().to_string());
        let input = json!({
            "fromLocationId": place.warehouse.id.to_string(), "toLocationId": place.store.id.to_string(),
            "lines": [{ "variantId": cup, "quantity": 4 }, { "variantId": pot, "quantity": 2 }], "idempotencyKey": "write",
        });
        let made = act(&place.picker, "transferCreate", "TransferCreateInput", TRANSFER, input.clone()).await;
        assert_eq!(made["transfer"]["status"], "DRAFT");
        let again = act(&place.picker, "transferCreate", "TransferCreateInput", TRANSFER, input).await;
        assert_eq!((&again["transfer"]["id"], &again["replayed"]), (&made["transfer"]["id"], &json!(true)));
        let id = &made["transfer"]["id"];
        let step = json!({ "transferId": id, "idempotencyKey": "ready" });
        assert_eq!(refused(&place.neighbor, "transferReady", "TransferStepInput", step.clone()).await, ["NOT_FOUND"]);
        act(&place.picker, "transferReady", "TransferStepInput", TRANSFER, step).await;
        assert_eq!(place.stock(&place.warehouse, &place.cup).await, (6, 10));
        let input = json!({ "transferId": id, "carrier": "YAMATO", "trackingNumber": "4120-1234-5673", "idempotencyKey": "off" });
        let left = act(&place.picker, "transferDispatch", "TransferDispatchInput", TRANSFER, input).await;
        assert_eq!((&left["transfer"]["status"], &left["transfer"]["trackingNumber"]), (&json!("IN_TRANSIT"), &json!("4120-1234-5673")));
        assert_eq!(place.stock(&place.warehouse, &place.cup).await, (6, 6));
        assert_eq!(incoming(&place, &place.store, &place.cup).await["incoming"], 4);

        let input = json!({ "transferId": id, "lines": [{ "variantId": cup, "received": 2 }], "idempotencyKey": "first" });
        assert_eq!(refused(&place.neighbor, "transferReceive", "TransferReceiveInput", input.clone()).await, ["NOT_FOUND"]);
        let part = act(&place.clerk, "transferReceive", "TransferReceiveInput", TRANSFER, input.clone()).await;
        assert_eq!(part["transfer"]["status"], "PARTLY_RECEIVED");
        let again = act(&place.clerk, "transferReceive", "TransferReceiveInput", TRANSFER, input).await;
        assert_eq!(again["replayed"], true);
        let mut input = json!({ "transferId": id, "idempotencyKey": "rest", "lines": [
            { "variantId": cup, "received": 1, "damaged": 1 }, { "variantId": pot, "received": 1, "missing": 1, "reason": "not in the box" },
        ] });
        assert_eq!(refused(&place.clerk, "transferReceive", "TransferReceiveInput", input.clone()).await, ["REQUIRED"], "why?");
        input["lines"][0]["reason"] = json!("broken");
        let done = act(&place.clerk, "transferReceive", "TransferReceiveInput", TRANSFER, input).await["transfer"].clone();
        assert_eq!((&done["status"], &done["supportedActions"]), (&json!("RECEIVED"), &json!([])), "{done}");
        assert_eq!(place.stock(&place.store, &place.cup).await, (6, 7));
        assert_eq!(incoming(&place, &place.store, &place.cup).await, json!({ "incoming": 0, "damaged": 1 }));
        assert_eq!(place.stock(&place.store, &place.pot).await, (4, 4));
        app.run_jobs().await;
    }

    /// A supplier announces a part of what was ordered; what arrives is stock, what does not is given up.
    async fn a_purchase_order_arrives_with_its_notice(app: TestApp) {
        let place = Place::open(&app).await;
        let cup = place.cup.id().to_string();
        let input = json!({ "code": "arita", "name": "有田製陶所", "email": "orders@arita.example", "leadDays": 14 });
        let supplier = act(&place.boss, "supplierUpsert", "SupplierUpsertInput", "supplier { id }", input).await;
        let input = json!({
            "supplierId": supplier["supplier"]["id"], "locationId": place.warehouse.id.to_string(), "currencyCode": "JPY",
            "lines": [{ "variantId": cup, "quantity": 20, "unitCost": { "amount": "700", "currencyCode": "JPY" } }],
            "idempotencyKey": "write",
        });
        let made = act(&place.picker, "purchaseOrderCreate", "PurchaseOrderCreateInput", PURCHASE, input).await["purchaseOrder"].clone();
        assert_eq!((&made["status"], &made["totalCost"]["amount"]), (&json!("DRAFT"), &json!("14000")));
        let id = &made["id"];
        let step = json!({ "purchaseOrderId": id, "idempotencyKey": "send" });
        act(&place.picker, "purchaseOrderPlace", "PurchaseOrderStepInput", PURCHASE, step).await;
        assert_eq!(incoming(&place, &place.warehouse, &place.cup).await["incoming"], 20);
        let input = json!({
            "purchaseOrderId": id, "reference": "ASN-1", "carrier": "SAGAWA", "lines": [{ "variantId": cup, "quantity": 12 }],
            "idempotencyKey": "announce",
        });
        let told = act(&place.picker, "shippingNoticeAnnounce", "ShippingNoticeAnnounceInput", PURCHASE, input).await;
        let notice = &told["purchaseOrder"]["shippingNotices"][0]["id"];
        let input = json!({
            "purchaseOrderId": id, "shippingNoticeId": notice, "idempotencyKey": "arrived",
            "lines": [{ "variantId": cup, "received": 11, "damaged": 1, "reason": "cracked" }],
        });
        let part = act(&place.picker, "purchaseOrderReceive", "PurchaseOrderReceiveInput", PURCHASE, input).await["purchaseOrder"].clone();
        assert_eq!(part["status"], "PARTLY_RECEIVED", "{part}");
        assert!(part["shippingNotices"][0]["receivedAt"].is_string(), "{part}");
        assert_eq!(place.stock(&place.warehouse, &place.cup).await, (21, 22));
        let input = json!({ "purchaseOrderId": id, "reason": "discontinued", "idempotencyKey": "close" });
        let done = act(&place.picker, "purchaseOrderClose", "PurchaseOrderCloseInput", PURCHASE, input).await["purchaseOrder"].clone();
        assert_eq!(done["lines"], json!([{ "variant": { "sku": "cup" }, "quantity": 20, "received": 11, "damaged": 1, "closed": 8 }]));
        assert_eq!(incoming(&place, &place.warehouse, &place.cup).await, json!({ "incoming": 0, "damaged": 1 }));
        app.run_jobs().await;
    }
}
