//! What another system says of its stock, and what became of it.

use async_graphql::{Context, ID, InputObject, SimpleObject};
use chrono::{DateTime, Utc};
use domain::inventory::sync::{StockSync, SyncItem, SyncResult};
use domain::{Error, ErrorCode, Result};
use entity::words::{StockSyncMode, StockSyncStatus, SyncErrorPolicy};

use crate::context::key_or_header;
use crate::scalar::{id, parse_optional_id};
use crate::word::Word;

/// What another system says of its stock.
#[derive(Clone, Debug, InputObject)]
pub struct StockSyncInput {
    /// Which system says so, at most 64 characters; the same name for all keys of one system.
    pub source: String,
    /// How it tells its stock.
    pub mode: Word<StockSyncMode>,
    /// What happens when an item cannot be done; `REJECT_ALL` when left out.
    pub error_policy: Option<Word<SyncErrorPolicy>>,
    /// What it says, 1 to 500 items, each variant and location once.
    pub items: Vec<StockSyncItemInput>,
    /// The same key syncs once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

/// What another system says of one variant at one location.
#[derive(Clone, Debug, InputObject)]
pub struct StockSyncItemInput {
    /// What, by its id in the other system.
    pub variant_external_reference: Option<String>,
    /// What, by SKU. One of both is needed.
    pub sku: Option<String>,
    /// Where, by its id in the other system.
    pub location_external_reference: Option<String>,
    /// Where, by id. One of both is needed.
    pub location_id: Option<ID>,
    /// `ABSOLUTE`: all units that lay there. `DELTA`: so many more, or fewer when below zero.
    pub quantity: i64,
    /// `ABSOLUTE`, needed: when so many lay there. At most 5 minutes ahead and 30 days past.
    pub snapshot_at: Option<DateTime<Utc>>,
    /// `DELTA`: when it happened; now when left out. At most 5 minutes ahead and 30 days past.
    pub occurred_at: Option<DateTime<Utc>>,
    /// Why; needed for `DELTA`.
    pub reason: Option<String>,
}

impl StockSyncItemInput {
    fn read(self, mode: StockSyncMode, path: &str) -> Result<SyncItem> {
        let (at, other, field) = match mode {
            StockSyncMode::Absolute => (self.snapshot_at, self.occurred_at, "occurredAt"),
            StockSyncMode::Delta => (self.occurred_at, self.snapshot_at, "snapshotAt"),
        };
        if other.is_some() {
            return Err(Error::invalid(ErrorCode::Invalid, format!("{path}.{field}")));
        }
        Ok(SyncItem {
            variant_reference: self.variant_external_reference,
            sku: self.sku,
            location_id: parse_optional_id(self.location_id.as_ref(), &format!("{path}.locationId"))?,
            location_reference: self.location_external_reference,
            quantity: self.quantity,
            at,
            reason: self.reason,
        })
    }
}

impl StockSyncInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<StockSync> {
        let items = self.items.into_iter().enumerate();
        let items = items.map(|(index, item)| item.read(self.mode.0, &format!("input.items.{index}")));
        Ok(StockSync {
            source: self.source,
            mode: self.mode.0,
            policy: self.error_policy.map_or(SyncErrorPolicy::RejectAll, |policy| policy.0),
            items: items.collect::<Result<_>>()?,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// What became of one item.
#[derive(Clone, Debug, SimpleObject)]
pub struct StockSyncResult {
    /// What became of it.
    pub status: Word<StockSyncStatus>,
    /// Where; null when it is not known.
    pub location_id: Option<ID>,
    /// What; null when it is not known.
    pub variant_id: Option<ID>,
    /// By how many units stock on hand changed.
    pub change: i64,
    /// Units that should have gone and stay, because they are promised or put aside.
    pub remainder: i64,
    /// All units that lay there after it; null when it failed.
    pub on_hand: Option<i64>,
    /// Stale: the moment of the newest word that is known.
    pub newest_at: Option<DateTime<Utc>>,
    /// Why it failed; null when it did not.
    pub error_code: Option<Word<ErrorCode>>,
    /// Which field of the item is wrong; null when none is.
    pub field: Option<String>,
}

impl From<SyncResult> for StockSyncResult {
    fn from(result: SyncResult) -> Self {
        Self {
            status: Word(result.status),
            location_id: result.location_id.map(id),
            variant_id: result.variant_id.map(id),
            change: result.change,
            remainder: result.remainder,
            on_hand: result.on_hand,
            newest_at: result.newest_at,
            error_code: result.error().map(Word),
            field: result.field,
        }
    }
}
