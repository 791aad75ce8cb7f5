//! Goods that customers bring or send back.

use async_graphql::{Context, ID, InputObject, Object};
use domain::returns::request::{RequestLine, RequestReturn};
use domain::returns::{access, decide, facts, query, request};
use domain::{ErrorCode, Result};
use entity::words::{RefundDestination, ReturnKind, ReturnMethod};

use crate::context::ctx_of;
use crate::node::return_rules::{ReturnReason, Returnability};
use crate::node::returns::Return;
use crate::payload;
use crate::scalar::parse_id;
use crate::shop::order::required_key;
use crate::word::Word;

/// Units of a line of an order.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnLineInput {
    /// The line of the order.
    pub order_line_id: ID,
    /// Units; bundles whole.
    pub quantity: i64,
    /// Code of a reason.
    pub reason: Option<String>,
    /// In words.
    #[graphql(default)]
    pub note: String,
    /// Whether they were used.
    #[graphql(default)]
    pub used: bool,
    /// Pictures in base64: JPEG, PNG or WebP, five at most, 1 MiB each.
    #[graphql(default)]
    pub photos: Vec<String>,
}

/// The lines for the domain. Error: `INVALID_ID`.
pub(crate) fn request_lines(lines: Vec<ReturnLineInput>) -> Result<Vec<RequestLine>> {
    let line = |(index, line): (usize, ReturnLineInput)| {
        Ok(RequestLine {
            order_line_id: parse_id(&line.order_line_id, &format!("input.lines.{index}.orderLineId"))?,
            quantity: line.quantity,
            reason: line.reason,
            note: line.note,
            used: line.used,
            photos: line.photos,
        })
    };
    lines.into_iter().enumerate().map(line).collect()
}

/// Goods to bring or send back, or about which something is wrong.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnRequestInput {
    /// The order: yours, or the one of `X-Order-Token`.
    pub order_id: ID,
    /// `RETURN`, or `CLAIM` when something was missing, wrong or damaged.
    pub kind: Option<Word<ReturnKind>>,
    /// What, 1 to 100 lines.
    pub lines: Vec<ReturnLineInput>,
    /// How the goods come; `NONE` only for a claim whose goods are not there.
    pub method: Word<ReturnMethod>,
    /// Where the money goes: to the tenders that paid when left out, or `STORE_CREDIT`.
    pub refund_to: Option<Word<RefundDestination>>,
    /// In your words.
    #[graphql(default)]
    pub note: String,
    /// Repeating the call with the same key asks nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// A return of yours, or the one whose link you have.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnVisitInput {
    /// The return.
    pub return_id: ID,
    /// The secret of the mail's link.
    pub token: Option<String>,
}

/// Goods that were handed to a carrier.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnSendInput {
    /// The return.
    pub return_id: ID,
    /// The secret of the mail's link.
    pub token: Option<String>,
    /// Who carries them.
    pub carrier: Option<String>,
    /// The carrier's number.
    pub tracking_number: Option<String>,
}

payload! {
    /// A return after a step.
    pub struct ReturnStepPayload {
        /// The return.
        r#return: Return,
    }
}

payload! {
    /// A return that was asked for.
    pub struct ReturnRequestPayload {
        /// The return.
        r#return: Return,
        /// Whether the same key asked before; nothing was done again.
        replayed: bool,
    }
}

/// Bringing goods back.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReturnQuery;

/// Bringing goods back.
#[Object]
impl ReturnQuery {
    /// A return of yours, or the one whose link you have; null when there is none.
    #[graphql(name = "return")]
    async fn one(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The return.")] id: ID,
        #[graphql(desc = "The secret of the mail's link.")] token: Option<String>,
    ) -> Result<Option<Return>> {
        match access::visible(ctx_of(ctx), parse_id(&id, "id")?, token.as_deref()).await {
            Ok(found) => Ok(found.map(Return)),
            Err(error) if error.code() == ErrorCode::InvalidCode => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Which units of an order can come back, until when and at what cost, and why the others cannot.
    async fn returnability(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order: yours, or the one of `X-Order-Token`.")] order_id: ID,
    ) -> Result<Vec<Returnability>> {
        let lines = facts::returnability(ctx_of(ctx), parse_id(&order_id, "orderId")?).await?;
        Ok(lines.into_iter().map(Into::into).collect())
    }

    /// The reasons that customers may choose, in their order.
    async fn return_reasons(&self, ctx: &Context<'_>) -> Result<Vec<ReturnReason>> {
        let all = query::reasons(&ctx_of(ctx).db()).await?;
        Ok(all.into_iter().filter(|reason| reason.active && reason.customer_visible).map(ReturnReason).collect())
    }
}

/// Bringing goods back.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReturnMutation;

/// Bringing goods back.
#[Object]
impl ReturnMutation {
    /// Asks to bring or send goods back, by the rules of the shop; once per key.
    async fn return_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What comes back, and why.")] input: ReturnRequestInput,
    ) -> Result<ReturnRequestPayload> {
        let done = match read(ctx, input) {
            Ok(input) => request::request(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ReturnRequestPayload::of(ctx, done.map(|done| (Return(done.row), done.replayed)))
    }

    /// Says that the goods were handed to a carrier.
    async fn return_send(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones, and how.")] input: ReturnSendInput,
    ) -> Result<ReturnStepPayload> {
        let ReturnSendInput { return_id, token, carrier, tracking_number } = input;
        let done = match parse_id(&return_id, "input.returnId") {
            Ok(id) => decide::send(ctx_of(ctx), id, token.as_deref(), None, (carrier, tracking_number)).await,
            Err(error) => Err(error),
        };
        ReturnStepPayload::of(ctx, done)
    }

    /// Gives a return up before anything came.
    async fn return_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ReturnVisitInput,
    ) -> Result<ReturnStepPayload> {
        let done = match parse_id(&input.return_id, "input.returnId") {
            Ok(id) => decide::cancel(ctx_of(ctx), id, input.token.as_deref(), None).await,
            Err(error) => Err(error),
        };
        ReturnStepPayload::of(ctx, done)
    }
}

fn read(ctx: &Context<'_>, input: ReturnRequestInput) -> Result<RequestReturn> {
    Ok(RequestReturn {
        order_id: parse_id(&input.order_id, "input.orderId")?,
        kind: input.kind.map_or(ReturnKind::Return, |word| word.0),
        lines: request_lines(input.lines)?,
        method: input.method.0,
        refund_to: input.refund_to.map_or(RefundDestination::Original, |word| word.0),
        note: input.note,
        destination_location_id: None,
        override_reason: None,
        approval: None,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}
