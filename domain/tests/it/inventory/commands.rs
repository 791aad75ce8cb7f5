//! What people do to stock.

use domain::inventory::{
    AdjustLine, AdjustStock, Adjustment, MoveLine, MoveStock, ReceiveLine, ReceiveStock, adjust, move_state, receive,
};
use domain::{ErrorCode, Permission};
use entity::id::{LocationId, VariantId};
use entity::words::StockState::{self, Available, Committed, Damaged, Reserved};
use support::{World, both_databases, race};

use super::{assert_balanced, available, level};

fn delivery(location_id: LocationId, variant_id: VariantId, quantity: i64, key: &str) -> ReceiveStock {
    ReceiveStock {
        location_id,
        lines: vec![ReceiveLine { variant_id, quantity, state: Available }],
        reason: "delivery note 7".to_owned(),
        reason_code: None,
        units: Vec::new(),
        idempotency_key: key.to_owned(),
    }
}

fn correction(
    location_id: LocationId,
    variant_id: VariantId,
    state: StockState,
    change: Adjustment,
    key: &str,
) -> AdjustStock {
    AdjustStock {
        location_id,
        lines: vec![AdjustLine { variant_id, state, change }],
        reason: "count".to_owned(),
        reason_code: None,
        units: Vec::new(),
        idempotency_key: key.to_owned(),
    }
}

both_databases! {
    /// A delivery is received once however often the till sends it.
    async fn a_delivery_is_received_once(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").create().await.id();
        let clerk = world.staff_at(store.id, &[Permission::StockReceive]).await;
        let answers = race(10, |_| {
            let (clerk, input) = (clerk.clone(), delivery(store.id, tea, 4, "k1"));
            async move { receive(&clerk, input).await.unwrap().replayed }
        })
        .await;
        assert_eq!(answers.iter().filter(|replayed| !**replayed).count(), 1);
        assert_eq!(available(&world, store.id, tea).await, 4);
        let other = receive(&clerk, delivery(store.id, tea, 5, "k1")).await.unwrap_err();
        assert_eq!(other.code(), ErrorCode::IdempotencyKeyReused);
        assert_balanced(&world).await;
    }

    /// Nonsense is refused with a reason and changes nothing.
    async fn nonsense_is_refused(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").create().await;
        let set = world.product("set").component(&tea, 1).create().await.id();
        let untracked = world.product("untracked").with(|row| row.tracked = false).create().await.id();
        let clerk = world.staff_at(store.id, &[Permission::StockReceive, Permission::StockAdjust]).await;
        let code = |input| { let clerk = clerk.clone(); async move { receive(&clerk, input).await.unwrap_err().code() } };
        for quantity in [0, -1, i64::MIN, i64::MAX] {
            assert_eq!(code(delivery(store.id, tea.id(), quantity, "k")).await, ErrorCode::InvalidQuantity);
        }
        assert_eq!(code(delivery(store.id, set, 1, "k")).await, ErrorCode::Invalid);
        assert_eq!(code(delivery(store.id, untracked, 1, "k")).await, ErrorCode::Invalid);
        assert_eq!(code(delivery(store.id, VariantId(world.new_uuid()), 1, "k")).await, ErrorCode::NotFound);
        assert_eq!(code(delivery(LocationId(world.new_uuid()), tea.id(), 1, "k")).await, ErrorCode::NotFound);
        assert_eq!(code(delivery(store.id, tea.id(), 1, "")).await, ErrorCode::Required);
        let empty = ReceiveStock { lines: Vec::new(), ..delivery(store.id, tea.id(), 1, "k") };
        assert_eq!(code(empty).await, ErrorCode::Required);
        let nul = ReceiveStock { reason: "a\0b".to_owned(), ..delivery(store.id, tea.id(), 1, "k") };
        assert_eq!(code(nul).await, ErrorCode::InvalidText);
        for state in [Committed, Reserved] {
            let refused = adjust(&clerk, correction(store.id, tea.id(), state, Adjustment::By(1), "k")).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::Invalid);
        }
        let reader = world.staff(&[Permission::StockRead]).await;
        assert_eq!(receive(&reader, delivery(store.id, tea.id(), 1, "k")).await.unwrap_err().code(), ErrorCode::Forbidden);
        assert_eq!(level(&world, store.id, tea.id()).await, None);
        // A refused key is free again.
        receive(&clerk, delivery(store.id, tea.id(), 1, "k")).await.unwrap();
    }

    /// An absolute number is set only by the one who knows the present one.
    async fn absolute_numbers_are_compared_and_swapped(world: World) {
        let store = world.location("shibuya").with(|row| row.default_safety_stock = 5).create().await;
        let tea = world.product("tea").create().await.id();
        let clerk = world.staff_at(store.id, &[Permission::StockAdjust]).await;
        let to = |quantity, expected| Adjustment::To { quantity, expected };
        let answers = race(8, |number| {
            let quantity = 10 + i64::try_from(number).unwrap();
            let (clerk, input) = (clerk.clone(), correction(store.id, tea, Available, to(quantity, Some(0)), &format!("k{number}")));
            async move { adjust(&clerk, input).await.map(|changed| changed.levels[0].on_hand) }
        })
        .await;
        let won: Vec<i64> = answers.iter().filter_map(|answer| answer.as_ref().ok().copied()).collect();
        assert_eq!(won.len(), 1, "one of eight found what was expected");
        assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|error| error.code() == ErrorCode::StockChanged));
        assert_eq!(available(&world, store.id, tea).await, won[0], "a correction keeps no buffer back");
        adjust(&clerk, correction(store.id, tea, Available, to(3, Some(won[0])), "down")).await.unwrap();
        assert_eq!(available(&world, store.id, tea).await, 3);
        let short = adjust(&clerk, correction(store.id, tea, Available, Adjustment::By(-4), "short")).await.unwrap_err();
        assert_eq!(short.code(), ErrorCode::InsufficientStock);
        assert_balanced(&world).await;
    }

    /// Units change state where they lie.
    async fn stock_changes_state(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").stock(&store, 5).create().await.id();
        let clerk = world.staff_at(store.id, &[Permission::StockAdjust]).await;
        let input = |from, to, quantity, key: &str| MoveStock {
            location_id: store.id,
            lines: vec![MoveLine { variant_id: tea, from, to, quantity }],
            reason: "fell down".to_owned(),
            reason_code: None,
            idempotency_key: key.to_owned(),
        };
        let changed = move_state(&clerk, input(Available, Damaged, 2, "k1")).await.unwrap();
        assert_eq!((changed.levels[0].on_hand, changed.levels[0].damaged, changed.replayed), (5, 2, false));
        assert!(move_state(&clerk, input(Available, Damaged, 2, "k1")).await.unwrap().replayed);
        assert_eq!(move_state(&clerk, input(Damaged, Damaged, 1, "k2")).await.unwrap_err().code(), ErrorCode::Invalid);
        assert_eq!(move_state(&clerk, input(Committed, Available, 1, "k2")).await.unwrap_err().code(), ErrorCode::Invalid);
        assert_eq!(move_state(&clerk, input(Damaged, Available, 3, "k2")).await.unwrap_err().code(), ErrorCode::InsufficientStock);
        assert_balanced(&world).await;
    }
}
