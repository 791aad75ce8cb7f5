//! Notices about accounts: who has a new password hears of it, and who is forgotten hears it last.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::customer::{ResetPassword, erase, request_password_reset, request_sign_in_code, reset_password};
use domain::kernel::event::NewEvent;
use domain::messaging::dispatch;
use domain::{Ctx, Permission, customer_merge};
use entity::id::{ChannelId, CustomerId};
use entity::job;
use entity::words::{ChannelKind, IdentifierKind, MessageStatus};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;
use support::{World, both_databases};

use super::fixture::{Server, clear, messages, order};
use crate::customer::letters;

const ADDRESS: &str = "hanako@example.jp";

async fn with_mailbox(world: &World) -> CustomerId {
    let person = world.new_customer("髙﨑", "花子").verified(IdentifierKind::Email, "hanako@example.jp");
    person.create().await.id
}

/// Somebody who is not signed in asks from a storefront that names its channel.
fn from(world: &World, channel: &str) -> Ctx {
    Ctx { channel: Some(channel.into()), ..world.guest() }
}

/// Two web shops, the elder first, a closed one and a marketplace.
async fn shops(world: &World) -> (ChannelId, ChannelId) {
    let first = world.channel("first").create().await.id;
    world.advance(TimeDelta::seconds(1));
    let other = world.channel("other").create().await.id;
    world.channel("closed").with(|row| row.active = false).create().await;
    world.channel("market").with(|row| row.kind = ChannelKind::Marketplace).create().await;
    (first, other)
}

/// What was written last: its template, and in whose name.
async fn last(world: &World) -> (String, Option<ChannelId>) {
    let kept = messages(world).await.pop().unwrap();
    (kept.template, kept.channel_id)
}

