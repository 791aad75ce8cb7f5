//! Reports that come as mails: of delivery (RFC 3464, in a `multipart/report` of RFC 6522) and of spam (RFC 5965).
//!
//! Anybody can send such a mail. What it says counts for the message whose Message-ID it names, which only those know who
//! had that message; addresses in it are not read, or a forged report could end the mails of anybody.

use chrono::{DateTime, Utc};
use entity::words::MessageChannel;

use super::mime::{Part, headers};
use super::{Happened, News, is_of_dead_address};

/// Most recipients of one report.
const MOST: usize = 100;

/// What a mail reports; nothing when it is no report, such as an out-of-office reply.
#[must_use]
pub fn news(mail: &[u8]) -> Vec<News> {
    let whole = Part::parse(mail);
    let parts = whole.all();
    let id = message_id(&parts, &whole);
    let at = whole.header("date").and_then(moment);
    let of_type = |wanted: &str| parts.iter().find(|part| part.media_type() == wanted);
    if let Some(status) = of_type("message/delivery-status").or_else(|| of_type("message/global-delivery-status")) {
        return statuses(&status.text(), id.as_deref(), at);
    }
    if let Some(report) = of_type("message/feedback-report") {
        return complaint(&report.text(), id, at).into_iter().collect();
    }
    Vec::new()
}

/// The Message-ID of the mail that is reported about: in what is returned of it, else in the references of the report.
fn message_id(parts: &[Part], whole: &Part) -> Option<String> {
    let returned = parts.iter().skip(1).find_map(|part| match part.media_type().as_str() {
        "message/rfc822" | "text/rfc822-headers" | "message/global" | "message/global-headers" => {
            let inner = Part::parse(part.text().as_bytes());
            inner.header("message-id").map(str::to_owned)
        }
        _ => None,
    });
    let named = || whole.header("x-failed-message-id").or_else(|| whole.header("in-reply-to")).map(str::to_owned);
    returned.or_else(named).map(|id| id.trim().to_owned()).filter(|id| !id.is_empty())
}

/// One group of fields about the message, then one per recipient (RFC 3464 §2.1).
fn statuses(text: &str, id: Option<&str>, at: Option<DateTime<Utc>>) -> Vec<News> {
    let text = text.replace("\r\n", "\n");
    let groups = text.split("\n\n").map(|group| headers(group.trim_start_matches('\n').as_bytes()));
    groups.filter_map(|group| status(&group, id, at)).take(MOST).collect()
}

fn status(fields: &[(String, String)], id: Option<&str>, at: Option<DateTime<Utc>>) -> Option<News> {
    let field =
        |name: &str| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    let action = field("action")?.to_ascii_lowercase();
    let code = field("status").and_then(|status| status.split_whitespace().next()).map(str::to_owned);
    let happened = match action.as_str() {
        "failed" => Happened::Bounced { dead: is_dead(code.as_deref(), field("diagnostic-code")) },
        "delayed" => Happened::Deferred,
        "delivered" => Happened::Delivered,
        // `relayed` and `expanded` say that it went on, not that it arrived.
        _ => return None,
    };
    Some(News {
        channel: MessageChannel::Email,
        message_id: id.map(str::to_owned),
        provider_id: None,
        recipient: None,
        happened,
        code,
        event_id: None,
        occurred_at: field("last-attempt-date").and_then(moment).or(at),
    })
}

/// Whether a failure speaks of the address. Servers that only say `5.0.0` often say more in the diagnostic code.
fn is_dead(code: Option<&str>, diagnostic: Option<&str>) -> bool {
    match code {
        Some(code) if code != "5.0.0" => is_of_dead_address(code),
        Some(_) | None => {
            let mut words = diagnostic.unwrap_or_default().split(|c: char| c.is_whitespace() || matches!(c, ';' | '-'));
            words.find(|word| word.starts_with("5.") || word.starts_with("4.")).is_some_and(is_of_dead_address)
        }
    }
}

/// A report of abuse (RFC 5965 §3). Reports about sign-ins and viruses are none of ours.
fn complaint(text: &str, id: Option<String>, at: Option<DateTime<Utc>>) -> Option<News> {
    let fields = headers(text.as_bytes());
    let field =
        |name: &str| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    let kind = field("feedback-type")?.to_ascii_lowercase();
    let happened = match kind.as_str() {
        "abuse" | "fraud" | "other" => Happened::Complained,
        "opt-out" | "opt-out-list" => Happened::Unsubscribed,
        _ => return None,
    };
    Some(News {
        channel: MessageChannel::Email,
        message_id: id,
        provider_id: None,
        recipient: None,
        happened,
        code: Some(kind),
        event_id: None,
        occurred_at: field("arrival-date").or_else(|| field("received-date")).and_then(moment).or(at),
    })
}

