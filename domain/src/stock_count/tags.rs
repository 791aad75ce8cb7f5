//! RFID tags as a source of counts: a reader sends all it hears, again and again.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{StockCountSessionId, VariantId};
use entity::words::{CountSource, StockCountKind};
use entity::{stock_count, stock_count_line, stock_count_tag, variant};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::Serialize;
use serde_json::json;

use super::entry::{self, Found};
use super::record::{by_codes, check_open, of_session};
use super::sgtin::{self, Sgtin};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Most tags of one call.
const MAX_TAGS: usize = 5_000;
/// Rows of one statement.
const ROWS: usize = 1_000;

/// Tags that a reader heard.
#[derive(Debug, Clone, Serialize)]
pub struct ReadTags {
    /// The session, which is one's own.
    pub session_id: StockCountSessionId,
    /// EPCs in hexadecimal, 1 to 5,000; one that comes twice counts once.
    pub epcs: Vec<String>,
    /// The client's key: the same key reads once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// What became of the tags.
#[derive(Debug, Clone)]
pub struct TagsRead {
    /// The count.
    pub count: stock_count::Model,
    /// The lines that were counted, as they are now.
    pub lines: Vec<stock_count_line::Model>,
    /// Tags that were counted now.
    pub counted: u64,
    /// Tags that this round has counted before.
    pub again: u64,
    /// GTINs that no variant has, with how many tags say so.
    pub unknown: BTreeMap<String, u64>,
    /// Goods that are not to be counted now, with how many tags say so.
    pub unexpected: BTreeMap<VariantId, u64>,
    /// What is no SGTIN-96, as it was sent.
    pub unreadable: Vec<String>,
    /// Whether the same key did it before; then only what is wrong with the tags is told.
    pub replayed: bool,
}

/// Counts tags: each once in a round, whoever heard it. Tags that say nothing or something else are reported, not refused.
/// At most 22 statements for 5,000 tags of 500 variants.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND` for a session that is not one's own, `INVALID_TRANSITION`, `REQUIRED`, `TOO_MANY`,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn read_tags(ctx: &Ctx, input: ReadTags) -> Result<TagsRead> {
    let scope = &ctx.require(Permission::CountsWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    if input.epcs.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "epcs"));
    }
    if input.epcs.len() > MAX_TAGS {
        return Err(Error::invalid_with(ErrorCode::TooMany, "epcs", vec![("max", MAX_TAGS.to_string())]));
    }
    let heard = &Heard::of(&input.epcs);
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let claim = idempotency::claim(tx, "stockCountReadTags", key, hash, input.session_id.uuid()).await?;
        let (count, session) = of_session(tx, scope, input.session_id).await?;
        if claim != Claim::Fresh {
            return Ok(nothing(count, heard, true));
        }
        check_open(&count, &session)?;
        let known = heard.variants(tx).await?;
        let wanted = wanted(tx, &count, &known).await?;
        let mut told = nothing(count, heard, false);
        let mut tags = Vec::with_capacity(heard.tags.len());
        for (epc, tag) in &heard.tags {
            match known.get(tag.gtin.as_str()) {
                Some(id) if wanted.contains(id) => tags.push(row(tx, &told.count, epc, tag, *id)),
                Some(id) => *told.unexpected.entry(*id).or_default() += 1,
                None => *told.unknown.entry(tag.gtin.clone()).or_default() += 1,
            }
        }
        let all = tags.len();
        let fresh = remember(tx, tags).await?;
        told.counted = fresh.values().map(|units| u64::try_from(*units).unwrap_or(0)).sum();
        told.again = u64::try_from(all).unwrap_or(u64::MAX).saturating_sub(told.counted);
        let found: Vec<Found> = fresh.into_iter().map(|(variant_id, quantity)| found(variant_id, quantity)).collect();
        if !found.is_empty() {
            told.lines = entry::apply(tx, &told.count, &session, &found).await?;
            let payload = json!({ "session_id": session.id, "round": session.round, "tags": told.counted });
            tx.event(NewEvent::new("stock_count_tags_read", "stock_count", told.count.id.uuid()).payload(payload));
        }
        Ok(told)
    })
    .await
}

/// What a reader sent, sorted out.
struct Heard {
    /// Goods, by normalized EPC.
    tags: BTreeMap<String, Sgtin>,
    unreadable: Vec<String>,
}

