//! What a client says of stock.

use std::collections::BTreeSet;

use async_graphql::{Context, ID, InputObject};
use chrono::{DateTime, Utc};
use domain::inventory::hold::{PutAside, Release};
use domain::inventory::query::StockFilter;
use domain::inventory::{AdjustLine, AdjustStock, Adjustment, MoveLine, MoveStock, ReceiveLine, ReceiveStock};
use domain::{Error, ErrorCode, Result};
use entity::words::{MovementKind, StockState};

use crate::context::key_or_header;
use crate::scalar::{parse_id, parse_ids};
use crate::staff::storage::StockUnitInput;
use crate::word::Word;

/// Most ids of one filter.
const MAX_IDS: usize = 500;

/// The ids of a filter; `None` asks for nothing.
pub(in crate::staff) fn ids<T: std::str::FromStr + Ord>(
    ids: Option<Vec<ID>>,
    path: &str,
) -> Result<Option<BTreeSet<T>>> {
    let Some(ids) = ids else { return Ok(None) };
    if ids.len() > MAX_IDS {
        return Err(Error::invalid_with(ErrorCode::TooMany, path, vec![("max", MAX_IDS.to_string())]));
    }
    Ok(Some(parse_ids(&ids, path)?.into_iter().collect()))
}

/// Which stock levels are wanted.
#[derive(Clone, Debug, Default, InputObject)]
pub struct StockLevelFilter {
    /// Only at these locations.
    pub location_ids: Option<Vec<ID>>,
    /// Only of these variants.
    pub variant_ids: Option<Vec<ID>>,
}

impl StockLevelFilter {
    pub(super) fn read(self) -> Result<StockFilter> {
        Ok(StockFilter {
            locations: ids(self.location_ids, "filter.locationIds")?,
            variants: ids(self.variant_ids, "filter.variantIds")?,
            kinds: None,
        })
    }
}

/// Which movements are wanted.
#[derive(Clone, Debug, Default, InputObject)]
pub struct StockMovementFilter {
    /// Only at these locations.
    pub location_ids: Option<Vec<ID>>,
    /// Only of these variants.
    pub variant_ids: Option<Vec<ID>>,
    /// Only of these kinds.
    pub kinds: Option<Vec<Word<MovementKind>>>,
}

impl StockMovementFilter {
    pub(super) fn read(self) -> Result<StockFilter> {
        Ok(StockFilter {
            locations: ids(self.location_ids, "filter.locationIds")?,
            variants: ids(self.variant_ids, "filter.variantIds")?,
            kinds: self.kinds.map(|kinds| kinds.into_iter().map(|kind| kind.0).collect()),
        })
    }
}

