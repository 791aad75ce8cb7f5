//! What counters scan and type.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{StockCountSessionId, VariantId};
use entity::words::{CountSource, StockCountStatus};
use entity::{stock_count, stock_count_line, stock_count_session, variant};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use serde_json::json;

use super::entry::{self, Found};
use super::lock;
use crate::catalog::barcode;
use crate::inventory::movement::MAX_QUANTITY;
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Permission, Result, Scope, Tx};

/// Most entries of one call.
const MAX_ENTRIES: usize = 500;

/// Things that a counter found.
#[derive(Debug, Clone, Serialize)]
pub struct RecordEntries {
    /// The session, which is one's own.
    pub session_id: StockCountSessionId,
    /// What was found, 1 to 500 entries.
    pub entries: Vec<NewEntry>,
    /// The client's key: the same key records once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// One thing found.
#[derive(Debug, Clone, Serialize)]
pub struct NewEntry {
    /// What.
    pub goods: Goods,
    /// Units; below zero takes a mistake back.
    pub quantity: i64,
    /// Whether it was scanned or typed.
    pub source: CountSource,
}

/// How goods are named.
#[derive(Debug, Clone, Serialize)]
pub enum Goods {
    /// By id.
    Variant(VariantId),
    /// By barcode, else by SKU.
    Code(String),
}

/// What was recorded.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The count.
    pub count: stock_count::Model,
    /// The lines that were counted, as they are now; empty when the same key did it before.
    pub lines: Vec<stock_count_line::Model>,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// Records what a counter found: all entries or none. At most ten statements.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND` for a session that is not one's own, `INVALID_TRANSITION` when the count is not being
/// counted or the session is over, `NOT_FOUND` at `entries.N` for an unknown code, `NOT_IN_COUNT` for goods that are not
/// to be counted now, `INVALID_QUANTITY` for none and when more is taken back than was counted, `REQUIRED`, `TOO_MANY`,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn record(ctx: &Ctx, input: RecordEntries) -> Result<Recorded> {
    let scope = &ctx.require(Permission::CountsWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    check(&input.entries)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let session_id = input.session_id.uuid();
        let claim = idempotency::claim(tx, "stockCountRecord", key, hash, session_id).await?;
        let (count, session) = of_session(tx, scope, input.session_id).await?;
        if claim != Claim::Fresh {
            return Ok(Recorded { count, lines: Vec::new(), replayed: true });
        }
        check_open(&count, &session)?;
        let goods = resolve(tx, &input.entries).await?;
        let found: Vec<Found> = input
            .entries
            .iter()
            .zip(goods)
            .enumerate()
            .map(|(index, (entry, variant_id))| Found {
                variant_id,
                quantity: entry.quantity,
                source: entry.source,
                path: format!("entries.{index}"),
            })
            .collect();
        let lines = entry::apply(tx, &count, &session, &found).await?;
        let payload = json!({ "session_id": session.id, "round": session.round, "entries": found.len() });
        tx.event(NewEvent::new("stock_count_recorded", "stock_count", count.id.uuid()).payload(payload));
        Ok(Recorded { count, lines, replayed: false })
    })
    .await
}

/// One's own session with its count, which is locked. Error: `NOT_FOUND`.
pub(super) async fn of_session(
    tx: &Tx,
    scope: &Scope,
    id: StockCountSessionId,
) -> Result<(stock_count::Model, stock_count_session::Model)> {
    let missing = || Error::not_found("stockCountSession");
    let count_id = stock_count_session::Entity::find_by_id(id).one(tx).await?.ok_or_else(missing)?.stock_count_id;
    let count = lock::lock(tx, scope, count_id)
        .await
        .map_err(|error| if matches!(error, Error::NotFound { .. }) { missing() } else { error })?;
    // Read again under the lock: it may have been closed meanwhile.
    let session = stock_count_session::Entity::find_by_id(id).one(tx).await?.ok_or_else(missing)?;
    let mine = session.staff_id == tx.ctx().actor.staff_id();
    if mine { Ok((count, session)) } else { Err(missing()) }
}

