//! Previewing a refund, and staff deciding one.

use entity::id::{OrderId, OrderLineId, PaymentId, RegisterId};
use entity::money::{Currency, Money};
use entity::words::{Gateway, RefundDestination, RefundReason};
use entity::{order, order_line, refund};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter};

use super::books::{Ask, Books};
use super::claw_back::{self, Terms};
use super::confirm::open_session;
use super::execute::shares;
use super::issue::{Extra, NewRefund, issue_with};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};
use crate::order::access::{self, lock_permitted};
use crate::order::credit_note::{self, CreditNoteTax};
use crate::order::units;

/// Most lines of a refund.
const MAX_LINES: usize = 1_000;

/// What staff want to give back.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RefundWish {
    /// Of which order.
    pub order_id: OrderId,
    /// Units whose money goes back; they are not canceled.
    pub units: Vec<(OrderLineId, i64)>,
    /// Of shipping.
    pub shipping: Option<Money>,
    /// Without goods: a kindness; for `OVERPAID` all that is too much when `None`.
    pub amount: Option<Money>,
    /// Kept for the trouble.
    pub fee: Option<Money>,
    /// Whether discounts that the rest of the order does not earn any more are kept.
    pub claw_back: bool,
    /// Why: a kindness, a claim, what was paid too much, or another reason.
    pub reason: RefundReason,
}

/// A decision of staff.
#[derive(Clone, Debug, serde::Serialize)]
pub struct CreateRefund {
    /// What.
    pub wish: RefundWish,
    /// In words.
    pub note: Option<String>,
    /// Where the money ends.
    pub destination: RefundDestination,
    /// The till whose open drawer pays cash out; cash waits when `None`.
    pub register_id: Option<RegisterId>,
    /// What staff saw would go back; another amount is refused.
    pub expected_amount: Option<Money>,
    /// What staff saw could go back; another amount is refused.
    pub refund_amount_available: Option<Money>,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// What would go back. Amounts are minor units of the order's currency, with tax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuggestedRefund {
    /// ISO 4217.
    pub currency: Currency,
    /// Line, units, money.
    pub lines: Vec<(OrderLineId, i64, i64)>,
    /// Of shipping.
    pub shipping: i64,
    /// Without goods.
    pub goodwill: i64,
    /// Kept: fees, and discounts when they are clawed back; negative when those go back.
    pub fee: i64,
    /// What goes back in all.
    pub amount: i64,
    /// By tax rate, before fees.
    pub taxes: Vec<CreditNoteTax>,
    /// To which payments, in the order in which they get it.
    pub tenders: Vec<(PaymentId, Gateway, i64)>,
    /// The most that can go back of the order.
    pub refund_amount_available: i64,
    /// Shipping that can still go back.
    pub shipping_available: i64,
    /// Discounts that the rest of the order does not earn any more; kept only when wished. Negative: discounts that were
    /// kept before and go back with that rest, wished or not.
    pub claw_back: i64,
    /// Free goods that are left when all that was paid for goes back.
    pub gifts: Vec<OrderLineId>,
}

/// What a wish would give back, without deciding anything. Sixteen statements, whatever the number of units.
/// Errors: `FORBIDDEN` without `refunds.issue`, `NOT_FOUND`, `INVALID_QUANTITY`, `INVALID_AMOUNT`, `CURRENCY_MISMATCH`.
pub async fn suggested(ctx: &Ctx, wish: &RefundWish) -> Result<SuggestedRefund> {
    let within = access::permitted(ctx, Permission::RefundsIssue)?;
    let found = order::Entity::find_by_id(wish.order_id).filter(within).one(&ctx.db()).await?;
    let order = found.ok_or(Error::not_found("order"))?;
    preview(&ctx.db(), &order, wish).await
}

async fn preview(db: &impl ConnectionTrait, order: &order::Model, wish: &RefundWish) -> Result<SuggestedRefund> {
    let mut books = Books::read(db, order.id).await?;
    let ask = asked(order, &books, wish)?;
    let claw_back = claw_back::of(db, order, &books, &ask.units, Terms { keep: true, coming: &[] }).await?;
    let (available, shipping_left) = (books.kept(), (books.shipping_total() - books.shipping_back()).max(0));
    let whole = Ask { claw_back: if wish.claw_back { claw_back } else { claw_back.min(0) }, ..ask };
    let plan = books.give_back(order, &whole, wish.reason == RefundReason::Overpaid)?;
    let kept: Vec<&order_line::Model> = books.lines.iter().filter(|line| books.left(line) > 0).collect();
    let only_gifts = kept.iter().all(|line| line.total == 0);
    let gifts = if only_gifts { kept.iter().map(|line| line.id).collect() } else { Vec::new() };
    Ok(SuggestedRefund {
        currency: order.currency,
        lines: plan.units.iter().map(|units| (units.line_id, units.quantity, units.amount)).collect(),
        shipping: plan.shipping,
        goodwill: plan.goodwill,
        fee: plan.fee,
        amount: plan.amount,
        taxes: credit_note::preview(db, order, &plan).await?,
        tenders: shares(&books.tenders, plan.amount)?
            .into_iter()
            .map(|(tender, amount)| (tender.payment_id, tender.gateway, amount))
            .collect(),
        refund_amount_available: available,
        shipping_available: shipping_left,
        claw_back,
        gifts,
    })
}

