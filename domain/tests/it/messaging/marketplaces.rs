//! Orders of marketplaces: their customers hear from the marketplace, and from nobody else.

use std::sync::Arc;

use domain::jobs::HANDLERS;
use domain::messaging::TemplateName;
use domain::messaging::dispatch;
use domain::messaging::policy::MARKETPLACE;
use domain::messaging::preview::Preview;
use domain::messaging::request::Note;
use domain::messaging::resend::{ResendMessage, resend};
use domain::messaging::test_send::{TestSend, test_send};
use domain::returns::request::request;
use domain::{ErrorCode, Permission};
use entity::id::ChannelId;
use entity::words::{ChannelKind, MessageChannel, MessageStatus};
use entity::{channel, event, message};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use support::{World, both_databases};

use super::fixture::{Server, clear, messages, note, order, parcel, placed};
use crate::returns::bought;

/// The channel is a marketplace from now on.
async fn becomes_a_market(world: &World, id: ChannelId) {
    let row = channel::ActiveModel { id: Set(id), kind: Set(ChannelKind::Marketplace), ..Default::default() };
    row.update(world.db()).await.unwrap();
}

fn is_kept_back(row: &message::Model) -> bool {
    let is_empty = row.html.is_empty() && row.text.is_empty();
    is_empty && row.status == MessageStatus::Suppressed && row.reason.as_deref() == Some(MARKETPLACE)
}

both_databases! {
    /// Whatever is asked for about such an order, by an event or an area, by mail or LINE, is kept back with the reason, and
    /// cannot be sent again. Another system is told, and staff may look at it.
    async fn nothing_about_such_an_order_leaves(world: World) {
        let order = order(&world, |_| {}).await;
        becomes_a_market(&world, order.channel_id).await;
        placed(&world, &order).await;
        let about = |channel: MessageChannel, key: &str| Note {
            channel,
            order_id: Some(order.id),
            ..parcel("hanako@example.jp", key)
        };
        note(&world, about(MessageChannel::Email, "mail")).await;
        note(&world, about(MessageChannel::Line, "line")).await;
        let server = Arc::new(Server::default());
        server.work(&world).await;
        assert!(server.mails().is_empty());
        let kept = messages(&world).await;
        assert_eq!(kept.len(), 3, "the confirmation, too");
        assert!(kept.iter().all(is_kept_back), "{kept:#?}");
        let desk = world.staff(&[Permission::MessagesSend]).await;
        for row in &kept {
            let again = ResendMessage { message_id: row.id, idempotency_key: row.id.to_string() };
            assert_eq!(resend(&desk, again).await.unwrap_err().code(), ErrorCode::NotFound);
        }
        let hook = note(&world, about(MessageChannel::Webhook, "hook")).await;
        let look = TestSend {
            preview: Preview {
                name: TemplateName::OrderConfirmation,
                order_id: Some(order.id),
                channel_id: None,
                locale: None,
                wording: None,
            },
            recipient: Some("me@shop.example".to_owned()),
            idempotency_key: "look".to_owned(),
        };
        let look = test_send(&desk, look).await.unwrap().message;
        assert_eq!(look.status, MessageStatus::Queued);
        let hook = message::Entity::find_by_id(hook).one(world.db()).await.unwrap().unwrap();
        assert_eq!((hook.status, hook.reason), (MessageStatus::Queued, None));
        clear(&world).await;
    }

    /// Returns of such an order are told by the marketplace, too.
    async fn its_returns_are_not_told(world: World) {
        // A shop that was a web shop a moment ago adds up to nothing that the audit knows.
        world.without_audit();
        let bought = bought(&world, 1).await;
        becomes_a_market(&world, bought.sold().await.0.channel_id).await;
        request(&bought.guest, bought.wish(1)).await.unwrap();
        let events = event::Entity::find().all(world.db()).await.unwrap();
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        let handlers: Vec<_> = HANDLERS.iter().filter(|handler| handler.name == "return_mail").copied().collect();
        dispatch::run(&world.ctx(), &handlers, &ids).await.unwrap();
        let told = messages(&world).await;
        assert!(!told.is_empty() && told.iter().all(is_kept_back), "{told:#?}");
    }
}
