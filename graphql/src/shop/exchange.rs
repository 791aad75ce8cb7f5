//! Other goods for those that customers bring or send back.

use async_graphql::{Context, ID, InputObject, Object};
use domain::returns::exchange::create::{CreateExchange, create};
use domain::returns::exchange::preview::{PreviewExchange, preview};
use domain::returns::exchange::{NewGoods, query};
use domain::{ErrorCode, Result};
use entity::words::{DeliveryMethod, ExchangeMode, RefundDestination, ReturnMethod};

use crate::context::ctx_of;
use crate::node::exchange::{Exchange, ExchangePreview};
use crate::payload;
use crate::scalar::{MoneyInput, parse_id, parse_optional_id};
use crate::shop::order::required_key;
use crate::shop::returns::{ReturnLineInput, request_lines};
use crate::word::Word;

/// Goods that are wanted.
#[derive(Clone, Debug, InputObject)]
pub struct NewGoodsInput {
    /// What.
    pub variant_id: ID,
    /// Units, 1 to 9,999.
    pub quantity: i64,
    /// How they reach the customer: `SHIP` when left out, `PICKUP` or `LOCAL_DELIVERY`; sent without a charge.
    pub delivery: Option<Word<DeliveryMethod>>,
    /// Where they are collected; for staff also from whose stock they are sent.
    pub location_id: Option<ID>,
    /// A price of a unit that staff agree on, with `discounts.give`; the present price when left out.
    pub unit_price: Option<MoneyInput>,
}

/// The goods for the domain. Errors: `INVALID_ID`, `INVALID_AMOUNT`.
pub(crate) fn new_goods(goods: Vec<NewGoodsInput>) -> Result<Vec<NewGoods>> {
    let one = |(index, goods): (usize, NewGoodsInput)| {
        let at = |field: &str| format!("input.goods.{index}.{field}");
        Ok(NewGoods {
            variant_id: parse_id(&goods.variant_id, &at("variantId"))?,
            quantity: goods.quantity,
            delivery: goods.delivery.map_or(DeliveryMethod::Ship, |word| word.0),
            location_id: parse_optional_id(goods.location_id.as_ref(), &at("locationId"))?,
            unit_price: goods.unit_price.map(|price| price.money(&at("unitPrice"))).transpose()?,
        })
    };
    goods.into_iter().enumerate().map(one).collect()
}

/// What would come back, and what is wanted.
#[derive(Clone, Debug, InputObject)]
pub struct ExchangePreviewInput {
    /// The order.
    pub order_id: ID,
    /// What would come back, 1 to 100 lines.
    pub lines: Vec<ReturnLineInput>,
    /// What is wanted, 1 to 100 lines.
    pub goods: Vec<NewGoodsInput>,
    /// How the old goods would come: `CARRIER` when left out, or `STORE`.
    pub method: Option<Word<ReturnMethod>>,
}

impl ExchangePreviewInput {
    pub(crate) fn read(self) -> Result<PreviewExchange> {
        Ok(PreviewExchange {
            order_id: parse_id(&self.order_id, "input.orderId")?,
            lines: request_lines(self.lines)?,
            goods: new_goods(self.goods)?,
            method: self.method.map_or(ReturnMethod::Carrier, |word| word.0),
        })
    }
}

/// Other goods for some of an order.
#[derive(Clone, Debug, InputObject)]
pub struct ExchangeRequestInput {
    /// The order: yours, or the one of `X-Order-Token`.
    pub order_id: ID,
    /// What comes back, 1 to 100 lines.
    pub lines: Vec<ReturnLineInput>,
    /// What you want instead, 1 to 100 lines.
    pub goods: Vec<NewGoodsInput>,
    /// How the old goods come: `CARRIER` or `STORE`.
    pub method: Word<ReturnMethod>,
    /// Where goes what the old goods give beyond the new ones: to the tenders that paid when left out, or `STORE_CREDIT`.
    pub refund_to: Option<Word<RefundDestination>>,
    /// In your words.
    #[graphql(default)]
    pub note: String,
    /// The difference that you were shown; with another one nothing is agreed on.
    pub expected_difference: Option<MoneyInput>,
    /// Repeating the call with the same key asks nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

payload! {
    /// An exchange that was asked for.
    pub struct ExchangeRequestPayload {
        /// The exchange: it waits until the shop allows it and the old goods came.
        exchange: Exchange,
        /// Whether the same key asked before; nothing was done again.
        replayed: bool,
    }
}

/// Exchanging goods.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExchangeQuery;

/// Exchanging goods.
#[Object]
impl ExchangeQuery {
    /// An exchange of yours, or the one whose return's link you have; null when there is none.
    async fn exchange(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The exchange.")] id: ID,
        #[graphql(desc = "The secret of the link in the mails about its return.")] token: Option<String>,
    ) -> Result<Option<Exchange>> {
        match query::visible(ctx_of(ctx), parse_id(&id, "id")?, token.as_deref()).await {
            Ok(found) => Ok(found.map(Into::into)),
            Err(error) if error.code() == ErrorCode::InvalidCode => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What an exchange would cost or give back; nothing is agreed on.
    async fn exchange_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What would come back, and what is wanted.")] input: ExchangePreviewInput,
    ) -> Result<ExchangePreview> {
        Ok(preview(ctx_of(ctx), &input.read()?).await?.into())
    }
}

/// Exchanging goods.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExchangeMutation;

/// Exchanging goods.
#[Object]
impl ExchangeMutation {
    /// Asks for other goods instead of some of an order, by the rules of the shop: the new ones are sent when the old ones
    /// came; once per key.
    async fn exchange_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What comes back, and what is wanted.")] input: ExchangeRequestInput,
    ) -> Result<ExchangeRequestPayload> {
        let done = match read(ctx, input) {
            Ok(input) => create(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ExchangeRequestPayload::of(ctx, done.map(|done| (done.clone().into(), done.replayed)))
    }
}

fn read(ctx: &Context<'_>, input: ExchangeRequestInput) -> Result<CreateExchange> {
    let seen = input.expected_difference.map(|seen| seen.money("input.expectedDifference")).transpose()?;
    Ok(CreateExchange {
        order_id: parse_id(&input.order_id, "input.orderId")?,
        lines: request_lines(input.lines)?,
        goods: new_goods(input.goods)?,
        mode: ExchangeMode::AwaitingReturn,
        method: input.method.0,
        refund_to: input.refund_to.map_or(RefundDestination::Original, |word| word.0),
        note: input.note,
        destination_location_id: None,
        due_at: None,
        payments: Vec::new(),
        expected_difference: seen,
        override_reason: None,
        approval: None,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}
