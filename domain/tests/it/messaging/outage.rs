//! The mail server is down for an hour while the shop goes on selling.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::jobs::{Adapters, run_due};
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use entity::words::MessageStatus;
use support::{World, both_databases};

use super::fixture::{Server, clear, messages, note, parcel};

/// Takes nothing while it is down.
#[derive(Debug)]
struct Flaky {
    down: AtomicBool,
    inner: Arc<Server>,
}

#[async_trait]
impl MessageTransport for Flaky {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(SendError::Temporary("no connection".to_owned()));
        }
        self.inner.send(mail).await
    }
}

/// People who write, and mails to each.
const PEOPLE: usize = 20;
const EACH: usize = 6;

both_databases! {
    /// All are sent after, once, in order per recipient, whatever the tries of each were.
    async fn an_hour_without_a_mail_server_loses_nothing(world: World) {
        let inner = Arc::new(Server::default());
        let flaky = Arc::new(Flaky { down: AtomicBool::new(true), inner: Arc::clone(&inner) });
        let adapters = Adapters { mail: Arc::<Flaky>::clone(&flaky) };
        for minute in 0..60_usize {
            // Two mails a minute, to ever other people.
            for mail in 0..2 {
                let number = minute * 2 + mail;
                let to = format!("person{}@example.jp", number % PEOPLE);
                note(&world, parcel(&to, &format!("mail{number}"))).await;
            }
            run_due(&world.ctx(), &adapters).await.unwrap();
            world.advance(TimeDelta::minutes(1));
        }
        assert!(inner.mails().is_empty());
        assert!(messages(&world).await.iter().all(|message| message.status == MessageStatus::Queued));
        flaky.down.store(false, Ordering::SeqCst);
        for _ in 0..PEOPLE * EACH {
            run_due(&world.ctx(), &adapters).await.unwrap();
            world.advance(TimeDelta::minutes(5));
        }
        let written = messages(&world).await;
        assert_eq!(written.len(), PEOPLE * EACH);
        assert!(written.iter().all(|message| message.status == MessageStatus::Sent));
        let mut expected: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for message in &written {
            expected.entry(&message.recipient).or_default().push(&message.message_id);
        }
        let sent = inner.mails();
        let mut arrived: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for mail in &sent {
            arrived.entry(&mail.to).or_default().push(&mail.message_id);
        }
        assert_eq!(arrived, expected, "once each, and in the order in which they were written");
        clear(&world).await;
    }

    /// A name with line breaks cannot add headers, and the mail after it leaves, whatever becomes of the first.
    async fn line_breaks_in_a_name_hold_up_nothing(world: World) {
        let server = Arc::new(Server::default());
        let hostile = super::fixture::order(&world, |order| {
            order.contact_name = Some("花子\r\nBcc: evil@example.com\r\n\r\n<script>".into());
        })
        .await;
        super::fixture::placed(&world, &hostile).await;
        let plain = super::fixture::order(&world, |order| order.email = Some("taro@example.jp".into())).await;
        super::fixture::placed(&world, &plain).await;
        server.work(&world).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 2);
        for mail in &mails {
            for line in [&mail.subject, &mail.from_name, &mail.from_address, &mail.to, &mail.message_id] {
                assert!(!line.contains(['\r', '\n']), "{line:?}");
            }
            assert!(!mail.html.contains("<script>"));
        }
        clear(&world).await;
    }
}
