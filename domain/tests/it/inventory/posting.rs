//! What the single writer writes.

use domain::Error;
use entity::stock_movement;
use entity::words::StockState::{Available, Damaged, QualityControl, Reserved, SafetyStock};
use sea_orm::{EntityTrait, PaginatorTrait};
use support::{World, both_databases};

use super::{assert_balanced, available, bring, level, posted, shift, take};

both_databases! {
    /// Stock that comes in makes its level; the default safety stock is kept back from it, never more than came in.
    async fn first_stock_keeps_the_buffer_back(world: World) {
        let store = world.location("shibuya").with(|row| row.default_safety_stock = 3).create().await;
        let (tea, cup) = (world.product("tea").create().await, world.product("cup").create().await);
        posted(&world.ctx(), vec![bring(store.id, tea.id(), 10), bring(store.id, cup.id(), 2)]).await.unwrap();
        let tea_level = level(&world, store.id, tea.id()).await.unwrap();
        assert_eq!((tea_level.on_hand, tea_level.safety_stock), (10, 3));
        let cup_level = level(&world, store.id, cup.id()).await.unwrap();
        assert_eq!((cup_level.on_hand, cup_level.safety_stock), (2, 2));
        posted(&world.ctx(), vec![bring(store.id, cup.id(), 5)]).await.unwrap();
        assert_eq!(available(&world, store.id, cup.id()).await, 5, "the buffer is kept back once");
        assert_balanced(&world).await;
    }

    /// One line too much and nothing at all is written, whatever its place in the order.
    async fn shortage_has_no_half_effects(world: World) {
        let (near, far) = (world.store("near").await, world.store("far").await);
        let tea = world.product("tea").stock(&near, 5).stock(&far, 5).create().await;
        let before = stock_movement::Entity::find().count(world.db()).await.unwrap();
        for (first, second) in [(9, 1), (1, 9)] {
            let error =
                posted(&world.ctx(), vec![take(near.id, tea.id(), first), take(far.id, tea.id(), second)]).await.unwrap_err();
            assert!(matches!(
                error,
                Error::InsufficientStock { variant_id, requested: 9, available: 5 } if variant_id == tea.id()
            ));
        }
        assert_eq!(available(&world, near.id, tea.id()).await, 5);
        assert_eq!(available(&world, far.id, tea.id()).await, 5);
        assert_eq!(stock_movement::Entity::find().count(world.db()).await.unwrap(), before);
    }

    /// Two lines of one variant are one demand.
    async fn demand_is_summed_before_it_is_checked(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 5).create().await;
        let error = posted(&world.ctx(), vec![take(store.id, tea.id(), 3), take(store.id, tea.id(), 3)]).await.unwrap_err();
        assert!(matches!(error, Error::InsufficientStock { requested: 6, available: 5, .. }));
        posted(&world.ctx(), vec![take(store.id, tea.id(), 3), take(store.id, tea.id(), 2)]).await.unwrap();
        assert_eq!(available(&world, store.id, tea.id()).await, 0);
        assert_balanced(&world).await;
    }

    /// What never lay there cannot be taken, and the attempt leaves no level behind.
    async fn nothing_is_taken_from_where_nothing_ever_lay(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").create().await;
        let error = posted(&world.ctx(), vec![take(store.id, tea.id(), 1)]).await.unwrap_err();
        assert!(matches!(error, Error::InsufficientStock { requested: 1, available: 0, .. }));
        assert_eq!(level(&world, store.id, tea.id()).await, None);
    }

    /// Damaged units cannot be promised, and cannot be moved twice.
    async fn states_hold_only_what_entered_them(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 5).create().await;
        posted(&world.ctx(), vec![shift(store.id, tea.id(), Available, Damaged, 4)]).await.unwrap();
        assert_eq!(available(&world, store.id, tea.id()).await, 1);
        let error = posted(&world.ctx(), vec![shift(store.id, tea.id(), Damaged, Available, 5)]).await.unwrap_err();
        assert!(matches!(error, Error::InsufficientStock { requested: 5, available: 4, .. }));
        assert!(posted(&world.ctx(), vec![take(store.id, tea.id(), 2)]).await.is_err());
        assert_balanced(&world).await;
    }

    /// The cost does not grow with the number of levels.
    async fn posting_is_a_bounded_number_of_statements(world: World) {
        let store = world.store("shibuya").await;
        let mut goods = Vec::new();
        for number in 0..12 {
            goods.push(world.product(&format!("p{number}")).stock(&store, 9).create().await);
        }
        for count in [1, 2, 12] {
            let ctx = world.ctx();
            posted(&ctx, goods.iter().take(count).map(|sku| take(store.id, sku.id(), 1)).collect()).await.unwrap();
            assert_eq!(ctx.statements.get(), 2, "{count} levels: the levels, and one call for movements, event and job");
        }
        let fresh = world.product("fresh").create().await;
        let ctx = world.ctx();
        posted(&ctx, vec![bring(store.id, fresh.id(), 1)]).await.unwrap();
        assert_eq!(ctx.statements.get(), 5, "a new level");
        assert_balanced(&world).await;
    }

    /// More levels than one statement takes.
    async fn a_large_delivery_is_posted_in_parts(world: World) {
        let store = world.store("shibuya").await;
        let mut goods = Vec::new();
        for number in 0..520 {
            goods.push(world.product(&format!("p{number}")).create().await);
        }
        posted(&world.ctx(), goods.iter().map(|sku| bring(store.id, sku.id(), 2)).collect()).await.unwrap();
        posted(&world.ctx(), goods.iter().map(|sku| take(store.id, sku.id(), 1)).collect()).await.unwrap();
        assert_eq!(available(&world, store.id, goods[519].id()).await, 1);
        assert_balanced(&world).await;
    }

    /// Whatever is tried in whatever order, the ledger explains the counters and nothing falls below zero.
    async fn random_movements_keep_the_books(world: World) {
        let (near, far) = (world.store("near").await, world.store("far").await);
        let goods = [world.product("a").create().await, world.product("b").create().await, world.product("c").create().await];
        let services = world.services();
        let random = |below: u64| usize::try_from(services.random.below(below)).unwrap();
        let states = [Available, Damaged, QualityControl, SafetyStock];
        let (mut done, mut refused) = (0, 0);
        for _ in 0..150 {
            let movements = (0..=random(4))
                .map(|_| {
                    let place = if random(2) == 0 { near.id } else { far.id };
                    let (sku, quantity) = (goods[random(3)].id(), i64::try_from(1 + random(6)).unwrap());
                    match random(3) {
                        0 => bring(place, sku, quantity),
                        1 => take(place, sku, quantity),
                        _ => {
                            let from = random(4);
                            shift(place, sku, states[from], states[(from + 1 + random(3)) % 4], quantity)
                        }
                    }
                })
                .collect();
            match posted(&world.ctx(), movements).await {
                Ok(()) => done += 1,
                Err(Error::InsufficientStock { .. }) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert!(done > 20 && refused > 20, "{done} done, {refused} refused: the sequence tells little");
        assert_balanced(&world).await;
    }

    /// A movement whose parts do not fit is our bug, not a shortage, and changes nothing.
    async fn impossible_movements_are_refused(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 5).create().await;
        let nothing = take(store.id, tea.id(), 0);
        let same = shift(store.id, tea.id(), Reserved, Reserved, 1);
        let negative = take(store.id, tea.id(), -1);
        for movement in [nothing, same, negative] {
            assert!(matches!(posted(&world.ctx(), vec![movement]).await, Err(Error::Bug(_))));
        }
        assert_eq!(available(&world, store.id, tea.id()).await, 5);
    }
}
