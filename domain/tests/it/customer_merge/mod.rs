//! Two records of one person become one, in every area that knows a customer.

mod races;

use std::sync::Arc;

use async_trait::async_trait;
use domain::cart::query as carts;
use domain::customer::{
    ConsentChange, CustomerSignIn, SaveAddress, SetTags, VerifyIdentifier, erase, query, save_address, set_consents,
    set_tags, sign_in, verify_identifier,
};
use domain::customer_merge::{self, MergeCustomers, Merged, merge};
use domain::jobs::{Adapters, run_due};
use domain::kernel::paging::PageRequest;
use domain::messaging::dispatch;
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use domain::{Ctx, ErrorCode, Permission, Result};
use entity::id::CustomerId;
use entity::words::*;
use entity::{customer, event, message, order};
use sea_orm::{EntityTrait, QueryOrder};
use support::build::japanese_address;
use support::{World, both_databases};

use crate::customer::{PASSWORD, letters, sign_up};
use crate::fulfillment::shop::Shop;
use crate::stored_value::spending::{complete, own};
use crate::stored_value::{balance, credit_of, tender};

/// A mail server that takes everything.
#[derive(Debug)]
struct AnyMail;

#[async_trait]
impl MessageTransport for AnyMail {
    async fn send(&self, _: &OutgoingMail) -> std::result::Result<(), SendError> {
        Ok(())
    }
}

pub(super) async fn work(world: &World) {
    run_due(&world.ctx(), &Adapters { mail: Arc::new(AnyMail) }).await.unwrap();
}

pub(super) async fn desk(world: &World) -> Ctx {
    world.staff(&[Permission::CustomersMerge, Permission::CustomersRead, Permission::CustomersWrite]).await
}

pub(super) async fn join(ctx: &Ctx, from: CustomerId, into: CustomerId, key: &str) -> Result<Merged> {
    merge(ctx, MergeCustomers { from, into, idempotency_key: key.to_owned() }).await
}

async fn signed_up(world: &World, email: &str) -> (CustomerId, String) {
    sign_up(&world.guest(), email, Some(PASSWORD)).await.unwrap();
    let code = letters(world).await.remove(0).1;
    let proof = VerifyIdentifier { email: email.to_owned(), code, password: Some(PASSWORD.to_owned()) };
    let session = verify_identifier(&world.guest(), proof).await.unwrap();
    (session.customer.id, session.tokens.refresh_token)
}

fn mails(granted: bool) -> Vec<ConsentChange> {
    vec![ConsentChange {
        channel: ConsentChannel::Email,
        purpose: ConsentPurpose::Marketing,
        granted,
        source: "account-page".to_owned(),
        text_version: "1".to_owned(),
    }]
}