/// Stock that came in.
#[derive(Clone, Debug, InputObject)]
pub struct StockReceiveInput {
    /// Where.
    pub location_id: ID,
    /// What, 1 to 500 lines.
    pub lines: Vec<StockReceiveLineInput>,
    /// Why, such as the number of a delivery note. May be empty beside `reasonCode`.
    pub reason: String,
    /// Code of a stock reason, beside words or instead of them.
    pub reason_code: Option<String>,
    /// Serial and lot numbers of what came in: all of them, for goods that have numbers.
    #[graphql(default)]
    pub units: Vec<StockUnitInput>,
    /// The same key receives once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

/// One variant that came in.
#[derive(Clone, Debug, InputObject)]
pub struct StockReceiveLineInput {
    /// What.
    pub variant_id: ID,
    /// Units, 1 to 1,000,000,000.
    pub quantity: i64,
    /// The state it comes in; `AVAILABLE` when left out.
    pub state: Option<Word<StockState>>,
}

impl StockReceiveInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<ReceiveStock> {
        let lines = self.lines.iter().enumerate().map(|(index, line)| {
            Ok(ReceiveLine {
                variant_id: parse_id(&line.variant_id, &format!("input.lines.{index}.variantId"))?,
                quantity: line.quantity,
                state: line.state.map_or(StockState::Available, |state| state.0),
            })
        });
        Ok(ReceiveStock {
            location_id: parse_id(&self.location_id, "input.locationId")?,
            lines: lines.collect::<Result<_>>()?,
            reason: self.reason,
            reason_code: self.reason_code,
            units: StockUnitInput::read_all(self.units, "input.units")?,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// Stock to correct.
#[derive(Clone, Debug, InputObject)]
pub struct StockAdjustInput {
    /// Where.
    pub location_id: ID,
    /// What, 1 to 500 lines, each variant and state once.
    pub lines: Vec<StockAdjustLineInput>,
    /// Why. May be empty beside `reasonCode`.
    pub reason: String,
    /// Code of a stock reason, beside words or instead of them.
    pub reason_code: Option<String>,
    /// Serial and lot numbers of what goes or comes, beside a `delta`.
    #[graphql(default)]
    pub units: Vec<StockUnitInput>,
    /// The same key corrects once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

/// One correction: either `delta`, or `quantity` with `expectedQuantity`.
#[derive(Clone, Debug, InputObject)]
pub struct StockAdjustLineInput {
    /// What.
    pub variant_id: ID,
    /// In which state; `AVAILABLE` when left out.
    pub state: Option<Word<StockState>>,
    /// So many more, or fewer when below zero.
    pub delta: Option<i64>,
    /// The number it should be.
    pub quantity: Option<i64>,
    /// The number that you saw; `STOCK_CHANGED` when it is another one by now.
    pub expected_quantity: Option<i64>,
}

impl StockAdjustLineInput {
    fn read(&self, path: &str) -> Result<AdjustLine> {
        let change = match (self.delta, self.quantity, self.expected_quantity) {
            (Some(delta), None, None) => Adjustment::By(delta),
            (None, Some(quantity), Some(expected)) => Adjustment::To { quantity, expected: Some(expected) },
            (None, Some(_), None) => {
                return Err(Error::invalid(ErrorCode::Required, format!("{path}.expectedQuantity")));
            }
            (None, None, _) => return Err(Error::invalid(ErrorCode::Required, format!("{path}.delta"))),
            (Some(_), _, _) => return Err(Error::invalid(ErrorCode::Invalid, format!("{path}.delta"))),
        };
        Ok(AdjustLine {
            variant_id: parse_id(&self.variant_id, &format!("{path}.variantId"))?,
            state: self.state.map_or(StockState::Available, |state| state.0),
            change,
        })
    }
}

impl StockAdjustInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<AdjustStock> {
        let lines = self.lines.iter().enumerate().map(|(index, line)| line.read(&format!("input.lines.{index}")));
        Ok(AdjustStock {
            location_id: parse_id(&self.location_id, "input.locationId")?,
            lines: lines.collect::<Result<_>>()?,
            reason: self.reason,
            reason_code: self.reason_code,
            units: StockUnitInput::read_all(self.units, "input.units")?,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// Stock that changes state.
#[derive(Clone, Debug, InputObject)]
pub struct StockMoveInput {
    /// Where.
    pub location_id: ID,
    /// What, 1 to 500 lines.
    pub lines: Vec<StockMoveLineInput>,
    /// Why. May be empty beside `reasonCode`.
    pub reason: String,
    /// Code of a stock reason, beside words or instead of them.
    pub reason_code: Option<String>,
    /// The same key moves once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

/// One variant that changes state. `COMMITTED` and `RESERVED` follow orders and holds and cannot be named.
#[derive(Clone, Debug, InputObject)]
pub struct StockMoveLineInput {
    /// What.
    pub variant_id: ID,
    /// The state it leaves.
    pub from: Word<StockState>,
    /// The state it enters.
    pub to: Word<StockState>,
    /// Units, 1 to 1,000,000,000.
    pub quantity: i64,
}

impl StockMoveInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<MoveStock> {
        let lines = self.lines.iter().enumerate().map(|(index, line)| {
            Ok(MoveLine {
                variant_id: parse_id(&line.variant_id, &format!("input.lines.{index}.variantId"))?,
                from: line.from.0,
                to: line.to.0,
                quantity: line.quantity,
            })
        });
        Ok(MoveStock {
            location_id: parse_id(&self.location_id, "input.locationId")?,
            lines: lines.collect::<Result<_>>()?,
            reason: self.reason,
            reason_code: self.reason_code,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// Stock to put aside.
#[derive(Clone, Debug, InputObject)]
pub struct StockHoldInput {
    /// Where.
    pub location_id: ID,
    /// What.
    pub variant_id: ID,
    /// Units, 1 to 1,000,000,000.
    pub quantity: i64,
    /// For whom or what.
    pub note: Option<String>,
    /// Until when, at most 90 days ahead.
    pub expires_at: DateTime<Utc>,
    /// The same key puts aside once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl StockHoldInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<PutAside> {
        Ok(PutAside {
            location_id: parse_id(&self.location_id, "input.locationId")?,
            variant_id: parse_id(&self.variant_id, "input.variantId")?,
            quantity: self.quantity,
            note: self.note,
            expires_at: self.expires_at,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A hold to give up.
#[derive(Clone, Debug, InputObject)]
pub struct StockHoldReleaseInput {
    /// Which.
    pub stock_hold_id: ID,
    /// The same key releases once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl StockHoldReleaseInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<Release> {
        Ok(Release {
            hold_id: parse_id(&self.stock_hold_id, "input.stockHoldId")?,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}