impl Heard {
    fn of(epcs: &[String]) -> Self {
        let (mut tags, mut unreadable) = (BTreeMap::new(), BTreeSet::new());
        for epc in epcs {
            match sgtin::normalized(epc).and_then(|hex| sgtin::decode(&hex).map(|tag| (hex, tag))) {
                Some((hex, tag)) => {
                    tags.insert(hex, tag);
                }
                // What is shown again is cut: it may be anything.
                None => {
                    unreadable.insert(epc.chars().take(64).collect::<String>());
                }
            }
        }
        Self { tags, unreadable: unreadable.into_iter().collect() }
    }

    /// The variant of each GTIN. One statement.
    async fn variants(&self, tx: &Tx) -> Result<BTreeMap<&str, VariantId>> {
        by_codes(tx, &self.tags.values().map(|tag| tag.gtin.as_str()).collect()).await
    }
}

fn nothing(count: stock_count::Model, heard: &Heard, replayed: bool) -> TagsRead {
    TagsRead {
        count,
        lines: Vec::new(),
        counted: 0,
        again: 0,
        unknown: BTreeMap::new(),
        unexpected: BTreeMap::new(),
        unreadable: heard.unreadable.clone(),
        replayed,
    }
}

/// Of the variants heard, those that are to be counted in this round. Two statements.
async fn wanted(tx: &Tx, count: &stock_count::Model, known: &BTreeMap<&str, VariantId>) -> Result<BTreeSet<VariantId>> {
    use stock_count_line::Column;
    let heard: BTreeSet<VariantId> = known.values().copied().collect();
    let lines = stock_count_line::Entity::find()
        .filter(Column::StockCountId.eq(count.id))
        .filter(Column::VariantId.is_in(heard.iter().copied()))
        .all(tx)
        .await?;
    let mut wanted: BTreeSet<VariantId> =
        lines.iter().filter(|line| line.round == count.round).map(|line| line.variant_id).collect();
    if count.kind == StockCountKind::Full {
        let listed: BTreeSet<VariantId> = lines.iter().map(|line| line.variant_id).collect();
        let new = variant::Entity::find()
            .filter(variant::Column::Id.is_in(heard.difference(&listed).copied()))
            .filter(variant::Column::Tracked.eq(true))
            .filter(variant::Column::IsBundle.eq(false));
        wanted.extend(new.all(tx).await?.into_iter().map(|variant| variant.id));
    }
    Ok(wanted)
}

fn row(tx: &Tx, count: &stock_count::Model, epc: &str, tag: &Sgtin, variant_id: VariantId) -> stock_count_tag::Model {
    stock_count_tag::Model {
        stock_count_id: count.id,
        round: count.round,
        epc: epc.to_owned(),
        variant_id: Some(variant_id),
        serial: Some(tag.serial.to_string()),
        read_at: tx.now(),
    }
}

/// Remembers tags; returns the units of those that nobody had heard in this round. The count is locked.
async fn remember(tx: &Tx, tags: Vec<stock_count_tag::Model>) -> Result<BTreeMap<VariantId, i64>> {
    use stock_count_tag::Column;
    let Some(first) = tags.first() else { return Ok(BTreeMap::new()) };
    let known: BTreeSet<String> = stock_count_tag::Entity::find()
        .filter(Column::StockCountId.eq(first.stock_count_id))
        .filter(Column::Round.eq(first.round))
        .filter(Column::Epc.is_in(tags.iter().map(|tag| tag.epc.as_str())))
        .all(tx)
        .await?
        .into_iter()
        .map(|tag| tag.epc)
        .collect();
    let fresh: Vec<stock_count_tag::Model> = tags.into_iter().filter(|tag| !known.contains(&tag.epc)).collect();
    let mut units: BTreeMap<VariantId, i64> = BTreeMap::new();
    for variant in fresh.iter().filter_map(|tag| tag.variant_id) {
        *units.entry(variant).or_default() += 1;
    }
    for chunk in fresh.chunks(ROWS) {
        let rows = chunk.iter().cloned().map(|tag| tag.into_active_model().reset_all());
        let once = OnConflict::columns([Column::StockCountId, Column::Round, Column::Epc]).do_nothing().to_owned();
        stock_count_tag::Entity::insert_many(rows).on_conflict(once).exec_without_returning(tx).await?;
    }
    Ok(units)
}

fn found(variant_id: VariantId, quantity: i64) -> Found {
    Found { variant_id, quantity, source: CountSource::Rfid, path: "epcs".to_owned() }
}