/// A date of RFC 5322; a comment such as `(JST)` after it is left out.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let plain = text.split('(').next().unwrap_or_default().trim();
    DateTime::parse_from_rfc2822(plain).ok().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Postfix writes it.
    const POSTFIX: &str = "Date: Sun, 22 Nov 2026 10:00:00 +0900 (JST)\r\nFrom: MAILER-DAEMON@mx.example\r\n\
        Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"8D1A.1\"\r\nMIME-Version: 1.0\r\n\r\n\
        --8D1A.1\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you\r\n\r\n--8D1A.1\r\n\
        Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
        Final-Recipient: rfc822; hanako@example.jp\r\nOriginal-Recipient: rfc822;hanako@example.jp\r\nAction: failed\r\n\
        Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 <hanako@example.jp>:\r\n    User unknown\r\n\r\n--8D1A.1\r\n\
        Content-Type: text/rfc822-headers\r\n\r\nFrom: shop@shop.example\r\nMessage-ID:\r\n <msg_01@shop.example>\r\n\r\n--8D1A.1--\r\n";

    #[test]
    fn a_bounce_is_told_with_its_message_and_its_reason() {
        let [one] = news(POSTFIX.as_bytes()).try_into().expect("one recipient");
        assert_eq!(one.message_id.as_deref(), Some("<msg_01@shop.example>"));
        assert_eq!((one.happened, one.code.as_deref()), (Happened::Bounced { dead: true }, Some("5.1.1")));
        assert_eq!(one.recipient, None, "anybody can name an address");
        assert_eq!(one.occurred_at.expect("a date").to_rfc3339(), "2026-11-22T01:00:00+00:00");
    }

    #[test]
    fn what_is_not_the_address_s_fault_is_told_apart() {
        let other = |from: &str, to: &str| news(POSTFIX.replace(from, to).as_bytes()).remove(0).happened;
        assert_eq!(other("Status: 5.1.1", "Status: 5.7.1"), Happened::Bounced { dead: false });
        assert_eq!(other("Status: 5.1.1", "Status: 5.2.2"), Happened::Bounced { dead: false });
        assert_eq!(other("Status: 5.1.1", "Status: 5.0.0"), Happened::Bounced { dead: true });
        assert_eq!(other("Action: failed", "Action: delayed"), Happened::Deferred);
        assert_eq!(other("Action: failed", "Action: Delivered"), Happened::Delivered);
        assert!(news(POSTFIX.replace("Action: failed", "Action: relayed").as_bytes()).is_empty());
    }

    #[test]
    fn a_complaint_is_told_from_other_feedback() {
        let arf = "From: <abusedesk@example.com>\nDate: Thu, 8 Mar 2005 17:40:36 EDT\nMIME-Version: 1.0\n\
            Content-Type: multipart/report; report-type=feedback-report;\n     boundary=\"part1_13d.2e68ed54\"\n\n\
            --part1_13d.2e68ed54\nContent-Type: text/plain\n\nThis is an email abuse report\n\n--part1_13d.2e68ed54\n\
            Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n\
            Original-Rcpt-To: <hanako@example.jp>\nArrival-Date: Tue, 8 Mar 2005 14:00:00 EDT\n\n--part1_13d.2e68ed54\n\
            Content-Type: message/rfc822\nContent-Disposition: inline\n\nFrom: <shop@shop.example>\n\
            Message-ID: <msg_02@shop.example>\nSubject: x\n\nSpam\n--part1_13d.2e68ed54--\n";
        let [one] = news(arf.as_bytes()).try_into().expect("one report");
        assert_eq!((one.happened, one.recipient), (Happened::Complained, None));
        assert_eq!(one.message_id.as_deref(), Some("<msg_02@shop.example>"));
        assert!(news(arf.replace("Feedback-Type: abuse", "Feedback-Type: auth-failure").as_bytes()).is_empty());
        assert!(news(b"Subject: Out of office\r\n\r\nI am away").is_empty());
    }

    #[test]
    fn a_report_cut_anywhere_is_read_as_far_as_it_goes() {
        for end in 0..POSTFIX.len() {
            let _ = news(&POSTFIX.as_bytes()[..end]);
        }
    }
}
