//! What a gateway tells by itself: twice, late, in the wrong order, of other money, of nobody.

use std::sync::Arc;

use domain::fulfillment::start_payment::start_payment;
use domain::order::gateway_news::{News, Notice, receive};
use domain::order::refund::{CreateRefund, RefundWish, create_refund};
use domain::payment::sums::Sums;
use domain::{Ctx, ErrorCode, Permission};
use entity::gateway_event;
use entity::id::{OrderId, OrderLineId};
use entity::money::Currency;
use entity::words::{Gateway, OrderPaymentStatus, PaymentEventKind, PaymentOutcome, RefundDestination, RefundReason};
use sea_orm::{EntityTrait, QueryOrder};
use support::{World, both_databases, race};

use super::bank::work;
use super::network::paid;
use super::{facts, order_now, the_payment};
use crate::fulfillment::shop::yen;

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

/// All of an order of one unit.
fn all(order_id: OrderId, line: OrderLineId) -> CreateRefund {
    CreateRefund {
        wish: RefundWish {
            order_id,
            units: vec![(line, 1)],
            shipping: Some(yen(550)),
            amount: None,
            fee: None,
            claw_back: false,
            reason: RefundReason::Goodwill,
        },
        note: None,
        destination: RefundDestination::Original,
        register_id: None,
        expected_amount: None,
        refund_amount_available: None,
        idempotency_key: format!("all-{order_id}"),
    }
}

/// Orders that are paid by card, and whose refund the gateway accepted but carries out later.
struct Accepting {
    shop: crate::fulfillment::shop::Shop,
    coat: support::Sku,
    ctx: Ctx,
    bank: super::bank::Bank,
    clerk: Ctx,
}

/// One of them.
struct Accepted {
    order: entity::order::Model,
    round: usize,
    refund_id: entity::id::RefundId,
}

impl Accepting {
    async fn open(world: &World) -> Self {
        let (shop, _, ctx, bank) = super::network::at_the_bank(world).await;
        let coat = world.product("coat").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let clerk = world.staff(&[Permission::RefundsIssue, Permission::OrdersRead]).await;
        Self { shop, coat, ctx, bank, clerk }
    }

    async fn accept(&self, world: &World, round: usize) -> Accepted {
        let (cart, _) = self.shop.cart_of(self.coat.id(), 1).await;
        let buyer = self.ctx.with_actor(domain::Actor::Guest { cart_id: Some(cart), order_id: None });
        start_payment(&buyer, super::network::start(cart)).await.unwrap();
        self.bank.agree();
        let order = super::complete(&buyer, cart, 1_550, vec![]).await.unwrap().order;
        work(&self.ctx).await;
        self.bank.0.lock().unwrap().refund_outcomes.push_back(PaymentOutcome::Pending);
        let line = domain::order::query::lines(world.db(), &[order.id]).await.unwrap()[0].id;
        let refund_id = create_refund(&self.clerk, all(order.id, line)).await.unwrap().1.unwrap().id;
        work(&self.ctx).await;
        world.advance(chrono::TimeDelta::seconds(1));
        Accepted { order, round, refund_id }
    }
}

impl Accepted {
    fn notice(&self, name: &str, news: News) -> Notice {
        let reference = Some(format!("pi_{}", self.round + 1));
        Notice { reference, ..notice(&format!("evt_{}_{name}", self.round), news) }
    }

    /// The bank took all of it back.
    fn dispute(&self, name: &str) -> Notice {
        let (reference, outcome) = (format!("dp_{}", self.round), PaymentOutcome::Success);
        self.notice(name, News::Dispute { reference, amount: 1_550, outcome })
    }

    /// How the refund ended.
    fn refund(&self, outcome: PaymentOutcome) -> Notice {
        let error_code = (outcome == PaymentOutcome::Failure).then(|| "lost_or_stolen_card".to_owned());
        let reference = format!("re_{}", self.round);
        self.notice("refund", News::Refund { reference, refund_id: Some(self.refund_id.uuid()), outcome, error_code })
    }

    /// What went of the payment, and the notes beside it.
    async fn sums(&self, world: &World) -> (Sums, Vec<String>) {
        let payments = domain::payment::query::of_orders(world.db(), &[self.order.id]).await.unwrap();
        let events = domain::payment::query::events(world.db(), &[payments[0].id]).await.unwrap();
        (Sums::of(&events), events.into_iter().filter_map(|event| event.error_code).collect())
    }
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

