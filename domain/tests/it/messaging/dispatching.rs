//! From events to messages.

use std::sync::Arc;

use domain::Error;
use domain::jobs::HANDLERS;
use domain::kernel::event::NewEvent;
use domain::messaging::dispatch::{self, Handled, Handler};
use entity::event_delivery;
use entity::words::{ChannelKind, MessageStatus};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use support::{World, both_databases, race};

use super::fixture::{Server, clear, messages, order, placed};

async fn outcomes(world: &World) -> Vec<String> {
    let rows = event_delivery::Entity::find().all(world.db()).await.unwrap();
    rows.into_iter().map(|row| row.outcome).collect()
}

const BAD: Handler = Handler {
    name: "bad",
    kinds: &["tested"],
    run: |_, _| Box::pin(async { Err(Error::Bug("this handler is broken".to_owned())) }),
};
const GOOD: Handler = Handler {
    name: "good",
    kinds: &["tested"],
    run: |tx, event| {
        Box::pin(async move {
            tx.event(NewEvent::new("good_was_here", "test", event.aggregate_id));
            Ok(Handled::Done)
        })
    },
};

/// What became of every hand-over, in the order of the words.
async fn sorted(world: &World) -> Vec<String> {
    let mut found = outcomes(world).await;
    found.sort();
    found
}

both_databases! {
    /// The confirmation goes out once, in the order's language, in the seller's name and with the request's id.
    async fn a_placed_order_is_confirmed(world: World) {
        let order = order(&world, |_| {}).await;
        placed(&world, &order).await;
        let server = Arc::new(Server::default());
        server.work(&world).await;
        let [mail] = server.mails().try_into().unwrap();
        assert_eq!(mail.to, "hanako@example.jp");
        assert_eq!((mail.from_name.as_str(), mail.from_address.as_str()), ("株式会社ひとつ", "shop@shop.example"));
        assert!(mail.subject.contains(&order.number) && mail.subject.contains("ご注文ありがとうございます"));
        assert!(mail.text.contains("髙﨑 花子 様") && mail.html.contains("T1234567890123"));
        assert_eq!(mail.request_id, "test-request");
        assert_eq!(mail.references, [format!("<{}@shop.example>", order.id)]);
        let [message] = messages(&world).await.try_into().unwrap();
        assert_eq!((message.status, message.sent_at), (MessageStatus::Sent, Some(world.now())));
        assert_eq!((message.order_id, message.template.as_str()), (Some(order.id), "order_confirmation"));
        assert_eq!(sorted(&world).await, ["handled", "no customer", "no flow follows it", "no gift cards", "order of a guest"]);
        clear(&world).await;
    }

    /// A sale at a till sends the receipt; the confirmation of a marketplace order stays here.
    async fn the_channel_decides_which_mail_it_is(world: World) {
        let server = Arc::new(Server::default());
        let kinds = [
            (ChannelKind::Pos, ("pos_receipt", MessageStatus::Sent)),
            (ChannelKind::Marketplace, ("order_confirmation", MessageStatus::Suppressed)),
        ];
        for (kind, wanted) in kinds {
            let order = order(&world, |_| {}).await;
            let channel = entity::channel::ActiveModel { id: Set(order.channel_id), kind: Set(kind), ..Default::default() };
            channel.update(world.db()).await.unwrap();
            placed(&world, &order).await;
            server.work(&world).await;
            let kept = messages(&world).await.into_iter().find(|message| message.order_id == Some(order.id)).unwrap();
            assert_eq!((kept.template.as_str(), kept.status), wanted);
        }
        clear(&world).await;
    }

    /// However often an event is handed over, by however many workers, there is one message.
    async fn a_repeated_event_sends_nothing_more(world: World) {
        let order = order(&world, |_| {}).await;
        let event = placed(&world, &order).await;
        let ctx = world.ctx();
        race(8, |_| {
            let ctx = ctx.clone();
            async move { dispatch::run(&ctx, HANDLERS, &[event]).await.unwrap() }
        })
        .await;
        placed(&world, &order).await;
        let server = Arc::new(Server::default());
        server.work(&world).await;
        assert_eq!(server.mails().len(), 1);
        // Two events for four handlers: mail, what it followed, gift cards, points.
        let of_both = [
            "handled",
            "message was requested before",
            "no customer",
            "no customer",
            "no flow follows it",
            "no flow follows it",
            "no gift cards",
            "no gift cards",
            "order of a guest",
            "order of a guest",
        ];
        assert_eq!(sorted(&world).await, of_both);
        clear(&world).await;
    }

    /// Nobody to write to: the reason is kept.
    async fn an_order_without_address_keeps_the_reason(world: World) {
        let order = order(&world, |order| order.email = None).await;
        placed(&world, &order).await;
        let server = Arc::new(Server::default());
        server.work(&world).await;
        assert!(server.mails().is_empty() && messages(&world).await.is_empty());
        assert_eq!(sorted(&world).await, ["no customer", "no e-mail address", "no flow follows it", "no gift cards", "order of a guest"]);
        clear(&world).await;
    }

    /// A handler that fails stops no other, is tried again, and leaves nothing half done.
    async fn a_broken_handler_stands_alone(world: World) {
        let ctx = world.ctx();
        let id = world.new_uuid();
        let events = ctx
            .write(|tx| async move { Ok([0, 1].map(|_| tx.event(NewEvent::new("tested", "test", id)))) })
            .await
            .unwrap();
        for _ in 0..3 {
            assert!(dispatch::run(&ctx, &[BAD, GOOD], &events).await.is_err());
        }
        let delivered = event_delivery::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(delivered.len(), 2);
        assert!(delivered.iter().all(|row| row.handler == "good"));
        let made = entity::event::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(made.iter().filter(|event| event.kind == "good_was_here").count(), 2);
        clear(&world).await;
    }
}
