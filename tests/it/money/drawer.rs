//! A drawer through its day: change money, sales, cash out and to the safe, a blind count, a report.

use serde_json::{Value, json};

use super::desk::{Desk, amount, printed, yen};
use crate::harness::over_http;
use crate::stores::place::{act, refused};

async fn open(desk: &Desk, key: &str) -> Value {
    let input = json!({ "openingFloat": yen(10_000), "idempotencyKey": key });
    let selection = "session { id number register { id code } } replayed";
    act(&desk.far, "registerSessionOpen", "RegisterSessionOpenInput", selection, input).await
}

fn moving(kind: &str, amount: i64, reason: &str) -> Value {
    json!({ "kind": kind, "amount": yen(amount), "reason": reason, "idempotencyKey": format!("{kind} {amount}") })
}

fn sale(desk: &Desk, key: &str) -> Value {
    json!({
        "lines": [{ "variantId": desk.place.cup.id().to_string(), "quantity": 1 }],
        "payments": [{ "gateway": "CASH", "tendered": yen(10_000) }], "idempotencyKey": key,
    })
}

async fn session(caller: &crate::harness::Caller, id: &Value) -> Value {
    let document = "query($id: ID!) { registerSession(id: $id) { status expected { amount } counted { amount } } }";
    caller.ask(document, json!({ "id": id })).await["registerSession"].clone()
}

over_http! {
    /// Cash in, out and to the safe with a second person, counted blind, closed with a reason, once; then the next session.
    async fn a_drawer_through_its_day(app: TestApp) {
        let desk = Desk::open(&app).await;
        let opened = open(&desk, "morning").await;
        let (id, register) = (&opened["session"]["id"], &opened["session"]["register"]);
        assert_eq!(open(&desk, "morning").await["replayed"], true);
        let input = json!({ "openingFloat": yen(1), "idempotencyKey": "again" });
        let twice = refused(&desk.far, "registerSessionOpen", "RegisterSessionOpenInput", input).await;
        assert_eq!(twice, ["REGISTER_SESSION_OPEN"]);
        let limit = json!({
            "id": register["id"], "code": register["code"], "name": "レジ1", "cashLimit": yen(3_000),
            "locationId": desk.place.other.id.to_string(), "channelId": desk.place.pos.id.to_string(), "requiresSession": true,
        });
        act(&desk.place.boss, "registerUpsert", "RegisterUpsertInput", "register { id }", limit).await;

        let sold = act(&desk.far, "posSale", "PosSaleInput", "receipt { number text total { amount } tenders { change { amount } } }",
            sale(&desk, "sale")).await["receipt"].clone();
        assert_eq!((amount(&sold["total"]), amount(&sold["tenders"][0]["change"])), (2_200, 7_800));
        let paper = sold["text"].as_str().unwrap();
        assert!(paper.contains(&printed(2_200)) && paper.contains(&printed(7_800)), "{paper}");
        act(&desk.far, "registerCashMove", "RegisterCashMoveInput", "session { id }", moving("OUT", 500, "切手")).await;
        act(&desk.far, "registerCashMove", "RegisterCashMoveInput", "session { id }", moving("IN", 1_000, "両替")).await;
        let much = moving("DROP", 5_000, "金庫");
        let alone = refused(&desk.far, "registerCashMove", "RegisterCashMoveInput", much.clone()).await;
        assert_eq!(alone, ["APPROVAL_REQUIRED"]);
        let manager = json!({
            "email": "manager-umeda@staff.example", "name": "店長", "locale": "ja",
            "password": "correct horse battery staple", "pin": "1357",
            "roles": [{ "role": "manager", "locationId": desk.place.other.id.to_string() }],
        });
        act(&desk.place.boss, "staffUpsert", "StaffUpsertInput", "staff { id }", manager).await;
        let mut allowed = much;
        allowed["approval"] = json!({ "email": "manager-umeda@staff.example", "pin": "1357" });
        act(&desk.far, "registerCashMove", "RegisterCashMoveInput", "session { id }", allowed).await;
        let broke = refused(&desk.far, "registerCashMove", "RegisterCashMoveInput", {
            let mut all = moving("OUT", 100_000, "all");
            all["approval"] = json!({ "email": "manager-umeda@staff.example", "pin": "1357" });
            all
        }).await;
        assert_eq!(broke, ["INSUFFICIENT_CASH"]);

        // 10,000 + 2,200 − 500 + 1,000 − 5,000: only the manager sees it before the count.
        assert_eq!(session(&desk.far, id).await["expected"], Value::Null);
        assert_eq!(amount(&session(&desk.place.boss, id).await["expected"]), 7_700);
        let piece = |value: i64, count: i64| json!({ "value": yen(value), "count": count });
        let counted = json!([piece(5_000, 1), piece(1_000, 2), piece(100, 6)]);
        let input = json!({ "sessionId": id, "pieces": counted });
        act(&desk.far, "registerSessionCount", "RegisterSessionCountInput", "session { id }", input).await;
        let mut input = json!({ "sessionId": id, "pieces": counted, "idempotencyKey": "evening" });
        assert_eq!(refused(&desk.far, "registerSessionClose", "RegisterSessionCloseInput", input.clone()).await, ["REQUIRED"]);
        input["differenceReason"] = json!("100円玉が一枚足りない");
        let selection = "session { status expected { amount } counted { amount } difference { amount } zNumber
            zReport { zNumber text html sales { count amount { amount } } cash { kind count amount { amount } }
                expected { amount } difference { amount } } } replayed";
        let closed = act(&desk.far, "registerSessionClose", "RegisterSessionCloseInput", selection, input.clone()).await;
        let again = act(&desk.far, "registerSessionClose", "RegisterSessionCloseInput", selection, input).await;
        assert_eq!((&again["session"], &again["replayed"]), (&closed["session"], &json!(true)));
        let end = &closed["session"];
        assert_eq!(["expected", "counted", "difference"].map(|name| amount(&end[name])), [7_700, 7_600, -100]);
        let z = &end["zReport"];
        assert_eq!((&z["zNumber"], amount(&z["expected"]), amount(&z["difference"])), (&json!(1), 7_700, -100));
        let mut cash: Vec<(&str, i64)> = z["cash"].as_array().unwrap().iter()
            .map(|one| (one["kind"].as_str().unwrap(), amount(&one["amount"]))).collect();
        cash.sort_unstable();
        assert_eq!(cash, [("DROP", -5_000), ("FLOAT", 10_000), ("IN", 1_000), ("OUT", -500), ("SALE", 2_200)]);
        let (paper, page) = (z["text"].as_str().unwrap(), z["html"].as_str().unwrap());
        for wanted in ["切手", "両替", "金庫", "店長", "100円玉が一枚足りない", &printed(7_700), &printed(7_600), &printed(2_200)] {
            assert!(paper.contains(wanted) && page.contains(wanted), "{wanted} is not in {paper}");
        }

        assert_eq!(refused(&desk.far, "posSale", "PosSaleInput", sale(&desk, "late")).await, ["REGISTER_SESSION_REQUIRED"]);
        let next = open(&desk, "next morning").await;
        assert_eq!(next["session"]["number"], 2);
        app.run_jobs().await;
        desk.audit().await;
    }
}
