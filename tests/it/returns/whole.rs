//! Three units bought online with a code and a gift card; one good and one damaged come back at another store.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::Sku;

use crate::harness::{TestApp, over_http};
use crate::money::desk::{Desk, HANAKO, Ordered, amount, printed, yen};
use crate::stores::mails::mail_to;
use crate::stores::place::act;

/// What three cost after a tenth off, what was sent, and what the card had.
const GOODS: i64 = 9_900 - 990;
const CARD: i64 = 5_000;
const TOTAL: i64 = GOODS + 550;
/// What two of the three are worth.
const BACK: i64 = GOODS / 3 * 2;
/// What the card pays of what goes back: the other tender came last and goes first.
const TO_CARD: i64 = BACK - (TOTAL - CARD);

/// What an answer says of money by tender.
fn by_gateway(tenders: &Value) -> BTreeMap<String, i64> {
    let all = tenders.as_array().unwrap().iter();
    all.map(|tender| (tender["gateway"].as_str().unwrap().to_owned(), amount(&tender["amount"]))).collect()
}

fn tenders(pairs: &[(&str, i64)]) -> BTreeMap<String, i64> {
    pairs.iter().map(|(gateway, amount)| ((*gateway).to_owned(), *amount)).collect()
}

/// A vase that only the warehouse keeps.
async fn vase(desk: &Desk, app: &TestApp) -> Sku {
    let (place, product) = (&desk.place, app.world().product("vase"));
    product.price(&place.online, 3_300).price(&place.pos, 3_300).stock(&place.warehouse, 10).create().await
}

/// Hanako buys three with the code and the card; the warehouse sends them; the mail says what the API says.
async fn bought(desk: &Desk, app: &TestApp, vase: &Sku, card: &str) -> Ordered {
    let mut input = desk.place.basket(HANAKO, "ja", vec![desk.place.sent(vase, 3)]);
    input["codes"] = json!(["autumn"]);
    let cart = desk.cart(&desk.hanako, input).await;
    assert_eq!((amount(&cart.seen["discountTotal"]), cart.total()), (990, TOTAL), "{}", cart.seen);
    let order = cart.buy(json!([{ "gateway": "GIFT_CARD", "code": card }, { "gateway": "TEST" }])).await;
    assert_eq!(order.seen["paymentStatus"], "PAID");
    assert_eq!(by_gateway(&order.seen["payments"]), tenders(&[("GIFT_CARD", CARD), ("TEST", TOTAL - CARD)]));
    assert_eq!(desk.on_card(card).await, 0);
    app.run_jobs().await;
    let (text, html) = mail_to(app, HANAKO, &order.number);
    for number in [9_900, 990, 550, TOTAL, CARD, TOTAL - CARD] {
        assert!(text.contains(&printed(number)) && html.contains(&printed(number)), "{number} is not in {text}");
    }
    assert!(text.contains("秋の特典"), "{text}");
    desk.send(&order.seen["fulfillmentOrders"][0]["id"]).await;
    app.run_jobs().await;
    order
}

/// Umeda opens its drawer and sells something; the session's id.
async fn opened(desk: &Desk) -> Value {
    let input = json!({ "openingFloat": yen(30_000), "idempotencyKey": "open" });
    let selection = "session { id number }";
    let open = act(&desk.far, "registerSessionOpen", "RegisterSessionOpenInput", selection, input).await;
    let input = json!({
        "lines": [{ "variantId": desk.place.cup.id().to_string(), "quantity": 1 }],
        "payments": [{ "gateway": "CASH", "tendered": yen(3_000) }], "idempotencyKey": "sale",
    });
    act(&desk.far, "posSale", "PosSaleInput", "receipt { number }", input).await;
    open["session"]["id"].clone()
}

/// The till in Umeda, which never had a vase, finds the order by its number and takes two of the three back.
async fn returned(desk: &Desk, order: &Ordered) -> Value {
    let document = "query($code: String!) { orderLookup(code: $code) { id number lines { id quantity } } }";
    let found = desk.far.ask(document, json!({ "code": order.number })).await["orderLookup"][0].clone();
    assert_eq!(found["id"], order.id.as_str());
    let document = "query($id: ID!) { returnability(orderId: $id) { orderLineId units refusal } }";
    let can = desk.far.ask(document, json!({ "id": order.id })).await["returnability"].clone();
    let line = &found["lines"][0]["id"];
    assert_eq!(can, json!([{ "orderLineId": line, "units": 3, "refusal": null }]));
    let input = json!({
        "orderId": order.id, "idempotencyKey": "two of three", "lines": [
            { "orderLineId": line, "quantity": 1, "disposition": "RESTOCK" },
            { "orderLineId": line, "quantity": 1, "disposition": "DAMAGED", "note": "a crack" },
        ],
    });
    let selection = "return { id number status lodgedLocation { code } items { quantity disposition locationId }
        order { returnStatus paymentStatus
            payments { gateway amount { amount } captured { amount } refunded { amount } }
            refunds { id amount { amount } pendingAmount { amount } feeAmount { amount } reason
                creditNote { number total { amount } taxes { ratePpm taxable { amount } tax { amount } gross { amount } }
                    tenders { gateway amount { amount } } text html } } } } replayed";
    let done = act(&desk.far, "returnAtCounter", "ReturnAtCounterInput", selection, input.clone()).await;
    let again = act(&desk.far, "returnAtCounter", "ReturnAtCounterInput", "return { id } replayed", input).await;
    assert_eq!((&again["return"]["id"], &again["replayed"]), (&done["return"]["id"], &json!(true)));
    done["return"].clone()
}

