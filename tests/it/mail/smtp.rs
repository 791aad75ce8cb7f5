//! What the mail server says, and what we make of it.

use std::time::Duration;

use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use hitotsu::adapters::mail_smtp::SmtpMail;
use support::smtp::{Answer, Mail, SmtpSink};

use super::mail;

async fn server() -> (SmtpSink, SmtpMail) {
    let sink = SmtpSink::start().await.unwrap();
    let smtp = SmtpMail::new(&sink.url().into()).unwrap();
    (sink, smtp)
}

#[tokio::test]
async fn a_mail_arrives_whole() {
    let (sink, smtp) = server().await;
    smtp.send(&mail()).await.unwrap();
    let [arrived] = sink.mails().try_into().unwrap();
    assert_eq!(
        (arrived.from.as_str(), arrived.to.as_slice()),
        ("shop@shop.example", &["hanako@example.jp".to_owned()][..])
    );
    assert_eq!(arrived.header("Message-ID").as_deref(), Some("<msg_01@shop.example>"));
    assert_eq!(arrived.header("References").as_deref(), Some("<order_01@shop.example>"));
    assert_eq!(arrived.header("Date").as_deref(), Some("Sat, 21 Nov 2026 00:00:00 +0000"));
    assert_eq!(arrived.header("X-Request-Id").as_deref(), Some("request-1"));
    assert_eq!(arrived.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert!(arrived.header("Content-Type").unwrap().starts_with("multipart/alternative"));
    assert!(arrived.data.contains("text/plain; charset=utf-8") && arrived.data.contains("text/html; charset=utf-8"));
    assert!(arrived.data.is_ascii(), "not every server takes 8-bit text");
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let (sink, smtp) = server().await;
    let cases = [
        (421, SendError::Temporary("SMTP 421".into())),
        (451, SendError::Temporary("SMTP 451".into())),
        (550, SendError::Permanent("SMTP 550".into())),
        (551, SendError::Permanent("SMTP 551".into())),
        (553, SendError::Permanent("SMTP 553".into())),
        (552, SendError::Permanent("SMTP 552".into())),
        (554, SendError::Permanent("SMTP 554".into())),
        // Our own sign-in is not the recipient's fault (RFC 4954).
        (535, SendError::Temporary("SMTP 535".into())),
        (530, SendError::Temporary("SMTP 530".into())),
    ];
    for (code, expected) in cases {
        sink.script([Answer::Refuse(code)]);
        assert_eq!(smtp.send(&mail()).await, Err(expected));
    }
    // What the server says is more than its code: a refusal for policy or for the sender stops no address.
    let told = [
        ("550 5.1.1 <hanako@example.jp>: no such user", SendError::DeadAddress("SMTP 550 5.1.1".into())),
        ("554 5.1.10 null MX", SendError::DeadAddress("SMTP 554 5.1.10".into())),
        ("550 relay not permitted", SendError::Permanent("SMTP 550".into())),
        ("550 5.1.0 rejected", SendError::Permanent("SMTP 550 5.1.0".into())),
        ("550 5.2.1 mailbox disabled", SendError::Permanent("SMTP 550 5.2.1".into())),
        ("550 5.7.1 blocked", SendError::Permanent("SMTP 550 5.7.1".into())),
        ("550 5.7.26 unauthenticated", SendError::Permanent("SMTP 550 5.7.26".into())),
        ("553 5.1.8 sender unknown", SendError::Permanent("SMTP 553 5.1.8".into())),
        ("552 5.2.2 mailbox full", SendError::Permanent("SMTP 552 5.2.2".into())),
        ("451 4.7.1 grey-listed", SendError::Temporary("SMTP 451 4.7.1".into())),
    ];
    for (words, expected) in told {
        sink.script([Answer::Say(words)]);
        assert_eq!(smtp.send(&mail()).await, Err(expected), "{words}");
    }
    // The same transport goes on afterwards.
    assert_eq!(smtp.send(&mail()).await, Ok(()));
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn what_is_said_of_the_sender_or_the_mail_stops_no_address() {
    let (sink, smtp) = server().await;
    // Before a recipient is named, all recipients would be refused alike.
    for (words, told) in [
        ("550 sender verify failed", "SMTP 550"),
        ("550 5.1.1 <shop@shop.example>: no such user", "SMTP 550 5.1.1"),
        ("553 5.7.1 not owned by user", "SMTP 553 5.7.1"),
    ] {
        sink.script([Answer::RefuseSender(words)]);
        assert_eq!(smtp.send(&mail()).await, Err(SendError::Temporary(told.into())), "{words}");
    }
    for (words, told) in [("554 5.7.1 access denied", "SMTP 554 5.7.1"), ("421 4.3.2 too busy", "SMTP 421 4.3.2")] {
        sink.turn_away(words);
        assert_eq!(smtp.send(&mail()).await, Err(SendError::Unreachable(told.into())), "{words}");
    }
    // After the recipient was taken it is the mail that is refused.
    for (words, told) in [("550 5.1.1 spam", "SMTP 550 5.1.1"), ("550 spam", "SMTP 550")] {
        sink.script([Answer::RefuseMail(words)]);
        assert_eq!(smtp.send(&mail()).await, Err(SendError::Permanent(told.into())), "{words}");
    }
    assert_eq!(smtp.send(&mail()).await, Ok(()));
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn one_connection_serves_many_mails() {
    let (sink, smtp) = server().await;
    for _ in 0..5 {
        smtp.send(&mail()).await.unwrap();
    }
    assert_eq!((sink.mails().len(), sink.sessions()), (5, 1));
    // A refused sender ends it; a new one is asked before the mail is given up.
    sink.script([Answer::RefuseSender("421 4.3.2 enough")]);
    smtp.send(&mail()).await.unwrap();
    assert_eq!((sink.mails().len(), sink.sessions()), (6, 2));
}

#[tokio::test]
async fn a_late_answer_is_no_answer_to_the_next_mail() {
    let sink = SmtpSink::start().await.unwrap();
    let smtp = SmtpMail::new(&sink.url().into()).unwrap().patient(Duration::from_millis(500));
    let second = OutgoingMail { message_id: "<msg_02@shop.example>".into(), ..mail() };
    smtp.send(&mail()).await.unwrap();
    let lates = [Answer::SlowToAsk(Duration::from_secs(2)), Answer::Slow(Duration::from_secs(4))];
    for (times, late) in (1..).zip(lates) {
        sink.script([late]);
        assert_eq!(smtp.send(&mail()).await, Err(SendError::Unreachable("time-out".into())), "{late:?}");
        // Refused by its own answer, and not taken for sent by the late one.
        sink.script([Answer::RefuseMail("554 5.6.0 not this one")]);
        assert_eq!(smtp.send(&second).await, Err(SendError::Permanent("SMTP 554 5.6.0".into())), "{late:?}");
        smtp.send(&second).await.unwrap();
        let is_second = |mail: &&Mail| mail.header("Message-ID").as_deref() == Some("<msg_02@shop.example>");
        assert_eq!(sink.mails().iter().filter(is_second).count(), times, "{late:?}");
    }
}

#[tokio::test]
async fn addresses_beyond_ascii() {
    let (sink, smtp) = server().await;
    sink.knows_ascii_only();
    let to = |to: &str| OutgoingMail { to: to.to_owned(), ..mail() };
    smtp.send(&to("hanako@例え.jp")).await.unwrap();
    assert_eq!(sink.mails()[0].to, ["hanako@xn--r8jz45g.jp"]);
    assert!(matches!(smtp.send(&to("花子@例え.jp")).await, Err(SendError::Permanent(_))), "trying again is no use");
    let able = SmtpSink::start().await.unwrap();
    let smtp = SmtpMail::new(&able.url().into()).unwrap();
    smtp.send(&to("花子@例え.jp")).await.unwrap();
    assert_eq!(able.mails()[0].to, ["花子@xn--r8jz45g.jp"]);
}

#[tokio::test]
async fn a_server_that_hangs_up_or_is_slow_or_gone_may_recover() {
    let (sink, smtp) = server().await;
    sink.script([Answer::HangUpAfterData, Answer::Slow(Duration::from_millis(300))]);
    assert!(matches!(smtp.send(&mail()).await, Err(SendError::Temporary(_))));
    assert_eq!(smtp.send(&mail()).await, Ok(()));
    let ids: Vec<_> = sink.mails().iter().map(|mail| mail.header("Message-ID")).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "a copy can be told by its Message-ID");
    let gone = SmtpMail::new(&"smtp://127.0.0.1:9".into()).unwrap();
    assert_eq!(gone.send(&mail()).await, Err(SendError::Unreachable("no connection".into())));
}

#[tokio::test]
async fn a_server_without_tls_gets_nothing_when_tls_is_required() {
    let sink = SmtpSink::start().await.unwrap();
    let smtp = SmtpMail::new(&format!("{}?tls=required", sink.url()).into()).unwrap();
    assert!(matches!(smtp.send(&mail()).await, Err(SendError::Unreachable(_))));
    assert!(sink.mails().is_empty());
}

#[tokio::test]
async fn reasons_hold_no_address() {
    let (sink, smtp) = server().await;
    let hostile = OutgoingMail { to: "hanako@example.jp\r\nRCPT TO:<evil@example.com>".into(), ..mail() };
    let Err(error) = smtp.send(&hostile).await else { panic!("it was sent") };
    assert!(matches!(error, SendError::Permanent(_)) && !error.to_string().contains("hanako"));
    assert!(sink.mails().is_empty());
}

#[test]
fn a_nonsense_address_of_a_server_is_told_without_its_password() {
    let error = SmtpMail::new(&"ftp://user:geheim@host".into()).unwrap_err().to_string();
    assert!(!error.contains("geheim") && error.contains("smtp://"), "{error}");
}
