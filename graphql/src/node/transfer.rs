//! Transfers between locations.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::{Error, Result, transfer as transfers};
use entity::id::TransferId;
use entity::status::{StateMachine, TransferAction};
use entity::words::{Carrier, TransferCancelOutcome, TransferStatus};
use entity::{transfer, transfer_line};

use super::location::{Location, location_of};
use super::variant::Variant;
use crate::loader::{Rows, load};
use crate::scalar::id;
use crate::word::{Word, words};

/// A transfer.
#[derive(Clone, Debug)]
pub struct Transfer(pub transfer::Model);

impl From<transfer::Model> for Transfer {
    fn from(row: transfer::Model) -> Self {
        Self(row)
    }
}

/// Goods on their way from one location to another.
#[Object]
impl Transfer {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Number for people, such as `T-000123`.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Who sends.
    #[graphql(name = "fromLocation")]
    async fn sender(&self, ctx: &Context<'_>) -> Result<Location> {
        location_of(ctx, self.0.from_location_id).await
    }

    /// Who receives.
    async fn to_location(&self, ctx: &Context<'_>) -> Result<Location> {
        location_of(ctx, self.0.to_location_id).await
    }

    /// Lifecycle.
    async fn status(&self) -> Word<TransferStatus> {
        Word(self.0.status)
    }

    /// What may be done to it now.
    async fn supported_actions(&self) -> Vec<Word<TransferAction>> {
        words(self.0.status.supported_actions())
    }

    /// Id of the work that waits for it, such as a pickup.
    async fn fulfillment_order_id(&self) -> Option<ID> {
        self.0.fulfillment_order_id.map(id)
    }

    /// Who carries it.
    async fn carrier(&self) -> Option<Word<Carrier>> {
        self.0.carrier.map(Word)
    }

    /// The carrier's number.
    async fn tracking_number(&self) -> Option<&str> {
        self.0.tracking_number.as_deref()
    }

    /// Id in another system.
    async fn external_reference(&self) -> Option<&str> {
        self.0.external_reference.as_deref()
    }

    /// For the people who pack and receive.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// What it carries.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<TransferLine>> {
        Ok(load(ctx, TransferLinesOf(self.0.id)).await?.unwrap_or_default())
    }

    /// When it should arrive.
    async fn expected_at(&self) -> Option<DateTime<Utc>> {
        self.0.expected_at
    }

    /// When it left.
    async fn dispatched_at(&self) -> Option<DateTime<Utc>> {
        self.0.dispatched_at
    }

    /// When it ended.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }

    /// What became of goods under way when it was canceled.
    async fn cancel_outcome(&self) -> Option<Word<TransferCancelOutcome>> {
        self.0.cancel_outcome.map(Word)
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

crate::connection!(TransferConnection, TransferEdge, Transfer, "transfers");

/// A line of a transfer.
#[derive(Clone, Debug)]
pub struct TransferLine(pub transfer_line::Model);

/// Units of one variant. Of those that left, what is neither received, damaged, missing nor back is under way.
#[Object]
impl TransferLine {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Id of the variant.
    async fn variant_id(&self) -> ID {
        id(self.0.variant_id)
    }

    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<Variant>> {
        load(ctx, self.0.variant_id).await
    }

    /// Units asked for.
    async fn quantity(&self) -> i64 {
        self.0.quantity
    }

    /// Units that left.
    async fn dispatched(&self) -> i64 {
        self.0.dispatched
    }

    /// Units that arrived in order.
    async fn received(&self) -> i64 {
        self.0.received
    }

    /// Units that arrived damaged.
    async fn damaged(&self) -> i64 {
        self.0.damaged
    }

    /// Units that did not arrive.
    async fn missing(&self) -> i64 {
        self.0.missing
    }

    /// Units that went back to the sender's stock.
    async fn written_back(&self) -> i64 {
        self.0.written_back
    }

    /// Why units were damaged or missing; the last reason given.
    async fn discrepancy_reason(&self) -> Option<&str> {
        self.0.discrepancy_reason.as_deref()
    }
}

/// The lines of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransferLinesOf(pub TransferId);

impl Loader<TransferLinesOf> for Rows {
    type Value = Vec<TransferLine>;
    type Error = Error;

    async fn load(&self, keys: &[TransferLinesOf]) -> Result<HashMap<TransferLinesOf, Self::Value>> {
        let ids: Vec<TransferId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<TransferLinesOf, Self::Value> = HashMap::new();
        for row in transfers::query::lines(&self.ctx.db(), &ids).await? {
            found.entry(TransferLinesOf(row.transfer_id)).or_default().push(TransferLine(row));
        }
        Ok(found)
    }
}

/// A transfer that would help.
#[derive(Clone, Copy, Debug)]
pub struct TransferSuggestion(pub transfers::suggestion::Suggestion);

/// Units of a variant that a place runs short of and another can give.
#[Object]
impl TransferSuggestion {
    /// Id of the variant.
    async fn variant_id(&self) -> ID {
        id(self.0.variant_id)
    }

    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<Variant>> {
        load(ctx, self.0.variant_id).await
    }

    /// Who could send.
    #[graphql(name = "fromLocation")]
    async fn sender(&self, ctx: &Context<'_>) -> Result<Location> {
        location_of(ctx, self.0.from_location_id).await
    }

    /// Units to send.
    async fn quantity(&self) -> i64 {
        self.0.quantity
    }

    /// Free units at the place that runs short.
    async fn available(&self) -> i64 {
        self.0.available
    }

    /// Units on their way to it already.
    async fn incoming(&self) -> i64 {
        self.0.incoming
    }

    /// Free units at the sender.
    async fn available_there(&self) -> i64 {
        self.0.available_there
    }
}