/// Money per tender and the credit note: the same numbers everywhere.
fn right_money(back: &Value) {
    let order = &back["order"];
    assert_eq!((&back["status"], &back["lodgedLocation"]["code"]), (&json!("CLOSED"), &json!("umeda")));
    assert_eq!(
        (&order["returnStatus"], &order["paymentStatus"]),
        (&json!("PARTIALLY_RETURNED"), &json!("PARTIALLY_REFUNDED"))
    );
    let refunded = order["payments"].as_array().unwrap().iter();
    let refunded: BTreeMap<String, i64> = refunded
        .map(|payment| (payment["gateway"].as_str().unwrap().to_owned(), amount(&payment["refunded"])))
        .collect();
    assert_eq!(refunded, tenders(&[("GIFT_CARD", TO_CARD), ("TEST", TOTAL - CARD)]));
    let refunds = order["refunds"].as_array().unwrap();
    let refund = &refunds[0];
    assert_eq!((refunds.len(), amount(&refund["amount"]), amount(&refund["pendingAmount"])), (1, BACK, 0));
    assert_eq!((&refund["reason"], amount(&refund["feeAmount"])), (&json!("RETURNED"), 0));
    let note = &refund["creditNote"];
    assert_eq!(amount(&note["total"]), BACK);
    assert_eq!(by_gateway(&note["tenders"]), refunded);
    let tax = BACK / 11;
    let rate = &note["taxes"][0];
    let parts = [&rate["gross"], &rate["taxable"], &rate["tax"]].map(amount);
    assert_eq!((&rate["ratePpm"], parts), (&json!(100_000), [BACK, BACK - tax, tax]));
    let (text, html) = (note["text"].as_str().unwrap(), note["html"].as_str().unwrap());
    for number in [BACK, tax, TO_CARD, TOTAL - CARD] {
        assert!(text.contains(&printed(number)) && html.contains(&printed(number)), "{number} is not in {text}");
    }
    assert!(text.contains(note["number"].as_str().unwrap()) && text.contains("T1234567890123"), "{text}");
}

/// The mail about the refund says the API's numbers: goods, all of it, each tender, and the credit note.
fn right_mail(app: &TestApp, back: &Value) {
    let refund = &back["order"]["refunds"][0];
    let note = &refund["creditNote"];
    let (text, html) = mail_to(app, HANAKO, note["number"].as_str().unwrap());
    let tenders = note["tenders"].as_array().unwrap().iter().map(|tender| &tender["amount"]);
    let goods = note["taxes"].as_array().unwrap().iter().map(|tax| &tax["gross"]);
    let told: Vec<i64> =
        [&refund["amount"], &note["total"]].into_iter().chain(tenders).chain(goods).map(amount).collect();
    assert_eq!(told, [BACK, BACK, TOTAL - CARD, TO_CARD, BACK], "{note}");
    for number in told {
        assert!(text.contains(&printed(number)) && html.contains(&printed(number)), "{number} is not in {text}");
    }
    // What was paid and does not go back is no part of it.
    for number in [TOTAL, GOODS] {
        assert!(!text.contains(&printed(number)), "{number} is in {text}");
    }
}

/// One lies in the shelf and one among the damaged, in a store that never had any.
async fn right_stock(desk: &Desk, vase: &Sku) {
    let document = "query($filter: StockLevelFilter!) { stockLevels(filter: $filter) { nodes {
        location { code } onHand available damaged committed } } }";
    let filter = json!({ "variantIds": [vase.id().to_string()] });
    let levels = desk.place.boss.ask(document, json!({ "filter": filter })).await["stockLevels"]["nodes"].clone();
    let mut at: Vec<String> = levels
        .as_array()
        .unwrap()
        .iter()
        .map(|level| {
            let units = ["onHand", "available", "damaged", "committed"].map(|state| level[state].as_i64().unwrap());
            format!("{} {units:?}", level["location"]["code"].as_str().unwrap())
        })
        .collect();
    at.sort();
    assert_eq!(at, ["funabashi [7, 7, 0, 0]", "umeda [2, 1, 1, 0]"]);
}