both_databases! {
    /// Orders, carts, addresses, tags, consents, value, identifiers and aliases: all of it is with the one who stays.
    async fn everything_follows_the_person(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let (lost, refresh_token) = signed_up(&world, "old@example.jp").await;
        let (kept, _) = signed_up(&world, "new@example.jp").await;
        let earlier = world.new_customer("佐藤", "ハナコ").with(|row| row.merged_into_id = Some(lost)).create().await;
        let staff = desk(&world).await;
        let (theirs, ours) = (world.customer(lost), world.customer(kept));
        save_address(&theirs, SaveAddress { id: None, address: japanese_address(), is_default: true }).await.unwrap();
        let mut second = japanese_address();
        second.line2 = "別館2階".to_owned();
        save_address(&theirs, SaveAddress { id: None, address: second.clone(), is_default: false }).await.unwrap();
        let home = save_address(&ours, SaveAddress { id: None, address: japanese_address(), is_default: true }).await.unwrap();
        for (id, tags) in [(lost, ["VIP", "gold"]), (kept, ["VIP", "silver"])] {
            let add = tags.map(str::to_owned).to_vec();
            set_tags(&staff, SetTags { customer_id: id, add, remove: Vec::new() }).await.unwrap();
        }
        set_consents(&ours, mails(true)).await.unwrap();
        set_consents(&theirs, mails(false)).await.unwrap();
        let (old, new) = (credit_of(&world, &shop, lost, 3_000).await, credit_of(&world, &shop, kept, 500).await);
        let (cart_id, _) = shop.cart_of(shirt.id(), 1).await;
        let buyer = own(&world, cart_id, lost).await;
        let bought = complete(&buyer, cart_id, 1_550, vec![tender(Gateway::StoreCredit, None, None)], "buy").await.unwrap().order;
        let (open, _) = shop.cart_of(shirt.id(), 2).await;
        own(&world, open, lost).await;
        let (basket, _) = shop.cart_of(shirt.id(), 3).await;
        own(&world, basket, kept).await;

        let done = join(&staff, lost, kept, "merge").await.unwrap();
        assert_eq!((done.customer.id, done.replayed), (kept, false));
        assert!(join(&staff, lost, kept, "merge").await.unwrap().replayed);

        let order = order::Entity::find_by_id(bought.id).one(world.db()).await.unwrap().unwrap();
        assert_eq!(order.customer_id, Some(kept));
        assert_eq!((balance(&world, old).await, balance(&world, new).await), (0, 500 + 3_000 - 1_550));
        let cart = carts::open_of_customer(world.db(), kept, None).await.unwrap().unwrap();
        let lines = carts::lines(world.db(), &[cart.id]).await.unwrap();
        assert_eq!((cart.id, lines.iter().map(|line| line.quantity).collect::<Vec<_>>()), (basket, vec![5]));
        let book = query::addresses(world.db(), &[kept]).await.unwrap();
        assert_eq!(book.iter().map(|row| row.is_default).collect::<Vec<_>>(), [true, false]);
        assert_eq!((book[0].id, &book[1].address), (home.id, &second));
        let tags = query::tags(world.db(), &[kept]).await.unwrap();
        assert_eq!(tags.into_iter().map(|row| row.tag).collect::<Vec<_>>(), ["VIP", "gold", "silver"]);
        let consents = query::consents(world.db(), kept).await.unwrap();
        assert_eq!(consents.iter().map(|row| row.granted).collect::<Vec<_>>(), [false], "the stricter wins");
        for alias in [lost, earlier.id] {
            assert_eq!(query::by_id(world.db(), alias).await.unwrap().unwrap().id, kept);
        }
        // Whoever was signed in is not any more, and the old address opens the record that stays.
        let refresh = domain::access::session::refresh;
        let audience = domain::access::token::Audience::Shop;
        assert_eq!(refresh(&world.guest(), audience, &refresh_token).await.unwrap_err().code(), ErrorCode::SessionExpired);
        let input = CustomerSignIn { email: "old@example.jp".to_owned(), password: PASSWORD.to_owned() };
        assert_eq!(sign_in(&world.guest(), input).await.unwrap().customer.id, kept);
        let told = query::timeline(&staff, kept, &PageRequest::default()).await.unwrap();
        let kinds: Vec<_> = told.rows.iter().map(|(_, row)| row.kind.as_str()).collect();
        assert!(kinds.contains(&"customer_merged") && kinds.contains(&"customer_became_alias"), "{kinds:?}");
        world.advance(chrono::TimeDelta::hours(1));
        work(&world).await;
    }

    /// One mail, to the address of the record that stays; none where nobody has a verified one.
    async fn the_person_is_told(world: World) {
        let (lost, _) = signed_up(&world, "old@example.jp").await;
        let (kept, _) = signed_up(&world, "new@example.jp").await;
        let staff = desk(&world).await;
        join(&staff, lost, kept, "one").await.unwrap();
        let (third, fourth) =
            (world.new_customer("山田", "太郎").create().await, world.new_customer("山田", "たろう").create().await);
        join(&staff, third.id, fourth.id, "two").await.unwrap();
        let events = event::Entity::find().order_by_asc(event::Column::Id).all(world.db()).await.unwrap();
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        for _ in 0..2 {
            dispatch::run(&world.ctx(), &[customer_merge::HANDLER], &ids).await.unwrap();
        }
        let sent = message::Entity::find().all(world.db()).await.unwrap();
        let sent: Vec<_> = sent.iter().map(|row| (row.template.as_str(), row.recipient.as_str())).collect();
        assert_eq!(sent, [("customer_merged", "new@example.jp")]);
        assert!(events.iter().all(|event| !event.payload.to_string().contains("example.jp")), "no personal data in events");
    }

    /// What cannot be merged says so and changes nothing.
    async fn what_cannot_be_merged(world: World) {
        let staff = desk(&world).await;
        let person = async |name: &str| world.new_customer("鈴木", name).create().await.id;
        let (one, two, gone) = (person("一").await, person("二").await, person("三").await);
        erase(&staff, Some(gone)).await.unwrap();
        let code = async |from, into, key: &str| join(&staff, from, into, key).await.unwrap_err().code();
        assert_eq!(code(one, one, "a").await, ErrorCode::Invalid);
        assert_eq!(code(one, gone, "b").await, ErrorCode::InvalidTransition);
        assert_eq!(code(gone, one, "c").await, ErrorCode::InvalidTransition);
        assert_eq!(code(one, CustomerId(world.new_uuid()), "d").await, ErrorCode::NotFound);
        let clerk = world.staff(&[Permission::CustomersWrite]).await;
        assert_eq!(join(&clerk, one, two, "e").await.unwrap_err().code(), ErrorCode::Forbidden);
        join(&staff, one, two, "f").await.unwrap();
        assert_eq!(code(one, two, "g").await, ErrorCode::InvalidTransition);
        assert_eq!(code(two, one, "h").await, ErrorCode::InvalidTransition);
        assert_eq!(code(two, one, "f").await, ErrorCode::IdempotencyKeyReused);
        let rows = customer::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.merged_into_id.is_some()).count(), 1);
        // Who is erased goes with all that the alias still said.
        erase(&staff, Some(two)).await.unwrap();
        let alias = query::by_ids(world.db(), &[one]).await.unwrap().remove(0);
        assert_eq!((alias.family_name.as_str(), alias.given_name.as_str()), ("", ""));
    }
}