both_databases! {
    /// A code goes in the name of the shop in which it was asked for; of one that names none, or none of ours, in the name
    /// of the shop in which its owner bought last, else of the first.
    async fn a_code_comes_from_its_own_shop(world: World) {
        let (first, other) = shops(&world).await;
        let id = with_mailbox(&world).await;
        let server = Arc::new(Server::default());
        let asks = async |ctx: Ctx| {
            world.advance(TimeDelta::minutes(20));
            request_sign_in_code(&ctx, ADDRESS).await.unwrap();
            server.work(&world).await;
            last(&world).await
        };
        let code = |channel: ChannelId| ("sign_in_code".to_owned(), Some(channel));
        assert_eq!(asks(from(&world, "other")).await, code(other));
        for named in ["nonsense", "closed", "market"] {
            assert_eq!(asks(from(&world, named)).await, code(first), "{named}");
        }
        let market = order(&world, |row| row.customer_id = Some(id)).await;
        let row = entity::channel::Entity::find_by_id(market.channel_id).one(world.db()).await.unwrap().unwrap();
        let row = entity::channel::Model { kind: ChannelKind::Marketplace, ..row };
        row.into_active_model().reset_all().update(world.db()).await.unwrap();
        assert_eq!(asks(world.guest()).await, code(first), "a marketplace is no shop of ours");
        world.advance(TimeDelta::minutes(20));
        let bought = order(&world, |row| row.customer_id = Some(id)).await;
        assert_eq!(asks(world.guest()).await, code(bought.channel_id));
        assert_eq!(asks(from(&world, "other")).await, code(other));
        clear(&world).await;
    }

    /// So do the notices: a new password, and the last message. Staff act in no shop, whatever their program names.
    async fn notices_come_from_their_own_shop(world: World) {
        let (_, other) = shops(&world).await;
        let id = with_mailbox(&world).await;
        let bought = order(&world, |row| row.customer_id = Some(id)).await;
        request_password_reset(&from(&world, "other"), ADDRESS).await.unwrap();
        let [(_, token)] = letters(&world).await.try_into().unwrap();
        let input = ResetPassword { email: ADDRESS.into(), token, password: "a new passphrase".into() };
        reset_password(&from(&world, "other"), input).await.unwrap();
        let server = Arc::new(Server::default());
        server.work(&world).await;
        assert_eq!(last(&world).await, ("password_changed".to_owned(), Some(other)));
        let desk = world.staff(&[Permission::CustomersWrite]).await;
        erase(&Ctx { channel: Some("other".into()), ..desk }, Some(id)).await.unwrap();
        server.work(&world).await;
        assert_eq!(last(&world).await, ("account_deleted".to_owned(), Some(bought.channel_id)));
        let next = world.new_customer("髙﨑", "花子").verified(IdentifierKind::Email, "hanae@example.jp").create().await;
        erase(&Ctx { channel: Some("other".into()), ..world.customer(next.id) }, None).await.unwrap();
        server.work(&world).await;
        assert_eq!(last(&world).await, ("account_deleted".to_owned(), Some(other)));
        clear(&world).await;
    }

    /// Two records that became one: the shop in which the person bought tells of it.
    async fn a_merge_is_told_by_the_shop_that_sold(world: World) {
        shops(&world).await;
        let id = with_mailbox(&world).await;
        let bought = order(&world, |row| row.customer_id = Some(id)).await;
        let address = entity::customer_identifier::Entity::find().one(world.db()).await.unwrap().unwrap().id;
        let event = NewEvent::new("customer_merged", "customer", id.uuid()).payload(json!({ "notice_to": address }));
        let ctx = world.ctx();
        let event = ctx.write(|tx| {
            let event = event.clone();
            async move { Ok(tx.event(event)) }
        });
        dispatch::run(&world.ctx(), &[customer_merge::HANDLER], &[event.await.unwrap()]).await.unwrap();
        assert_eq!(last(&world).await, ("customer_merged".to_owned(), Some(bought.channel_id)));
        clear(&world).await;
    }

    /// Jobs of an older version name no channel; they still say who wants a code.
    async fn an_older_job_still_says_what_it_wants(world: World) {
        let wish = json!({
            "purpose": "SIGN_IN", "kind": "EMAIL", "value": ADDRESS, "customer_id": null, "locale": "ja", "request_id": "old",
        });
        let wish: domain::customer::notify::CodeWish = serde_json::from_value(wish).unwrap();
        assert_eq!(wish.channel_id, None);
        let said = json!({ "customer_id": CustomerId(world.new_uuid()), "recipient": ADDRESS, "locale": "ja", "request_id": "old" });
        let said: domain::customer::notify::Farewell = serde_json::from_value(said).unwrap();
        assert_eq!(said.channel_id, None);
    }

    /// A new password is told to the verified address, once per time.
    async fn a_new_password_is_told(world: World) {
        let id = with_mailbox(&world).await;
        let server = Arc::new(Server::default());
        world
            .ctx()
            .write(|tx| async move { Ok(tx.event(NewEvent::new("customer_password_reset", "customer", id.uuid()))) })
            .await
            .unwrap();
        server.work(&world).await;
        let [mail] = server.mails().try_into().unwrap();
        assert_eq!(mail.to, "hanako@example.jp");
        assert!(mail.html.contains("髙﨑 花子") || mail.html.contains("花子 髙﨑"), "{}", mail.text);
        let [kept] = messages(&world).await.try_into().unwrap();
        assert_eq!((kept.template.as_str(), kept.status), ("password_changed", MessageStatus::Sent));
        clear(&world).await;
    }

    /// Who is erased hears it at the address that was theirs; after that nothing of it stays.
    async fn the_last_message_leaves_nothing(world: World) {
        let id = with_mailbox(&world).await;
        let staff = world.staff(&[Permission::CustomersWrite]).await;
        erase(&staff, Some(id)).await.unwrap();
        let server = Arc::new(Server::default());
        server.work(&world).await;
        let [mail] = server.mails().try_into().unwrap();
        assert_eq!(mail.to, "hanako@example.jp");
        assert!(!mail.html.contains("花子"), "the name is gone");
        let [kept] = messages(&world).await.try_into().unwrap();
        assert_eq!((kept.template.as_str(), kept.status), ("account_deleted", MessageStatus::Sent));
        assert_eq!((kept.recipient.as_str(), kept.html.as_str(), kept.text.as_str()), ("", "", ""));
        assert!(kept.customer_id.is_none());
        assert!(job::Entity::find().all(world.db()).await.unwrap().is_empty(), "no address in a job");
        clear(&world).await;
    }
}
