//! Messages by LINE, SMS and webhook, against stand-ins.

use std::sync::Arc;

use data_encoding::BASE64;
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use entity::words::MessageChannel;
use hitotsu::adapters::channels::Channels;
use hitotsu::adapters::line::Line;
use hitotsu::adapters::mail_file::FileMail;
use hitotsu::adapters::sms::Sms;
use hitotsu::adapters::webhook::Webhook;
use hitotsu::config::{LineConfig, SmsConfig, WebhookConfig};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use support::provider::{Provider, Reply};

use super::mail;

fn message(channel: MessageChannel, to: &str) -> OutgoingMail {
    OutgoingMail { channel, to: to.to_owned(), text: "お荷物が届きました 🎁".to_owned(), ..mail() }
}

#[tokio::test]
async fn line_gets_a_text_once_per_key() {
    let provider = Provider::start().await.unwrap();
    let line = Line::new(&LineConfig { token: "geheim".to_owned().into(), base_url: provider.url() }).unwrap();
    let message = message(MessageChannel::Line, "U4af4980629");
    provider.script([
        Some(Reply { header: Some(("x-line-request-id", "req-1")), ..Reply::new(200, "{}") }),
        Some(Reply { header: Some(("x-line-accepted-request-id", "req-1")), ..Reply::new(409, "{}") }),
        Some(Reply::new(400, "{}")),
        Some(Reply::new(401, "{}")),
        Some(Reply::new(429, "{}")),
        Some(Reply::new(500, "{}")),
        None,
    ]);
    for _ in 0..2 {
        assert_eq!(line.send_named(&message).await, Ok(Some("req-1".to_owned())), "a repetition was accepted before");
    }
    assert_eq!(line.send(&message).await, Err(SendError::Permanent("LINE 400".to_owned())));
    for _ in 0..3 {
        assert!(matches!(line.send(&message).await, Err(SendError::Temporary(_))));
    }
    assert_eq!(line.send(&message).await, Err(SendError::Unreachable("no connection".to_owned())));
    let calls = provider.calls();
    assert_eq!(calls[0].line, "POST /v2/bot/message/push");
    assert_eq!(calls[0].headers["authorization"], "Bearer geheim");
    let key = message.id.uuid().to_string();
    assert!(calls.iter().all(|call| call.headers["x-line-retry-key"] == key));
    let body: Value = serde_json::from_str(&calls[0].body).unwrap();
    assert_eq!((&body["to"], &body["messages"][0]["text"]), (&"U4af4980629".into(), &message.text.as_str().into()));
    let long = OutgoingMail { text: "あ".repeat(6_000), ..message.clone() };
    line.send(&long).await.unwrap();
    let body: Value = serde_json::from_str(&provider.calls().last().unwrap().body).unwrap();
    assert_eq!(body["messages"].as_array().unwrap().len(), 3);
    for bad in [String::new(), "あ".repeat(20_000)] {
        let bad = OutgoingMail { text: bad, ..message.clone() };
        assert!(matches!(line.send(&bad).await, Err(SendError::Permanent(_))));
    }
}