/// The wish in minor units. Errors: `CURRENCY_MISMATCH`, `TOO_MANY`, `INVALID` for a reason that is not for staff.
fn asked(order: &order::Model, books: &Books, wish: &RefundWish) -> Result<Ask> {
    if wish.units.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.units", vec![("max", MAX_LINES.to_string())]));
    }
    match wish.reason {
        RefundReason::Goodwill | RefundReason::Other | RefundReason::Claim | RefundReason::Overpaid => {}
        RefundReason::Canceled
        | RefundReason::PickupExpired
        | RefundReason::Unfillable
        | RefundReason::Returned
        | RefundReason::OrderChanged => return Err(Error::invalid(ErrorCode::Invalid, "input.reason")),
    }
    let minor = |path: &str, money: Option<Money>| match money {
        Some(money) if money.currency != order.currency => Err(Error::invalid(ErrorCode::CurrencyMismatch, path)),
        Some(money) => Ok(money.minor),
        None => Ok(0),
    };
    let units = units::summed(&wish.units)?;
    let goodwill = if wish.reason == RefundReason::Overpaid {
        let most = books.overpaid(order)?;
        let named = wish.amount.map(|_| minor("input.amount", wish.amount)).transpose()?.unwrap_or(most);
        if named > most {
            return Err(Error::invalid(ErrorCode::InvalidAmount, "input.amount"));
        }
        named
    } else {
        minor("input.amount", wish.amount)?
    };
    let (shipping, fee) = (minor("input.shipping", wish.shipping)?, minor("input.fee", wish.fee)?);
    Ok(Ask { units, shipping, goodwill, fee, claw_back: 0 })
}

/// Decides a refund of staff and sends the money back, see [`super::issue()`]. Errors: `FORBIDDEN` without
/// `refunds.issue`, `NOT_FOUND`, `REFUND_MISMATCH` when another amount goes back or could go back than staff saw,
/// `INVALID_AMOUNT` when nothing goes back, `INVALID_QUANTITY`, `REGISTER_SESSION_REQUIRED`, `INSUFFICIENT_CASH`,
/// `REQUIRED` for store credit of an order without a customer, `IDEMPOTENCY_KEY_REUSED`.
/// Returns the order, the refund, and whether the key was used before.
pub async fn create_refund(ctx: &Ctx, input: CreateRefund) -> Result<(order::Model, Option<refund::Model>, bool)> {
    let scope = &ctx.require(Permission::RefundsIssue)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    if input.destination == RefundDestination::Exchange {
        return Err(Error::invalid(ErrorCode::Invalid, "input.destination"));
    }
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let order = lock_permitted(tx, input.wish.order_id, Permission::RefundsIssue).await?;
        if let Claim::Replayed(_) = idempotency::claim(tx, "refundCreate", key, hash, order.id.uuid()).await? {
            return Ok((order, None, true));
        }
        let session = match input.register_id {
            Some(id) => Some(open_session(tx, scope, Some(id)).await?),
            None => None,
        };
        let refund = decide(tx, &order, input, session).await?;
        Ok((crate::order::refresh(tx, order.id).await?, Some(refund), false))
    })
    .await
}

async fn decide(
    tx: &Tx,
    order: &order::Model,
    input: &CreateRefund,
    session: Option<entity::id::RegisterSessionId>,
) -> Result<refund::Model> {
    let books = Books::read(tx, order.id).await?;
    let ask = asked(order, &books, &input.wish)?;
    check_seen("input.refundAmountAvailable", order, input.refund_amount_available, books.kept())?;
    let new = NewRefund {
        units: input.wish.units.clone(),
        shipping: ask.shipping,
        fee: ask.fee,
        reason: input.wish.reason,
        note: input.note.clone(),
        return_id: None,
        destination: input.destination,
        session,
    };
    let extra = Extra { goodwill: ask.goodwill, claw_back: input.wish.claw_back, ..Extra::default() };
    let refund = issue_with(tx, order, new, extra).await?;
    if refund.amount == 0 {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "input.amount"));
    }
    check_seen("input.expectedAmount", order, input.expected_amount, refund.amount)?;
    Ok(refund)
}

/// Error: `REFUND_MISMATCH` when staff saw another amount.
fn check_seen(path: &str, order: &order::Model, seen: Option<Money>, actual: i64) -> Result<()> {
    let actual = Money::new(actual, order.currency);
    if seen.is_none_or(|seen| seen == actual) {
        return Ok(());
    }
    Err(Error::invalid_with(ErrorCode::RefundMismatch, path, vec![("actual", actual.formatted("en"))]))
}
