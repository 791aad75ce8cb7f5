//! Sales that were rung up without connection.

use chrono::TimeDelta;
use domain::drawer::open;
use domain::register::close::close;
use domain::register::sell::sell;
use domain::register::{LateSale, sell_late, sync};
use domain::{ErrorCode, Permission};
use entity::id::VariantId;
use entity::words::{Gateway, MovementKind};
use entity::{order, register_session, stock_movement};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use support::{World, both_databases, race};

use super::{clerk, closing, manager, opening, require_session, sale, session, tender};
use crate::fulfillment::shop::{Shop, yen};

fn late(shop: &Shop, variant: VariantId, minutes: i64, price: Option<i64>, key: &str) -> LateSale {
    LateSale {
        sale: sale(shop, variant, tender(Gateway::Cash, None), key),
        sold_at: shop.world.now() - TimeDelta::minutes(minutes),
        prices: vec![price.map(yen)],
    }
}

both_databases! {
    /// The session of the sale is over: the sale goes to a rescue session, once, though the goods were sold to nobody
    /// by the books; a manager closes it.
    async fn a_late_sale_is_rescued(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.pos, 1_000).stock(&shop.store, 1).create().await;
        require_session(&shop, None).await;
        let (clerk, manager) = (clerk(&shop).await, manager(&shop).await);
        let (first, _) = open(&clerk, opening(&shop, 0, "open")).await.unwrap();
        world.advance(TimeDelta::minutes(30));
        let (mut one, mut two) = (late(&shop, shirt.id(), 20, None, "t-1"), late(&shop, shirt.id(), 10, Some(900), "t-2"));
        close(&clerk, closing(first.id, 0, None, "close")).await.unwrap();
        world.advance(TimeDelta::minutes(5));
        let (second, _) = open(&clerk, opening(&shop, 0, "open-2")).await.unwrap();

        let mut wrong = late(&shop, shirt.id(), 10, Some(1), "t-3");
        wrong.sold_at = one.sold_at;
        let answers = sync(&clerk, vec![one.clone(), wrong.clone(), two.clone()]).await.unwrap();
        let codes: Vec<_> = answers.iter().map(|answer| answer.as_ref().err().map(domain::Error::code)).collect();
        assert_eq!(codes, [None, Some(ErrorCode::PriceChanged), None]);
        // A manager vouches for the price.
        let vouched = sell_late(&manager, wrong).await.unwrap();
        assert_eq!(vouched.order.total, 1);
        assert_eq!(vouched.order.placed_at, Some(one.sold_at));
        // The same sales again, also as the till first sent them.
        one.prices = Vec::new();
        two.sold_at += TimeDelta::minutes(1);
        assert!(sync(&clerk, vec![one.clone(), two]).await.unwrap().iter().all(|it| it.as_ref().unwrap().replayed));
        assert!(sell(&clerk, one.sale).await.unwrap().replayed);

        let rescues: Vec<_> = register_session::Entity::find()
            .filter(register_session::Column::IsRescue.eq(true))
            .all(world.db())
            .await
            .unwrap();
        assert_eq!((rescues.len(), rescues[0].cash, rescues[0].number), (1, 1_901, 3));
        assert_eq!(session(&world, second.id).await.cash, 0);
        assert_eq!(shop.level(&shop.store, shirt.id()).await, (0, 0));
        let corrected = stock_movement::Entity::find()
            .filter(stock_movement::Column::Kind.eq(MovementKind::Adjusted))
            .filter(stock_movement::Column::Reason.is_not_null())
            .all(world.db())
            .await
            .unwrap();
        assert_eq!(corrected.iter().filter(|row| row.reason.as_deref().unwrap().contains("till")).count(), 2);
        let refused = close(&clerk, closing(rescues[0].id, 1_901, None, "rescue")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden);
        let (closed, _) = close(&manager, closing(rescues[0].id, 1_901, None, "rescue")).await.unwrap();
        assert_eq!((closed.z_number, closed.difference), (Some(2), Some(0)));
    }

    /// A sale of the session that is still open goes there; a moment that cannot be is refused.
    async fn a_late_sale_of_today_goes_to_its_session(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.pos, 1_000).stock(&shop.store, 5).create().await;
        require_session(&shop, None).await;
        let clerk = clerk(&shop).await;
        let (opened, _) = open(&clerk, opening(&shop, 0, "open")).await.unwrap();
        world.advance(TimeDelta::minutes(30));
        let sold = sell_late(&clerk, late(&shop, shirt.id(), 10, Some(1_000), "t-1")).await.unwrap();
        assert_eq!(sold.receipt.register_session_id, Some(opened.id));
        for minutes in [-10, 7 * 24 * 60 + 1] {
            let refused = sell_late(&clerk, late(&shop, shirt.id(), minutes, None, "t-2")).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::InvalidDate, "{minutes}");
        }
        assert_eq!(order::Entity::find().count(world.db()).await.unwrap(), 1);
        assert_eq!(shop.level(&shop.store, shirt.id()).await, (4, 0));
    }

    /// Many late sales at once open one rescue session, and each is there once.
    async fn late_sales_open_one_rescue_session(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.pos, 1_000).stock(&shop.store, 2).create().await;
        require_session(&shop, None).await;
        let clerk = world.staff_at(shop.store.id, &[Permission::PosSell]).await;
        let answers = race(8, |number| {
            let (clerk, shop, variant) = (clerk.clone(), shop.clone(), shirt.id());
            async move { sell_late(&clerk, late(&shop, variant, 5, None, &format!("t-{}", number / 2))).await }
        })
        .await;
        let failed: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
        assert!(failed.is_empty(), "{failed:?}");
        let sessions = register_session::Entity::find().all(world.db()).await.unwrap();
        assert_eq!((sessions.len(), sessions[0].cash, sessions[0].is_rescue), (1, 4_000, true));
        assert_eq!(shop.level(&shop.store, shirt.id()).await, (0, 0));
    }
}