/// Whether a session can still record. Error: `INVALID_TRANSITION`.
pub(super) fn check_open(count: &stock_count::Model, session: &stock_count_session::Model) -> Result<()> {
    let refused = |machine, from: String| Error::InvalidTransition {
        machine,
        from,
        action: "RECORD".to_owned(),
        allowed: Vec::new(),
    };
    if count.status != StockCountStatus::Counting {
        return Err(refused("stockCount", count.status.to_string()));
    }
    if session.closed_at.is_some() || session.round != count.round {
        return Err(refused("stockCountSession", "CLOSED".to_owned()));
    }
    Ok(())
}

fn check(entries: &[NewEntry]) -> Result<()> {
    if entries.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "entries"));
    }
    if entries.len() > MAX_ENTRIES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "entries", vec![("max", MAX_ENTRIES.to_string())]));
    }
    for (index, entry) in entries.iter().enumerate() {
        if entry.quantity == 0 || entry.quantity.unsigned_abs() > MAX_QUANTITY.unsigned_abs() {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("entries.{index}.quantity")));
        }
        if entry.source == CountSource::Rfid {
            return Err(Error::invalid(ErrorCode::Invalid, format!("entries.{index}.source")));
        }
        if let Goods::Code(code) = &entry.goods {
            text::required_line(&format!("entries.{index}.code"), code, text::LINE)?;
        }
    }
    Ok(())
}

/// The variant of each entry; one statement for all codes. Error: `NOT_FOUND` at `entries.N.code`.
async fn resolve(tx: &Tx, entries: &[NewEntry]) -> Result<Vec<VariantId>> {
    let codes: BTreeSet<&str> = entries
        .iter()
        .filter_map(|entry| match &entry.goods {
            Goods::Code(code) => Some(code.trim()),
            Goods::Variant(_) => None,
        })
        .collect();
    let known = by_codes(tx, &codes).await?;
    let one = |(index, entry): (usize, &NewEntry)| match &entry.goods {
        Goods::Variant(id) => Ok(*id),
        Goods::Code(code) => known
            .get(code.trim())
            .copied()
            .ok_or_else(|| Error::invalid(ErrorCode::NotFound, format!("entries.{index}.code"))),
    };
    entries.iter().enumerate().map(one).collect()
}

/// Variants by barcode in any of its forms, else by SKU. One statement.
pub(super) async fn by_codes<'a>(tx: &Tx, codes: &BTreeSet<&'a str>) -> Result<BTreeMap<&'a str, VariantId>> {
    if codes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let forms: BTreeMap<&str, Vec<String>> = codes.iter().map(|code| (*code, barcode::equivalents(code))).collect();
    let which = Condition::any()
        .add(variant::Column::Barcode.is_in(forms.values().flatten().map(String::as_str)))
        .add(variant::Column::Sku.is_in(codes.iter().copied()));
    // When several variants carry a barcode, one that is sold wins, then the oldest: it comes last and stays.
    let rows = variant::Entity::find()
        .filter(which)
        .order_by_asc(variant::Column::Active)
        .order_by_desc(variant::Column::Id)
        .all(tx)
        .await?;
    let barcodes: BTreeMap<&str, VariantId> =
        rows.iter().filter_map(|row| Some((row.barcode.as_deref()?, row.id))).collect();
    let skus: BTreeMap<&str, VariantId> = rows.iter().filter_map(|row| Some((row.sku.as_deref()?, row.id))).collect();
    let find = |code: &'a str, forms: &[String]| {
        let scanned = forms.iter().find_map(|form| barcodes.get(form.as_str()));
        scanned.or_else(|| skus.get(code)).map(|id| (code, *id))
    };
    Ok(forms.iter().filter_map(|(code, forms)| find(code, forms)).collect())
}
