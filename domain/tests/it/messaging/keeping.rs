//! What is kept of messages, how long, and what leaves whatever is said about customers: tests of staff.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::messaging::preview::Preview;
use domain::messaging::resend::{ResendMessage, is_whole, resend};
use domain::messaging::suppression::{self, AddSuppression};
use domain::messaging::test_send::{TestSend, test_send};
use domain::messaging::{TemplateName, policy, retention, tracking};
use domain::{Ctx, Error, Permission};
use entity::id::{BackInStockId, CustomerId, MessageId, OrderId};
use entity::words::{FlowStatus, MessageChannel, MessageClass, MessageStatus, SuppressionScope};
use entity::{back_in_stock, message, message_policy, order_line};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, Statement,
    TransactionTrait,
};
use support::{Backend, World, both_databases, race};

use super::asked::{ask, channel, flow, hanako, read};
use super::fixture::{Server, clear, messages, order, placed};

fn trial(name: TemplateName, order_id: Option<OrderId>, key: &str) -> TestSend {
    TestSend {
        preview: Preview { name, order_id, channel_id: None, locale: None, wording: None },
        recipient: Some("me@example.jp".to_owned()),
        idempotency_key: key.to_owned(),
    }
}

async fn again(ctx: &Ctx, message_id: MessageId, key: &str) -> Result<message::Model, Error> {
    let sent = resend(ctx, ResendMessage { message_id, idempotency_key: key.to_owned() }).await?;
    Ok(sent.message)
}

async fn join(world: &World, id: OrderId, customer_id: CustomerId) {
    entity::order::Entity::update_many()
        .col_expr(entity::order::Column::CustomerId, Expr::value(customer_id))
        .filter(entity::order::Column::Id.eq(id))
        .exec(world.db())
        .await
        .unwrap();
}

fn is_wiped(message: &message::Model) -> bool {
    [&message.recipient, &message.subject, &message.html, &message.text].iter().all(|part| part.is_empty())
}

