//! Holds: a cart's claim on a channel's pool, or units that a person puts aside at a location. A hold counts for
//! nothing from the moment it expires, swept or not.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{EventId, LocationId, StockHoldId, VariantId};
use entity::stock_hold;
use entity::words::{CauseKind, MovementKind, StockState};
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde_json::json;

use super::level::Key;
use super::movement::{Cause, MAX_QUANTITY, Movement};
use super::{post, query};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

pub(crate) use super::place_hold::release_last;
pub use super::place_hold::{place, release_for_cart};

/// Longest time for which a person may put stock aside.
const LONGEST: TimeDelta = TimeDelta::days(90);

/// Stock to put aside.
#[derive(Debug, Clone, Serialize)]
pub struct PutAside {
    /// Where.
    pub location_id: LocationId,
    /// What.
    pub variant_id: VariantId,
    /// Units.
    pub quantity: i64,
    /// For whom or what.
    pub note: Option<String>,
    /// Until when; at most 90 days ahead.
    pub expires_at: DateTime<Utc>,
    /// The client's key: the same key puts aside once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Puts free units aside at a location. Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_QUANTITY`, `INVALID_DATE`,
/// `INSUFFICIENT_STOCK`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn put_aside(ctx: &Ctx, input: PutAside) -> Result<stock_hold::Model> {
    let scope = ctx.require(Permission::StockHold)?;
    if !scope.allows_location(input.location_id) {
        return Err(Error::not_found("location"));
    }
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let note = input.note.as_deref().map(|note| text::line("note", note, text::LINE)).transpose()?;
    if !(1..=MAX_QUANTITY).contains(&input.quantity) {
        return Err(Error::invalid(ErrorCode::InvalidQuantity, "quantity"));
    }
    let input = &input;
    let (note, key, hash) = (&note, &key, &hash);
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = StockHoldId(tx.new_uuid());
        if let Claim::Replayed(first) = idempotency::claim(tx, "stockHold", key, hash, id.uuid()).await? {
            // It may be over by now; what was answered then stands in the input.
            let stored = query::hold(tx, StockHoldId(first)).await?;
            return Ok(stored.unwrap_or_else(|| row(tx, StockHoldId(first), input, note.clone())));
        }
        if input.expires_at <= tx.now() || input.expires_at > tx.now() + LONGEST {
            return Err(Error::invalid(ErrorCode::InvalidDate, "expiresAt"));
        }
        super::subject::check(tx, &[input.location_id], &[input.variant_id]).await?;
        let event_id = tx.event(
            NewEvent::new("stock_held", "location", input.location_id.uuid())
                .payload(json!({ "hold_id": id, "variant_ids": [input.variant_id], "quantity": input.quantity })),
        );
        post(tx, &[put(&row(tx, id, input, None), event_id)?]).await?;
        let row = row(tx, id, input, note.clone());
        stock_hold::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
        Ok(row)
    })
    .await
}

/// Where and until when a step puts units aside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aside {
    pub location_id: LocationId,
    pub expires_at: DateTime<Utc>,
    /// The event that the movements name.
    pub event_id: EventId,
}

/// Puts units of several variants aside, one hold each. Error: `INSUFFICIENT_STOCK`.
pub(crate) async fn put_lines(tx: &Tx, aside: Aside, units: &[(VariantId, i64)]) -> Result<Vec<stock_hold::Model>> {
    let holds: Vec<stock_hold::Model> = units
        .iter()
        .map(|(variant_id, quantity)| stock_hold::Model {
            id: StockHoldId(tx.new_uuid()),
            channel_id: None,
            location_id: Some(aside.location_id),
            variant_id: *variant_id,
            quantity: *quantity,
            cart_id: None,
            note: None,
            created_at: tx.now(),
            expires_at: aside.expires_at,
        })
        .collect();
    let movements: Vec<Movement> = holds.iter().map(|hold| put(hold, aside.event_id)).collect::<Result<_>>()?;
    post(tx, &movements).await?;
    let rows = holds.iter().cloned().map(|hold| hold.into_active_model().reset_all());
    stock_hold::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(holds)
}

/// Takes holds away that are still there; the movements that free their units are for the caller to post.
pub(crate) async fn take_back(tx: &Tx, ids: &[StockHoldId], event_id: EventId) -> Result<Vec<Movement>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mine = stock_hold::Column::Id.is_in(ids.iter().copied());
    let found = stock_hold::Entity::find().filter(mine.clone()).order_by_asc(stock_hold::Column::Id).lock_exclusive();
    let found = found.all(tx).await?;
    stock_hold::Entity::delete_many().filter(mine).exec(tx).await?;
    found.iter().map(|hold| give_back(hold, event_id)).collect()
}

fn row(tx: &Tx, id: StockHoldId, input: &PutAside, note: Option<String>) -> stock_hold::Model {
    stock_hold::Model {
        id,
        channel_id: None,
        location_id: Some(input.location_id),
        variant_id: input.variant_id,
        quantity: input.quantity,
        cart_id: None,
        note: note.filter(|note| !note.is_empty()),
        created_at: tx.now(),
        expires_at: input.expires_at,
    }
}

