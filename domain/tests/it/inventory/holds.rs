//! Pool holds and put-aside holds.

use chrono::TimeDelta;
use domain::inventory::{availability, hold};
use domain::{ErrorCode, Permission};
use entity::id::{CartId, ChannelId, VariantId};
use entity::{location, stock_hold};
use sea_orm::{EntityTrait, PaginatorTrait};
use support::{World, both_databases};

use super::{assert_balanced, available, cart, posted, take};

async fn place(world: &World, cart: CartId, channel: ChannelId, lines: &[(VariantId, i64)]) -> domain::Result<()> {
    let until = world.now() + TimeDelta::minutes(15);
    world.ctx().write(|tx| async move { hold::place(&tx, cart, channel, lines, until).await }).await
}

async fn in_stock(world: &World, channel: ChannelId, variant: VariantId) -> i64 {
    availability::published(world.db(), channel, &[variant], world.now()).await.unwrap()[&variant].in_stock
}

fn put_aside(
    world: &World,
    store: &location::Model,
    variant_id: VariantId,
    quantity: i64,
    key: &str,
) -> hold::PutAside {
    hold::PutAside {
        location_id: store.id,
        variant_id,
        quantity,
        note: Some("for Ms. Sato".to_owned()),
        expires_at: world.now() + TimeDelta::hours(2),
        idempotency_key: key.to_owned(),
    }
}

