//! Confirming payments.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::fulfillment::pay_link::{self, OpenLink};
use domain::order::capture_payment::{self, CapturePayment};
use domain::order::refund::{self, ConfirmRefund};
use domain::order::void_payment::{self, VoidPayment};

use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::node::order::Order;
use crate::scalar::{MoneyInput, parse_id, parse_optional_id};
use crate::shop::order::required_key;

/// Queries of this area; payments are read through their orders.
pub type PaymentQuery = async_graphql::EmptyMutation;

/// Money that came in.
#[derive(Clone, Debug, InputObject)]
pub struct PaymentCaptureInput {
    /// The payment.
    pub payment_id: ID,
    /// How much came, or is to be taken of what is reserved; all that is missing when left out.
    pub amount: Option<MoneyInput>,
    /// Whether really more came than is missing. Only of what staff confirm; the order is `OVERPAID` then.
    #[graphql(default = false)]
    pub accept_overpayment: bool,
    /// Repeating the call with the same key records nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// An order after money came in.
#[derive(Debug, async_graphql::SimpleObject)]
pub struct PaymentCapturePayload {
    /// The order.
    pub order: Option<Order>,
    /// Whether the key was used before.
    pub replayed: bool,
    /// What kept it from being recorded; empty when it was.
    pub errors: Vec<UserError>,
}

/// Reserved money to give up.
#[derive(Clone, Debug, InputObject)]
pub struct PaymentVoidInput {
    /// The payment.
    pub payment_id: ID,
    /// How much; all that is reserved when left out, and always at gateways over the network.
    pub amount: Option<MoneyInput>,
    /// Repeating the call with the same key gives nothing up twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// An order after reserved money was given up.
#[derive(Debug, async_graphql::SimpleObject)]
pub struct PaymentVoidPayload {
    /// The order.
    pub order: Option<Order>,
    /// Whether the key was used before.
    pub replayed: bool,
    /// What kept it from being given up; empty when it was.
    pub errors: Vec<UserError>,
}

/// Money that was handed back.
#[derive(Clone, Debug, InputObject)]
pub struct RefundConfirmInput {
    /// The refund.
    pub refund_id: ID,
    /// Only the part that goes back to this payment; every part that waits when left out.
    pub payment_id: Option<ID>,
    /// What the terminal or the bank calls it.
    pub reference: Option<String>,
    /// The till whose drawer pays cash out; the one that you are signed in at when left out.
    pub register_id: Option<ID>,
    /// Repeating the call with the same key records nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// An order after money was handed back.
#[derive(Debug, async_graphql::SimpleObject)]
pub struct RefundConfirmPayload {
    /// The order.
    pub order: Option<Order>,
    /// Whether the key was used before.
    pub replayed: bool,
    /// What kept it from being recorded; empty when it was.
    pub errors: Vec<UserError>,
}

/// A link by which the customer pays what an order still costs.
#[derive(Clone, Debug, InputObject)]
pub struct PaymentLinkCreateInput {
    /// The order.
    pub order_id: ID,
    /// How much; at most what is not paid.
    pub amount: MoneyInput,
    /// Whether the customer is sent the link by mail.
    #[graphql(default = true)]
    pub notify: bool,
    /// Repeating the call with the same key opens one link. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// A link that was opened.
#[derive(Debug, async_graphql::SimpleObject)]
pub struct PaymentLinkCreatePayload {
    /// Its secret: who holds it pays by `paymentLinkPay` of the storefront. Null when none was opened.
    pub token: Option<String>,
    /// The page where the customer pays.
    pub url: Option<String>,
    /// Until when it works.
    pub expires_at: Option<DateTime<Utc>>,
    /// What kept it from being opened; empty when it was.
    pub errors: Vec<UserError>,
}

/// Confirming payments.
#[derive(Clone, Copy, Debug, Default)]
pub struct PaymentMutation;

/// Confirming payments.
#[Object]
impl PaymentMutation {
    /// Records that a manual payment (bank transfer, cash on delivery, convenience store) came in, or takes what is reserved,
    /// or a part of it. A gateway over the network is asked by a job, and says so in the payment's events.
    async fn payment_capture(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came in.")] input: PaymentCaptureInput,
    ) -> Result<PaymentCapturePayload> {
        let may_exceed = input.accept_overpayment;
        let captured = match capture_input(ctx, input) {
            Ok(input) if may_exceed => capture_payment::capture_overpayment(ctx_of(ctx), input).await,
            Ok(input) => capture_payment::capture_payment(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        let (captured, errors) = outcome(ctx, captured)?;
        let (order, replayed) = captured.map_or((None, false), |(order, replayed)| (Some(Order(order)), replayed));
        Ok(PaymentCapturePayload { order, replayed, errors })
    }

    /// Opens a link by which the customer pays what an order still costs, within the channel's `payWithinHours`.
    async fn payment_link_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be paid.")] input: PaymentLinkCreateInput,
    ) -> Result<PaymentLinkCreatePayload> {
        let opened = match link_input(ctx, input) {
            Ok(input) => pay_link::open_link(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        let (opened, errors) = outcome(ctx, opened)?;
        let (page, expires_at) = opened.map(|it| ((it.token, it.url), it.link.expires_at)).unzip();
        let (token, url) = page.unzip();
        Ok(PaymentLinkCreatePayload { token, url, expires_at, errors })
    }

    /// Gives up what is reserved and not needed.
    async fn payment_void(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to give up.")] input: PaymentVoidInput,
    ) -> Result<PaymentVoidPayload> {
        let voided = match void_input(ctx, input) {
            Ok(input) => void_payment::void_payment(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        let (voided, errors) = outcome(ctx, voided)?;
        let (order, replayed) = voided.map_or((None, false), |(order, replayed)| (Some(Order(order)), replayed));
        Ok(PaymentVoidPayload { order, replayed, errors })
    }

    /// Records that the money of a refund was handed out, keyed into the card terminal or transferred. The test gateway
    /// needs no confirmation.
    async fn refund_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was handed out.")] input: RefundConfirmInput,
    ) -> Result<RefundConfirmPayload> {
        let confirmed = match confirm_input(ctx, input) {
            Ok(input) => refund::confirm_refund(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        let (confirmed, errors) = outcome(ctx, confirmed)?;
        let (order, replayed) = confirmed.map_or((None, false), |(order, replayed)| (Some(Order(order)), replayed));
        Ok(RefundConfirmPayload { order, replayed, errors })
    }
}

fn capture_input(ctx: &Context<'_>, input: PaymentCaptureInput) -> Result<CapturePayment> {
    Ok(CapturePayment {
        payment_id: parse_id(&input.payment_id, "input.paymentId")?,
        amount: input.amount.map(|amount| amount.money("input.amount")).transpose()?,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

fn void_input(ctx: &Context<'_>, input: PaymentVoidInput) -> Result<VoidPayment> {
    Ok(VoidPayment {
        payment_id: parse_id(&input.payment_id, "input.paymentId")?,
        amount: input.amount.map(|amount| amount.money("input.amount")).transpose()?,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

fn link_input(ctx: &Context<'_>, input: PaymentLinkCreateInput) -> Result<OpenLink> {
    Ok(OpenLink {
        order_id: parse_id(&input.order_id, "input.orderId")?,
        amount: input.amount.money("input.amount")?,
        notify: input.notify,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

pub(super) fn confirm_input(ctx: &Context<'_>, input: RefundConfirmInput) -> Result<ConfirmRefund> {
    Ok(ConfirmRefund {
        refund_id: parse_id(&input.refund_id, "input.refundId")?,
        payment_id: parse_optional_id(input.payment_id.as_ref(), "input.paymentId")?,
        reference: input.reference,
        register_id: parse_optional_id(input.register_id.as_ref(), "input.registerId")?,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}
