//! What a client says of counts.

use async_graphql::{Context, ID, InputObject, OneofObject};
use domain::stock_count::query::{CountFilter, CountLookup};
use domain::stock_count::{
    AcceptCount, CancelCount, CreateCount, Goods, NewEntry, ReadTags, RecordEntries, Recount, Selection, StartSession,
    SubmitCount,
};
use domain::{Error, ErrorCode, Result};
use entity::words::{CountSource, StockCountStatus};

use crate::context::key_or_header;
use crate::scalar::{parse_id, parse_ids, parse_optional_id};
use crate::staff::inventory::ids;
use crate::staff::storage::StockUnitInput;
use crate::word::Word;

/// How to find one count.
#[derive(Clone, Debug, OneofObject)]
pub enum StockCountLookup {
    /// By id.
    Id(ID),
    /// By number, such as `C-000123`.
    Number(String),
}

impl StockCountLookup {
    pub(super) fn read(self) -> Result<CountLookup> {
        Ok(match self {
            Self::Id(id) => CountLookup::Id(parse_id(&id, "by.id")?),
            Self::Number(number) => CountLookup::Number(number),
        })
    }
}

/// Which counts are wanted.
#[derive(Clone, Debug, Default, InputObject)]
pub struct StockCountFilter {
    /// Only at these locations.
    pub location_ids: Option<Vec<ID>>,
    /// Only in these stages.
    pub statuses: Option<Vec<Word<StockCountStatus>>>,
}

impl StockCountFilter {
    pub(super) fn read(self) -> Result<CountFilter> {
        Ok(CountFilter {
            locations: ids(self.location_ids, "filter.locationIds")?,
            statuses: self.statuses.map(|words| words.into_iter().map(|word| word.0).collect()),
        })
    }
}

/// A rule that chooses goods by their past.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct StockCountRuleInput {
    /// Days to look back, 1 to 3,650.
    pub days: i32,
    /// At most so many variants, 1 to 1,000.
    #[graphql(default = 100)]
    pub limit: i32,
}

/// Which goods are counted.
#[derive(Clone, Debug, OneofObject)]
pub enum StockCountSelectionInput {
    /// These variants, at most 1,000.
    VariantIds(Vec<ID>),
    /// All that lies in a storage area.
    StorageAreaId(ID),
    /// What lies there and was in no accepted count for so many days.
    NotCountedFor(StockCountRuleInput),
    /// What came and went most in so many days.
    MostMoved(StockCountRuleInput),
}

impl StockCountSelectionInput {
    fn read(self) -> Result<Selection> {
        Ok(match self {
            Self::VariantIds(ids) => Selection::Variants(parse_ids(&ids, "input.selection.variantIds")?),
            Self::StorageAreaId(id) => Selection::Area(parse_id(&id, "input.selection.storageAreaId")?),
            Self::NotCountedFor(rule) => Selection::NotCountedFor { days: rule.days, limit: rule.limit },
            Self::MostMoved(rule) => Selection::MostMoved { days: rule.days, limit: rule.limit },
        })
    }
}

