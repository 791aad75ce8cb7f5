//! Beginning a count: of named goods, or of everything at a location.

use entity::id::{LocationId, StockCountId, StorageAreaId, VariantId};
use entity::location;
use entity::stock_count::{self, Model};
use entity::words::{StockCountKind, StockCountStatus};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Statement};
use serde::Serialize;
use serde_json::json;

use super::select;
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Most variants that one count names or a rule chooses.
pub const MAX_CHOSEN: usize = 1_000;
/// Longest time that a rule looks back, in days.
const MAX_DAYS: i32 = 3_650;

/// A count to begin.
#[derive(Debug, Clone, Serialize)]
pub struct CreateCount {
    /// Where.
    pub location_id: LocationId,
    /// What is counted; `None` counts everything at the location.
    pub selection: Option<Selection>,
    /// Whether counters must not see what is expected.
    pub blind: bool,
    /// For the counters.
    pub note: String,
    /// The client's key: the same key begins one count.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Which goods are counted.
#[derive(Debug, Clone, Serialize)]
pub enum Selection {
    /// These, at most [`MAX_CHOSEN`].
    Variants(Vec<VariantId>),
    /// All that lies in a storage area.
    Area(StorageAreaId),
    /// What lies there and was in no accepted count for so many days, longest untouched first.
    NotCountedFor {
        /// Days.
        days: i32,
        /// At most so many variants.
        limit: i32,
    },
    /// What came and went most in so many days.
    MostMoved {
        /// Days.
        days: i32,
        /// At most so many variants.
        limit: i32,
    },
}

/// Begins a count; nobody counts yet. A fixed number of statements whatever is counted, three for each 500 named
/// variants.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND` for the location, the area or a variant, `REQUIRED` at `selection` when nothing
/// would be counted, `TOO_MANY`, `INVALID` for days and limits out of range, bundles and uncounted variants,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn create(ctx: &Ctx, input: CreateCount) -> Result<Model> {
    if !ctx.require(Permission::CountsWork)?.allows_location(input.location_id) {
        return Err(Error::not_found("location"));
    }
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let note = &text::note("note", &input.note, text::NOTE)?;
    check(input.selection.as_ref())?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = StockCountId(tx.new_uuid());
        if let Claim::Replayed(first) = idempotency::claim(tx, "stockCountCreate", key, hash, id.uuid()).await? {
            let stored = stock_count::Entity::find_by_id(StockCountId(first)).one(tx).await?;
            return stored.ok_or(Error::not_found("stockCount"));
        }
        location::Entity::find_by_id(input.location_id).one(tx).await?.ok_or(Error::not_found("location"))?;
        let count = insert(tx, id, input, note.clone()).await?;
        let lines = match &input.selection {
            Some(Selection::Variants(ids)) => select::named(tx, &count, ids).await?,
            chosen => select::chosen(tx, &count, chosen.as_ref()).await?,
        };
        if lines == 0 && count.kind == StockCountKind::Directed {
            return Err(Error::invalid(ErrorCode::Required, "selection"));
        }
        let payload =
            json!({ "number": count.number, "location_id": count.location_id, "kind": count.kind, "lines": lines });
        tx.event(NewEvent::new("stock_count_created", "stock_count", id.uuid()).payload(payload));
        Ok(count)
    })
    .await
}

async fn insert(tx: &Tx, id: StockCountId, input: &CreateCount, note: String) -> Result<Model> {
    let count = Model {
        id,
        number: number(tx).await?,
        location_id: input.location_id,
        kind: if input.selection.is_some() { StockCountKind::Directed } else { StockCountKind::Full },
        status: StockCountStatus::Open,
        blind: input.blind,
        note,
        round: 1,
        submitted_at: None,
        accepted_at: None,
        accepted_by: None,
        canceled_at: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    stock_count::Entity::insert(count.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(count)
}

/// The next number, such as `C-000123`.
async fn number(tx: &Tx) -> Result<String> {
    let sql = "UPDATE sequence SET value = value + 1 WHERE name = 'stock_count' RETURNING value";
    let row = tx
        .query_one_raw(Statement::from_string(tx.get_database_backend(), sql))
        .await?
        .ok_or_else(|| Error::Bug("the count number sequence is missing".to_owned()))?;
    let value: i64 = row.try_get("", "value")?;
    Ok(format!("C-{value:06}"))
}

fn check(selection: Option<&Selection>) -> Result<()> {
    let too_many =
        || Error::invalid_with(ErrorCode::TooMany, "selection.variantIds", vec![("max", MAX_CHOSEN.to_string())]);
    match selection {
        Some(Selection::Variants(ids)) if ids.is_empty() => Err(Error::invalid(ErrorCode::Required, "selection")),
        Some(Selection::Variants(ids)) if ids.len() > MAX_CHOSEN => Err(too_many()),
        Some(Selection::NotCountedFor { days, limit } | Selection::MostMoved { days, limit }) => {
            if !(1..=MAX_DAYS).contains(days) {
                return Err(Error::invalid(ErrorCode::Invalid, "selection.days"));
            }
            let fits = usize::try_from(*limit).is_ok_and(|limit| (1..=MAX_CHOSEN).contains(&limit));
            if fits { Ok(()) } else { Err(Error::invalid(ErrorCode::Invalid, "selection.limit")) }
        }
        Some(Selection::Variants(_) | Selection::Area(_)) | None => Ok(()),
    }
}