#[tokio::test]
async fn a_short_message_goes_as_a_form_and_a_dead_number_is_told() {
    let provider = Provider::start().await.unwrap();
    let config = SmsConfig {
        url: format!("{}/Messages.json", provider.url()),
        user: "AC1".to_owned(),
        password: "geheim".to_owned().into(),
        from: "+815012345678".to_owned(),
    };
    let sms = Sms::new(&config).unwrap();
    let message = message(MessageChannel::Sms, "+819012345678");
    provider.script([
        Some(Reply::new(201, r#"{"sid":"SM1"}"#)),
        Some(Reply::new(400, r#"{"code":21211,"message":"The 'To' number +819012345678 is not valid."}"#)),
        Some(Reply::new(400, r#"{"code":21610}"#)),
        Some(Reply::new(400, r#"{"code":21602}"#)),
        Some(Reply::new(429, r#"{"code":20429}"#)),
        Some(Reply::new(503, "no JSON")),
    ]);
    assert_eq!(sms.send_named(&message).await, Ok(Some("SM1".to_owned())));
    assert_eq!(sms.send(&message).await, Err(SendError::DeadAddress("SMS 400 21211".to_owned())));
    let stopped = Err(SendError::Unsubscribed("SMS 400 21610".to_owned()));
    assert_eq!(sms.send(&message).await, stopped, "the number is alive");
    assert_eq!(sms.send(&message).await, Err(SendError::Permanent("SMS 400 21602".to_owned())));
    for _ in 0..2 {
        assert!(matches!(sms.send(&message).await, Err(SendError::Temporary(_))));
    }
    let first = &provider.calls()[0];
    assert_eq!(first.line, "POST /Messages.json");
    assert_eq!(first.headers["authorization"], format!("Basic {}", BASE64.encode(b"AC1:geheim")));
    assert!(first.body.contains("To=%2B819012345678") && first.body.contains("From=%2B815012345678"), "{}", first.body);
}

#[tokio::test]
async fn a_webhook_is_signed() {
    let provider = Provider::start().await.unwrap();
    let secret = "a secret of at least thirty-two characters";
    let config = WebhookConfig {
        url: Some(format!("{}/in", provider.url())),
        secret: secret.to_owned().into(),
        allows_private: true,
    };
    let webhook = Webhook::new(&config).unwrap();
    let message =
        OutgoingMail { text: r#"{"order":"1001"}"#.to_owned(), ..message(MessageChannel::Webhook, "warehouse") };
    provider.script([Some(Reply::new(204, "")), Some(Reply::new(500, "")), Some(Reply::new(410, ""))]);
    webhook.send(&message).await.unwrap();
    assert!(matches!(webhook.send(&message).await, Err(SendError::Temporary(_))));
    assert!(matches!(webhook.send(&message).await, Err(SendError::Permanent(_))));
    let call = &provider.calls()[0];
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let signed = format!("{}.{}.{}", call.headers["webhook-id"], call.headers["webhook-timestamp"], call.body);
    mac.update(signed.as_bytes());
    assert_eq!(call.headers["webhook-signature"], format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes())));
    let body: Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!((&body["data"]["order"], &body["to"]), (&"1001".into(), &"warehouse".into()));
}

#[tokio::test]
async fn an_address_of_a_flow_leads_to_the_open_internet_only() {
    let provider = Provider::start().await.unwrap();
    let webhook = |allows_private| {
        Webhook::new(&WebhookConfig { url: None, secret: "a secret".to_owned().into(), allows_private }).unwrap()
    };
    let to = |address: &str| message(MessageChannel::Webhook, address);
    webhook(true).send(&to(&format!("{}/flow", provider.url()))).await.unwrap();
    assert_eq!(provider.calls()[0].line, "POST /flow");
    for bad in [
        "http://shop.example/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://user:password@shop.example/",
        "ftp://shop.example/",
        "https://",
        "warehouse",
    ] {
        assert!(matches!(webhook(false).send(&to(bad)).await, Err(SendError::Permanent(_))), "{bad}");
    }
    assert_eq!(provider.calls().len(), 1);
    // A redirect is an answer, not a way: it might lead inside.
    provider.script([Some(Reply { header: Some(("location", "http://127.0.0.1:9/")), ..Reply::new(302, "") })]);
    assert!(webhook(true).send(&to(&provider.url())).await.is_err());
}

#[tokio::test]
async fn what_is_not_set_up_is_refused_and_shown_in_development() {
    let folder = std::env::temp_dir().join(format!("hitotsu-channels-{}", std::process::id()));
    let mailbox = FileMail::new(folder.clone());
    let channels =
        |is_mailbox| Channels { mail: Arc::new(mailbox.clone()), line: None, sms: None, webhook: None, is_mailbox };
    let message = message(MessageChannel::Line, "U4af/../x@y");
    let refused = channels(false).send(&message).await;
    assert_eq!(refused, Err(SendError::Permanent("LINE is not set up".to_owned())));
    channels(true).send(&OutgoingMail { html: String::new(), ..message }).await.unwrap();
    let [shown] = mailbox.list(None).unwrap().try_into().unwrap();
    assert_eq!(shown.to, "U4afxy@line.invalid");
    std::fs::remove_dir_all(folder).unwrap();
}
