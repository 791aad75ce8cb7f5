//! What a gateway tells by itself: twice, late, in the wrong order, of other money, of nobody.

use domain::Ctx;
use domain::order::gateway_news::{News, Notice, receive};
use entity::gateway_event;
use entity::money::Currency;
use entity::words::{Gateway, OrderPaymentStatus, PaymentOutcome};
use sea_orm::{EntityTrait, QueryOrder};
use support::{World, both_databases};

use super::bank::work;
use super::network::paid;
use super::{facts, order_now, the_payment};

fn notice(id: &str, news: News) -> Notice {
    Notice {
        external_id: id.to_owned(),
        kind: "test".to_owned(),
        payment_id: None,
        reference: Some("pi_1".to_owned()),
        money: Some((1_550, Currency::JPY)),
        news,
    }
}

fn dispute(outcome: PaymentOutcome) -> News {
    News::Dispute { reference: "dp_1".to_owned(), amount: 1_550, outcome }
}

async fn tell(ctx: &Ctx, notice: &Notice) -> bool {
    let system = ctx.with_actor(domain::Actor::System);
    let new = receive(&system, Gateway::Stripe, notice).await.unwrap();
    work(ctx).await;
    new
}

async fn outcomes(world: &World) -> Vec<String> {
    let rows = gateway_event::Entity::find().order_by_asc(gateway_event::Column::Id).all(world.db()).await.unwrap();
    rows.into_iter().map(|row| row.outcome.unwrap_or_default()).collect()
}

both_databases! {
    /// A dispute is open, then lost; told again or late it changes nothing.
    async fn a_lost_dispute_takes_the_money(world: World) {
        let (order, ctx, _) = paid(&world).await;
        assert!(tell(&ctx, &notice("evt_1", dispute(PaymentOutcome::Pending))).await);
        assert!(!tell(&ctx, &notice("evt_1", dispute(PaymentOutcome::Pending))).await, "the same news");
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Paid);
        tell(&ctx, &notice("evt_2", dispute(PaymentOutcome::Success))).await;
        tell(&ctx, &notice("evt_3", dispute(PaymentOutcome::Pending))).await;
        assert_eq!(facts(&world).await[4..], ["CHARGEBACK PENDING 1550", "CHARGEBACK SUCCESS 1550"]);
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Refunded);
        assert_eq!(outcomes(&world).await, ["HANDLED", "HANDLED", "KNOWN"]);
    }

    /// A dispute that is won leaves the money where it is, also when its beginning is told last.
    async fn a_won_dispute_takes_nothing(world: World) {
        let (order, ctx, _) = paid(&world).await;
        tell(&ctx, &notice("evt_2", dispute(PaymentOutcome::Failure))).await;
        tell(&ctx, &notice("evt_1", dispute(PaymentOutcome::Pending))).await;
        assert_eq!(facts(&world).await[4..], ["CHARGEBACK FAILURE 1550"]);
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Paid);
    }

    /// What is not about our money is kept and changes nothing.
    async fn news_of_other_money_change_nothing(world: World) {
        let (_, ctx, _) = paid(&world).await;
        let before = facts(&world).await;
        for (index, told) in [
            notice("", News::Other),
            notice("", News::Foreign),
            Notice { reference: Some("pi_9".to_owned()), ..notice("", News::Payment) },
            Notice { money: Some((1, Currency::JPY)), ..notice("", News::Payment) },
            Notice { money: Some((1_550, Currency::EUR)), ..notice("", News::Payment) },
            Notice { payment_id: Some(world.new_uuid()), reference: None, ..notice("", News::Payment) },
            notice("", News::Payment),
        ]
        .into_iter()
        .enumerate()
        {
            tell(&ctx, &Notice { external_id: format!("evt_{index}"), ..told }).await;
        }
        let said = ["IGNORED", "OTHER_ACCOUNT", "UNKNOWN_PAYMENT", "MISMATCH", "MISMATCH", "UNKNOWN_PAYMENT", "KNOWN"];
        assert_eq!(outcomes(&world).await, said);
        assert_eq!(facts(&world).await, before);
    }

    /// News that come before our own answer find the payment by the name that we gave it.
    async fn news_before_the_answer_are_used(world: World) {
        let (_, cart, ctx, bank) = super::network::at_the_bank(&world).await;
        bank.0.lock().unwrap().lost = 1;
        let start = domain::fulfillment::start_payment::StartPayment {
            cart_id: cart,
            expected_total: crate::fulfillment::shop::yen(1_550),
            gateway: Gateway::Stripe,
            test_outcome: entity::words::TestOutcome::Approve,
            idempotency_key: "start".to_owned(),
        };
        domain::fulfillment::start_payment::start_payment(&ctx, start).await.unwrap_err();
        bank.agree();
        let payment = the_payment(&world).await;
        assert_eq!(payment.reference, None);
        tell(&ctx, &Notice { payment_id: Some(payment.id.uuid()), ..notice("evt_1", News::Payment) }).await;
        assert_eq!(the_payment(&world).await.reference.as_deref(), Some("pi_1"));
        let order = super::complete(&ctx, cart, 1_550, vec![]).await.unwrap().order;
        work(&ctx).await;
        assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Paid);
    }
}
