//! Refunds: preview, decision, and what becomes of their parts.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::Result;
use domain::order::refund::{self, CreateRefund, RefundWish, SuggestedRefund as Preview};
use entity::id::{OrderLineId, PaymentId};
use entity::money::Currency;
use entity::words::{Gateway, RefundDestination, RefundReason};

use super::payment::{RefundConfirmInput, confirm_input};
use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::node::credit_note::CreditNoteTax;
use crate::node::order::Order;
use crate::node::refund::{Refund, RefundLine};
use crate::scalar::{Money, MoneyInput, id, parse_id, parse_optional_id};
use crate::shop::order::required_key;
use crate::word::Word;

/// Units whose money goes back.
#[derive(Clone, Debug, InputObject)]
pub struct RefundUnitsInput {
    /// The order's line.
    pub order_line_id: ID,
    /// Units.
    pub quantity: i64,
}

/// What shall go back.
#[derive(Clone, Debug, InputObject)]
pub struct SuggestedRefundInput {
    /// Of which order.
    pub order_id: ID,
    /// Units whose money goes back; they are not canceled and need not come back.
    #[graphql(default)]
    pub units: Vec<RefundUnitsInput>,
    /// Of shipping, with tax.
    pub shipping: Option<MoneyInput>,
    /// Without goods: a kindness; for `OVERPAID` all that is too much when left out.
    pub amount: Option<MoneyInput>,
    /// Kept for the trouble, of the goods.
    pub fee: Option<MoneyInput>,
    /// Whether discounts that the rest of the order does not earn any more are kept.
    #[graphql(default)]
    pub claw_back: bool,
    /// Why: `GOODWILL`, `CLAIM`, `OVERPAID` or `OTHER`. Goods that come back are refunded by their return.
    pub reason: Word<RefundReason>,
}

/// A refund to decide.
#[derive(Clone, Debug, InputObject)]
pub struct RefundCreateInput {
    /// What shall go back, as it was previewed.
    pub refund: SuggestedRefundInput,
    /// In words.
    pub note: Option<String>,
    /// Where the money ends: `ORIGINAL` or `STORE_CREDIT`.
    pub destination: Option<Word<RefundDestination>>,
    /// The till whose open drawer pays cash out; cash waits for `refundConfirm` when left out.
    pub register_id: Option<ID>,
    /// What you saw would go back; another amount is refused.
    pub expected_amount: Option<MoneyInput>,
    /// What you saw could go back; another amount is refused.
    pub refund_amount_available: Option<MoneyInput>,
    /// Repeating the call with the same key gives back nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// An order after a decision about a refund.
#[derive(Debug, SimpleObject)]
pub struct RefundCreatePayload {
    /// The order.
    pub order: Option<Order>,
    /// The refund; null when the key was used before.
    pub refund: Option<Refund>,
    /// Whether the key was used before.
    pub replayed: bool,
    /// What kept it from being decided; empty when it was.
    pub errors: Vec<UserError>,
}

/// An order after a step of a refund's parts.
#[derive(Debug, SimpleObject)]
pub struct RefundStepPayload {
    /// The order.
    pub order: Option<Order>,
    /// Whether the key was used before.
    pub replayed: bool,
    /// What kept it from being done; empty when it was.
    pub errors: Vec<UserError>,
}

/// What goes to one payment.
#[derive(Clone, Debug, SimpleObject)]
pub struct SuggestedRefundTender {
    /// The payment.
    pub payment_id: ID,
    /// Who moves the money.
    pub gateway: Word<Gateway>,
    /// How much.
    pub amount: Money,
}

/// What would go back; nothing is decided.
#[derive(Clone, Debug, SimpleObject)]
pub struct SuggestedRefund {
    /// Units with their money.
    pub lines: Vec<RefundLine>,
    /// Of shipping.
    pub shipping: Money,
    /// Without goods.
    pub goodwill: Money,
    /// Kept: fees, and discounts when they are clawed back.
    pub fee: Money,
    /// What goes back in all.
    pub amount: Money,
    /// By tax rate, before fees.
    pub taxes: Vec<CreditNoteTax>,
    /// To which payments, last captured first.
    pub tenders: Vec<SuggestedRefundTender>,
    /// The most that can go back of the order.
    pub refund_amount_available: Money,
    /// Shipping that can still go back.
    pub shipping_available: Money,
    /// Discounts that the rest does not earn any more, kept only with `clawBack`; negative: kept before, going back now.
    pub claw_back: Money,
    /// Lines of free goods that are left when all that was paid for goes back: ask for them.
    pub gift_line_ids: Vec<ID>,
}

impl SuggestedRefund {
    fn of(preview: &Preview, currency: Currency) -> Self {
        let money = |minor| Money::new(minor, currency);
        let line = |(line, quantity, amount): &(OrderLineId, i64, i64)| RefundLine {
            order_line_id: id(*line),
            quantity: *quantity,
            amount: money(*amount),
        };
        let tender = |(payment, gateway, amount): &(PaymentId, Gateway, i64)| SuggestedRefundTender {
            payment_id: id(*payment),
            gateway: Word(*gateway),
            amount: money(*amount),
        };
        Self {
            lines: preview.lines.iter().map(line).collect(),
            shipping: money(preview.shipping),
            goodwill: money(preview.goodwill),
            fee: money(preview.fee),
            amount: money(preview.amount),
            taxes: preview.taxes.iter().map(|tax| CreditNoteTax::of(tax, currency)).collect(),
            tenders: preview.tenders.iter().map(tender).collect(),
            refund_amount_available: money(preview.refund_amount_available),
            shipping_available: money(preview.shipping_available),
            claw_back: money(preview.claw_back),
            gift_line_ids: preview.gifts.iter().map(|line| id(*line)).collect(),
        }
    }
}

/// Previews of refunds.
#[derive(Clone, Copy, Debug, Default)]
pub struct RefundQuery;

/// Previews of refunds.
#[Object]
impl RefundQuery {
    /// What a refund would give back, by line, rate and tender. Nothing is decided.
    async fn suggested_refund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What shall go back.")] input: SuggestedRefundInput,
    ) -> Result<SuggestedRefund> {
        let preview = refund::suggested(ctx_of(ctx), &wish(&input)?).await?;
        Ok(SuggestedRefund::of(&preview, preview.currency))
    }
}

