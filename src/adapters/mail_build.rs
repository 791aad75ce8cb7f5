//! From a message of ours to one of RFC 5322, through typed builders: no text can become a header.

use std::time::SystemTime;

use domain::kernel::email;
use domain::messaging::{OutgoingMail, SendError};
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

/// Builds the whole mail. Errors: permanent, when an address cannot be written.
pub(super) fn build(mail: &OutgoingMail) -> Result<Message, SendError> {
    let from = address(&mail.from_address, "sender")?;
    let to = address(&mail.to, "recipient")?;
    let name = one_line(&mail.from_name);
    // Told apart from the headers: read back from them, an address in quotes would lose these and be none.
    let envelope = Envelope::new(Some(from.clone()), vec![to.clone()])
        .map_err(|error| SendError::Permanent(format!("the mail cannot be addressed: {error}")))?;
    let mut message = Message::builder()
        .envelope(envelope)
        .from(Mailbox::new((!name.is_empty()).then_some(name), from))
        .to(Mailbox::new(None, to))
        .subject(one_line(&mail.subject))
        .date(SystemTime::from(mail.date))
        .message_id(Some(one_line(&mail.message_id)))
        // RFC 3834: out-of-office replies must not answer us.
        .raw_header(raw("Auto-Submitted", "auto-generated")?)
        .raw_header(raw("X-Request-Id", &mail.request_id)?);
    if let Some(parent) = mail.references.last() {
        message = message.in_reply_to(one_line(parent)).references(one_line(&mail.references.join(" ")));
    }
    if let Some(reply_to) = mail.reply_to.as_deref().and_then(|text| address(text, "reader").ok()) {
        message = message.reply_to(Mailbox::new(None, reply_to));
    }
    if let Some(url) = &mail.unsubscribe_url {
        message = message
            .raw_header(raw("List-Unsubscribe", &format!("<{url}>"))?)
            .raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")?);
    }
    if mail.html.is_empty() {
        return message
            .singlepart(SinglePart::plain(mail.text.clone()))
            .map_err(|error| SendError::Permanent(format!("the mail cannot be built: {error}")));
    }
    message.multipart(parts(mail)?).map_err(|error| SendError::Permanent(format!("the mail cannot be built: {error}")))
}

/// The text and the HTML part; the HTML part together with its pictures (RFC 2387) where it has some.
fn parts(mail: &OutgoingMail) -> Result<MultiPart, SendError> {
    if mail.inline.is_empty() {
        return Ok(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()));
    }
    let mut related = MultiPart::related().singlepart(SinglePart::html(mail.html.clone()));
    for image in &mail.inline {
        let content_type = ContentType::parse(image.content_type)
            .map_err(|_| SendError::Permanent("a picture has no type".to_owned()))?;
        let name = one_line(&image.content_id);
        related = related.singlepart(Attachment::new_inline(name).body(image.bytes.clone(), content_type));
    }
    Ok(MultiPart::alternative().singlepart(SinglePart::plain(mail.text.clone())).multipart(related))
}

/// An address as every server takes it: the domain in ASCII (RFC 5891), so that only a local part beyond ASCII needs a server
/// that knows such addresses.
fn address(text: &str, whose: &str) -> Result<Address, SendError> {
    let refused = || SendError::Permanent(format!("the address of the {whose} is not valid"));
    let text = email::sendable(text);
    let plain = match text.rsplit_once('@') {
        Some((local, domain)) if !domain.is_ascii() => {
            let ascii = idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::STD3);
            format!("{local}@{}", ascii.map_err(|_| refused())?)
        }
        Some(_) | None => text.to_string(),
    };
    plain.parse().map_err(|_| refused())
}

fn raw(name: &str, value: &str) -> Result<HeaderValue, SendError> {
    let name = HeaderName::new_from_ascii(name.to_owned())
        .map_err(|_| SendError::Permanent(format!("{name} is not a header")))?;
    Ok(HeaderValue::new(name, one_line(value)))
}