fn put(hold: &stock_hold::Model, event_id: EventId) -> Result<Movement> {
    let back = give_back(hold, event_id)?;
    Ok(Movement { from: back.to, to: back.from, ..back })
}

/// The movement that returns a put-aside hold's units.
fn give_back(hold: &stock_hold::Model, event_id: EventId) -> Result<Movement> {
    let location_id = hold.location_id.ok_or_else(|| Error::Bug("a pool hold moves no stock".to_owned()))?;
    Ok(Movement {
        location_id,
        variant_id: hold.variant_id,
        kind: MovementKind::Moved,
        from: Some(StockState::Reserved),
        to: Some(StockState::Available),
        quantity: hold.quantity,
        cause: Cause::of(CauseKind::Hold, hold.id.uuid()),
        event_id,
    })
}

/// A hold to give up.
#[derive(Debug, Clone, Serialize)]
pub struct Release {
    /// Which.
    pub hold_id: StockHoldId,
    /// The client's key: the same key releases once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// What a released hold leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Released {
    /// Whether the same key did it before; `level` is then unknown.
    pub replayed: bool,
    /// Where the units are free again.
    pub level: Option<Key>,
}

/// Gives put-aside units back before their time. Errors: `FORBIDDEN`, `NOT_FOUND` when it is over or elsewhere,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn release(ctx: &Ctx, input: Release) -> Result<Released> {
    let scope = ctx.require(Permission::StockHold)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let (scope, key, hash) = (&scope, &key, &hash);
    ctx.write(|tx| async move {
        let tx = &tx;
        if let Claim::Replayed(_) = idempotency::claim(tx, "stockHoldRelease", key, hash, input.hold_id.uuid()).await? {
            return Ok(Released { replayed: true, level: None });
        }
        let hold = stock_hold::Entity::find_by_id(input.hold_id)
            .filter(stock_hold::Column::LocationId.is_not_null())
            .lock_exclusive()
            .one(tx)
            .await?
            .ok_or(Error::not_found("stockHold"))?;
        let location_id =
            hold.location_id.filter(|id| scope.allows_location(*id)).ok_or(Error::not_found("stockHold"))?;
        stock_hold::Entity::delete_by_id(hold.id).exec(tx).await?;
        let event_id = tx.event(
            NewEvent::new("stock_hold_released", "location", location_id.uuid())
                .payload(json!({ "hold_id": hold.id, "variant_ids": [hold.variant_id], "quantity": hold.quantity })),
        );
        post(tx, &[give_back(&hold, event_id)?]).await?;
        Ok(Released { replayed: false, level: Some((location_id, hold.variant_id)) })
    })
    .await
}

/// Takes expired put-aside holds of some levels away and returns the movements that free their units. Holds that
/// another transaction is working on are left to it.
pub(super) async fn take_expired(tx: &Tx, keys: &[Key]) -> Result<Vec<Movement>> {
    use stock_hold::Column;
    let at = keys.iter().fold(Condition::any(), |any, (location, variant)| {
        any.add(Column::LocationId.eq(*location).and(Column::VariantId.eq(*variant)))
    });
    let expired = stock_hold::Entity::find()
        .filter(Column::ExpiresAt.lte(tx.now()))
        .filter(at)
        .order_by_asc(Column::Id)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    end(tx, &expired).await
}

/// Deletes expired holds; returns the movements that free the units of put-aside ones.
async fn end(tx: &Tx, expired: &[stock_hold::Model]) -> Result<Vec<Movement>> {
    if expired.is_empty() {
        return Ok(Vec::new());
    }
    stock_hold::Entity::delete_many()
        .filter(stock_hold::Column::Id.is_in(expired.iter().map(|hold| hold.id)))
        .exec(tx)
        .await?;
    expired
        .iter()
        .filter_map(|hold| Some((hold, hold.location_id?)))
        .map(|(hold, location_id)| {
            let event = NewEvent::new("stock_hold_expired", "location", location_id.uuid())
                .payload(json!({ "hold_id": hold.id, "variant_ids": [hold.variant_id], "quantity": hold.quantity }));
            give_back(hold, tx.event(event))
        })
        .collect()
}

/// Sweeps up to `limit` expired holds: put-aside units become free, pool holds vanish. Returns how many were swept; a
/// caller goes on while it gets `limit`. Seven statements for up to 500 holds.
pub async fn expire_due(ctx: &Ctx, limit: u64) -> Result<u64> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let expired = stock_hold::Entity::find()
            .filter(stock_hold::Column::ExpiresAt.lte(tx.now()))
            .order_by_asc(stock_hold::Column::ExpiresAt)
            .limit(limit)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(tx)
            .await?;
        let movements = end(tx, &expired).await?;
        post(tx, &movements).await?;
        Ok(u64::try_from(expired.len()).unwrap_or(u64::MAX))
    })
    .await
}
