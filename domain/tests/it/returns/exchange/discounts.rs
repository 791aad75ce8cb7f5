//! Discounts that the rest of the old order does not earn: the new goods count for it.

use domain::order::refund;
use domain::promotion::conditions::Conditions;
use domain::promotion::offer::Benefit;
use domain::promotion::upsert::UpsertPromotion;
use domain::returns::counter::return_at_counter;
use domain::returns::exchange::counter::{ExchangeAtCounter, exchange_at_counter};
use domain::returns::exchange::create::{CreateExchange, create};
use domain::returns::exchange::preview::{PreviewExchange, preview};
use entity::words::*;
use support::{World, both_databases};

use super::{Floor, floor_of, money, pay, work};
use crate::promotion::{plain, running};
use crate::returns::bought_for;

/// Three shirts of ¥1,000 online with 10 % off from ¥2,500 on: ¥2,700, and ¥550 for shipping.
async fn autumn(world: &World) -> Floor {
    let conditions = Conditions { minimum_amount: Some(2_500), ..Conditions::default() };
    let ten = UpsertPromotion { conditions, ..plain("秋", PromotionTrigger::Automatic, Benefit::Percent(100_000)) };
    running(world, ten).await;
    floor_of(world, bought_for(world, 3, 3_250).await).await
}

/// What was decided of the old order: what goes back, and the discounts kept of it.
async fn kept(floor: &Floor) -> Vec<(i64, i64)> {
    let refunds = refund::of_orders(floor.world().db(), &[floor.bought.order]).await.unwrap();
    refunds.iter().map(|refund| (refund.amount, refund.claw_back_amount)).collect()
}

both_databases! {
    /// A shirt for another size: ¥3,000 of goods stay with the customer, and the discount with them.
    async fn what_comes_counts_for_what_stays(world: World) {
        let floor = autumn(&world).await;
        let input = ExchangeAtCounter { expected_difference: money(100), ..floor.swap(&[(floor.large.id(), 1)], vec![pay(Gateway::CardTerminal)]) };
        let done = exchange_at_counter(&floor.clerk, input).await.unwrap();
        assert_eq!(done.exchanged.row.credit, 900);
        assert_eq!(kept(&floor).await, [(900, 0)]);
        // Afterwards the old order is judged alone: nothing was kept, so nothing is kept any more.
        let at = floor.bought.shop.store.id;
        return_at_counter(&floor.clerk, floor.bought.handed_in(at, &[(1, Disposition::Restock)])).await.unwrap();
        assert_eq!(kept(&floor).await, [(900, 0), (900, 0)]);
    }

    /// A shirt for a cap of ¥400: ¥2,400 of goods do not earn it, so its ¥200 are kept, unless staff waive what is kept.
    async fn what_comes_may_be_too_little(world: World) {
        let floor = autumn(&world).await;
        let input = floor.swap(&[(floor.cap.id(), 1)], vec![]);
        let wish = floor.wish(ExchangeMode::AwaitingReturn, &[(floor.cap.id(), 1)]);
        let asked = PreviewExchange { order_id: wish.order_id, lines: wish.lines, goods: wish.goods, method: wish.method };
        let shown = preview(&floor.clerk, &asked).await.unwrap();
        assert_eq!((shown.claw_back, shown.credit, shown.difference), (200, 700, -300));
        let done = exchange_at_counter(&floor.clerk, ExchangeAtCounter { expected_difference: money(-300), ..input }).await.unwrap();
        assert_eq!((done.exchanged.row.credit, done.refund.unwrap().amount), (400, 700));
        assert_eq!(kept(&floor).await, [(700, 200)]);
    }

    /// The same, and the seller is the cause.
    async fn staff_waive_it(world: World) {
        let floor = autumn(&world).await;
        let mut input = floor.swap(&[(floor.cap.id(), 1)], vec![]);
        input.back.waive_fees = true;
        exchange_at_counter(&floor.clerk, ExchangeAtCounter { expected_difference: money(-500), ..input }).await.unwrap();
        assert_eq!(kept(&floor).await, [(900, 0)]);
    }

    /// What was agreed on is kept when the goods came, and not when they were looked at with fees waived.
    async fn goods_that_come_later(world: World) {
        let floor = autumn(&world).await;
        let wish = CreateExchange { expected_difference: money(-300), ..floor.wish(ExchangeMode::AwaitingReturn, &[(floor.cap.id(), 1)]) };
        let agreed = create(&floor.clerk, wish).await.unwrap();
        assert_eq!(agreed.row.credit, 700);
        floor.come(agreed.back.id, Disposition::Restock).await;
        work(floor.world()).await;
        assert_eq!(floor.row(&agreed).await.status, ExchangeStatus::Completed);
        assert_eq!(kept(&floor).await, [(700, 200)]);
    }

    /// The fees of goods that came by parcel are waived when they are looked at.
    async fn goods_that_come_later_for_a_fault(world: World) {
        let floor = autumn(&world).await;
        let agreed = create(&floor.clerk, floor.wish(ExchangeMode::AwaitingReturn, &[(floor.cap.id(), 1)])).await.unwrap();
        floor.looked_at(agreed.back.id, Disposition::Damaged, true).await;
        work(floor.world()).await;
        assert_eq!(floor.row(&agreed).await.status, ExchangeStatus::Completed);
        assert_eq!(kept(&floor).await, [(900, 0)]);
    }
}
