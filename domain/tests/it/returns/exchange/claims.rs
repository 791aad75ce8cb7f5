//! The same goods again when something was wrong.

use domain::ErrorCode;
use domain::returns::access::visit_token;
use domain::returns::claim::{ResolveClaim, resolve};
use domain::returns::exchange::{NewGoods, query};
use domain::returns::request::{RequestReturn, request};
use domain::returns::{decide, slip};
use entity::money::Money;
use entity::returns;
use entity::words::*;
use support::{World, both_databases};

use super::{Floor, floor, money};

async fn claim(floor: &Floor) -> returns::Model {
    let wish = RequestReturn { kind: ReturnKind::Claim, ..floor.bought.wish(1) };
    request(&floor.bought.guest, wish).await.unwrap().row
}

fn answer(floor: &Floor, claim: &returns::Model, resolution: ClaimResolution, goods_back: bool) -> ResolveClaim {
    ResolveClaim {
        return_id: claim.id,
        expected_version: None,
        resolution,
        goods_back,
        refund_to: None,
        shipping: None,
        amount: None,
        goods: Vec::new(),
        note: None,
        register_id: None,
        idempotency_key: floor.bought.key(),
    }
}

both_databases! {
    /// Replaced at no cost, goods not back: what was paid stays paid, and the shirt can still come back for money.
    async fn replaced_for_nothing(world: World) {
        let floor = floor(&world, 1).await;
        let claim = claim(&floor).await;
        let input = answer(&floor, &claim, ClaimResolution::Replace, false);
        let done = resolve(&floor.clerk, input.clone()).await.unwrap().row;
        assert_eq!((done.status, done.resolution), (ReturnStatus::Closed, Some(ClaimResolution::Replace)));
        assert!(resolve(&floor.clerk, input).await.unwrap().replayed);
        let exchange = query::of_returns(world.db(), &[claim.id]).await.unwrap().remove(0);
        assert_eq!((exchange.status, exchange.credit), (ExchangeStatus::Completed, 0));
        let new = floor.order(exchange.order_id).await;
        assert_eq!((new.total, new.tax_total, new.payment_status), (0, 0, OrderPaymentStatus::Paid));
        assert!(floor.paid(exchange.order_id).await.is_empty());
        let lines = domain::order::query::lines(world.db(), &[new.id]).await.unwrap();
        assert_eq!((lines[0].variant_id, lines[0].quantity), (floor.bought.shirt.id(), 1));
        assert_eq!(floor.bought.shop.work(new.id).await[0].1, "OPEN");
        assert_eq!(floor.bought.refunded().await, Vec::<i64>::new());
        let again = resolve(&floor.clerk, answer(&floor, &claim, ClaimResolution::Refund, false)).await.unwrap_err();
        assert_eq!(again.code(), ErrorCode::InvalidTransition);
        assert_eq!(request(&floor.bought.guest, floor.bought.wish(1)).await.unwrap().row.status, ReturnStatus::Requested);
    }

    /// Replaced by something else, with money beside it, and the goods shall come: they enter stock, and give nothing more.
    async fn replaced_with_money_and_goods_back(world: World) {
        let floor = floor(&world, 1).await;
        let claim = claim(&floor).await;
        let both = |amount| ResolveClaim {
            amount,
            goods: vec![NewGoods {
                variant_id: floor.coat.id(),
                quantity: 1,
                delivery: DeliveryMethod::Ship,
                location_id: Some(floor.bought.shop.store.id),
                unit_price: None,
            }],
            ..answer(&floor, &claim, ClaimResolution::ReplaceAndRefund, true)
        };
        assert_eq!(resolve(&floor.clerk, both(None)).await.unwrap_err().code(), ErrorCode::Required);
        assert_eq!(resolve(&floor.clerk, both(money(-1))).await.unwrap_err().code(), ErrorCode::InvalidAmount);
        assert_eq!(resolve(&floor.clerk, both(money(9_999))).await.unwrap_err().code(), ErrorCode::InvalidAmount);
        let done = resolve(&floor.clerk, both(money(200))).await.unwrap().row;
        assert_eq!(done.status, ReturnStatus::Approved);
        assert_eq!(floor.bought.refunded().await, [200]);
        let exchange = query::of_returns(world.db(), &[claim.id]).await.unwrap().remove(0);
        let works = floor.bought.shop.work(exchange.order_id.unwrap()).await;
        assert_eq!(works, [(Some(floor.bought.shop.store.id), "OPEN".to_owned(), 1)]);
        floor.come(claim.id, Disposition::Damaged).await;
        assert_eq!(floor.bought.level(&floor.bought.shop.store).await.unwrap().damaged, 1);
        assert_eq!(floor.bought.refunded().await, [200]);
    }

    /// Paid before the goods came: its customer cannot give it up any more and keep both, and the slip says the answer.
    async fn what_was_paid_is_not_given_up(world: World) {
        let floor = floor(&world, 1).await;
        let claim = claim(&floor).await;
        let token = visit_token(&world.ctx(), claim.id);
        let nobody = world.guest();
        let asked = slip::read(&nobody, claim.id, Some(&token)).await.unwrap().unwrap();
        assert!(asked.can_cancel && asked.reason.is_none(), "{asked:?}");
        let paid = resolve(&floor.clerk, answer(&floor, &claim, ClaimResolution::Refund, true)).await.unwrap().row;
        assert_eq!((paid.status, floor.bought.refunded().await), (ReturnStatus::Approved, vec![1_000]));
        let shown = slip::read(&nobody, claim.id, Some(&token)).await.unwrap().unwrap();
        assert!(shown.is_awaited && !shown.can_cancel && shown.reason.is_some(), "{shown:?}");
        let by_order = decide::cancel(&floor.bought.guest, claim.id, None, None).await.unwrap_err();
        let by_link = decide::cancel(&nobody, claim.id, Some(&token), None).await.unwrap_err();
        assert_eq!([by_order.code(), by_link.code()], [ErrorCode::InvalidTransition; 2]);
        let given_up = decide::cancel(&floor.clerk, claim.id, None, None).await.unwrap();
        assert_eq!(given_up.status, ReturnStatus::Canceled, "staff may");
    }

    /// What does not fit together is refused, and what is not there is not sent.
    async fn answers_must_fit(world: World) {
        let floor = floor(&world, 1).await;
        let claim = claim(&floor).await;
        let replace = || answer(&floor, &claim, ClaimResolution::Replace, false);
        let goods = |quantity| vec![NewGoods {
            variant_id: floor.cap.id(),
            quantity,
            delivery: DeliveryMethod::Ship,
            location_id: None,
            unit_price: None,
        }];
        let refused = [
            ResolveClaim { amount: money(1), ..replace() },
            ResolveClaim { shipping: money(1), ..replace() },
            ResolveClaim { goods: goods(1), ..answer(&floor, &claim, ClaimResolution::Refund, false) },
        ];
        for input in refused {
            assert_eq!(resolve(&floor.clerk, input).await.unwrap_err().code(), ErrorCode::Invalid);
        }
        let both = || answer(&floor, &claim, ClaimResolution::ReplaceAndRefund, false);
        let dollars = Some(Money::new(1, entity::money::Currency::USD));
        let wrong = [
            ("input.amount", ErrorCode::InvalidAmount, ResolveClaim { amount: money(-1), ..both() }),
            ("input.amount", ErrorCode::CurrencyMismatch, ResolveClaim { amount: dollars, ..both() }),
            ("input.shipping", ErrorCode::InvalidAmount, ResolveClaim { shipping: money(-1), ..both() }),
            ("input.shipping", ErrorCode::CurrencyMismatch, ResolveClaim { amount: money(1), shipping: dollars, ..both() }),
        ];
        for (path, code, input) in wrong {
            let error = resolve(&floor.clerk, input).await.unwrap_err();
            assert_eq!((error.path(), error.code()), (path, code));
        }
        for (quantity, code) in [(0, ErrorCode::InvalidQuantity), (i64::MAX, ErrorCode::InvalidQuantity), (9_999, ErrorCode::InsufficientStock)] {
            let input = ResolveClaim { goods: goods(quantity), ..replace() };
            assert_eq!(resolve(&floor.clerk, input).await.unwrap_err().code(), code);
        }
        assert!(query::of_returns(world.db(), &[claim.id]).await.unwrap().is_empty());
    }
}
