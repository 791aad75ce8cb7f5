//! Guests who buy, and register afterwards: their orders join them when the address is proved.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::harness::{Caller, TestApp, over_http};
use crate::must_hold::shop::{self, Shop};

const PASSWORD: &str = "correct horse battery staple";
const BUY: &str = "mutation($input: CartCompleteInput!) { cartComplete(input: $input) {
    order { id number } orderToken errors { code message path } } }";
const REGISTER: &str = "mutation($input: CustomerRegisterInput!) { customerRegister(input: $input) {
    sentTo errors { code message path } } }";
const VERIFY: &str = "mutation($input: CustomerVerifyIdentifierInput!) { customerVerifyIdentifier(input: $input) {
    customer { id } session { accessToken } errors { code message path } } }";
const CLAIM: &str = "mutation($input: OrderClaimInput!) { orderClaim(input: $input) {
    order { id number } errors { code message path } } }";
const MINE: &str = "{ me { orders { nodes { number } } } }";

/// A guest's order: its number and its secret.
async fn buy(app: &TestApp, shop: &Shop, email: &str) -> (String, String) {
    let buyer = shop.buyer(&app.shop(), email).await;
    let done = buyer.caller.run("cartComplete", BUY, buyer.completion(&format!("of-{email}-{}", buyer.cart_id))).await;
    (done["order"]["number"].as_str().unwrap().to_owned(), done["orderToken"].as_str().unwrap().to_owned())
}

/// The code in the newest mail to an address, taken from its plain part.
fn code_mailed_to(app: &TestApp, email: &str) -> String {
    let mails = app.smtp().mails();
    let mail = mails.iter().rev().find(|mail| mail.to == [email]).unwrap_or_else(|| panic!("no mail to {email}"));
    let text = plain_text(&mail.data);
    let code = text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6);
    code.unwrap_or_else(|| panic!("no code in\n{text}")).to_owned()
}

/// The plain part of a mail, decoded (RFC 2045).
fn plain_text(data: &str) -> String {
    let part = data.split("text/plain").nth(1).unwrap();
    let (head, body) = part.split_once("\r\n\r\n").unwrap();
    let body = body.split("\r\n--").next().unwrap();
    let bytes = if head.to_ascii_lowercase().contains("base64") {
        BASE64.decode(body.split_whitespace().collect::<String>().as_bytes()).unwrap()
    } else {
        quoted_printable(&body.replace("=\r\n", ""))
    };
    String::from_utf8(bytes).unwrap()
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let mut pieces = text.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    bytes
}

/// Registers, reads the mail, proves the address.
async fn register(app: &TestApp, email: &str) -> Caller {
    let input = json!({ "email": email, "password": PASSWORD, "locale": "ja" });
    let sent = app.shop().run("customerRegister", REGISTER, input).await;
    assert_eq!(sent["sentTo"], email);
    app.run_jobs().await;
    let wrong = json!({ "input": { "email": email, "code": "000000", "password": PASSWORD } });
    assert_eq!(app.shop().send(VERIFY, wrong).await.codes("customerVerifyIdentifier").len(), 1);
    let proof = json!({ "email": email, "code": code_mailed_to(app, email), "password": PASSWORD });
    let verified = app.shop().run("customerVerifyIdentifier", VERIFY, proof.clone()).await;
    let again = app.shop().send(VERIFY, json!({ "input": proof })).await;
    assert_eq!(again.codes("customerVerifyIdentifier").len(), 1, "a code works once");
    app.shop().header("authorization", &format!("Bearer {}", verified["session"]["accessToken"].as_str().unwrap()))
}

async fn numbers(customer: &Caller) -> Vec<String> {
    let me = customer.ask(MINE, json!({})).await;
    let nodes = me["me"]["orders"]["nodes"].as_array().unwrap().clone();
    nodes.iter().map(|node| node["number"].as_str().unwrap().to_owned()).collect()
}

over_http! {
    /// Orders of an address join its owner when the code that was mailed there comes back, and not a moment earlier.
    async fn guest_orders_join_the_proved_address(app: TestApp) {
        let shop = shop::open(app.world(), 10).await;
        let (first, _) = buy(&app, &shop, "hanako@example.com").await;
        let (second, _) = buy(&app, &shop, "hanako@example.com").await;
        let (strangers, _) = buy(&app, &shop, "taro@example.com").await;
        app.run_jobs().await;
        let hanako = register(&app, "hanako@example.com").await;
        let mut mine = numbers(&hanako).await;
        mine.sort_unstable();
        assert_eq!(mine, [first, second]);
        let theirs = "query($by: OrderKey) { order(by: $by) { number } }";
        let seen = hanako.ask(theirs, json!({ "by": { "number": strangers } })).await;
        assert_eq!(seen["order"], Value::Null);
        app.run_jobs().await;
    }

    /// An order under another address joins by its number and secret; without them it stays whose it is.
    async fn an_order_is_claimed_by_its_secret(app: TestApp) {
        let shop = shop::open(app.world(), 10).await;
        let (number, secret) = buy(&app, &shop, "work@example.com").await;
        let (other, other_secret) = buy(&app, &shop, "taro@example.com").await;
        app.run_jobs().await;
        let hanako = register(&app, "hanako@example.com").await;
        assert_eq!(numbers(&hanako).await, Vec::<String>::new());
        let claim = async |caller: &Caller, number: &str, token: &str| {
            caller.send(CLAIM, json!({ "input": { "number": number, "token": token } })).await
        };
        for (number, token) in [(number.as_str(), "guessed"), (&number, &other_secret), ("JP-0", &secret)] {
            assert_eq!(claim(&hanako, number, token).await.codes("orderClaim"), ["NOT_FOUND"], "{number}");
        }
        assert_eq!(claim(&app.shop(), &number, &secret).await.top_codes(), ["UNAUTHENTICATED"]);
        for _ in 0..2 {
            let claimed = claim(&hanako, &number, &secret).await;
            assert_eq!(claimed.body["data"]["orderClaim"]["order"]["number"], json!(number), "{claimed:#?}");
        }
        assert_eq!(numbers(&hanako).await, std::slice::from_ref(&number));
        let taro = register(&app, "taro@example.com").await;
        assert_eq!(numbers(&taro).await, [other]);
        assert_eq!(claim(&taro, &number, &secret).await.codes("orderClaim"), ["NOT_FOUND"], "it has an owner");
        app.run_jobs().await;
    }
}