both_databases! {
    /// What a cart holds, others do not see; the cart itself does, and may change its mind.
    async fn a_cart_holds_what_others_cannot_have(world: World) {
        let store = world.store("shibuya").await;
        let online = world.channel("online").served_by(&store).create().await;
        let tea = world.product("tea").stock(&store, 5).create().await.id();
        let (mine, yours) = (cart(&world, &online).await, cart(&world, &online).await);
        place(&world, mine, online.id, &[(tea, 3)]).await.unwrap();
        assert_eq!(in_stock(&world, online.id, tea).await, 2);
        let own = availability::published_except(world.db(), online.id, &[tea], world.now(), Some(mine)).await.unwrap();
        assert_eq!(own[&tea].in_stock, 5);
        let error = place(&world, yours, online.id, &[(tea, 3)]).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InsufficientStock);
        place(&world, mine, online.id, &[(tea, 5)]).await.unwrap();
        assert_eq!(in_stock(&world, online.id, tea).await, 0);
        world.ctx().write(|tx| async move { hold::release_for_cart(&tx, mine).await }).await.unwrap();
        assert_eq!(in_stock(&world, online.id, tea).await, 5);
    }

    /// From the moment it expires a hold counts for nothing, swept or not.
    async fn an_expired_hold_counts_for_nothing(world: World) {
        let store = world.store("shibuya").await;
        let online = world.channel("online").served_by(&store).create().await;
        let tea = world.product("tea").stock(&store, 5).create().await.id();
        let mine = cart(&world, &online).await;
        place(&world, mine, online.id, &[(tea, 5)]).await.unwrap();
        world.advance(TimeDelta::minutes(15));
        assert_eq!(in_stock(&world, online.id, tea).await, 5);
        assert_eq!(hold::expire_due(&world.ctx(), 100).await.unwrap(), 1);
        assert_eq!(hold::expire_due(&world.ctx(), 100).await.unwrap(), 0);
        assert_eq!(stock_hold::Entity::find().count(world.db()).await.unwrap(), 0);
    }

    /// A bundle holds its parts; two ways to want one part are one claim.
    async fn a_bundle_holds_its_parts(world: World) {
        let store = world.store("shibuya").await;
        let online = world.channel("online").served_by(&store).create().await;
        let tea = world.product("tea").stock(&store, 5).create().await;
        let cup = world.product("cup").stock(&store, 9).create().await;
        let set = world.product("set").component(&tea, 2).component(&cup, 1).create().await;
        let mine = cart(&world, &online).await;
        let error = place(&world, mine, online.id, &[(set.id(), 2), (tea.id(), 2)]).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InsufficientStock, "two sets and two teas take six teas");
        place(&world, mine, online.id, &[(set.id(), 2), (tea.id(), 1)]).await.unwrap();
        assert_eq!(in_stock(&world, online.id, tea.id()).await, 0);
        assert_eq!(in_stock(&world, online.id, cup.id()).await, 7);
        assert_eq!(in_stock(&world, online.id, set.id()).await, 0);
    }

    /// A clerk puts a unit aside and gives it back; repeating a key repeats nothing.
    async fn a_clerk_puts_aside_once(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 2).create().await.id();
        let clerk = world.staff_at(store.id, &[Permission::StockHold]).await;
        let first = hold::put_aside(&clerk, put_aside(&world, &store, tea, 2, "k1")).await.unwrap();
        let again = hold::put_aside(&clerk, put_aside(&world, &store, tea, 2, "k1")).await.unwrap();
        assert_eq!(first, again);
        assert_eq!(available(&world, store.id, tea).await, 0);
        let other = hold::put_aside(&clerk, put_aside(&world, &store, tea, 1, "k1")).await.unwrap_err();
        assert_eq!(other.code(), ErrorCode::IdempotencyKeyReused);
        let short = hold::put_aside(&clerk, put_aside(&world, &store, tea, 1, "k2")).await.unwrap_err();
        assert_eq!(short.code(), ErrorCode::InsufficientStock);
        assert_balanced(&world).await;
        let release = |key: &str| hold::Release { hold_id: first.id, idempotency_key: key.to_owned() };
        assert_eq!(hold::release(&clerk, release("r1")).await.unwrap().level, Some((store.id, tea)));
        assert!(hold::release(&clerk, release("r1")).await.unwrap().replayed);
        assert_eq!(hold::release(&clerk, release("r2")).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(available(&world, store.id, tea).await, 2);
        assert_balanced(&world).await;
    }

    /// Somebody else's store is out of reach, and cannot be told from one that is not there.
    async fn a_clerk_reaches_only_the_own_store(world: World) {
        let (mine, yours) = (world.store("mine").await, world.store("yours").await);
        let tea = world.product("tea").stock(&mine, 2).stock(&yours, 2).create().await.id();
        let clerk = world.staff_at(mine.id, &[Permission::StockHold]).await;
        let refused = hold::put_aside(&clerk, put_aside(&world, &yours, tea, 1, "k1")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::NotFound);
        let neighbor = world.staff_at(yours.id, &[Permission::StockHold]).await;
        let theirs = hold::put_aside(&neighbor, put_aside(&world, &yours, tea, 1, "k1")).await.unwrap();
        let release = hold::Release { hold_id: theirs.id, idempotency_key: "r1".to_owned() };
        assert_eq!(hold::release(&clerk, release).await.unwrap_err().code(), ErrorCode::NotFound);
        let guest = hold::put_aside(&world.guest(), put_aside(&world, &mine, tea, 1, "k2")).await.unwrap_err();
        assert_eq!(guest.code(), ErrorCode::Unauthenticated);
    }

    /// Units of an expired put-aside hold can be sold at once, before any sweeper came by.
    async fn expired_put_aside_units_are_sold_before_the_sweep(world: World) {
        let store = world.store("shibuya").await;
        let online = world.channel("online").served_by(&store).create().await;
        let tea = world.product("tea").stock(&store, 2).create().await.id();
        let clerk = world.staff_at(store.id, &[Permission::StockHold]).await;
        hold::put_aside(&clerk, put_aside(&world, &store, tea, 2, "k1")).await.unwrap();
        assert!(posted(&world.ctx(), vec![take(store.id, tea, 1)]).await.is_err());
        world.advance(TimeDelta::hours(2));
        assert_eq!(in_stock(&world, online.id, tea).await, 2);
        posted(&world.ctx(), vec![take(store.id, tea, 1)]).await.unwrap();
        assert_eq!(available(&world, store.id, tea).await, 1);
        assert_eq!(stock_hold::Entity::find().count(world.db()).await.unwrap(), 0);
        assert_balanced(&world).await;
    }

    /// The sweeper frees put-aside units in batches.
    async fn the_sweeper_frees_put_aside_units(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 5).create().await.id();
        let clerk = world.staff_at(store.id, &[Permission::StockHold]).await;
        for key in ["k1", "k2", "k3"] {
            hold::put_aside(&clerk, put_aside(&world, &store, tea, 1, key)).await.unwrap();
        }
        assert_eq!(hold::expire_due(&world.ctx(), 2).await.unwrap(), 0, "nothing is due yet");
        world.advance(TimeDelta::hours(2));
        assert_eq!(hold::expire_due(&world.ctx(), 2).await.unwrap(), 2);
        assert_eq!(hold::expire_due(&world.ctx(), 2).await.unwrap(), 1);
        assert_eq!(available(&world, store.id, tea).await, 5);
        assert_balanced(&world).await;
    }
}