/// What a report says of a day.
fn day(report: &Value) -> Value {
    let sums = |name: &str| json!([report[name]["count"], amount(&report[name]["amount"])]);
    json!({
        "sales": sums("sales"), "tenders": by_gateway(&report["tenders"]), "credit notes": sums("creditNotes"),
        "refunds": by_gateway(&report["refunds"]), "expected": amount(&report["expected"]),
        "tax": [amount(&report["taxes"][0]["taxable"]), amount(&report["taxes"][0]["tax"])],
        "credit tax": [amount(&report["creditTaxes"][0]["taxable"]), amount(&report["creditTaxes"][0]["tax"])],
    })
}

/// The X report of the day and the Z report of its end say the same; the paper prints it.
async fn right_drawer(desk: &Desk, session: &Value) {
    let fields = "zNumber sales { count amount { amount } } taxes { taxable { amount } tax { amount } }
        tenders { gateway count amount { amount } } creditNotes { count amount { amount } }
        creditTaxes { taxable { amount } tax { amount } } refunds { gateway count amount { amount } }
        expected { amount } counted { amount } difference { amount } isComplete text";
    let document = format!("query($id: ID!) {{ xReport(sessionId: $id) {{ {fields} }} }}");
    let x = desk.place.boss.ask(&document, json!({ "id": session })).await["xReport"].clone();
    let tax = BACK / 11;
    let wanted = json!({
        "sales": [1, 2_200], "tenders": { "CASH": 2_200 }, "credit notes": [1, BACK],
        "refunds": { "GIFT_CARD": TO_CARD, "TEST": TOTAL - CARD }, "expected": 32_200,
        "tax": [2_000, 200], "credit tax": [BACK - tax, tax],
    });
    assert_eq!(day(&x), wanted, "{}", x["text"].as_str().unwrap());
    let piece = |value: i64, count: i64| json!({ "value": yen(value), "count": count });
    let input = json!({
        "sessionId": session, "pieces": [piece(10_000, 3), piece(1_000, 2), piece(100, 2)], "idempotencyKey": "close",
    });
    let selection = format!("session {{ status difference {{ amount }} zReport {{ {fields} }} }}");
    let closed = act(&desk.far, "registerSessionClose", "RegisterSessionCloseInput", &selection, input).await;
    let session = &closed["session"];
    assert_eq!((&session["status"], amount(&session["difference"])), (&json!("CLOSED"), 0));
    let z = &session["zReport"];
    assert_eq!((day(z), &z["zNumber"], amount(&z["counted"])), (wanted, &json!(1), 32_200));
    let paper = z["text"].as_str().unwrap();
    for number in [2_200, BACK, TO_CARD, TOTAL - CARD, tax, 32_200] {
        assert!(paper.contains(&printed(number)), "{number} is not in {paper}");
    }
}

/// The customer's history tells it all.
async fn right_timeline(desk: &Desk) {
    let document = "query($id: ID!) { customer(by: { id: $id }) { timeline(first: 100) { nodes { kind } } } }";
    let told = desk.place.boss.ask(document, json!({ "id": desk.hanako_id })).await;
    let kinds: Vec<&str> = told["customer"]["timeline"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["kind"].as_str().unwrap())
        .collect();
    let wanted = [
        "order_placed",
        "shipment_dispatched",
        "return_requested",
        "return_inspected",
        "refund_issued",
        "refund_executed",
        "credit_note_issued",
        "return_closed",
    ];
    for kind in wanted {
        assert!(kinds.contains(&kind), "{kind} is not in {kinds:?}");
    }
}

over_http! {
    /// The whole story: money per tender, credit note, stock states, the drawer's reports, the history, a clean audit.
    async fn two_of_three_come_back_at_another_store(app: TestApp) {
        let desk = Desk::open(&app).await;
        let vase = vase(&desk, &app).await;
        desk.promotion("AUTUMN", &[]).await;
        let (_, card) = desk.gift_card(CARD).await;
        let order = bought(&desk, &app, &vase, &card).await;
        let session = opened(&desk).await;

        let back = returned(&desk, &order).await;
        right_money(&back);
        assert_eq!(desk.on_card(&card).await, TO_CARD, "the card has it again");
        right_stock(&desk, &vase).await;
        app.run_jobs().await;
        right_mail(&app, &back);

        // What the customer reads is what the clerk saw.
        let mine = order.read("returnStatus creditNotes { number total { amount } text } returns { number status }").await;
        let note = &back["order"]["refunds"][0]["creditNote"];
        assert_eq!((&mine["creditNotes"][0]["text"], &mine["returns"][0]["number"]), (&note["text"], &back["number"]));

        right_drawer(&desk, &session).await;
        right_timeline(&desk).await;
        app.run_jobs().await;
        desk.audit().await;
    }
}
