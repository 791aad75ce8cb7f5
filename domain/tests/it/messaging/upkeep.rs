//! What support and operations rely on: the log tells what was kept back, the owner's word about an address weighs most,
//! nothing is left of those who are gone, and nothing waits for ever.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::jobs::{Abandoned, Adapters, Ran, abandon, run};
use domain::kernel::job::claim;
use domain::kernel::paging::PageRequest;
use domain::messaging::feedback::{Happened, News, receive};
use domain::messaging::preview::Preview;
use domain::messaging::query::{self, Filter};
use domain::messaging::request::{self, Note};
use domain::messaging::resend::{ResendMessage, resend};
use domain::messaging::suppression::{AddSuppression, lift, suppress};
use domain::messaging::test_send::{TestSend, test_send};
use domain::messaging::{MessageTransport, OutgoingMail, SendError, TemplateName, account_mail, consent, policy};
use domain::{Error, ErrorCode, Permission, Scope};
use entity::id::{CustomerId, MessageId};
use entity::words::{
    ConsentPurpose, FlowStatus, JobState, MessageChannel, MessageClass, MessageStatus, SuppressionReason,
    SuppressionScope,
};
use entity::{job, message, suppression};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::{World, both_databases};

use super::asked::{ask, channel, flow, hanako, read, says};
use super::fixture::{Server, clear, code, messages};

async fn stops(world: &World) -> Vec<suppression::Model> {
    suppression::Entity::find().all(world.db()).await.unwrap()
}

fn complaint(message_id: &str) -> News {
    News {
        channel: MessageChannel::Email,
        message_id: Some(message_id.to_owned()),
        provider_id: None,
        recipient: None,
        happened: Happened::Complained,
        code: None,
        event_id: None,
        occurred_at: None,
    }
}

/// A webhook that is answered once a mail has left.
#[derive(Debug, Default)]
struct Slow {
    mail_left: tokio::sync::Notify,
}

#[async_trait]
impl MessageTransport for Slow {
    async fn send(&self, message: &OutgoingMail) -> Result<(), SendError> {
        if message.channel == MessageChannel::Webhook {
            self.mail_left.notified().await;
        } else {
            self.mail_left.notify_one();
        }
        Ok(())
    }
}

/// Asks for a message to a system of the merchant.
async fn webhook(world: &World) -> MessageId {
    let note = Note {
        template: "shipment_delivered",
        channel: MessageChannel::Webhook,
        recipient: "warehouse".into(),
        locale: "ja".into(),
        dedupe_key: "webhook".into(),
        subject: "parcel".into(),
        text: "{}".into(),
        channel_id: None,
        customer_id: None,
        order_id: None,
        event_id: None,
        step: None,
    };
    let asked = world.ctx();
    let asked = asked.write(|tx| {
        let note = note.clone();
        async move { request::note(&tx, note).await }
    });
    asked.await.unwrap().unwrap()
}

/// The only job there is, on its last try.
async fn claim_for_the_last_time(world: &World) -> job::Model {
    job::Entity::update_many().col_expr(job::Column::Attempts, Expr::value(11)).exec(world.db()).await.unwrap();
    let [last] = claim(&world.ctx(), "worker", 10).await.unwrap().try_into().unwrap();
    assert_eq!(last.attempts, last.max_attempts);
    last
}

