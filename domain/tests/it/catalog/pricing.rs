//! Prices and their history.

use chrono::TimeDelta;
use domain::pricing::price::{NewPrice, current, history, lowest_in_last_days};
use domain::pricing::set_price::{SetPrice, set_price};
use domain::{ErrorCode, Permission};
use entity::id::VariantId;
use entity::money::{Currency, Money};
use support::{World, both_databases, race};

use super::shirt;

fn yen(variant_id: VariantId, amount: i64) -> NewPrice {
    NewPrice { variant_id, price: Money::new(amount, Currency::JPY), compare_at: None }
}

both_databases! {
    /// A new price closes the old one; the same price writes nothing; the lowest of the last days is known.
    async fn price_keeps_its_history(world: World) {
        world.tax_classes().await;
        let channel = world.channel("web").create().await;
        let ctx = world.staff(&[Permission::CatalogWrite, Permission::PricesWrite]).await;
        let variant = shirt(&ctx, "Shirt", &["S"]).await.variants[0].row.id;
        let set = |amount| SetPrice { channel_id: channel.id, prices: vec![yen(variant, amount)] };
        for (amount, days) in [(900, 40), (1_200, 10), (1_000, 5)] {
            set_price(&ctx, set(amount)).await.unwrap();
            world.advance(TimeDelta::days(days));
        }
        let now = set_price(&ctx, set(1_000)).await.unwrap();
        assert_eq!(now[0].amount, 1_000);
        let db = ctx.db();
        let all = history(&db, channel.id, variant).await.unwrap();
        assert_eq!(all.iter().map(|row| row.amount).collect::<Vec<_>>(), [1_000, 1_200, 900]);
        assert_eq!(all[2].valid_to, Some(all[1].valid_from));
        assert_eq!(current(&db, channel.id, &[variant]).await.unwrap()[&variant].amount, 1_000);
        let lowest = |days| lowest_in_last_days(&db, channel.id, std::slice::from_ref(&variant), days, world.now());
        assert_eq!(lowest(10).await.unwrap()[&variant], 1_000);
        assert_eq!(lowest(30).await.unwrap()[&variant], 900);
    }

    /// Other currencies, negative amounts, unknown variants and variants named twice are refused as a whole.
    async fn wrong_prices_change_nothing(world: World) {
        world.tax_classes().await;
        let channel = world.channel("web").create().await;
        let ctx = world.staff(&[Permission::CatalogWrite, Permission::PricesWrite]).await;
        let variant = shirt(&ctx, "Shirt", &["S"]).await.variants[0].row.id;
        let euro = NewPrice { variant_id: variant, price: Money::new(1_000, Currency::EUR), compare_at: None };
        let unknown = yen(VariantId(world.new_uuid()), 5);
        for (prices, code) in [
            (vec![euro], ErrorCode::CurrencyMismatch),
            (vec![yen(variant, -1)], ErrorCode::InvalidAmount),
            (vec![yen(variant, i64::MAX)], ErrorCode::InvalidAmount),
            (vec![yen(variant, 10), unknown], ErrorCode::NotFound),
            (vec![yen(variant, 10), yen(variant, 11)], ErrorCode::Invalid),
        ] {
            let refused = set_price(&ctx, SetPrice { channel_id: channel.id, prices }).await.unwrap_err();
            assert_eq!(refused.code(), code);
        }
        assert!(history(&ctx.db(), channel.id, variant).await.unwrap().is_empty());
    }

    /// Many setters at once leave one current price and a history without gaps.
    async fn parallel_setters_take_turns(world: World) {
        world.tax_classes().await;
        let channel = world.channel("web").create().await;
        let ctx = world.staff(&[Permission::CatalogWrite, Permission::PricesWrite]).await;
        let variant = shirt(&ctx, "Shirt", &["S"]).await.variants[0].row.id;
        let results = race(8, |index| {
            let (ctx, channel_id) = (ctx.clone(), channel.id);
            async move {
                let amount = 1_000 + i64::try_from(index).unwrap();
                set_price(&ctx, SetPrice { channel_id, prices: vec![yen(variant, amount)] }).await
            }
        })
        .await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let all = history(&ctx.db(), channel.id, variant).await.unwrap();
        assert_eq!(all.len(), 8);
        assert_eq!(all.iter().filter(|row| row.valid_to.is_none()).count(), 1);
    }
}
