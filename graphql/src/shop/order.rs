//! Completing a cart, and orders of the one who asks.

use async_graphql::{Context, ID, InputObject, Object, OneofObject};
use domain::fulfillment::complete_cart::{self, CompleteCart};
use domain::fulfillment::pay_link::{self, PayLink};
use domain::fulfillment::start_payment::{self, StartPayment};
use domain::order::query::{self, OrderLookup};
use domain::pickup::cancel_order::{self, CancelOrder};
use domain::{Error, ErrorCode, Result};
use entity::words::{CancelReason, Gateway, TestOutcome};

use crate::context::{ctx_of, key_or_header};
use crate::error::UserError;
use crate::error::outcome;
use crate::node::order::Order;
use crate::node::payment::Payment;
use crate::node::tender::{PaymentInput, tenders};
use crate::payload;
use crate::scalar::{MoneyInput, parse_id};
use crate::word::Word;

/// Which order is meant.
#[derive(Clone, Debug, OneofObject)]
pub enum OrderKey {
    /// By id.
    Id(ID),
    /// By the number that people know.
    Number(String),
}

impl OrderKey {
    /// For the domain. Error: `INVALID_ID`.
    pub fn lookup(self) -> Result<OrderLookup> {
        match self {
            Self::Id(id) => Ok(OrderLookup::Id(parse_id(&id, "by.id")?)),
            Self::Number(number) => Ok(OrderLookup::Number(number)),
        }
    }
}