both_databases! {
    /// What policy kept back is found in the log, by its state, its reason and its class.
    async fn what_was_kept_back_is_found(world: World) {
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let kept = ask(&world, shop.id, None, |_| {}).await;
        world.advance(TimeDelta::seconds(1));
        let goes = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        let db = world.ctx().db();
        let page = PageRequest::default();
        let found = |filter: Filter| {
            let (db, page) = (&db, &page);
            async move {
                let rows = query::list(db, &Scope::everywhere(), &filter, page).await.unwrap().rows;
                let count = query::count(db, &Scope::everywhere(), &filter).await.unwrap();
                assert_eq!(count, rows.len() as u64);
                rows.into_iter().map(|(_, row)| row.id).collect::<Vec<_>>()
            }
        };
        let by = |statuses: &[MessageStatus]| Filter { statuses: statuses.to_vec(), ..Filter::default() };
        assert_eq!(found(by(&[MessageStatus::Suppressed])).await, [kept.id]);
        assert_eq!(found(by(&[MessageStatus::Suppressed, MessageStatus::Queued])).await, [goes.id, kept.id]);
        assert!(found(by(&[MessageStatus::Sent])).await.is_empty());
        let why = |reason: &str| Filter { reason: Some(reason.to_owned()), ..Filter::default() };
        assert_eq!(found(why(policy::NO_CONSENT)).await, [kept.id]);
        assert!(found(why(policy::QUIET_HOURS)).await.is_empty());
        let mine = Filter { customer_id: Some(hanako.id), ..by(&[MessageStatus::Suppressed]) };
        assert!(found(mine).await.is_empty(), "it went to nobody that is known");
        let receipts = Filter { classes: vec![MessageClass::Transactional], ..Filter::default() };
        assert!(found(receipts).await.is_empty());
        clear(&world).await;
    }

    /// Who complained is left alone, whatever stopped the address before; staff cannot lift it, a later "yes" cannot undo it.
    async fn a_complaint_outweighs_what_was_there(world: World) {
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let desk = world.staff(&[Permission::MessagesSend]).await;
        let by_hand = AddSuppression {
            channel: MessageChannel::Email,
            address: "hanako@example.jp".into(),
            scope: SuppressionScope::Marketing,
            note: None,
        };
        let manual = suppress(&desk, by_hand).await.unwrap();
        let of_a_guest = ask(&world, shop.id, None, |_| {}).await;
        consent::unsubscribe(&world.ctx(), of_a_guest.id, "one-click").await.unwrap();
        let [stop] = stops(&world).await.try_into().unwrap();
        assert_eq!((stop.id, stop.reason), (manual.id, SuppressionReason::Unsubscribe));
        world.advance(TimeDelta::minutes(5));
        for _ in 0..2 {
            receive(&world.ctx(), "neutral", &[complaint(&of_a_guest.message_id)]).await.unwrap();
        }
        let [stop] = stops(&world).await.try_into().unwrap();
        assert_eq!((stop.reason, stop.created_at), (SuppressionReason::Complaint, world.now()));
        assert_eq!(lift(&desk, stop.id).await.unwrap_err().code(), ErrorCode::Invalid);
        // An unsubscription weighs less and changes nothing.
        consent::unsubscribe(&world.ctx(), of_a_guest.id, "one-click").await.unwrap();
        assert_eq!(stops(&world).await[0].reason, SuppressionReason::Complaint);
        world.advance(TimeDelta::minutes(5));
        says(&world, hanako.id, ConsentPurpose::Marketing, true).await;
        let next = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        assert_eq!(next.reason.as_deref(), Some(policy::SUPPRESSED_ADDRESS));
        Arc::new(Server::default()).work(&world).await;
    }

    /// The last message to somebody who is gone keeps no address, also when it could not go.
    async fn a_farewell_that_is_kept_back_keeps_nothing(world: World) {
        let desk = world.staff(&[Permission::MessagesSend]).await;
        let dead = AddSuppression {
            channel: MessageChannel::Email,
            address: "hanako@example.jp".into(),
            scope: SuppressionScope::All,
            note: None,
        };
        suppress(&desk, dead).await.unwrap();
        let said = domain::customer::notify::Farewell {
            customer_id: CustomerId(world.new_uuid()),
            recipient: "hanako@example.jp".into(),
            locale: "ja".into(),
            channel_id: None,
            request_id: "request".into(),
        };
        account_mail::farewell(&world.ctx(), &said).await.unwrap();
        let [message] = messages(&world).await.try_into().unwrap();
        assert_eq!((message.status, message.reason.as_deref()), (MessageStatus::Suppressed, Some(policy::SUPPRESSED_ADDRESS)));
        assert_eq!((message.recipient.as_str(), message.html.as_str(), message.text.as_str()), ("", "", ""));
    }

    /// What was written to somebody who was erased has no address and is not sent again.
    async fn nothing_is_sent_again_to_the_erased(world: World) {
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let server = Arc::new(Server::default());
        let sent = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        server.work(&world).await;
        domain::customer::erase(&world.customer(hanako.id), None).await.unwrap();
        server.work(&world).await;
        let before = messages(&world).await.len();
        let desk = world.staff(&[Permission::MessagesSend]).await;
        let again = ResendMessage { message_id: sent.id, idempotency_key: "again".into() };
        assert!(matches!(resend(&desk, again).await, Err(Error::NotFound { .. })));
        assert_eq!(messages(&world).await.len(), before);
    }

    /// A copy that is looked at is no look at the original.
    async fn a_copy_has_one_picture_of_its_own(world: World) {
        let shop = channel(&world, |policy| (policy.track_opens, policy.cap_count) = (true, 9)).await;
        let hanako = hanako(&world).await;
        let server = Arc::new(Server::default());
        let first = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        server.work(&world).await;
        let desk = world.staff(&[Permission::MessagesSend]).await;
        let again = ResendMessage { message_id: first.id, idempotency_key: "again".into() };
        let copy = resend(&desk, again).await.unwrap().message;
        let pictures = |html: &str| html.matches("/pixel/").count();
        assert_eq!((pictures(&first.html), pictures(&copy.html)), (1, 1));
        let token = copy.html.split("/pixel/").nth(1).unwrap().split('"').next().unwrap();
        let opened = domain::messaging::tracking::open_pixel(&world.services().secrets, token);
        assert_eq!(opened, Some(copy.id));
        server.work(&world).await;
    }

    /// Staff look at a message before they switch its flow on; to everybody else it does not go.
    async fn a_test_goes_although_its_flow_is_off(world: World) {
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let off = flow(&world, "cross_sell", FlowStatus::Off).await;
        let desk = world.staff(&[Permission::MessagesSend]).await;
        let input = TestSend {
            preview: Preview {
                name: TemplateName::CrossSell,
                order_id: None,
                channel_id: Some(shop.id),
                locale: Some("ja".into()),
                wording: None,
            },
            recipient: Some("sato@example.jp".into()),
            idempotency_key: "test".into(),
        };
        assert_eq!(test_send(&desk, input).await.unwrap().message.status, MessageStatus::Queued);
        let offer = ask(&world, shop.id, Some(hanako.id), |message| message.flow_id = Some(off)).await;
        assert_eq!(offer.reason.as_deref(), Some(policy::FLOW_OFF));
        let server = Arc::new(Server::default());
        server.work(&world).await;
        let to: Vec<_> = server.mails().into_iter().map(|mail| mail.to).collect();
        assert_eq!(to, ["sato@example.jp"]);
    }

    /// A provider that keeps our Message-ID and calls it its own name of the message is understood; its own name, too.
    async fn news_are_found_by_either_name(world: World) {
        let server = Arc::new(Server::default());
        let id = code(&world, "hanako@example.jp", "one").await.unwrap();
        server.work(&world).await;
        let message = read(&world, id).await;
        let news = |provider_id: &str, happened| News {
            message_id: None,
            provider_id: Some(provider_id.to_owned()),
            happened,
            ..complaint("")
        };
        let theirs = [
            news(message.message_id.trim_matches(['<', '>']), Happened::Delivered),
            news(&message.message_id, Happened::Deferred),
            news("4XyZ", Happened::Bounced { dead: false }),
        ];
        let done = receive(&world.ctx(), "postmark", &theirs).await.unwrap();
        assert_eq!((done.recorded, done.unknown), (2, 1));
        server.work(&world).await;
    }

    /// A merchant's system that takes its time holds up no mail.
    async fn a_slow_webhook_holds_up_no_mail(world: World) {
        let hook = webhook(&world).await;
        let mail = code(&world, "hanako@example.jp", "one").await.unwrap();
        let (ctx, slow) = (world.ctx(), Adapters { mail: Arc::new(Slow::default()) });
        let [first, second] = claim(&ctx, "worker", 10).await.unwrap().try_into().unwrap();
        let both = async { tokio::join!(run(&ctx, &slow, &first), run(&ctx, &slow, &second)) };
        let both = tokio::time::timeout(std::time::Duration::from_secs(20), both).await;
        let (one, other) = both.expect("the mail waits for the webhook, which waits for the mail");
        assert_eq!((one.unwrap(), other.unwrap()), (Ran::Done, Ran::Done));
        for id in [hook, mail] {
            assert_eq!(read(&world, id).await.status, MessageStatus::Sent);
        }
        clear(&world).await;
    }

    /// A process that dies while it gives a message up leaves none that waits for ever.
    async fn nothing_waits_for_a_job_that_is_gone(world: World) {
        let id = code(&world, "hanako@example.jp", "one").await.unwrap();
        let ctx = world.ctx();
        let last = claim_for_the_last_time(&world).await;
        // Given up, and then the process was gone: the job finds nothing to do.
        message::Entity::update_many()
            .col_expr(message::Column::Status, Expr::value(MessageStatus::Failed))
            .filter(message::Column::Id.eq(id))
            .exec(world.db())
            .await
            .unwrap();
        let server = Arc::new(Server::default());
        assert_eq!(run(&ctx, &server.adapters(), &last).await.unwrap(), Ran::Done);
        assert!(server.mails().is_empty() && job::Entity::find().all(world.db()).await.unwrap().is_empty());
        let id = code(&world, "hanako@example.jp", "two").await.unwrap();
        let last = claim_for_the_last_time(&world).await;
        assert_eq!(abandon(&ctx, &last, Abandoned::Panicked).await.unwrap(), Ran::Dead);
        let message = read(&world, id).await;
        assert_eq!((message.status, message.error.as_deref()), (MessageStatus::Failed, Some("panicked")));
        let [dead] = job::Entity::find().all(world.db()).await.unwrap().try_into().unwrap();
        assert_eq!(dead.state, JobState::Dead);
        clear(&world).await;
    }
}
