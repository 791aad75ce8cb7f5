//! Writing rules and groups.

use domain::routing::location_group::{self, UpsertGroup};
use domain::routing::query;
use domain::routing::rule::Filter;
use domain::routing::upsert_rule::{UpsertRule, delete, reorder, upsert};
use domain::{ErrorCode, Permission};
use entity::id::{LocationGroupId, LocationId};
use entity::words::RoutingSort;
use support::{World, both_databases};

use super::{add, manager, order, rule};
use crate::fulfillment::shop::Shop;

both_databases! {
    /// Rules are tried in the order that staff give them, change by version, and go without taking decisions along.
    async fn rules_have_an_order_and_a_version(world: World) {
        let shop = Shop::open(&world).await;
        let manager = manager(&world).await;
        let near = add(&world, rule(&shop, "near", Vec::new(), &[RoutingSort::Proximity])).await;
        let stock = add(&world, rule(&shop, "stock", Vec::new(), &[RoutingSort::StockBalance])).await;
        assert_eq!((near.position, stock.position), (1, 2));
        let turned = reorder(&manager, shop.online.id, vec![stock.id, near.id]).await.unwrap();
        assert_eq!(turned.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["stock", "near"]);
        for wrong in [vec![stock.id], vec![stock.id, stock.id], vec![]] {
            assert_eq!(reorder(&manager, shop.online.id, wrong).await.unwrap_err().code(), ErrorCode::Invalid);
        }
        let change = UpsertRule {
            id: Some(stock.id),
            expected_version: Some(1),
            active: false,
            ..rule(&shop, "stock", Vec::new(), &[RoutingSort::StockBalance])
        };
        assert_eq!(upsert(&manager, change.clone()).await.unwrap_err().code(), ErrorCode::StaleVersion);
        let off = upsert(&manager, UpsertRule { expected_version: Some(2), ..change.clone() }).await.unwrap();
        assert_eq!((off.version, off.active), (3, false));
        let same = upsert(&manager, UpsertRule { expected_version: Some(3), ..change }).await.unwrap();
        assert_eq!(same.version, 3, "nothing changed");
        let cap = world.product("cap").price(&shop.online, 1_000).stock(&shop.store, 5).create().await;
        let placed = order(&shop, cap.id(), 1).await.unwrap();
        let left = delete(&manager, near.id, None).await.unwrap();
        assert_eq!(left.len(), 1);
        let decision = query::of_order(world.db(), placed).await.unwrap().remove(0);
        assert_eq!((decision.rule.as_str(), decision.rule_id), ("near", None));
        assert_eq!(delete(&manager, near.id, None).await.unwrap_err().code(), ErrorCode::NotFound);
    }

    /// Nonsense and strangers are refused, and nothing is left behind.
    async fn nonsense_is_refused(world: World) {
        let shop = Shop::open(&world).await;
        let manager = manager(&world).await;
        let unknown = Filter::LocationGroup { group_ids: [LocationGroupId(world.new_uuid())].into(), except: false };
        let refused = [
            (rule(&shop, " ", Vec::new(), &[]), ErrorCode::Required),
            (rule(&shop, "far", vec![Filter::Distance { max_meters: 0 }], &[]), ErrorCode::Invalid),
            (rule(&shop, "twice", Vec::new(), &[RoutingSort::StockAge, RoutingSort::StockAge]), ErrorCode::Invalid),
            (rule(&shop, "group", vec![unknown], &[]), ErrorCode::NotFound),
            (UpsertRule { channel_id: entity::id::ChannelId(world.new_uuid()), ..rule(&shop, "x", vec![], &[]) }, ErrorCode::NotFound),
        ];
        for (input, code) in refused {
            let name = input.name.clone();
            assert_eq!(upsert(&manager, input).await.unwrap_err().code(), code, "{name}");
        }
        let clerk = world.staff(&[Permission::OrdersRead]).await;
        assert_eq!(upsert(&clerk, rule(&shop, "x", vec![], &[])).await.unwrap_err().code(), ErrorCode::Forbidden);
        assert!(query::rules(world.db(), shop.online.id).await.unwrap().is_empty());
    }

    /// A group is found by its code, and replaced as a whole.
    async fn groups_are_replaced_as_a_whole(world: World) {
        let shop = Shop::open(&world).await;
        let manager = manager(&world).await;
        let group = |ids: &[LocationId], version| UpsertGroup {
            id: None,
            expected_version: version,
            code: "tokyo".to_owned(),
            name: "東京".to_owned(),
            location_ids: ids.iter().copied().collect(),
        };
        let made = location_group::upsert(&manager, group(&[shop.store.id, shop.warehouse.id], None)).await.unwrap();
        let changed = location_group::upsert(&manager, group(&[shop.store.id], Some(1))).await.unwrap();
        assert_eq!((changed.id, changed.version), (made.id, 2));
        assert_eq!(query::members(world.db(), &[made.id]).await.unwrap(), [(made.id, shop.store.id)]);
        let stale = location_group::upsert(&manager, group(&[], Some(1))).await.unwrap_err();
        assert_eq!(stale.code(), ErrorCode::StaleVersion);
        let missing = location_group::upsert(&manager, group(&[LocationId(world.new_uuid())], None)).await.unwrap_err();
        assert_eq!(missing.code(), ErrorCode::NotFound);
    }
}
