//! Two records of one person become one: what each held is held by the one that stays.

use domain::Permission;
use domain::customer_merge::{MergeCustomers, merge};
use entity::id::CustomerId;
use entity::words::*;
use support::{World, both_databases};

use super::points::{give, points, program, usable};
use super::spending::{complete, own};
use super::{balance, credit_of, days, deliver, give_back, line_of, row, send, tender};
use crate::fulfillment::shop::Shop;

async fn alias(world: &World, from: CustomerId, into: CustomerId) {
    let staff = world.staff(&[Permission::CustomersMerge]).await;
    merge(&staff, MergeCustomers { from, into, idempotency_key: "merge".to_owned() }).await.unwrap();
}

both_databases! {
    /// Balances add up, points keep their days and their orders, and what the loser paid goes back to the one who stays.
    async fn balances_of_both_add_up(world: World) {
        let shop = Shop::open(&world).await;
        program(&world, &shop, 14).await;
        let (lost, kept) = (world.new_customer("佐藤", "はな").create().await, world.new_customer("佐藤", "花").create().await);
        let (old, new) =
            (credit_of(&world, &shop, lost.id, 400).await, credit_of(&world, &shop, kept.id, 500).await);
        give(&world, &shop, kept.id, 40).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 5).create().await;
        let (cart_id, _) = shop.cart_of(shirt.id(), 2).await;
        let ctx = own(&world, cart_id, lost.id).await;
        let tenders = vec![tender(Gateway::StoreCredit, Some(300), None), tender(Gateway::Test, None, None)];
        let bought = complete(&ctx, cart_id, 2_550, tenders, "buy").await.unwrap().order;
        send(&world, bought.id).await;
        deliver(&world).await;
        let earned = points(&world, lost.id).await;
        assert_eq!((balance(&world, old).await, balance(&world, earned).await), (100, 20));

        alias(&world, lost.id, kept.id).await;
        assert_eq!((balance(&world, old).await, balance(&world, new).await), (0, 600));
        let all = points(&world, kept.id).await;
        assert_eq!((balance(&world, earned).await, balance(&world, all).await, usable(&world, all).await), (0, 60, 40));
        world.audit().await;
        deliver(&world).await;
        assert_eq!(balance(&world, all).await, 60, "nothing is earned twice");
        world.advance(days(14));
        assert_eq!(usable(&world, all).await, 60);

        let line = line_of(&world, bought.id).await;
        give_back(&world, bought.id, &[(line, 2)], (550, 0)).await.unwrap();
        assert_eq!((balance(&world, old).await, balance(&world, new).await), (0, 900));
        deliver(&world).await;
        assert_eq!(balance(&world, all).await, 40, "what the order had earned is taken back");
    }

    /// What the other record does not have changes hands as it is.
    async fn an_account_changes_hands(world: World) {
        let shop = Shop::open(&world).await;
        let (lost, kept) = (world.new_customer("佐藤", "はな").create().await, world.new_customer("佐藤", "花").create().await);
        let account = credit_of(&world, &shop, lost.id, 300).await;
        alias(&world, lost.id, kept.id).await;
        let now = row(&world, account).await;
        assert_eq!((now.customer_id, now.balance), (Some(kept.id), 300));
        // Credit for the alias finds the same account.
        assert_eq!(credit_of(&world, &shop, lost.id, 50).await, account);
        assert_eq!(balance(&world, account).await, 350);
    }
}
