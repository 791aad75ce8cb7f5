//! Wishes to be told when something is there again.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::flow::back_in_stock::{self, Cancel, Subscribe};
use domain::{Error, ErrorCode, Result};

use super::channel;
use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::scalar::{Locale, id, parse_id};

/// Who wants to know when something is there again.
#[derive(Clone, Debug, InputObject)]
pub struct BackInStockSubscribeInput {
    /// What.
    pub variant_id: ID,
    /// Where to write to.
    pub email: String,
    /// How many are wanted; one when left out, at most 99. As many people are told as there are units.
    pub quantity: Option<i32>,
    /// In which language; the channel's when left out.
    pub locale: Option<Locale>,
    /// The channel's code; else `X-Channel`, else the default web shop.
    pub channel: Option<String>,
}

/// Who gives it up: by the link in a message, or signed in by id. One of the two.
#[derive(Clone, Debug, InputObject)]
pub struct BackInStockCancelInput {
    /// The secret of the link.
    pub token: Option<String>,
    /// The wish of the signed-in customer.
    pub id: Option<ID>,
}

/// A wish to be told once.
#[derive(Clone, Debug, SimpleObject)]
pub struct BackInStockWish {
    /// Id.
    pub id: ID,
    /// What.
    pub variant_id: ID,
    /// How many are wanted.
    pub quantity: i64,
    /// When it was given up; null while it stands.
    pub canceled_at: Option<DateTime<Utc>>,
}

impl From<entity::back_in_stock::Model> for BackInStockWish {
    fn from(row: entity::back_in_stock::Model) -> Self {
        Self { id: id(row.id), variant_id: id(row.variant_id), quantity: row.quantity, canceled_at: row.canceled_at }
    }
}

/// A wish after a change.
#[derive(Debug, SimpleObject)]
pub struct BackInStockPayload {
    /// The wish.
    pub wish: Option<BackInStockWish>,
    /// What kept it from being done; empty when it was done.
    pub errors: Vec<UserError>,
}

impl BackInStockPayload {
    fn of(ctx: &Context<'_>, done: Result<entity::back_in_stock::Model>) -> Result<Self> {
        let (row, errors) = outcome(ctx, done)?;
        Ok(Self { wish: row.map(Into::into), errors })
    }
}

/// Wishes to be told.
#[derive(Clone, Copy, Debug, Default)]
pub struct FlowMutation;

/// Wishes to be told.
#[Object]
impl FlowMutation {
    /// Notes that somebody wants to be told once when something is there again. Asking again changes how many are wanted.
    async fn back_in_stock_subscribe(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and of what.")] input: BackInStockSubscribeInput,
    ) -> Result<BackInStockPayload> {
        let done = match wanted(ctx, input).await {
            Ok(input) => back_in_stock::subscribe(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        BackInStockPayload::of(ctx, done)
    }

    /// Gives up being told.
    async fn back_in_stock_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which wish.")] input: BackInStockCancelInput,
    ) -> Result<BackInStockPayload> {
        let by = match (input.token, input.id) {
            (Some(token), None) => Ok(Cancel::Link(token)),
            (None, Some(id)) => parse_id(&id, "input.id").map(Cancel::Own),
            (Some(_), Some(_)) | (None, None) => Err(Error::invalid(ErrorCode::Invalid, "input")),
        };
        let done = match by {
            Ok(by) => back_in_stock::cancel(ctx_of(ctx), by).await,
            Err(error) => Err(error),
        };
        BackInStockPayload::of(ctx, done)
    }
}

async fn wanted(ctx: &Context<'_>, input: BackInStockSubscribeInput) -> Result<Subscribe> {
    let variant_id = parse_id(&input.variant_id, "input.variantId")?;
    Ok(Subscribe {
        variant_id,
        channel_id: channel::required(ctx, input.channel).await?.id,
        email: input.email,
        locale: input.locale.map(|locale| locale.0),
        quantity: input.quantity.map(i64::from),
    })
}