    /// All goes back and the bank takes it back, whichever is first: the money leaves once.
    async fn refunded_or_charged_back(world: World) {
        let (shop, first, ctx, bank) = super::network::at_the_bank(&world).await;
        let shirt = world.product("coat").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let clerk = world.staff(&[Permission::RefundsIssue, Permission::OrdersRead]).await;
        let clerk = Ctx { services: Arc::clone(&ctx.services), ..clerk };
        let mut sent = 0;
        for round in 0..8 {
            let cart = if round == 0 { first } else { shop.cart_of(shirt.id(), 1).await.0 };
            let buyer = ctx.with_actor(domain::Actor::Guest { cart_id: Some(cart), order_id: None });
            start_payment(&buyer, super::network::start(cart)).await.unwrap();
            bank.agree();
            let order = super::complete(&buyer, cart, 1_550, vec![]).await.unwrap().order;
            work(&ctx).await;
            let lost = Notice {
                reference: Some(format!("pi_{}", round + 1)),
                ..notice(&format!("evt_{round}"), News::Dispute { reference: format!("dp_{round}"), amount: 1_550, outcome: PaymentOutcome::Success })
            };
            let line = domain::order::query::lines(world.db(), &[order.id]).await.unwrap()[0].id;
            let answers = race(3, |number| {
                let (ctx, clerk, lost) = (ctx.clone(), clerk.clone(), lost.clone());
                async move {
                    if (number + round) % 3 == 0 {
                        let refund = create_refund(&clerk, all(order.id, line)).await.map(|_| ());
                        return refund.err().map(|error| error.code());
                    }
                    if (number + round) % 3 == 1 {
                        receive(&ctx.with_actor(domain::Actor::System), Gateway::Stripe, &lost).await.unwrap();
                    }
                    work(&ctx).await;
                    None
                }
            })
            .await;
            let refused: Vec<_> = answers.into_iter().flatten().collect();
            assert!(refused.iter().all(|code| *code == ErrorCode::InvalidAmount), "round {round}: {refused:?}");
            for _ in 0..3 {
                world.advance(chrono::TimeDelta::minutes(5));
                work(&ctx).await;
            }
            let payments = domain::payment::query::of_orders(world.db(), &[order.id]).await.unwrap();
            let events = domain::payment::query::events(world.db(), &[payments[0].id]).await.unwrap();
            let sums = Sums::of(&events);
            assert_eq!((sums.captured, sums.refunded), (1_550, 1_550), "round {round}: {events:?}");
            assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Refunded);
            let told = |event: &&entity::payment_event::Model| {
                event.kind == PaymentEventKind::Refund && event.outcome == PaymentOutcome::Success
            };
            sent += events.iter().filter(told).count();
            assert_eq!(bank.0.lock().unwrap().refunds.len(), sent, "round {round}: the gateway sent what we know of");
            world.audit().await;
        }
    }

    /// What waits to go back while the bank has taken it back is not handed out by hand either.
    async fn what_a_bank_took_back_is_not_handed_out(world: World) {
        let (order, ctx, _) = paid(&world).await;
        let clerk = world.staff(&[Permission::RefundsIssue, Permission::OrdersRead]).await;
        let line = domain::order::query::lines(world.db(), &[order.id]).await.unwrap()[0].id;
        let decided = create_refund(&clerk, all(order.id, line)).await.unwrap().1.unwrap();
        // The bank was faster than the job that asks the gateway.
        let payment = the_payment(&world).await;
        let services = Arc::clone(&ctx.services);
        let system = Ctx { services, ..world.ctx() };
        receive(&system, Gateway::Stripe, &notice("evt_1", dispute(PaymentOutcome::Success))).await.unwrap();
        let news = gateway_event::Entity::find().one(world.db()).await.unwrap().unwrap().id;
        let ask = domain::payment::task::Ask::Look { gateway_event_id: Some(news) };
        let look = domain::payment::task::GatewayTask { payment_id: payment.id, ask };
        domain::order::ask_gateway::run(&system, &look, false).await.unwrap();
        let confirm = domain::order::refund::ConfirmRefund {
            refund_id: decided.id,
            payment_id: None,
            reference: None,
            register_id: None,
            idempotency_key: "confirm".to_owned(),
        };
        let refused = domain::order::refund::confirm_refund(&clerk, confirm).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidAmount);
        work(&ctx).await;
        // Two processes number the same moment differently: the order of the facts says nothing.
        let mut told = facts(&world).await;
        told.retain(|fact| fact.starts_with("CHARGEBACK") || fact.starts_with("REFUND"));
        told.sort();
        let wanted = ["CHARGEBACK PENDING 1550", "CHARGEBACK SUCCESS 0", "CHARGEBACK SUCCESS 1550"];
        assert_eq!(told[..3], wanted, "open until it is known that the refund did not go");
        assert_eq!(told[3..], ["REFUND FAILURE 1550", "REFUND PENDING 1550"]);
    }

    /// The gateway has accepted a refund, the bank takes the money back, and the refund goes or does not: our books lose
    /// the money once. What went twice is told.
    async fn accepted_and_then_lost(world: World) {
        let desk = Accepting::open(&world).await;
        for (round, outcome) in [PaymentOutcome::Success, PaymentOutcome::Failure].into_iter().enumerate() {
            let story = desk.accept(&world, round).await;
            let (order, ctx) = (&story.order, &desk.ctx);
            tell(ctx, &story.dispute("lost")).await;
            assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Paid, "nobody knows yet");
            let balance = domain::order::refund::balance(world.db(), &order_now(&world, order.id).await).await.unwrap();
            assert_eq!(balance.available, 0, "none of it is there");
            world.audit().await;
            tell(ctx, &story.refund(outcome)).await;
            world.advance(chrono::TimeDelta::seconds(1));
            tell(ctx, &story.dispute("late")).await;
            let (sums, codes) = story.sums(&world).await;
            assert_eq!((sums.captured, sums.refunded), (1_550, 1_550), "{outcome}");
            assert_eq!(codes.iter().any(|code| code == "refunded_too"), outcome == PaymentOutcome::Success);
            assert_eq!(order_now(&world, order.id).await.payment_status, OrderPaymentStatus::Refunded);
        }
        let told = entity::event::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(told.iter().filter(|event| event.kind == "payment_lost_twice").count(), 1);
    }

    /// The gateway's word that a refund went and the bank's that the money is gone, at once, in any order.
    async fn accepted_and_lost_at_once(world: World) {
        let desk = Accepting::open(&world).await;
        for round in 0..6 {
            let story = desk.accept(&world, round).await;
            let outcome = if round % 2 == 0 { PaymentOutcome::Success } else { PaymentOutcome::Failure };
            let news = [story.refund(outcome), story.dispute("a"), story.dispute("b")];
            race(3, |number| {
                let (ctx, notice) = (desk.ctx.clone(), news[(number + round) % 3].clone());
                async move { tell(&ctx, &notice).await }
            })
            .await;
            for _ in 0..3 {
                world.advance(chrono::TimeDelta::minutes(5));
                work(&desk.ctx).await;
            }
            let (sums, codes) = story.sums(&world).await;
            assert_eq!((sums.captured, sums.refunded), (1_550, 1_550), "round {round}: {codes:?}");
            world.audit().await;
        }
    }

    /// The gateway sent it, its answer got lost, and the bank took it back before anybody asked again: the gateway knows.
    async fn an_answer_that_got_lost_is_asked_for(world: World) {
        let (order, ctx, bank) = paid(&world).await;
        let clerk = world.staff(&[Permission::RefundsIssue, Permission::OrdersRead]).await;
        let line = domain::order::query::lines(world.db(), &[order.id]).await.unwrap()[0].id;
        create_refund(&clerk, all(order.id, line)).await.unwrap();
        bank.0.lock().unwrap().lost = 1;
        work(&ctx).await;
        tell(&ctx, &notice("evt_1", dispute(PaymentOutcome::Success))).await;
        world.advance(chrono::TimeDelta::minutes(5));
        work(&ctx).await;
        assert_eq!(bank.0.lock().unwrap().refunds.len(), 1);
        let events = domain::payment::query::events(world.db(), &[the_payment(&world).await.id]).await.unwrap();
        assert_eq!((Sums::of(&events).captured, Sums::of(&events).refunded), (1_550, 1_550));
        let went = (PaymentEventKind::Refund, PaymentOutcome::Success);
        assert!(events.iter().any(|event| (event.kind, event.outcome) == went), "{events:?}");
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
