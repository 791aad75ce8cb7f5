//! Stock as another system knows it: a warehouse management system or a logistics provider.

mod apply;
mod books;
pub mod merge;
mod read;
mod shipped;

use entity::id::{LocationId, VariantId};
use entity::words::{StockSyncMode, StockSyncStatus, SyncErrorPolicy};
use sea_orm::prelude::DateTimeUtc;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::idempotency::{self, Claim};
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Permission, Result};

pub(crate) use shipped::shipped;

/// Most items of one call.
pub const MAX_ITEMS: usize = 500;
/// Longest name of a system, in characters.
pub(crate) const MAX_SOURCE: usize = 64;
const OPERATION: &str = "stockSync";

/// What another system says of its stock.
#[derive(Debug, Clone, Serialize)]
pub struct StockSync {
    /// Which system says so; the same name for all keys of one system.
    pub source: String,
    /// How it tells its stock.
    pub mode: StockSyncMode,
    /// What happens when an item cannot be done.
    pub policy: SyncErrorPolicy,
    /// What it says, 1 to [`MAX_ITEMS`] items, each level once.
    pub items: Vec<SyncItem>,
    /// The client's key: the same key syncs once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// What another system says of one level.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SyncItem {
    /// What, by its id in the other system.
    pub variant_reference: Option<String>,
    /// What, by SKU; one of both.
    pub sku: Option<String>,
    /// Where, by id.
    pub location_id: Option<LocationId>,
    /// Where, by its id in the other system; one of both.
    pub location_reference: Option<String>,
    /// Units on hand (`ABSOLUTE`), or by how many they changed (`DELTA`).
    pub quantity: i64,
    /// When it was true, or happened; needed for `ABSOLUTE`, now for a `DELTA` without.
    pub at: Option<DateTimeUtc>,
    /// Why; needed for `DELTA`.
    pub reason: Option<String>,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncResult {
    /// What became of it.
    pub status: StockSyncStatus,
    /// Where, when it is known.
    pub location_id: Option<LocationId>,
    /// What, when it is known.
    pub variant_id: Option<VariantId>,
    /// By how many units stock on hand changed.
    pub change: i64,
    /// Units that should have gone and are promised or put aside.
    pub remainder: i64,
    /// Units on hand after it; `None` when it failed.
    pub on_hand: Option<i64>,
    /// The moment of the newest word that is known.
    pub newest_at: Option<DateTimeUtc>,
    error: Option<String>,
    /// Which field of the item is wrong.
    pub field: Option<String>,
}

impl SyncResult {
    /// Why it failed.
    #[must_use]
    pub fn error(&self) -> Option<ErrorCode> {
        let stored = self.error.as_deref()?;
        ErrorCode::ALL.iter().copied().find(|code| code.as_str() == stored)
    }

    fn failed(problem: Problem) -> Self {
        Self {
            status: StockSyncStatus::Failed,
            location_id: None,
            variant_id: None,
            change: 0,
            remainder: 0,
            on_hand: None,
            newest_at: None,
            error: Some(problem.code.as_str().to_owned()),
            field: Some(problem.field.to_owned()),
        }
    }
}

/// What is wrong with an item, and in which field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Problem {
    code: ErrorCode,
    field: &'static str,
}

/// What became of a sync.
#[derive(Debug, Clone, PartialEq)]
pub struct Synced {
    /// One result per item, in the order of the items.
    pub results: Vec<SyncResult>,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// Brings stock levels up to what another system says, once per key.
///
/// `ABSOLUTE`: on hand becomes the snapshot and what happened here and there since (see [`merge`]); one that is older
/// than a known one is `STALE`, so the order of arrival does not matter. `DELTA`: on hand changes by so many units; one
/// from before a known snapshot is `STALE`, for it is in that snapshot. Fewer units go only as far as they are free
/// or safety stock; promised and put-aside units stay and the rest is reported, as with counts. `REJECT_ALL` does all items in full or
/// none, `SKIP_FAILED` does what it can.
///
/// Statements, whatever the number of items: at most 11; 3 for a replay.
///
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `REQUIRED`, `TOO_MANY`, `INVALID_TEXT`, `IDEMPOTENCY_KEY_REUSED`. With
/// `REJECT_ALL` those of every failed item, too: `NOT_FOUND` for a reference that is unknown or out of reach,
/// `REQUIRED`, `INVALID` for what is not counted, `INVALID_QUANTITY`, `INVALID_DATE` for a moment more than 5 minutes
/// ahead or 30 days past, `ALREADY_EXISTS` for a level named twice, `INSUFFICIENT_STOCK`.
pub async fn sync(ctx: &Ctx, input: StockSync) -> Result<Synced> {
    let scope = &ctx.require(Permission::StockSync)?;
    let input = &StockSync { source: source(&input.source)?, ..input };
    match input.items.len() {
        0 => return Err(Error::invalid(ErrorCode::Required, "items")),
        1..=MAX_ITEMS => {}
        _ => return Err(Error::invalid_with(ErrorCode::TooMany, "items", vec![("max", MAX_ITEMS.to_string())])),
    }
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(input)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        if idempotency::claim(tx, OPERATION, key, hash, Uuid::nil()).await? != Claim::Fresh {
            return Ok(Synced { results: idempotency::kept(tx, OPERATION, key).await?, replayed: true });
        }
        let read = read::items(tx, input, scope).await?;
        let results = apply::all(tx, input, read).await?;
        refuse_all(input.policy, &results)?;
        idempotency::keep(tx, OPERATION, key, &results)?;
        Ok(Synced { results, replayed: false })
    })
    .await
}

/// The name of a system. Errors: `REQUIRED`, `INVALID_TEXT`, `TEXT_TOO_LONG`.
pub(crate) fn source(name: &str) -> Result<String> {
    text::required_line("source", name, MAX_SOURCE)
}

/// With `REJECT_ALL` every item that is not done in full refuses all of them.
fn refuse_all(policy: SyncErrorPolicy, results: &[SyncResult]) -> Result<()> {
    if policy == SyncErrorPolicy::SkipFailed {
        return Ok(());
    }
    let refused = |(index, result): (usize, &SyncResult)| match result.status {
        StockSyncStatus::Applied | StockSyncStatus::Stale => None,
        StockSyncStatus::PartlyApplied => {
            let path = format!("items.{index}.quantity");
            let requested = result.remainder.saturating_sub(result.change);
            let values =
                vec![("requested", requested.to_string()), ("available", result.change.saturating_neg().to_string())];
            Some(Error::invalid_with(ErrorCode::InsufficientStock, path, values))
        }
        StockSyncStatus::Failed => {
            let field = result.field.as_deref().unwrap_or_default();
            Some(Error::invalid(result.error().unwrap_or(ErrorCode::Invalid), format!("items.{index}.{field}")))
        }
    };
    let errors: Vec<Error> = results.iter().enumerate().filter_map(refused).collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Several(errors)) }
}