/// A count to begin.
#[derive(Clone, Debug, InputObject)]
pub struct StockCountCreateInput {
    /// Where.
    pub location_id: ID,
    /// What is counted; everything at the location when left out (`FULL`).
    pub selection: Option<StockCountSelectionInput>,
    /// Whether nobody sees what is expected while people count.
    #[graphql(default)]
    pub blind: bool,
    /// For the counters.
    #[graphql(default)]
    pub note: String,
    /// The same key begins one count; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl StockCountCreateInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<CreateCount> {
        Ok(CreateCount {
            location_id: parse_id(&self.location_id, "input.locationId")?,
            selection: self.selection.map(StockCountSelectionInput::read).transpose()?,
            blind: self.blind,
            note: self.note,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A session to begin.
#[derive(Clone, Debug, InputObject)]
pub struct StockCountStartInput {
    /// The count.
    pub stock_count_id: ID,
    /// The area that you count; anywhere at the location when left out.
    pub storage_area_id: Option<ID>,
}

impl StockCountStartInput {
    pub(super) fn read(self) -> Result<StartSession> {
        Ok(StartSession {
            count_id: parse_id(&self.stock_count_id, "input.stockCountId")?,
            storage_area_id: parse_optional_id(self.storage_area_id.as_ref(), "input.storageAreaId")?,
        })
    }
}

/// One thing found: either a variant, or a code.
#[derive(Clone, Debug, InputObject)]
pub struct StockCountEntryInput {
    /// The variant.
    pub variant_id: Option<ID>,
    /// A barcode in any of its forms, else a SKU.
    pub code: Option<String>,
    /// Units; below zero takes a mistake back.
    #[graphql(default = 1)]
    pub quantity: i64,
    /// How it was read: `SCAN` or `MANUAL`.
    #[graphql(default_with = "Word(CountSource::Scan)")]
    pub source: Word<CountSource>,
}

impl StockCountEntryInput {
    fn read(self, path: &str) -> Result<NewEntry> {
        let goods = match (self.variant_id, self.code) {
            (Some(id), None) => Goods::Variant(parse_id(&id, &format!("{path}.variantId"))?),
            (None, Some(code)) => Goods::Code(code),
            (None, None) => return Err(Error::invalid(ErrorCode::Required, format!("{path}.code"))),
            (Some(_), Some(_)) => return Err(Error::invalid(ErrorCode::Invalid, format!("{path}.code"))),
        };
        Ok(NewEntry { goods, quantity: self.quantity, source: self.source.0 })
    }
}

/// Things that you found.
#[derive(Clone, Debug, InputObject)]
pub struct StockCountRecordInput {
    /// Your session.
    pub session_id: ID,
    /// What you found, 1 to 500 entries.
    pub entries: Vec<StockCountEntryInput>,
    /// The same key records once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl StockCountRecordInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<RecordEntries> {
        let entries = self.entries.into_iter().enumerate();
        Ok(RecordEntries {
            session_id: parse_id(&self.session_id, "input.sessionId")?,
            entries: entries
                .map(|(index, entry)| entry.read(&format!("input.entries.{index}")))
                .collect::<Result<_>>()?,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// RFID tags that a reader heard.
#[derive(Clone, Debug, InputObject)]
pub struct StockCountReadTagsInput {
    /// Your session.
    pub session_id: ID,
    /// EPCs in hexadecimal (SGTIN-96), 1 to 5,000; one that comes twice counts once.
    pub epcs: Vec<String>,
    /// The same key reads once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl StockCountReadTagsInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<ReadTags> {
        Ok(ReadTags {
            session_id: parse_id(&self.session_id, "input.sessionId")?,
            epcs: self.epcs,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A count that was counted.
#[derive(Clone, Debug, InputObject)]
pub struct StockCountSubmitInput {
    /// Which.
    pub stock_count_id: ID,
    /// What was not counted is not there. A full count needs this word when goods that should lie there were not counted.
    #[graphql(default)]
    pub uncounted_as_zero: bool,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
}

impl StockCountSubmitInput {
    pub(super) fn read(self) -> Result<SubmitCount> {
        Ok(SubmitCount {
            count_id: parse_id(&self.stock_count_id, "input.stockCountId")?,
            uncounted_as_zero: self.uncounted_as_zero,
            expected_version: self.expected_version,
        })
    }
}

/// Lines to count again.
#[derive(Clone, Debug, InputObject)]
pub struct StockCountRecountInput {
    /// The count.
    pub stock_count_id: ID,
    /// Its lines, at most 1,000; all that are unsettled when empty.
    #[graphql(default)]
    pub line_ids: Vec<ID>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
}

impl StockCountRecountInput {
    pub(super) fn read(self) -> Result<Recount> {
        Ok(Recount {
            count_id: parse_id(&self.stock_count_id, "input.stockCountId")?,
            lines: parse_ids(&self.line_ids, "input.lineIds")?,
            expected_version: self.expected_version,
        })
    }
}

/// A count to accept.
#[derive(Clone, Debug, InputObject)]
pub struct StockCountAcceptInput {
    /// Which.
    pub stock_count_id: ID,
    /// Serial and lot numbers of what is missing, for goods of which all units have numbers.
    #[graphql(default)]
    pub missing_units: Vec<StockUnitInput>,
    /// Serial and lot numbers of what was found beyond what was expected.
    #[graphql(default)]
    pub found_units: Vec<StockUnitInput>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
    /// The same key accepts once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl StockCountAcceptInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<AcceptCount> {
        Ok(AcceptCount {
            count_id: parse_id(&self.stock_count_id, "input.stockCountId")?,
            missing_units: StockUnitInput::read_all(self.missing_units, "input.missingUnits")?,
            found_units: StockUnitInput::read_all(self.found_units, "input.foundUnits")?,
            expected_version: self.expected_version,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A count to give up.
#[derive(Clone, Debug, InputObject)]
pub struct StockCountCancelInput {
    /// Which.
    pub stock_count_id: ID,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
}

impl StockCountCancelInput {
    pub(super) fn read(self) -> Result<CancelCount> {
        let count_id = parse_id(&self.stock_count_id, "input.stockCountId")?;
        Ok(CancelCount { count_id, expected_version: self.expected_version })
    }
}