/// Decisions about refunds.
#[derive(Clone, Copy, Debug, Default)]
pub struct RefundMutation;

/// Decisions about refunds.
#[Object]
impl RefundMutation {
    /// Gives money back: for units, shipping, or without either. It goes to the original tenders, last captured first, or
    /// to store credit; what a person must hand out waits for `refundConfirm`.
    async fn refund_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What shall go back, and where to.")] input: RefundCreateInput,
    ) -> Result<RefundCreatePayload> {
        let decided = match create_input(ctx, input) {
            Ok(input) => refund::create_refund(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        let (decided, errors) = outcome(ctx, decided)?;
        let (order, refund, replayed) = decided.map_or((None, None, false), |(o, r, again)| (Some(o), r, again));
        Ok(RefundCreatePayload { order: order.map(Order), refund: refund.map(Refund), replayed, errors })
    }

    /// Records that parts of a refund could not be handed out; `reference` says why. The money stays set aside.
    async fn refund_fail(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What failed.")] input: RefundConfirmInput,
    ) -> Result<RefundStepPayload> {
        let done = match confirm_input(ctx, input) {
            Ok(input) => refund::fail_refund(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        step(ctx, done)
    }

    /// Tries parts of a refund again that failed.
    async fn refund_retry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is tried again.")] input: RefundConfirmInput,
    ) -> Result<RefundStepPayload> {
        let done = match confirm_input(ctx, input) {
            Ok(input) => refund::retry_refund(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        step(ctx, done)
    }
}

fn step(ctx: &Context<'_>, done: Result<(entity::order::Model, bool)>) -> Result<RefundStepPayload> {
    let (done, errors) = outcome(ctx, done)?;
    let (order, replayed) = done.map_or((None, false), |(order, replayed)| (Some(Order(order)), replayed));
    Ok(RefundStepPayload { order, replayed, errors })
}

fn wish(input: &SuggestedRefundInput) -> Result<RefundWish> {
    let money = |path: &str, money: &Option<MoneyInput>| money.as_ref().map(|it| it.money(path)).transpose();
    let units = input.units.iter().enumerate().map(|(index, units)| {
        Ok((parse_id(&units.order_line_id, &format!("input.units.{index}.orderLineId"))?, units.quantity))
    });
    Ok(RefundWish {
        order_id: parse_id(&input.order_id, "input.orderId")?,
        units: units.collect::<Result<_>>()?,
        shipping: money("input.shipping", &input.shipping)?,
        amount: money("input.amount", &input.amount)?,
        fee: money("input.fee", &input.fee)?,
        claw_back: input.claw_back,
        reason: input.reason.0,
    })
}

fn create_input(ctx: &Context<'_>, input: RefundCreateInput) -> Result<CreateRefund> {
    let money = |path: &str, money: &Option<MoneyInput>| money.as_ref().map(|it| it.money(path)).transpose();
    Ok(CreateRefund {
        wish: wish(&input.refund)?,
        destination: input.destination.map_or(RefundDestination::Original, |word| word.0),
        register_id: parse_optional_id(input.register_id.as_ref(), "input.registerId")?,
        expected_amount: money("input.expectedAmount", &input.expected_amount)?,
        refund_amount_available: money("input.refundAmountAvailable", &input.refund_amount_available)?,
        note: input.note,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}
