//! The end of a reservation: sold at a till, given up, or over.

use entity::id::{OrderId, StoreReservationId};
use entity::status::{StateMachine, StoreReservationAction};
use entity::words::StoreReservationStatus;
use entity::{location, store_reservation, store_reservation_line};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::hash;
use crate::inventory::{self, hold};
use crate::kernel::event::NewEvent;
use crate::kernel::{Actor, Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Reservations looked at in one go.
const AT_ONCE: u64 = 100;

/// Gives a reservation up: its customer, or staff who may hold stock at its store. Errors: `NOT_FOUND`,
/// `INVALID_TRANSITION` when it is over.
pub async fn cancel(ctx: &Ctx, id: StoreReservationId) -> Result<store_reservation::Model> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let row = lock(tx, id).await?.filter(|row| may_end(tx.ctx(), row));
        let row = row.ok_or(Error::not_found("storeReservation"))?;
        end(tx, row, StoreReservationAction::Cancel).await
    })
    .await
}

fn may_end(ctx: &Ctx, row: &store_reservation::Model) -> bool {
    match &ctx.actor {
        Actor::System => true,
        Actor::Customer { id, .. } => row.customer_id == Some(*id),
        Actor::Staff { .. } | Actor::App { .. } => {
            ctx.require(Permission::StockHold).is_ok_and(|scope| scope.allows_location(row.location_id))
        }
        Actor::Guest { .. } | Actor::Device(_) => false,
    }
}

pub(super) async fn lock(tx: &Tx, id: StoreReservationId) -> Result<Option<store_reservation::Model>> {
    Ok(store_reservation::Entity::find_by_id(id).lock_exclusive().one(tx).await?)
}

/// Ends a locked reservation: its goods are free again. Error: `INVALID_TRANSITION`.
async fn end(
    tx: &Tx,
    row: store_reservation::Model,
    action: StoreReservationAction,
) -> Result<store_reservation::Model> {
    let from = row.status;
    let to = from.next(action).ok_or_else(|| Error::transition("storeReservation", from, action))?;
    let kind = match action {
        StoreReservationAction::Sell => "store_reservation_sold",
        StoreReservationAction::Expire => "store_reservation_expired",
        StoreReservationAction::Cancel => "store_reservation_canceled",
    };
    let event = NewEvent::new(kind, "store_reservation", row.id.uuid()).customer(row.customer_id);
    let event_id = tx.event(event.payload(json!({ "location_id": row.location_id, "from": from, "to": to })));
    let lines = lines(tx, row.id).await?;
    let holds: Vec<_> = lines.iter().filter_map(|line| line.stock_hold_id).collect();
    inventory::post(tx, &hold::take_back(tx, &holds, event_id).await?).await?;
    let version = row.version + 1;
    let row = store_reservation::Model { status: to, closed_at: Some(tx.now()), version, updated_at: tx.now(), ..row };
    Ok(row.into_active_model().reset_all().update(tx).await?)
}

async fn lines(tx: &Tx, id: StoreReservationId) -> Result<Vec<store_reservation_line::Model>> {
    let mine = store_reservation_line::Column::StoreReservationId.eq(id);
    let lines = store_reservation_line::Entity::find().filter(mine);
    Ok(lines.order_by_asc(store_reservation_line::Column::Id).all(tx).await?)
}

/// Frees the goods of the reservation whose code was shown at a store, for a sale in the same transaction, and marks it
/// sold. What was reserved is returned. Errors: `INVALID_CODE`, `INVALID_TRANSITION`.
pub(crate) async fn sell(
    tx: &Tx,
    store: &location::Model,
    code: &str,
    order_id: OrderId,
) -> Result<Vec<store_reservation_line::Model>> {
    let wrong = || Error::invalid(ErrorCode::InvalidCode, "input.reservationCode");
    let hash = hash(&tx.ctx().services.secrets, store.id, code);
    let found = store_reservation::Entity::find()
        .filter(store_reservation::Column::LocationId.eq(store.id))
        .filter(store_reservation::Column::CodeHash.eq(hash))
        .lock_exclusive()
        .one(tx)
        .await?
        .ok_or_else(wrong)?;
    let lines = lines(tx, found.id).await?;
    let ended = end(tx, found, StoreReservationAction::Sell).await?;
    // The order's row comes at the end of the transaction; so does what points to it.
    let change = sea_orm::sea_query::Query::update()
        .table(store_reservation::Entity)
        .value(store_reservation::Column::OrderId, order_id)
        .and_where(store_reservation::Column::Id.eq(ended.id))
        .to_owned();
    tx.write_last(change);
    Ok(lines)
}

/// Ends every reservation whose time is over.
pub async fn attend_due(ctx: &Ctx) -> Result<()> {
    loop {
        let due = store_reservation::Entity::find()
            .filter(store_reservation::Column::Status.eq(StoreReservationStatus::Open))
            .filter(store_reservation::Column::ExpiresAt.lte(ctx.now()))
            .order_by_asc(store_reservation::Column::ExpiresAt)
            .limit(AT_ONCE)
            .all(&ctx.db())
            .await?;
        let mut some = 0_u32;
        for row in due {
            some += u32::from(expire(ctx, row.id).await?);
        }
        if some == 0 {
            return Ok(());
        }
    }
}

async fn expire(ctx: &Ctx, id: StoreReservationId) -> Result<bool> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let over =
            |row: &store_reservation::Model| row.status == StoreReservationStatus::Open && row.expires_at <= tx.now();
        let Some(row) = lock(tx, id).await?.filter(over) else { return Ok(false) };
        end(tx, row, StoreReservationAction::Expire).await?;
        Ok(true)
    })
    .await
}
