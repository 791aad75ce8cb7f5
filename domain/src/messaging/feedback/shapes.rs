//! The shapes in which providers tell: our own, which anything can be mapped to, that of SES (bare or in an SNS
//! envelope), that of Postmark, and whole mails.

use chrono::{DateTime, Utc};
use entity::words::MessageChannel;
use serde::Deserialize;
use serde_json::Value;

use super::{Happened, MOST, News, is_of_dead_address, report};
use crate::kernel::{Error, ErrorCode, Result};

/// In which shape news come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// Our own.
    Neutral,
    /// Amazon SES, bare or in an envelope of SNS.
    Ses,
    /// Postmark.
    Postmark,
    /// A whole mail that reports: of delivery or of spam.
    Raw,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 4] = [Self::Neutral, Self::Ses, Self::Postmark, Self::Raw];

    /// Its name in addresses and settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Ses => "ses",
            Self::Postmark => "postmark",
            Self::Raw => "raw",
        }
    }

    /// The shape of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.name().eq_ignore_ascii_case(name))
    }
}

/// What a body holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// News, maybe none that matter.
    News(Vec<News>),
    /// SNS asks whether it may send: a person opens this address once. It is one of Amazon's own.
    Confirm(String),
}

/// Reads a body. Errors: `INVALID` for what is no such shape, `TOO_MANY`.
pub fn read(shape: Shape, body: &[u8]) -> Result<Delivery> {
    // What serde would say may quote the body.
    let refused = || Error::invalid(ErrorCode::Invalid, "body");
    let json = || serde_json::from_slice::<Value>(body).map_err(|_| refused());
    match shape {
        Shape::Neutral => {
            let bundle: Bundle = serde_json::from_slice(body).map_err(|_| refused())?;
            if bundle.events.len() > MOST {
                return Err(Error::invalid_with(ErrorCode::TooMany, "events", vec![("max", MOST.to_string())]));
            }
            Ok(Delivery::News(bundle.events.into_iter().map(NeutralNews::news).collect()))
        }
        Shape::Ses => sns(&json()?).ok_or_else(refused),
        Shape::Postmark => postmark(&json()?).map(Delivery::News).ok_or_else(refused),
        Shape::Raw => Ok(Delivery::News(report::news(body))),
    }
}

#[derive(Deserialize)]
struct Bundle {
    events: Vec<NeutralNews>,
}

/// What our own shape tells of one message.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NeutralNews {
    #[serde(default)]
    id: Option<String>,
    kind: Kind,
    #[serde(default)]
    channel: Option<MessageChannel>,
    #[serde(default)]
    message_id: Option<String>,
    #[serde(default)]
    provider_id: Option<String>,
    #[serde(default)]
    recipient: Option<String>,
    /// Whether nobody is at the address; told by the code when it is left out.
    #[serde(default)]
    dead_address: Option<bool>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    occurred_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Kind {
    Delivered,
    Deferred,
    Bounced,
    Complained,
    Unsubscribed,
}

