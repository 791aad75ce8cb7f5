//! The mail server is down for an hour while the shop goes on selling.
//!
//! `HITOTSU_OUTAGE_PER_SECOND=10` has ten messages written in each second of that hour, 36,000 in all, and an order
//! placed in each minute; without it there are fewer of both.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::jobs::{self, Adapters, DESKS};
use domain::kernel::job::{any_due_of, claim_of};
use domain::messaging::request::Note;
use domain::messaging::{MessageTransport, OutgoingMail, SendError, request};
use entity::words::MessageStatus;
use entity::{message, order};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use support::{World, both_databases};

use super::fixture::{Server, clear, messages, parcel};
use crate::fulfillment::shop::{Shop, buy};

/// Cannot be reached while it is down.
#[derive(Debug)]
struct Flaky {
    down: AtomicBool,
    asked: AtomicUsize,
    inner: Arc<Server>,
}

#[async_trait]
impl MessageTransport for Flaky {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        if self.down.load(Ordering::SeqCst) {
            self.asked.fetch_add(1, Ordering::SeqCst);
            return Err(SendError::Unreachable("no connection".to_owned()));
        }
        self.inner.send(mail).await
    }
}

/// Minutes for which nobody answers.
const OUTAGE: usize = 60;
/// Messages to each person.
const EACH: usize = 6;
/// When all must be sent, in steps of five minutes: what was tried last waits for two hours.
const STEPS: usize = 36;

/// What is written in a minute, and after how many minutes an order is placed.
fn load() -> (usize, usize) {
    let per_second = std::env::var("HITOTSU_OUTAGE_PER_SECOND").ok().and_then(|text| text.parse().ok());
    per_second.map_or((3, 5), |per_second: usize| (per_second * 60, 1))
}

/// What every process does, desk by desk and slot by slot, until nothing may begin: while nobody answers nothing is
/// claimed that would be put back.
async fn work(world: &World, adapters: &Adapters) {
    let ctx = world.ctx();
    loop {
        let mut ran = 0;
        for desk in DESKS {
            if !desk.is_open(&ctx) || !any_due_of(world.db(), Some(desk.name), world.now()).await.unwrap() {
                continue;
            }
            let slots = u64::try_from(desk.slots).unwrap();
            for job in claim_of(&ctx, "worker", Some(desk.name), slots).await.unwrap() {
                jobs::run(&ctx, adapters, &job).await.unwrap();
                ran += 1;
            }
        }
        if ran == 0 {
            return;
        }
    }
}

/// Asks for messages, as many as one transaction should hold at once.
async fn ask(world: &World, wanted: &[Note]) {
    let ctx = world.ctx();
    for some in wanted.chunks(100) {
        let asked = ctx.write(|tx| async move {
            for one in some {
                request::note(&tx, one.clone()).await?;
            }
            Ok(())
        });
        asked.await.unwrap();
    }
}

/// How many messages have not been sent.
async fn unsent(world: &World) -> u64 {
    message::Entity::find().filter(message::Column::Status.ne(MessageStatus::Sent)).count(world.db()).await.unwrap()
}

/// Message-IDs by recipient, in their order.
fn by_recipient<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut sorted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (to, id) in all {
        sorted.entry(to).or_default().push(id);
    }
    sorted
}

both_databases! {
    /// Orders are placed all the while; everything is sent after, once, in order per recipient, whatever the tries of
    /// each were.
    async fn an_hour_without_a_mail_server_loses_nothing(world: World) {
        let (per_minute, order_every) = load();
        let people = per_minute * OUTAGE / EACH;
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 100).create().await;
        let inner = Arc::new(Server::default());
        let flaky = Flaky { down: AtomicBool::new(true), asked: AtomicUsize::new(0), inner: Arc::clone(&inner) };
        let flaky = Arc::new(flaky);
        let adapters = Adapters { mail: Arc::<Flaky>::clone(&flaky) };
        let mut orders = 0;
        for minute in 0..OUTAGE {
            if minute % order_every == 0 {
                let (cart_id, buyer) = shop.cart_of(shirt.id(), 1).await;
                buy(&buyer, cart_id, 1_550, &format!("order{minute}")).await.unwrap();
                orders += 1;
            }
            // To ever other people, so that each is written to several times in the hour.
            let numbers = minute * per_minute..(minute + 1) * per_minute;
            let to = |number: usize| format!("person{}@example.jp", number % people);
            let notes: Vec<_> = numbers.map(|number| parcel(&to(number), &format!("mail{number}"))).collect();
            ask(&world, &notes).await;
            work(&world, &adapters).await;
            assert!(inner.mails().is_empty());
            world.advance(TimeDelta::minutes(1));
        }
        let placed = order::Entity::find().count(world.db()).await.unwrap();
        assert_eq!(placed, orders, "whoever bought has an order, mails or not");
        let asked = flaky.asked.load(Ordering::SeqCst);
        assert!((1..=OUTAGE).contains(&asked), "one try a minute, not one for each message: {asked}");
        let waiting = message::Entity::find().filter(message::Column::Status.eq(MessageStatus::Queued));
        let waiting = waiting.count(world.db()).await.unwrap();
        assert_eq!(waiting, unsent(&world).await, "nothing is given up");
        assert!(waiting >= orders + u64::try_from(people * EACH).unwrap(), "{waiting}");
        flaky.down.store(false, Ordering::SeqCst);
        let mut steps = 0;
        while unsent(&world).await > 0 {
            assert!(steps < STEPS, "{} are still not sent", unsent(&world).await);
            work(&world, &adapters).await;
            world.advance(TimeDelta::minutes(5));
            steps += 1;
        }
        let (written, sent) = (messages(&world).await, inner.mails());
        let count = |template: &str| written.iter().filter(|message| message.template == template).count();
        assert_eq!(count("shipment_shipped"), people * EACH);
        assert_eq!(u64::try_from(count("order_confirmation")).unwrap(), orders);
        let expected = by_recipient(written.iter().map(|it| (it.recipient.as_str(), it.message_id.as_str())));
        assert!(expected.values().all(|ids| ids.len() >= EACH), "there is an order to keep for everybody");
        let arrived = by_recipient(sent.iter().map(|it| (it.to.as_str(), it.message_id.as_str())));
        assert!(arrived == expected, "once each, and in the order in which they were written");
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