both_databases! {
    /// A test leaves by day and night, with every flow off, also a second time; only a dead address gets nothing.
    async fn a_test_leaves_though_its_flow_is_off(world: World) {
        domain::flow::plant(&world.ctx()).await.unwrap();
        world.advance(TimeDelta::hours(13)); // 22:00 in Tokyo
        let desk = world.staff(&[Permission::MessagesRead, Permission::MessagesSend, Permission::PlacesWrite]).await;
        let server = Arc::new(Server::default());
        let first = test_send(&desk, trial(TemplateName::Thanks, None, "1")).await.unwrap().message;
        assert_eq!((first.status, first.reason), (MessageStatus::Queued, None));
        server.work(&world).await;
        assert_eq!(read(&world, first.id).await.status, MessageStatus::Sent);
        let second = again(&desk, first.id, "again").await.unwrap();
        server.work(&world).await;
        assert_eq!(read(&world, second.id).await.status, MessageStatus::Sent);
        assert_eq!(server.mails().len(), 2);
        let dead = AddSuppression {
            channel: MessageChannel::Email,
            address: "me@example.jp".to_owned(),
            scope: SuppressionScope::All,
            note: None,
        };
        suppression::suppress(&desk, dead).await.unwrap();
        let kept = test_send(&desk, trial(TemplateName::Thanks, None, "2")).await.unwrap().message;
        assert_eq!((kept.status, kept.reason.as_deref()), (MessageStatus::Suppressed, Some(policy::SUPPRESSED_ADDRESS)));
        clear(&world).await;
    }

    /// A question that no flow asks rests on consent alone: the switch of a flow of that name is not meant.
    async fn what_no_flow_asks_rests_on_consent(world: World) {
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        flow(&world, "survey", FlowStatus::Off).await;
        let question = |message: &mut message::Model| {
            (message.template, message.class) = ("survey".into(), MessageClass::Survey);
        };
        let asked = ask(&world, shop.id, Some(hanako.id), question).await;
        assert_eq!((asked.status, asked.reason), (MessageStatus::Queued, None));
        let guest = ask(&world, shop.id, None, question).await;
        assert_eq!(guest.reason.as_deref(), Some(policy::NO_CONSENT));
        Arc::new(Server::default()).work(&world).await;
    }

    /// Nothing stays of what was written about an order that joined the account later, of a test that showed it, or of
    /// what is written about it after its buyer was erased.
    async fn nothing_stays_of_orders_of_the_erased(world: World) {
        let hanako = hanako(&world).await;
        let server = Arc::new(Server::default());
        let [guests, open, other] =
            [order(&world, |_| {}).await, order(&world, |_| {}).await, order(&world, |_| {}).await];
        placed(&world, &guests).await;
        placed(&world, &other).await;
        let desk = world.staff(&[Permission::MessagesRead, Permission::MessagesSend]).await;
        let shown = trial(TemplateName::OrderConfirmation, Some(guests.id), "1");
        let shown = test_send(&desk, shown).await.unwrap().message;
        assert_eq!((shown.order_id, shown.customer_id), (Some(guests.id), None));
        server.work(&world).await;
        for id in [guests.id, open.id] {
            join(&world, id, hanako.id).await;
        }
        domain::customer::erase(&world.customer(hanako.id), None).await.unwrap();
        server.work(&world).await;
        let of = |all: &[message::Model], id: OrderId| -> Vec<message::Model> {
            all.iter().filter(|message| message.order_id == Some(id)).cloned().collect()
        };
        let all = messages(&world).await;
        let wiped = of(&all, guests.id);
        assert!(wiped.len() == 2 && wiped.iter().all(is_wiped), "{wiped:?}");
        placed(&world, &open).await;
        server.work(&world).await;
        assert!(!is_wiped(&of(&messages(&world).await, open.id)[0]), "the order goes on");
        assert!(retention::wipe_due(&world.ctx()).await.unwrap() >= 1);
        let all = messages(&world).await;
        assert!(of(&all, open.id).iter().all(is_wiped));
        assert!(!is_wiped(&of(&all, other.id)[0]), "that is somebody else's");
        assert_eq!(retention::wipe_due(&world.ctx()).await.unwrap(), 0);
        clear(&world).await;
    }

    /// Words go after 400 days, not before, and not of what still waits; then there is nothing to send again.
    async fn words_are_kept_for_a_while(world: World) {
        let server = Arc::new(Server::default());
        let sent = order(&world, |_| {}).await;
        placed(&world, &sent).await;
        server.work(&world).await;
        let waits = order(&world, |order| order.email = Some("taro@example.jp".into())).await;
        placed(&world, &waits).await;
        server.busy(1);
        server.work(&world).await;
        world.advance(retention::KEEP_BODIES - TimeDelta::days(1));
        assert_eq!(retention::wipe_due(&world.ctx()).await.unwrap(), 0);
        world.advance(TimeDelta::days(1) + TimeDelta::seconds(1));
        assert_eq!(retention::wipe_due(&world.ctx()).await.unwrap(), 1);
        let [old, waiting] = messages(&world).await.try_into().unwrap();
        assert_eq!((old.html.as_str(), old.text.as_str(), old.recipient.as_str()), ("", "", "hanako@example.jp"));
        assert!(!old.subject.is_empty() && !is_whole(&old));
        assert!(waiting.status == MessageStatus::Queued && is_whole(&waiting));
        let desk = world.staff(&[Permission::MessagesSend]).await;
        assert!(matches!(again(&desk, old.id, "1").await, Err(Error::NotFound { .. })));
        clear(&world).await;
    }

    /// Messages that have words are found by an index: the bodies of all are not read for it.
    async fn words_are_found_by_their_index(world: World) {
        let find = format!("SELECT id FROM message WHERE {}", retention::HAS_WORDS);
        let transaction = world.db().begin().await.unwrap();
        let (plan, column) = match world.backend() {
            Backend::Sqlite => (format!("EXPLAIN QUERY PLAN {find} AND id < x'ff' ORDER BY id"), "detail"),
            Backend::Postgres => {
                // There is too little in the table for any index.
                transaction.execute_unprepared("SET LOCAL enable_seqscan = off").await.unwrap();
                (format!("EXPLAIN {find}"), "QUERY PLAN")
            }
        };
        let plan = Statement::from_string(transaction.get_database_backend(), plan);
        let rows = transaction.query_all_raw(plan).await.unwrap();
        transaction.rollback().await.unwrap();
        let told: Vec<String> = rows.iter().map(|row| row.try_get("", column).unwrap()).collect();
        assert!(told.iter().any(|line| line.contains("message_words")), "{told:?}");
    }

    /// A copy is followed by links and a picture of its own, and counts in no flow (which [`ask`] checks).
    async fn a_copy_is_followed_by_itself(world: World) {
        let shop = channel(&world, |policy| (policy.track_opens, policy.cap_count) = (true, 100)).await;
        let hanako = hanako(&world).await;
        let url = "https://shop.example/p/tea?x=1&y=2";
        let services = world.services();
        let first = ask(&world, shop.id, Some(hanako.id), |message| {
            let link = tracking::link(&services, message.id, url);
            message.html = format!("<html><body><a href=\"{}\">x</a></body></html>", link.replace('/', "&#x2f;"));
            message.text = format!("{link}\nhttps://shop.example/c/not-ours.");
        })
        .await;
        let desk = world.staff(&[Permission::MessagesSend]).await;
        Arc::new(Server::default()).work(&world).await;
        let second = again(&desk, first.id, "1").await.unwrap();
        for copy in [&first, &second] {
            let link = tracking::link(&services, copy.id, url);
            assert_eq!(copy.text, format!("{link}\nhttps://shop.example/c/not-ours."));
            assert!(copy.html.contains(&link.replace('/', "&#x2f;")), "{}", copy.html);
            assert_eq!(copy.html.matches("/pixel/").count(), 1);
            assert!(copy.html.contains(&tracking::pixel(&services, copy.id)));
        }
        Arc::new(Server::default()).work(&world).await;
    }

    /// Of two messages that are asked for at the same moment where one more is allowed, one goes.
    async fn one_more_is_one_more(world: World) {
        let shop = channel(&world, |policy| policy.cap_count = 0).await;
        let hanako = hanako(&world).await;
        let mut originals = Vec::new();
        for _ in 0..4 {
            let kept = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
            assert_eq!(kept.reason.as_deref(), Some(policy::FREQUENCY_CAP));
            originals.push(kept.id);
        }
        message_policy::Entity::update_many()
            .col_expr(message_policy::Column::CapCount, Expr::value(1))
            .exec(world.db())
            .await
            .unwrap();
        let desk = world.staff(&[Permission::MessagesSend]).await;
        let ended = race(4, |number| {
            let (desk, id) = (desk.clone(), originals[number]);
            async move { again(&desk, id, &format!("race:{id}")).await.unwrap().status }
        })
        .await;
        assert_eq!(ended.iter().filter(|status| **status == MessageStatus::Queued).count(), 1, "{ended:?}");
        Arc::new(Server::default()).work(&world).await;
    }

    /// People get what was written to them and what they wait for, and nothing that was written to staff.
    async fn messages_are_in_the_export(world: World) {
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        let order = order(&world, |order| order.customer_id = Some(hanako.id)).await;
        let desk = world.staff(&[Permission::MessagesRead, Permission::MessagesSend]).await;
        test_send(&desk, trial(TemplateName::OrderConfirmation, Some(order.id), "1")).await.unwrap();
        let line = order_line::Entity::find().one(world.db()).await.unwrap().unwrap();
        let wish = back_in_stock::Model {
            id: BackInStockId(world.new_uuid()),
            variant_id: line.variant_id,
            channel_id: order.channel_id,
            customer_id: None,
            email: "hanako@example.jp".into(),
            locale: "ja".into(),
            quantity: 1,
            notified_at: None,
            canceled_at: None,
            created_at: world.now(),
        };
        back_in_stock::Entity::insert(wish.into_active_model().reset_all())
            .exec_without_returning(world.db())
            .await
            .unwrap();
        let export = domain::customer::export(&world.customer(hanako.id)).await.unwrap();
        let written = export["messages"].as_array().unwrap();
        assert!(written.len() == 2 && written.iter().all(|it| it["recipient"] == "hanako@example.jp"), "{written:?}");
        assert!(written.iter().all(|it| it["template"] == "cross_sell" && it["channel"] == "EMAIL"), "{written:?}");
        assert_eq!(export["back_in_stock"][0]["email"], "hanako@example.jp");
        back_in_stock::Entity::delete_many().exec(world.db()).await.unwrap();
        clear(&world).await;
    }
}