/// Without line breaks and other control characters. Texts come clean from `domain`; this is the last door.
fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn mail() -> OutgoingMail {
        OutgoingMail {
            id: entity::id::MessageId(uuid::Uuid::from_u128(1)),
            channel: entity::words::MessageChannel::Email,
            message_id: "<msg_01@shop.example>".into(),
            from_name: "ひとつ商店".into(),
            from_address: "shop@shop.example".into(),
            reply_to: Some("help@shop.example".into()),
            to: "hanako@example.jp".into(),
            subject: "ご注文ありがとうございます".into(),
            html: "<p>髙﨑 𠮷野</p>".into(),
            text: "髙﨑 𠮷野".into(),
            date: chrono::DateTime::from_timestamp(1_795_219_200, 0).unwrap(),
            request_id: "request-1".into(),
            references: vec!["<order_01@shop.example>".into()],
            inline: Vec::new(),
            unsubscribe_url: Some("https://shop.example/unsubscribe/token".into()),
        }
    }

    fn headers(mail: &OutgoingMail) -> Vec<String> {
        let text = String::from_utf8(build(mail).unwrap().formatted()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
        head.split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn everything_a_mail_needs_is_there() {
        let headers = headers(&mail());
        for wanted in [
            "Message-ID: <msg_01@shop.example>",
            "Date: Sat, 21 Nov 2026 00:00:00 +0000",
            "Auto-Submitted: auto-generated",
            "X-Request-Id: request-1",
            "References: <order_01@shop.example>",
            "In-Reply-To: <order_01@shop.example>",
            "Reply-To: help@shop.example",
            "List-Unsubscribe: <https://shop.example/unsubscribe/token>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "To: hanako@example.jp",
            "MIME-Version: 1.0",
        ] {
            assert!(headers.iter().any(|header| header == wanted), "{wanted} in {headers:#?}");
        }
        assert!(headers.iter().any(|header| header.starts_with("Content-Type: multipart/alternative;")));
        assert!(
            headers
                .iter()
                .any(|header| header.starts_with("From: =?utf-8?") && header.ends_with("<shop@shop.example>"))
        );
    }

    #[test]
    fn pictures_go_with_the_html_that_names_them() {
        let html = "<img src=\"cid:qr.ABCD2345@inline\">";
        let mail = OutgoingMail { html: html.into(), inline: domain::messaging::inline::images(html), ..mail() };
        let text = String::from_utf8(build(&mail).unwrap().formatted()).unwrap();
        let at = |wanted: &str| text.find(wanted).unwrap_or_else(|| panic!("{wanted} in {text}"));
        assert!(at("multipart/alternative") < at("text/plain"));
        assert!(at("text/plain") < at("multipart/related"));
        assert!(at("multipart/related") < at("text/html"));
        assert!(at("text/html") < at("Content-Type: image/png"));
        at("Content-ID: <qr.ABCD2345@inline>");
        at("Content-Disposition: inline");
    }

    #[test]
    fn addresses_that_carriers_gave_out_are_quoted() {
        for (address, sent) in
            [("a..b@docomo.ne.jp", "\"a..b\"@docomo.ne.jp"), ("a.@ezweb.ne.jp", "\"a.\"@ezweb.ne.jp")]
        {
            let mail = OutgoingMail { to: address.into(), ..mail() };
            let wanted = format!("To: {sent}");
            assert!(headers(&mail).contains(&wanted), "{:#?}", headers(&mail));
            let built = build(&mail).unwrap();
            assert_eq!(built.envelope().to().iter().map(ToString::to_string).collect::<Vec<_>>(), [sent]);
            assert_eq!(built.envelope().from().map(ToString::to_string).as_deref(), Some("shop@shop.example"));
        }
    }

    #[test]
    fn no_text_becomes_a_header() {
        for hostile in ["x\r\nBcc: evil@example.com", "x\nBcc: evil@example.com", "x\r\n\r\nBcc: evil@example.com"] {
            let mail = OutgoingMail {
                subject: hostile.into(),
                from_name: hostile.into(),
                message_id: hostile.into(),
                request_id: hostile.into(),
                references: vec![hostile.into()],
                inline: Vec::new(),
                reply_to: Some(hostile.into()),
                unsubscribe_url: Some(hostile.into()),
                ..mail()
            };
            assert!(headers(&mail).iter().all(|header| !header.starts_with("Bcc")), "{hostile:?}");
        }
    }

    #[test]
    fn a_domain_beyond_ascii_goes_as_every_server_takes_it() {
        let mail =
            OutgoingMail { to: "hanako@例え.jp".into(), from_address: "shop@ひとつ.example".into(), ..mail() };
        let message = build(&mail).unwrap();
        assert_eq!(message.envelope().to().first().unwrap().to_string(), "hanako@xn--r8jz45g.jp");
        assert!(message.envelope().from().unwrap().domain().is_ascii());
        assert!(headers(&mail).iter().any(|header| header == "To: hanako@xn--r8jz45g.jp"));
    }

    #[test]
    fn an_address_that_is_none_is_refused_for_good() {
        for hostile in ["", "nobody", "a@b\r\nBcc: c@d", "a@b, c@d", "<a@b>", "a@b>", "a@例え＞.jp", "a@例 え.jp"]
        {
            let result = build(&OutgoingMail { to: hostile.into(), ..mail() });
            assert!(matches!(result, Err(SendError::Permanent(_))), "{hostile:?}");
        }
    }
}