impl NeutralNews {
    fn news(self) -> News {
        let dead = self.dead_address.unwrap_or_else(|| self.code.as_deref().is_some_and(is_of_dead_address));
        News {
            channel: self.channel.unwrap_or(MessageChannel::Email),
            message_id: self.message_id,
            provider_id: self.provider_id,
            recipient: self.recipient,
            happened: match self.kind {
                Kind::Delivered => Happened::Delivered,
                Kind::Deferred => Happened::Deferred,
                Kind::Bounced => Happened::Bounced { dead },
                Kind::Complained => Happened::Complained,
                Kind::Unsubscribed => Happened::Unsubscribed,
            },
            code: self.code,
            event_id: self.id,
            occurred_at: self.occurred_at,
        }
    }
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

fn moment(value: &Value, pointer: &str) -> Option<DateTime<Utc>> {
    let text = value.pointer(pointer).and_then(Value::as_str)?;
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

/// An envelope of SNS, or what is in it.
fn sns(body: &Value) -> Option<Delivery> {
    match body.get("Type").and_then(Value::as_str) {
        Some("SubscriptionConfirmation") => {
            text(body, "/SubscribeURL").filter(|url| is_of_sns(url)).map(Delivery::Confirm)
        }
        Some("Notification") => {
            let inner = serde_json::from_str(body.get("Message")?.as_str()?).ok()?;
            ses(&inner).map(Delivery::News)
        }
        Some(_) => Some(Delivery::News(Vec::new())),
        None => ses(body).map(Delivery::News),
    }
}

/// Whether an address is one of SNS itself, such as `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&…`:
/// nobody is asked to open any other, whoever knows the password of the webhook.
fn is_of_sns(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let region = host
        .strip_prefix("sns.")
        .and_then(|rest| rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn")));
    let is_region = region.is_some_and(|region| {
        !region.is_empty()
            && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    });
    is_region && url.len() <= 2_000 && url.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A notification or an event of SES: <https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html>.
fn ses(body: &Value) -> Option<Vec<News>> {
    let kind = text(body, "/notificationType").or_else(|| text(body, "/eventType"))?;
    let headers = body.pointer("/mail/headers").and_then(Value::as_array);
    // SES writes a Message-ID of its own; ours is among the original headers.
    let original = headers.and_then(|headers| {
        let is_ours =
            |header: &&Value| text(header, "/name").is_some_and(|name| name.eq_ignore_ascii_case("message-id"));
        headers.iter().find(is_ours).and_then(|header| text(header, "/value"))
    });
    let one = |happened, code, recipient, event_id, occurred_at| News {
        channel: MessageChannel::Email,
        message_id: original.clone(),
        provider_id: text(body, "/mail/messageId"),
        recipient,
        happened,
        code,
        event_id,
        occurred_at,
    };
    let recipients = |pointer: &str| body.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    Some(match kind.as_str() {
        "Bounce" => {
            let is_permanent = text(body, "/bounce/bounceType").as_deref() == Some("Permanent");
            let (event, at) = (text(body, "/bounce/feedbackId"), moment(body, "/bounce/timestamp"));
            let told = |bounced: &Value| {
                let code = text(bounced, "/status").or_else(|| text(body, "/bounce/bounceSubType"));
                // SES itself tells policy from addresses: `Permanent` with `General` or `NoEmail` is the address.
                let is_policy = code.as_deref().is_some_and(|code| code.starts_with("5.7"));
                let happened = Happened::Bounced { dead: is_permanent && !is_policy };
                one(happened, code, text(bounced, "/emailAddress"), event.clone(), at)
            };
            recipients("/bounce/bouncedRecipients").iter().take(MOST).map(told).collect()
        }
        "Complaint" => {
            let (event, at) = (text(body, "/complaint/feedbackId"), moment(body, "/complaint/timestamp"));
            let code = text(body, "/complaint/complaintFeedbackType");
            let told =
                |who: &Value| one(Happened::Complained, code.clone(), text(who, "/emailAddress"), event.clone(), at);
            recipients("/complaint/complainedRecipients").iter().take(MOST).map(told).collect()
        }
        "Delivery" => vec![one(Happened::Delivered, None, None, None, moment(body, "/delivery/timestamp"))],
        "DeliveryDelay" => {
            let code = text(body, "/deliveryDelay/delayType");
            vec![one(Happened::Deferred, code, None, None, moment(body, "/deliveryDelay/timestamp"))]
        }
        "Subscription" => vec![one(Happened::Unsubscribed, None, None, None, moment(body, "/subscription/timestamp"))],
        _ => Vec::new(),
    })
}

/// A webhook of Postmark: <https://postmarkapp.com/developer/webhooks/webhooks-overview>.
fn postmark(body: &Value) -> Option<Vec<News>> {
    let record = text(body, "/RecordType")?;
    let kind = text(body, "/Type");
    let (happened, at) = match record.as_str() {
        "Delivery" => (Happened::Delivered, moment(body, "/DeliveredAt")),
        "SpamComplaint" => (Happened::Complained, moment(body, "/BouncedAt")),
        "SubscriptionChange" if body.pointer("/SuppressSending").and_then(Value::as_bool) == Some(true) => {
            (suppressed(body), moment(body, "/ChangedAt"))
        }
        "Bounce" => {
            let at = moment(body, "/BouncedAt");
            match kind.as_deref() {
                Some("HardBounce" | "BadEmailAddress") => (Happened::Bounced { dead: true }, at),
                // A notification is the verdict of a filter, which no person gave.
                Some("SpamComplaint") => (Happened::Complained, at),
                Some("Unsubscribe") => (Happened::Unsubscribed, at),
                Some("AutoResponder" | "AddressChange" | "Subscribe" | "OpenRelayTest") => return Some(Vec::new()),
                Some(_) | None => (Happened::Bounced { dead: false }, at),
            }
        }
        _ => return Some(Vec::new()),
    };
    let id = body.get("ID").and_then(Value::as_i64).map(|id| id.to_string());
    Some(vec![News {
        channel: MessageChannel::Email,
        message_id: text(body, "/Metadata/message-id"),
        provider_id: text(body, "/MessageID"),
        recipient: text(body, "/Email").or_else(|| text(body, "/Recipient")),
        happened,
        code: kind,
        event_id: id,
        occurred_at: at,
    }])
}

/// Why Postmark sends no more to an address:
/// <https://postmarkapp.com/developer/webhooks/subscription-change-webhook>.
fn suppressed(body: &Value) -> Happened {
    let (reason, origin) = (text(body, "/SuppressionReason"), text(body, "/Origin"));
    match (reason.as_deref(), origin.as_deref()) {
        (Some("HardBounce"), _) => Happened::Bounced { dead: true },
        (Some("SpamComplaint"), _) => Happened::Complained,
        // Somebody stopped it there by hand: the message did not arrive, and no recipient said a word.
        (_, Some("Customer" | "Admin")) => Happened::Bounced { dead: false },
        _ => Happened::Unsubscribed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(shape: Shape, body: &Value) -> Vec<News> {
        match read(shape, body.to_string().as_bytes()).expect("a shape") {
            Delivery::News(news) => news,
            Delivery::Confirm(url) => panic!("{url}"),
        }
    }

    #[test]
    fn our_own_shape() {
        let body = json!({ "events": [
            { "kind": "BOUNCED", "messageId": "<a@b>", "code": "5.1.1", "occurredAt": "2026-11-22T00:00:00Z", "id": "1" },
            { "kind": "BOUNCED", "messageId": "a@b", "code": "5.7.1" },
            { "kind": "DELIVERED", "channel": "SMS", "providerId": "SM1" },
        ] });
        let [dead, policy, sms] = told(Shape::Neutral, &body).try_into().expect("three");
        assert_eq!((dead.happened, dead.event_id.as_deref()), (Happened::Bounced { dead: true }, Some("1")));
        assert_eq!(policy.happened, Happened::Bounced { dead: false });
        assert_eq!((sms.channel, sms.provider_id.as_deref()), (MessageChannel::Sms, Some("SM1")));
        for bad in ["", "[]", "{}", r#"{"events":[{"kind":"EATEN"}]}"#, r#"{"events":[{}]}"#] {
            assert!(read(Shape::Neutral, bad.as_bytes()).is_err(), "{bad}");
        }
        let many = json!({ "events": vec![json!({ "kind": "DELIVERED" }); MOST + 1] });
        assert_eq!(read(Shape::Neutral, many.to_string().as_bytes()).expect_err("too many").code(), ErrorCode::TooMany);
    }

    #[test]
    fn ses_with_and_without_its_envelope() {
        let bounce = json!({
            "notificationType": "Bounce",
            "bounce": {
                "feedbackId": "fb-1", "bounceType": "Permanent", "bounceSubType": "General",
                "timestamp": "2026-11-22T00:00:00.000Z",
                "bouncedRecipients": [{ "emailAddress": "hanako@example.jp", "status": "5.1.1" }],
            },
            "mail": { "messageId": "ses-1", "headers": [{ "name": "Message-ID", "value": "<msg_01@shop.example>" }] },
        });
        let envelope = json!({ "Type": "Notification", "MessageId": "x", "Message": bounce.to_string() });
        assert_eq!(told(Shape::Ses, &bounce), told(Shape::Ses, &envelope));
        let [one] = told(Shape::Ses, &bounce).try_into().expect("one");
        assert_eq!((one.happened, one.provider_id.as_deref()), (Happened::Bounced { dead: true }, Some("ses-1")));
        assert_eq!(one.message_id.as_deref(), Some("<msg_01@shop.example>"));
        let mut soft = bounce;
        soft["bounce"]["bounceType"] = "Transient".into();
        assert_eq!(told(Shape::Ses, &soft)[0].happened, Happened::Bounced { dead: false });
    }

    #[test]
    fn only_amazon_s_own_addresses_are_shown_to_be_opened() {
        let asked = |url: &str| {
            let body = json!({ "Type": "SubscriptionConfirmation", "SubscribeURL": url });
            read(Shape::Ses, body.to_string().as_bytes())
        };
        for url in [
            "https://sns.ap-northeast-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37",
            "https://sns.cn-north-1.amazonaws.com.cn/?Action=ConfirmSubscription",
        ] {
            assert_eq!(asked(url).expect("a shape"), Delivery::Confirm(url.to_owned()));
        }
        for url in [
            "",
            "http://sns.ap-northeast-1.amazonaws.com/",
            "https://sns.example/x",
            "https://sns.ap-northeast-1.amazonaws.com.evil.example/",
            "https://sns.x@evil.example/.amazonaws.com",
            "https://evil.example/?sns.ap-northeast-1.amazonaws.com",
            "https://sns.evil.example#.amazonaws.com",
            "https://sns.evil.bucket.amazonaws.com/",
            "https://sns..amazonaws.com/",
            "https://sns.ap-northeast-1.amazonaws.com:8443/",
            "https://sns.ap-northeast-1.amazonaws.com/\r\nx",
        ] {
            assert!(asked(url).is_err(), "{url}");
        }
        assert!(read(Shape::Ses, br#"{"Type":"SubscriptionConfirmation"}"#).is_err());
    }

    #[test]
    fn a_mail_that_anybody_can_write_names_no_address() {
        let forged = b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n\
            Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; victim@example.jp\nAction: failed\nStatus: 5.1.1\n\n--b--\n";
        let Delivery::News(news) = read(Shape::Raw, forged).expect("a report") else { panic!("news") };
        let [one] = news.try_into().expect("one");
        assert_eq!((one.happened, one.recipient), (Happened::Bounced { dead: true }, None));
    }

    #[test]
    fn postmark_in_its_words() {
        let of = |record: &str, kind: &str| {
            let body = json!({ "RecordType": record, "ID": 42, "Type": kind, "MessageID": "pm-1", "Email": "a@b.jp",
                "BouncedAt": "2026-11-22T00:00:00Z" });
            told(Shape::Postmark, &body)
        };
        assert_eq!(of("Bounce", "HardBounce")[0].happened, Happened::Bounced { dead: true });
        assert_eq!(of("Bounce", "SoftBounce")[0].happened, Happened::Bounced { dead: false });
        assert_eq!(of("SpamComplaint", "SpamComplaint")[0].happened, Happened::Complained);
        assert_eq!(of("Bounce", "SpamNotification")[0].happened, Happened::Bounced { dead: false });
        assert_eq!(of("Bounce", "SpamComplaint")[0].happened, Happened::Complained);
        let stopped = |reason: &str, origin: &str| {
            let body = json!({ "RecordType": "SubscriptionChange", "SuppressSending": true, "SuppressionReason": reason,
                "Origin": origin, "Recipient": "a@b.jp", "ChangedAt": "2026-11-22T00:00:00Z" });
            told(Shape::Postmark, &body)[0].happened
        };
        assert_eq!(stopped("HardBounce", "Recipient"), Happened::Bounced { dead: true });
        assert_eq!(stopped("SpamComplaint", "Recipient"), Happened::Complained);
        assert_eq!(stopped("ManualSuppression", "Recipient"), Happened::Unsubscribed);
        assert_eq!(stopped("ManualSuppression", "Customer"), Happened::Bounced { dead: false });
        assert!(of("Bounce", "AutoResponder").is_empty() && of("Open", "").is_empty());
        let told = told(
            Shape::Postmark,
            &json!({ "RecordType": "Delivery", "MessageID": "pm-1", "Metadata": { "message-id": "<msg_01@shop.example>" } }),
        );
        let ids = (told[0].message_id.as_deref(), told[0].provider_id.as_deref());
        assert_eq!(ids, (Some("<msg_01@shop.example>"), Some("pm-1")));
    }
}