/// Buying: the order of a cart.
#[derive(Clone, Debug, InputObject)]
pub struct CartCompleteInput {
    /// The cart.
    pub cart_id: ID,
    /// The total that the buyer saw; with another one nothing is placed.
    pub expected_total: MoneyInput,
    /// How it is paid, beside payments that were started before.
    #[graphql(default)]
    pub payments: Vec<PaymentInput>,
    /// Repeating the call with the same key places nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// Starting to pay a cart before it is completed.
#[derive(Clone, Debug, InputObject)]
pub struct CartPaymentStartInput {
    /// The cart.
    pub cart_id: ID,
    /// The total that the buyer saw.
    pub expected_total: MoneyInput,
    /// Who moves the money.
    pub gateway: Word<Gateway>,
    /// Script of the test gateway, which exists in development only.
    pub test_outcome: Option<Word<TestOutcome>>,
    /// Repeating the call with the same key starts nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// The order of a cart.
#[derive(Debug, async_graphql::SimpleObject)]
pub struct CartCompletePayload {
    /// The order; null when nothing was placed.
    pub order: Option<Order>,
    /// The secret by which a guest reads the order: send it as `X-Order-Token`.
    pub order_token: Option<String>,
    /// Whether the order was there already.
    pub replayed: bool,
    /// What kept it from being placed; empty when it was placed.
    pub errors: Vec<UserError>,
}

/// Units of a line of an order.
#[derive(Clone, Debug, InputObject)]
pub struct OrderCancelLineInput {
    /// The line.
    pub order_line_id: ID,
    /// Units, at least 1.
    pub quantity: i64,
}

/// An order to cancel, or units of it.
#[derive(Clone, Debug, InputObject)]
pub struct OrderCancelInput {
    /// Which; the one of `X-Order-Token` when left out.
    pub order_id: Option<ID>,
    /// Units of its lines; the whole order when left out.
    #[graphql(default)]
    pub lines: Vec<OrderCancelLineInput>,
    /// Why, in words.
    pub note: Option<String>,
    /// The order's version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Repeating the call with the same key cancels once. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

payload! {
    /// An order of which units were canceled.
    pub struct OrderCancelPayload {
        /// The order.
        order: Order,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

/// A payment that was started.
#[derive(Debug, async_graphql::SimpleObject)]
pub struct CartPaymentStartPayload {
    /// The payment; null when nothing was started.
    pub payment: Option<Payment>,
    /// What Stripe's script in the buyer's browser needs to go on. The card never comes here.
    pub client_secret: Option<String>,
    /// What kept it from being started; empty when it was.
    pub errors: Vec<UserError>,
}

/// How a link is paid.
#[derive(Clone, Debug, InputObject)]
pub struct PaymentLinkPayInput {
    /// The link's secret.
    pub token: String,
    /// Who moves the money: `STRIPE`, or `TEST` in development.
    pub gateway: Word<Gateway>,
    /// Script of the test gateway, which exists in development only.
    pub test_outcome: Option<Word<TestOutcome>>,
}

/// A payment of a link.
#[derive(Debug, async_graphql::SimpleObject)]
pub struct PaymentLinkPayPayload {
    /// The payment; null when nothing was started.
    pub payment: Option<Payment>,
    /// What Stripe's script in the buyer's browser needs to go on. The card never comes here.
    pub client_secret: Option<String>,
    /// What kept it from being paid; empty when it was started or done.
    pub errors: Vec<UserError>,
}

/// Orders of the one who asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderQuery;

/// Orders of the one who asks.
#[Object]
impl OrderQuery {
    /// One of your orders, or the one whose secret you sent as `X-Order-Token`; null when there is none.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order; the one of `X-Order-Token` when left out.")] by: Option<OrderKey>,
    ) -> Result<Option<Order>> {
        let lookup = match by {
            Some(by) => by.lookup()?,
            None => query::held(ctx_of(ctx)).map(OrderLookup::Id).ok_or(Error::Unauthenticated)?,
        };
        Ok(query::find(ctx_of(ctx), lookup).await?.map(Order))
    }
}

/// Buying.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderMutation;

/// Buying.
#[Object]
impl OrderMutation {
    /// Starts to pay a cart: its stock is held for some minutes and the money is authorized; at `STRIPE` when the buyer has
    /// agreed in the browser. Completing the cart then takes no other tender.
    async fn cart_payment_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to pay.")] input: CartPaymentStartInput,
    ) -> Result<CartPaymentStartPayload> {
        let started = match start_input(ctx, input) {
            Ok(input) => start_payment::start_payment(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        let (started, errors) = outcome(ctx, started)?;
        let (payment, client_secret) =
            started.map_or((None, None), |started| (Some(Payment(started.payment)), started.client_secret));
        Ok(CartPaymentStartPayload { payment, client_secret, errors })
    }

    /// Pays a link that staff opened. A link has one payment: asked again, the same one answers, and what Stripe says of it
    /// is looked at, so call it again when the buyer has agreed.
    async fn payment_link_pay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which link, and how.")] input: PaymentLinkPayInput,
    ) -> Result<PaymentLinkPayPayload> {
        let test_outcome = input.test_outcome.map_or(TestOutcome::Approve, |word| word.0);
        let pay = PayLink { token: input.token, gateway: input.gateway.0, test_outcome };
        let (paid, errors) = outcome(ctx, pay_link::pay_link(ctx_of(ctx), pay).await)?;
        let (payment, client_secret) = paid.map_or((None, None), |it| (Some(Payment(it.payment)), it.client_secret));
        Ok(PaymentLinkPayPayload { payment, client_secret, errors })
    }

    /// Cancels your order, or units of it, while nobody works on it: the stock is free again, the money goes back.
    async fn order_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order, and which units of it.")] input: OrderCancelInput,
    ) -> Result<OrderCancelPayload> {
        let done = match cancel_input(ctx, input) {
            Ok(input) => cancel_order::cancel_mine(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        OrderCancelPayload::of(ctx, done.map(|done| (Order(done.order), done.replayed)))
    }

    /// Places the order of a cart: once, whole, or not at all.
    async fn cart_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to buy and how to pay.")] input: CartCompleteInput,
    ) -> Result<CartCompletePayload> {
        let completed = match complete_input(ctx, input) {
            Ok(input) => complete_cart::complete_cart(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        let (completed, errors) = outcome(ctx, completed)?;
        let (order, token, replayed) = completed
            .map_or((None, None, false), |done| (Some(Order(done.order)), Some(done.order_token), done.replayed));
        Ok(CartCompletePayload { order, order_token: token, replayed, errors })
    }
}

/// The key of a mutation that must not run twice. Error: `REQUIRED`.
pub(crate) fn required_key(ctx: &Context<'_>, argument: Option<String>) -> Result<String> {
    key_or_header(ctx, argument).ok_or_else(|| Error::invalid(ErrorCode::Required, "input.idempotencyKey"))
}

fn start_input(ctx: &Context<'_>, input: CartPaymentStartInput) -> Result<StartPayment> {
    Ok(StartPayment {
        cart_id: parse_id(&input.cart_id, "input.cartId")?,
        expected_total: input.expected_total.money("input.expectedTotal")?,
        gateway: input.gateway.0,
        test_outcome: input.test_outcome.map_or(TestOutcome::Approve, |word| word.0),
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

fn cancel_input(ctx: &Context<'_>, input: OrderCancelInput) -> Result<CancelOrder> {
    let lines = input.lines.iter().enumerate().map(|(index, line)| {
        Ok((parse_id(&line.order_line_id, &format!("input.lines.{index}.orderLineId"))?, line.quantity))
    });
    Ok(CancelOrder {
        order_id: match &input.order_id {
            Some(id) => parse_id(id, "input.orderId")?,
            None => query::held(ctx_of(ctx)).ok_or_else(|| Error::invalid(ErrorCode::Required, "input.orderId"))?,
        },
        lines: lines.collect::<Result<_>>()?,
        reason: CancelReason::Customer,
        note: input.note,
        notify: true,
        expected_version: input.expected_version,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

fn complete_input(ctx: &Context<'_>, input: CartCompleteInput) -> Result<CompleteCart> {
    let expected_total = input.expected_total.money("input.expectedTotal")?;
    Ok(CompleteCart {
        cart_id: parse_id(&input.cart_id, "input.cartId")?,
        expected_total,
        payments: tenders(input.payments)?,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}
