//! What is promised, where, and why.

use chrono::{DateTime, Utc};
use domain::inventory::availability::{explain, orderable, published};
use domain::inventory::pickup::pickup;
use entity::words::StockState::{Available, Damaged};
use entity::words::{InventoryPolicy, PickupStockPolicy};
use support::{World, both_databases};

use super::{posted, shift};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

both_databases! {
    /// The sum over the locations that ship; a bundle must be whole somewhere.
    async fn a_bundle_is_the_sum_of_minima(world: World) {
        let (east, west) = (world.store("east").await, world.store("west").await);
        let shop_only = world.location("shop-only").with(|row| row.fulfills_online = false).create().await;
        let closed = world.location("closed").with(|row| row.active = false).create().await;
        let online = world.channel("online").served_by(&east).served_by(&west).served_by(&shop_only).served_by(&closed).create().await;
        let tea = world.product("tea").stock(&east, 10).stock(&west, 1).stock(&shop_only, 50).stock(&closed, 50).create().await;
        let cup = world.product("cup").stock(&east, 1).stock(&west, 10).create().await;
        let set = world.product("set").component(&tea, 2).component(&cup, 1).create().await;
        let promised = published(world.db(), online.id, &[tea.id(), cup.id(), set.id()], world.now()).await.unwrap();
        assert_eq!(promised[&tea.id()].in_stock, 11);
        assert_eq!(promised[&cup.id()].in_stock, 11);
        // One set in the east; in the west one tea is too few. The minimum of the sums would be five.
        assert_eq!(promised[&set.id()].in_stock, 1);
        let till = world.channel("pos").pos().served_by(&shop_only).create().await;
        assert_eq!(published(world.db(), till.id, &[tea.id()], world.now()).await.unwrap()[&tea.id()].in_stock, 50);
    }

    /// Beyond stock only as far as the policy goes.
    async fn policies_decide_what_may_be_ordered(world: World) {
        let store = world.store("shibuya").await;
        let online = world.channel("online").served_by(&store).create().await;
        let deny = world.product("deny").stock(&store, 2).create().await.id();
        let backorder = world
            .product("backorder")
            .with(|row| {
                row.inventory_policy = InventoryPolicy::Backorder;
                row.backorder_limit = Some(10);
            })
            .stock(&store, 2)
            .create()
            .await
            .id();
        let preorder = world.product("preorder").with(|row| row.inventory_policy = InventoryPolicy::Preorder).create().await.id();
        let untracked = world.product("untracked").with(|row| row.tracked = false).create().await.id();
        let promised =
            published(world.db(), online.id, &[deny, backorder, preorder, untracked], world.now()).await.unwrap();
        assert_eq!((promised[&deny].in_stock, promised[&deny].orderable), (2, Some(2)));
        assert_eq!((promised[&backorder].in_stock, promised[&backorder].orderable), (2, Some(12)));
        assert_eq!((promised[&preorder].in_stock, promised[&preorder].orderable), (0, None));
        assert!(!promised[&untracked].tracked && promised[&untracked].allows(1_000_000));
        assert!(promised[&deny].allows(2) && !promised[&deny].allows(3));
    }

    /// What lists count for the whole shop says the same as what a product's page says: held, damaged, lying
    /// where nothing is shipped, sold beyond stock, in a bundle, or not counted at all.
    async fn the_count_of_a_shop_agrees_with_its_pages(world: World) {
        let (east, west) = (world.store("east").await, world.store("west").await);
        let shop_only = world.location("shop-only").with(|row| row.fulfills_online = false).create().await;
        let online = world.channel("online").served_by(&east).served_by(&west).served_by(&shop_only).create().await;
        let tea = world.product("tea").stock(&east, 1).stock(&west, 1).create().await;
        let held = world.product("held").stock(&east, 1).stock(&west, 1).create().await.id();
        let broken = world.product("broken").stock(&east, 1).create().await.id();
        let local = world.product("local").stock(&shop_only, 9).create().await.id();
        let later = world.product("later").with(|row| row.inventory_policy = InventoryPolicy::Backorder).create().await.id();
        let gift = world.product("gift").with(|row| row.tracked = false).create().await.id();
        let pair = world.product("pair").component(&tea, 2).create().await.id();
        posted(&world.ctx(), vec![shift(east.id, broken, Available, Damaged, 1)]).await.unwrap();
        let cart = super::cart(&world, &online).await;
        let until = world.now() + chrono::TimeDelta::minutes(5);
        world
            .ctx()
            .write(|tx| async move { domain::inventory::hold::place(&tx, cart, online.id, &[(held, 2)], until).await })
            .await
            .unwrap();
        let without_bundle = [tea.id(), held, broken, local, later, gift];
        for variants in [&without_bundle[..], &[&without_bundle[..], &[pair]].concat()] {
            let pages = published(world.db(), online.id, variants, world.now()).await.unwrap();
            let mut expected: Vec<_> = pages.values().filter(|page| page.is_orderable()).map(|page| page.variant_id).collect();
            let mut counted = orderable(world.db(), online.id, variants, world.now()).await.unwrap();
            expected.sort();
            counted.sort();
            assert_eq!(counted, expected);
            let mut plain = [tea.id(), later, gift];
            plain.sort();
            assert_eq!(counted, plain, "no pair is whole anywhere");
        }
    }

    /// Every part of the sum is told.
    async fn the_sum_is_explained(world: World) {
        let (east, west) = (world.store("east").await, world.location("west").with(|row| row.fulfills_online = false).create().await);
        let online = world.channel("online").served_by(&east).served_by(&west).create().await;
        let tea = world.product("tea").stock(&east, 10).stock(&west, 4).create().await.id();
        posted(&world.ctx(), vec![shift(east.id, tea, Available, Damaged, 3)]).await.unwrap();
        let cart = super::cart(&world, &online).await;
        let until = world.now() + chrono::TimeDelta::minutes(5);
        world
            .ctx()
            .write(|tx| async move { domain::inventory::hold::place(&tx, cart, online.id, &[(tea, 2)], until).await })
            .await
            .unwrap();
        let why = explain(world.db(), online.id, tea, world.now()).await.unwrap();
        assert_eq!((why.availability.in_stock, why.pool_holds, why.unrouted), (5, 2, 0));
        let parts: Vec<_> = why.locations.iter().map(|part| (part.location_id, part.counts, part.available, part.counters.damaged)).collect();
        assert_eq!(parts, [(east.id, true, 7, 3), (west.id, false, 4, 0)]);
        assert!(explain(world.db(), online.id, entity::id::VariantId(world.new_uuid()), world.now()).await.is_err());
    }

    /// A store hands over what lies there today, and with policy ANY also what can be brought, later.
    async fn pickup_is_offered_per_store(world: World) {
        let local = world.store("local").await;
        let any = world.location("any").with(|row| row.pickup_stock_policy = PickupStockPolicy::Any).create().await;
        let depot = world.warehouse("depot").await;
        let online = world.channel("online").served_by(&local).served_by(&any).served_by(&depot).create().await;
        let tea = world.product("tea").stock(&local, 2).stock(&depot, 5).create().await.id();
        let offers = pickup(world.db(), online.id, &[tea], world.now()).await.unwrap();
        assert_eq!(offers.iter().map(|offer| offer.location.code.as_str()).collect::<Vec<_>>(), ["local", "any"]);
        assert_eq!((offers[0].local, offers[0].transferable), (Some(2), 0));
        // The world begins at 09:00; the store opens at 10:00 and needs an hour.
        assert_eq!(offers[0].ready_for(2), Some(at("2026-11-21T11:00:00+09:00")));
        assert_eq!(offers[0].ready_for(3), None);
        assert_eq!((offers[1].local, offers[1].transferable), (Some(0), 7));
        assert_eq!(offers[1].ready_for(1), Some(at("2026-11-23T11:00:00+09:00")));
    }

    /// The number of statements does not grow with the number of variants.
    async fn promises_are_read_in_a_constant_number_of_statements(world: World) {
        let store = world.store("shibuya").await;
        let online = world.channel("online").served_by(&store).create().await;
        let mut goods = Vec::new();
        for number in 0..20 {
            goods.push(world.product(&format!("p{number}")).stock(&store, 9).create().await.id());
        }
        for count in [1, 20] {
            let ctx = world.ctx();
            assert_eq!(published(&ctx.db(), online.id, &goods[..count], world.now()).await.unwrap().len(), count);
            assert_eq!(ctx.statements.get(), 5, "{count} variants");
        }
    }
}
