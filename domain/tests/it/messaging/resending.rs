//! Staff look at messages and send them again.

use std::sync::Arc;

use domain::kernel::paging::PageRequest;
use domain::messaging::query::{self, Filter};
use domain::messaging::resend::{ResendMessage, resend};
use domain::{Error, Permission};
use entity::id::MessageId;
use entity::words::MessageStatus;
use support::{World, both_databases};

use super::fixture::{Server, clear, code, messages, order, placed};

fn again(message_id: MessageId, key: &str) -> ResendMessage {
    ResendMessage { message_id, idempotency_key: key.to_owned() }
}

both_databases! {
    /// The same content goes out again under a Message-ID of its own, once per key.
    async fn a_message_goes_out_again(world: World) {
        let order = order(&world, |_| {}).await;
        placed(&world, &order).await;
        let server = Arc::new(Server::default());
        server.work(&world).await;
        let [original] = messages(&world).await.try_into().unwrap();
        let support = world.staff(&[Permission::MessagesSend]).await;
        let first = resend(&support, again(original.id, "key")).await.unwrap();
        let second = resend(&support, again(original.id, "key")).await.unwrap();
        assert!(!first.replayed && second.replayed && first.message.id == second.message.id);
        server.work(&world).await;
        let [sent, copy] = server.mails().try_into().unwrap();
        assert_ne!(sent.message_id, copy.message_id);
        assert_eq!((sent.subject, sent.html, sent.references), (copy.subject, copy.html, copy.references));
        assert!(messages(&world).await.iter().all(|message| message.status == MessageStatus::Sent));
        clear(&world).await;
    }

    /// Codes are never repeated, waiting messages need no help, and without the permission nothing goes.
    async fn what_may_not_go_out_again_does_not(world: World) {
        let id = code(&world, "hanako@example.jp", "code").await.unwrap();
        let server = Arc::new(Server::default());
        server.work(&world).await;
        let support = world.staff(&[Permission::MessagesSend]).await;
        assert!(matches!(resend(&support, again(id, "1")).await, Err(Error::NotFound { .. })));
        let order = order(&world, |_| {}).await;
        placed(&world, &order).await;
        server.busy(1);
        server.work(&world).await;
        let waiting = messages(&world).await.pop().unwrap();
        assert_eq!(waiting.status, MessageStatus::Queued);
        assert!(matches!(resend(&support, again(waiting.id, "2")).await, Err(Error::InvalidTransition { .. })));
        let reader = world.staff(&[Permission::MessagesRead]).await;
        assert!(matches!(resend(&reader, again(waiting.id, "3")).await, Err(Error::Forbidden { .. })));
        assert_eq!(messages(&world).await.len(), 2);
        clear(&world).await;
    }

    /// Staff of a store see the mails about orders of that store, and a filter narrows them further.
    async fn staff_see_the_messages_of_their_places(world: World) {
        let store = world.store("shibuya").await;
        let mine = order(&world, |order| order.location_id = Some(store.id)).await;
        let other = order(&world, |order| order.email = Some("taro@example.jp".into())).await;
        for order in [&mine, &other] {
            placed(&world, order).await;
        }
        code(&world, "hanako@example.jp", "code").await.unwrap();
        Arc::new(Server::default()).work(&world).await;
        let page = PageRequest::default();
        let db = world.ctx().db();
        let everywhere = world.staff(&[Permission::MessagesRead]).await.require(Permission::MessagesRead).unwrap();
        assert_eq!(query::list(&db, &everywhere, &Filter::default(), &page).await.unwrap().rows.len(), 3);
        let here = world.staff_at(store.id, &[Permission::MessagesRead]).await.require(Permission::MessagesRead).unwrap();
        let seen = query::list(&db, &here, &Filter::default(), &page).await.unwrap();
        assert_eq!(seen.rows.iter().map(|(_, row)| row.order_id).collect::<Vec<_>>(), [Some(mine.id)]);
        assert_eq!(query::count(&db, &here, &Filter::default()).await.unwrap(), 1);
        let foreign = messages(&world).await.into_iter().find(|row| row.order_id == Some(other.id)).unwrap();
        assert!(query::by_id(&db, &here, foreign.id).await.unwrap().is_none());
        let filter = Filter { recipient: Some("taro@example.jp".into()), ..Filter::default() };
        assert_eq!(query::count(&db, &everywhere, &filter).await.unwrap(), 1);
        clear(&world).await;
    }
}
