//! What a place runs short of.

use domain::inventory::{MoveLine, MoveStock, move_state};
use domain::transfer::suggestion::suggestions;
use domain::{ErrorCode, Permission};
use entity::words::StockState;
use support::{World, both_databases};

use super::Shop;

both_databases! {
    /// The place with the most gives what is missing, keeps twice its own target, and what is on its way counts.
    async fn who_has_plenty_gives(world: World) {
        let shop = Shop::open(&world, 10).await;
        let ginza = world.location("ginza").with(|row| row.default_safety_stock = 3).create().await;
        world.stock(&ginza, shop.tea, 1).await;
        let rich = world.location("depot").with(|row| row.default_safety_stock = 4).create().await;
        world.stock(&rich, shop.tea, 12).await;
        let found = suggestions(&shop.worker, ginza.id).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].from_location_id, found[0].quantity, found[0].available), (rich.id, 2, 1));
        let keeper = world.staff(&[Permission::StockAdjust]).await;
        let input = MoveStock {
            location_id: rich.id,
            lines: vec![MoveLine {
                variant_id: shop.tea,
                from: StockState::Available,
                to: StockState::SafetyStock,
                quantity: 6,
            }],
            reason: "season".to_owned(),
            idempotency_key: "k".to_owned(),reason_code: None,};
        move_state(&keeper, input).await.unwrap();
        let found = suggestions(&shop.worker, ginza.id).await.unwrap();
        assert_eq!((found[0].from_location_id, found[0].quantity), (shop.hub.id, 2), "six free do not exceed twice six");
        let id = shop.under_way_to(&ginza, 2).await;
        assert_eq!(suggestions(&shop.worker, ginza.id).await.unwrap(), [], "two are on their way");
        shop.arrive(id, 2).await.unwrap();
        assert_eq!(suggestions(&shop.worker, rich.id).await.unwrap(), [], "there is enough free");
        let local = world.staff_at(shop.store.id, &[Permission::TransfersWork]).await;
        assert_eq!(suggestions(&local, ginza.id).await.unwrap_err().code(), ErrorCode::NotFound);
    }
}
