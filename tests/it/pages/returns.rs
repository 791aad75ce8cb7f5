//! Asking to send something back, and for other goods instead, on their pages.

use chrono::TimeDelta;
use domain::messaging::PageLink;
use entity::id::ReturnId;
use entity::words::{ReturnKind, ReturnStatus};
use entity::{exchange, return_photo, return_policy, returns};
use reqwest::StatusCode;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use super::links::{
    FEE, GUEST, asked_back, bought, counted, large_pot, link, order_id, page, policy, pots, reasons, send,
};
use crate::harness::{TestApp, over_http, visitor};
use crate::money::desk::{Desk, Ordered, printed};
use crate::stores::mails::mail_to;
use crate::stores::place::act;

/// A form with files, as browsers write it (RFC 7578).
fn multipart(fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    for (name, bytes) in files {
        let head = format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a.png\"\r\n\r\n");
        body.extend(head.bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--b--\r\n");
    body
}

async fn post(app: &TestApp, url: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> reqwest::Response {
    let seal = app.seal(url);
    let fields = [&[("seal", seal.as_str())][..], fields].concat();
    let request = visitor().post(url).header("origin", app.origin());
    let request = request.header("content-type", "multipart/form-data; boundary=b");
    request.body(multipart(&fields, files)).send().await.unwrap()
}

/// What a page sends along.
fn hidden(shown: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    shown.split(&start).nth(1).unwrap_or_else(|| panic!("no {name} on\n{shown}")).split('"').next().unwrap().to_owned()
}

over_http! {
    /// What it gives is shown before; with pictures it is asked for once, and leads to its slip.
    async fn a_return_is_asked_for_on_the_page(app: TestApp) {
        let desk = Desk::open(&app).await;
        policy(&desk).await;
        reasons(&desk).await;
        let order = bought(&desk, "ja").await;
        send(&desk, &order).await;
        app.run_jobs().await;
        let url = link(&app, PageLink::ReturnRequest, order_id(&order).uuid());
        let (choose, statements) = counted(&url).await;
        assert!(statements <= 23, "{statements} statements");
        let [units, reason, words] = ["units", "reason", "note"].map(|field| format!("{field}.{}", pots(&order)));
        assert!(choose.contains(&units) && choose.contains("max=\"2\"") && !choose.contains("cup"), "{choose}");
        assert!(choose.contains("<option value=\"BROKEN\">壊れている</option>"), "{choose}");

        for (field, value) in [("units", "3"), ("units", "0"), ("units", "x"), ("reason", "NONSENSE")] {
            let amount = if field == "units" { value } else { "1" };
            let why = if field == "reason" { value } else { "" };
            let form = [
                ("action", "preview"), (units.as_str(), amount), (reason.as_str(), why), (words.as_str(), "角に <b>"),
                ("method", "STORE"),
            ];
            let refused = app.form(&url, &form).send().await.unwrap();
            assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
            let text = refused.text().await.unwrap();
            assert!(text.contains("role=\"alert\""), "{text}");
            if (field, value) == ("units", "0") {
                assert!(text.contains("返品する商品の数を、1点以上"), "{text}");
                let marked = "inputmode=\"numeric\" aria-invalid=\"true\" aria-describedby=\"failure\"";
                assert_eq!(text.matches(marked).count(), 1, "the number of the one line there is: {text}");
            }
            for said in [format!("value=\"{amount}\""), "角に &#60;b&#62;".to_owned(), "value=\"STORE\" required checked".to_owned()] {
                assert!(text.contains(&said), "{said} did not stay: {text}");
            }
        }
        let broken = [("action", "preview"), (units.as_str(), "1"), (reason.as_str(), "BROKEN"), ("method", "CARRIER")];
        let claim = app.form(&url, &broken).send().await.unwrap().text().await.unwrap();
        assert!(claim.contains("写真（必須）") && claim.contains(&printed(2_200)), "a claim costs nothing: {claim}");
        assert!(claim.contains("この内容で連絡する") && !claim.contains("返品を申し込む"), "it is told, not returned: {claim}");
        let broken = [("action", "send"), (units.as_str(), "1"), (reason.as_str(), "BROKEN"), ("key", "k"), ("method", "CARRIER")];
        let refused = app.form(&url, &broken).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "without a picture");
        let form = [("action", "preview"), (units.as_str(), "1"), ("method", "CARRIER")];
        let preview = app.form(&url, &form).send().await.unwrap();
        assert_eq!(preview.status(), StatusCode::OK);
        let preview = preview.text().await.unwrap();
        assert!(preview.contains(&printed(2_200 - FEE)) && preview.contains(&printed(FEE)), "{preview}");
        for wanted in ["商品の金額", &printed(2_200), "返品の方法: 宅配便で送る", "返品を申し込む"] {
            assert!(preview.contains(wanted), "{wanted} is not on\n{preview}");
        }
        assert_eq!(returns::Entity::find().count(app.world().db()).await.unwrap(), 0, "only shown");
        let key = preview.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();

        let photo = format!("photo.{}", pots(&order));
        let png: &[u8] = b"\x89PNG\r\n\x1a\nrest";
        let large = [png, &vec![0; 1_048_576]].concat();
        let send = [
            ("action", "send"), (units.as_str(), "1"), ("method", "CARRIER"), ("note", "傷があります <b>"), ("key", key.as_str()),
        ];
        let six = [(photo.as_str(), png); 6];
        let many = [(photo.as_str(), png); 21];
        for (files, why) in [
            (&[(photo.as_str(), &b"<script>alert(1)</script>"[..])][..], "JPEG, PNG, WebP の写真をお選びください"),
            (&[(photo.as_str(), &b"GIF89a"[..])], "JPEG, PNG, WebP の写真をお選びください"),
            (&[(photo.as_str(), &large)], "1枚 1 MB まで"),
            (&six, "1つの商品につき 5 枚まで"),
            (&many, "全部で 20 枚まで"),
        ] {
            let refused = post(&app, &url, &send, files).await;
            assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
            let text = refused.text().await.unwrap();
            assert!(text.contains("aria-invalid=\"true\" aria-describedby=\"failure\""), "{text}");
            assert!(text.contains("傷があります &#60;b&#62;"), "what was written stays: {text}");
            assert!(text.contains(why), "{why}: {text}");
            assert!(text.contains("もう一度お選びください"), "pictures do not stay, and it is said: {text}");
        }
        assert!(!preview.contains("もう一度お選びください"), "nothing was chosen yet: {preview}");
        let back = send.map(|(name, value)| (name, if name == "action" { "change" } else { value }));
        let back = post(&app, &url, &back, &[(photo.as_str(), png)]).await.text().await.unwrap();
        assert!(back.contains("次のページでもう一度お選びください"), "{back}");
        let mut slips = Vec::new();
        for _ in 0..2 {
            let done = post(&app, &url, &send, &[(photo.as_str(), png), (photo.as_str(), b"")]).await;
            assert_eq!(done.status(), StatusCode::SEE_OTHER, "{}", done.text().await.unwrap());
            slips.push(done.headers()["location"].to_str().unwrap().to_owned());
        }
        assert_eq!(slips[0], slips[1], "the same page sent twice asks once");
        let rows = returns::Entity::find().all(app.world().db()).await.unwrap();
        assert_eq!((rows.len(), rows[0].return_shipping_fee, rows[0].status), (1, FEE, ReturnStatus::Requested));
        assert_eq!(return_photo::Entity::find().count(app.world().db()).await.unwrap(), 1);
        assert!(page(&app.url(&slips[0])).await.contains(&rows[0].number));
        let changed = send.map(|(name, value)| (name, if name == "note" { "something else" } else { value }));
        for (lang, says) in [("ja", "すでにお申し込みいただいています"), ("en", "asked for this return already")] {
            let again = post(&app, &format!("{url}?lang={lang}"), &changed, &[]).await;
            assert_eq!(again.status(), StatusCode::CONFLICT, "the same page with something else in it");
            let text = again.text().await.unwrap();
            assert!(text.contains(says) && text.contains(&rows[0].number), "{text}");
            assert!(text.contains(&format!("href=\"{}?lang={lang}\"", slips[0])), "{text}");
            super::html::check(&text, lang, "asked for before");
        }
        assert_eq!(returns::Entity::find().count(app.world().db()).await.unwrap(), 1, "asked once");
        app.run_jobs().await;
        desk.audit().await;
    }

    /// A form with as many of the largest pictures as the page promises is read; five of a line are kept.
    async fn as_many_pictures_as_promised_are_taken(app: TestApp) {
        let desk = Desk::open(&app).await;
        policy(&desk).await;
        let order = bought(&desk, "en").await;
        send(&desk, &order).await;
        app.run_jobs().await;
        let url = link(&app, PageLink::ReturnRequest, order_id(&order).uuid());
        let [units, photo] = ["units", "photo"].map(|field| format!("{field}.{}", pots(&order)));
        let png: &[u8] = b"\x89PNG\r\n\x1a\n";
        let largest = [png, &vec![0; 1_048_576 - png.len()]].concat();
        let form = [("action", "send"), (units.as_str(), "1"), ("method", "CARRIER"), ("key", "five")];
        let twenty = [(photo.as_str(), largest.as_slice()); 20];
        let refused = post(&app, &url, &form, &twenty).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "read, and five of one line are all");
        assert!(refused.text().await.unwrap().contains("At most 5 photos of one item."));
        let done = post(&app, &url, &form, &twenty[..5]).await;
        assert_eq!(done.status(), StatusCode::SEE_OTHER, "{}", done.text().await.unwrap());
        assert_eq!(return_photo::Entity::find().count(app.world().db()).await.unwrap(), 5);
        app.run_jobs().await;
    }

    /// A return that was approved becomes an exchange for another variant at the difference that was shown, and stays
    /// approved; the same page sent twice agrees once.
    async fn an_approved_return_becomes_an_exchange(app: TestApp) {
        let desk = Desk::open(&app).await;
        policy(&desk).await;
        let order = bought(&desk, "en").await;
        send(&desk, &order).await;
        let back = asked_back(&order).await;
        let id: ReturnId = back["id"].as_str().unwrap().parse().unwrap();
        let input = json!({ "returnId": back["id"], "destinationLocationId": desk.place.other.id.to_string() });
        act(&desk.place.boss, "returnApprove", "ReturnApproveInput", "return { status }", input).await;
        app.run_jobs().await;
        let url = link(&app, PageLink::Exchange, id.uuid());
        let none = page(&url).await;
        assert!(none.contains("nothing to exchange it for at present") && !none.contains("<select"), "{none}");
        let gone = large_pot(&desk, 0).await.to_string();
        let all_gone = page(&url).await;
        assert!(all_gone.contains("nothing to exchange it for at present") && !all_gone.contains("<select"), "{all_gone}");
        let large = large_pot(&desk, 5).await;
        let (choose, statements) = counted(&url).await;
        assert!(statements <= 27, "{statements} statements");
        let field = choose.split("<select name=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let variant = large.to_string();
        assert!(choose.contains(&format!("<option value=\"{variant}\">large")), "{choose}");
        assert!(choose.contains(&format!("<option value=\"{gone}\" disabled>large (sold out)")), "{choose}");
        assert!(!choose.contains(&desk.place.pot.id().to_string()), "what comes back is not offered\n{choose}");
        let sold_out = app.form(&url, &[("action", "preview"), (field.as_str(), gone.as_str())]).send().await.unwrap();
        assert_eq!(sold_out.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let sold_out = sold_out.text().await.unwrap();
        assert!(sold_out.contains("Not enough stock") && sold_out.contains("aria-invalid=\"true\""), "{sold_out}");
        let cup = desk.place.cup.id().to_string();
        let other = app.form(&url, &[("action", "preview"), (field.as_str(), cup.as_str())]).send().await.unwrap();
        let other = other.text().await.unwrap();
        assert!(other.contains("pot → <strong>cup</strong> × 1"), "goods of another kind go by their name\n{other}");

        let nothing = app.form(&url, &[("action", "preview")]).send().await.unwrap();
        assert_eq!(nothing.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let form = [("action", "preview"), (field.as_str(), variant.as_str())];
        let preview = app.form(&url, &form).send().await.unwrap();
        assert_eq!(preview.status(), StatusCode::OK);
        let preview = preview.text().await.unwrap();
        assert!(preview.contains("To be paid") && preview.contains(&printed(FEE)), "{preview}");
        let [checked, paid] = ["Once we have checked what you return", "once the difference has been paid"];
        assert!(preview.contains(checked) && preview.contains(paid), "{preview}");
        let (key, difference) = (hidden(&preview, "key"), hidden(&preview, "difference"));
        assert_eq!(difference, FEE.to_string());
        assert_eq!(exchange::Entity::find().count(app.world().db()).await.unwrap(), 0, "only shown");

        let agree = |difference: &str| {
            let form = [("action", "send"), (field.as_str(), variant.as_str()), ("key", key.as_str()), ("difference", difference)];
            app.form(&url, &form).send()
        };
        assert_eq!(agree("0").await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY, "another difference");
        let form = [
            ("action", "send"), (field.as_str(), gone.as_str()), ("key", "gone"), ("difference", difference.as_str()),
        ];
        let refused = app.form(&url, &form).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "nobody agrees on what is sold out");
        let old = returns::Entity::find_by_id(id).one(app.world().db()).await.unwrap().unwrap();
        assert_eq!(old.status, ReturnStatus::Approved, "what was refused changed nothing");
        let done = agree(&difference).await.unwrap();
        assert_eq!(done.status(), StatusCode::SEE_OTHER, "{}", done.text().await.unwrap());
        let slip = done.headers()["location"].to_str().unwrap().to_owned();
        app.run_jobs().await;
        let rows = returns::Entity::find().all(app.world().db()).await.unwrap();
        let stands = |kind| rows.iter().find(|row| row.kind == kind).map(|row| row.status);
        assert_eq!(stands(ReturnKind::Return), Some(ReturnStatus::Canceled));
        assert_eq!(stands(ReturnKind::Exchange), Some(ReturnStatus::Approved));
        let new = rows.iter().find(|row| row.kind == ReturnKind::Exchange).unwrap();
        let agreed = exchange::Entity::find().filter(exchange::Column::ReturnId.eq(new.id));
        assert_eq!(agreed.count(app.world().db()).await.unwrap(), 1);
        let told = "In exchange for: pot large × 1";
        let more = format!("The exchange costs ¥{} more.", printed(FEE));
        let new_slip = page(&app.url(&slip)).await;
        for said in [new.number.as_str(), "Return slip (exchange)", told, more.as_str()] {
            assert!(new_slip.contains(said), "{said} is not on\n{new_slip}");
        }
        let secret = domain::returns::access::visit_token(&app.world().ctx(), id);
        let old_slip = page(&app.url(&format!("/r/{id}/{secret}"))).await;
        assert!(old_slip.contains("This return became an exchange.") && old_slip.contains(&slip), "{old_slip}");
        let on_order = page(&link(&app, PageLink::Order, order_id(&order).uuid())).await;
        for said in ["Became an exchange", told, more.as_str()] {
            assert!(on_order.contains(said), "{said} is not on\n{on_order}");
        }
        let (mail, _) = mail_to(&app, GUEST, told);
        assert!(mail.contains(&new.number) && mail.contains(&more), "{mail}");
        assert_eq!(agree(&difference).await.unwrap().headers()["location"], slip.as_str(), "again is the same");
        assert!(page(&url).await.contains("cannot become an exchange"));
        desk.audit().await;
    }

    /// On its slip a return is confirmed, sent with its number, and given up: each once, however often it is sent.
    async fn a_return_goes_on_by_its_slip(app: TestApp) {
        let desk = Desk::open(&app).await;
        policy(&desk).await;
        let order = bought(&desk, "en").await;
        send(&desk, &order).await;
        let back = asked_back(&order).await;
        let id: ReturnId = back["id"].as_str().unwrap().parse().unwrap();
        let secret = domain::returns::access::visit_token(&app.world().ctx(), id);
        let url = app.url(&format!("/r/{id}/{secret}"));
        let asked = page(&url).await;
        assert!(asked.contains("We received your request.") && asked.contains("Cancel this return"), "{asked}");
        assert!(!asked.contains("I have sent it") && !asked.contains("slip.pdf"), "nobody allowed it yet\n{asked}");
        let early = app.form(&url, &[("action", "sent")]).send().await.unwrap();
        assert_eq!(early.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let input = json!({ "returnId": back["id"] });
        act(&desk.place.boss, "returnApprove", "ReturnApproveInput", "return { status }", input).await;
        let approved = page(&url).await;
        assert!(approved.contains("I have sent it") && approved.contains("Send it to"), "{approved}");
        let long = "1".repeat(101);
        let refused = app.form(&url, &[("action", "sent"), ("carrier", "Yamato <b>"), ("tracking_number", long.as_str())]);
        let refused = refused.send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let text = refused.text().await.unwrap();
        assert!(text.contains("Yamato &#60;b&#62;") && text.contains("aria-invalid=\"true\""), "{text}");
        for _ in 0..2 {
            let form = [("action", "sent"), ("carrier", "Yamato"), ("tracking_number", "412012345673")];
            let sent = app.form(&url, &form).send().await.unwrap();
            assert_eq!(sent.status(), StatusCode::SEE_OTHER, "{}", sent.text().await.unwrap());
        }
        let shown = page(&url).await;
        assert!(shown.contains("Yamato 412012345673") && !shown.contains("Send it to"), "{shown}");
        assert!(!shown.contains("value=\"cancel\""), "nobody keeps what was sent\n{shown}");
        for _ in 0..2 {
            let given_up = app.form(&url, &[("action", "cancel")]).send().await.unwrap();
            assert_eq!(given_up.status(), StatusCode::SEE_OTHER, "{}", given_up.text().await.unwrap());
        }
        let shown = page(&url).await;
        assert!(shown.contains("The return was canceled.") && !shown.contains("Cancel this return"), "{shown}");
        app.run_jobs().await;
        desk.audit().await;
    }

    /// What was asked for in time, and what was approved, stays so: after the last day, and under dearer rules, it still
    /// becomes an exchange, and no more is kept than was said.
    async fn a_return_outlives_the_rules(app: TestApp) {
        let mut desk = Desk::open(&app).await;
        policy(&desk).await;
        let variant = large_pot(&desk, 5).await.to_string();
        let mut asked: Vec<(Ordered, ReturnId, ReturnStatus)> = Vec::new();
        for status in [ReturnStatus::Approved, ReturnStatus::Requested] {
            let basket = desk.place.basket(GUEST, "en", vec![desk.place.sent(&desk.place.pot, 2)]);
            let order = desk.cart(&app.shop(), basket).await.buy(json!([{ "gateway": "TEST" }])).await;
            send(&desk, &order).await;
            let input = json!({
                "orderId": order.id, "lines": [{ "orderLineId": pots(&order), "quantity": 1 }], "method": "CARRIER",
                "idempotencyKey": order.id,
            });
            let back = act(&order.holder, "returnRequest", "ReturnRequestInput", "return { id }", input).await;
            let id = &back["return"]["id"];
            if status == ReturnStatus::Approved {
                let input = json!({ "returnId": id, "destinationLocationId": desk.place.other.id.to_string() });
                act(&desk.place.boss, "returnApprove", "ReturnApproveInput", "return { status }", input).await;
            }
            let id = id.as_str().unwrap().parse().unwrap();
            asked.push((order, id, status));
        }
        app.run_jobs().await;
        let fee = Expr::value(Some(9 * FEE));
        let dearer = return_policy::Entity::update_many().col_expr(return_policy::Column::ReturnShippingFee, fee);
        dearer.exec(app.world().db()).await.unwrap();
        app.world().advance(TimeDelta::days(31));
        desk.next_day(&app).await;
        app.run_jobs().await;
        for (order, id, status) in asked {
            let again = page(&link(&app, PageLink::ReturnRequest, order_id(&order).uuid())).await;
            assert!(again.contains("The time to return it is over"), "{again}");
            let url = link(&app, PageLink::Exchange, id.uuid());
            let choose = page(&url).await;
            let field = choose.split("<select name=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            let form = [("action", "preview"), (field.as_str(), variant.as_str())];
            let preview = app.form(&url, &form).send().await.unwrap().text().await.unwrap();
            let (key, difference) = (hidden(&preview, "key"), hidden(&preview, "difference"));
            assert_eq!(difference, FEE.to_string(), "what was said when it was asked for");
            let form = [
                ("action", "send"), (field.as_str(), variant.as_str()), ("key", key.as_str()),
                ("difference", difference.as_str()),
            ];
            let done = app.form(&url, &form).send().await.unwrap();
            assert_eq!(done.status(), StatusCode::SEE_OTHER, "{}", done.text().await.unwrap());
            let rows = returns::Entity::find().filter(returns::Column::OrderId.eq(order_id(&order)));
            let rows = rows.all(app.world().db()).await.unwrap();
            let new = rows.iter().find(|row| row.kind == ReturnKind::Exchange).unwrap();
            assert_eq!((new.status, new.return_shipping_fee), (status, FEE));
            let is_expected = new.expected_by.is_some_and(|by| by > app.world().now());
            assert_eq!(is_expected, status == ReturnStatus::Approved, "there is time to send it");
        }
        app.run_jobs().await;
        desk.audit().await;
    }
}
