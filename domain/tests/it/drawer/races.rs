//! Two at one drawer.

use domain::ErrorCode;
use domain::drawer::{move_cash, open};
use domain::register::close::close;
use domain::register::sell::sell;
use entity::words::{CashMovementKind, Gateway};
use entity::{receipt, register_session};
use sea_orm::{EntityTrait, QueryOrder};
use support::{World, both_databases, race};

use super::{cash, clerk, closing, opening, require_session, sale, session, tender};
use crate::fulfillment::shop::Shop;

both_databases! {
    /// The last thousand yen are paid out once.
    async fn the_last_note_is_paid_out_once(world: World) {
        let shop = Shop::open(&world).await;
        let clerk = clerk(&shop).await;
        let (opened, _) = open(&clerk, opening(&shop, 1_000, "open")).await.unwrap();
        let answers = race(8, |number| {
            let (clerk, shop) = (clerk.clone(), shop.clone());
            async move { move_cash(&clerk, cash(&shop, CashMovementKind::Out, 1_000, &format!("out-{number}"))).await }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        let lost = answers.iter().filter_map(|answer| answer.as_ref().err());
        assert!(lost.clone().all(|error| error.code() == ErrorCode::InsufficientCash), "{:?}", lost.collect::<Vec<_>>());
        assert_eq!(session(&world, opened.id).await.cash, 0);
    }

    /// A drawer is opened once and closed once; its numbers have no gaps.
    async fn a_drawer_opens_and_closes_once(world: World) {
        let shop = Shop::open(&world).await;
        let clerk = clerk(&shop).await;
        for day in 1..=3 {
            let answers = race(6, |number| {
                let (clerk, shop) = (clerk.clone(), shop.clone());
                async move { open(&clerk, opening(&shop, 500, &format!("open-{day}-{number}"))).await }
            })
            .await;
            let opened: Vec<_> = answers.into_iter().filter_map(Result::ok).collect();
            assert_eq!(opened.len(), 1, "day {day}");
            let id = opened[0].0.id;
            let answers = race(6, |number| {
                let clerk = clerk.clone();
                async move { close(&clerk, closing(id, 500, None, &format!("close-{day}-{number}"))).await }
            })
            .await;
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "day {day}");
        }
        let sessions =
            register_session::Entity::find().order_by_asc(register_session::Column::Number).all(world.db()).await.unwrap();
        let numbers: Vec<_> = sessions.iter().map(|row| (row.number, row.z_number)).collect();
        assert_eq!(numbers, [(1, Some(1)), (2, Some(2)), (3, Some(3))]);
    }

    /// Sales race with the closing of the drawer: each sale is in the report or refused, and no number is lost.
    async fn a_sale_is_in_the_report_or_refused(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.pos, 1_000).stock(&shop.store, 20).create().await;
        require_session(&shop, None).await;
        let clerk = clerk(&shop).await;
        let (opened, _) = open(&clerk, opening(&shop, 0, "open")).await.unwrap();
        let answers = race(10, |number| {
            let (clerk, shop, variant, id) = (clerk.clone(), shop.clone(), shirt.id(), opened.id);
            async move {
                if number == 5 {
                    let reason = Some("in a hurry");
                    return close(&clerk, closing(id, 0, reason, "close")).await.map(|_| false);
                }
                let key = format!("sale-{number}");
                sell(&clerk, sale(&shop, variant, tender(Gateway::Cash, None), &key)).await.map(|_| true)
            }
        })
        .await;
        let sold = answers.iter().filter(|answer| matches!(answer, Ok(true))).count();
        let closed = session(&world, opened.id).await;
        let report = domain::register::report::parse(&closed).unwrap().unwrap();
        assert_eq!(report.sales.count, i64::try_from(sold).unwrap());
        assert_eq!(closed.expected, Some(report.sales.amount));
        let receipts = receipt::Entity::find().order_by_asc(receipt::Column::Number).all(world.db()).await.unwrap();
        assert_eq!(receipts.iter().map(|row| row.number).collect::<Vec<_>>(), (1..=report.sales.count).collect::<Vec<_>>());
    }
}
