//! Tills: where sales are rung up.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::{Error, Result, location};
use entity::id::RegisterId;

use super::channel::{Channel, channel_of};
use super::location::{Location, location_of};
use crate::loader::Rows;
use crate::scalar::{Money, id};

/// A till.
#[derive(Clone, Debug)]
pub struct Register(pub entity::register::Model);

impl From<entity::register::Model> for Register {
    fn from(row: entity::register::Model) -> Self {
        Self(row)
    }
}

/// A till: where sales are rung up.
#[Object]
impl Register {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Stable name.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name shown to staff.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where it stands.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location> {
        location_of(ctx, self.0.location_id).await
    }

    /// The channel it sells for.
    async fn channel(&self, ctx: &Context<'_>) -> Result<Channel> {
        channel_of(ctx, self.0.channel_id).await
    }

    /// Number of the last receipt; 0 before the first.
    async fn last_receipt_number(&self) -> i64 {
        self.0.last_receipt_number
    }

    /// Whether it may sell.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Whether it sells only while its drawer is open.
    async fn requires_session(&self) -> bool {
        self.0.requires_session
    }

    /// Cash that staff may take out alone at once; null for any amount.
    async fn cash_limit(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        let Some(limit) = self.0.cash_limit else { return Ok(None) };
        let channel = channel_of(ctx, self.0.channel_id).await?;
        Ok(Some(Money::new(limit, channel.0.currency)))
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

crate::connection!(RegisterConnection, RegisterEdge, Register, "tills");

impl Loader<RegisterId> for Rows {
    type Value = Register;
    type Error = Error;

    async fn load(&self, keys: &[RegisterId]) -> Result<HashMap<RegisterId, Register>> {
        let rows = location::register::by_ids(&self.ctx.db(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, Register(row))).collect())
    }
}
