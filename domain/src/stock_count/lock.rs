//! The only row lock of a count, and the one writer of its status.

use chrono::{DateTime, Utc};
use entity::id::StockCountId;
use entity::status::{StateMachine, StockCountAction};
use entity::stock_count::{self, Model};
use entity::stock_count_session;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;

use crate::kernel::event::NewEvent;
use crate::{Error, Result, Scope, Tx};

/// A count that the actor's permission reaches, locked. Error: `NOT_FOUND`.
pub(super) async fn lock(tx: &Tx, scope: &Scope, id: StockCountId) -> Result<Model> {
    stock_count::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx)
        .await?
        .filter(|count| scope.allows_location(count.location_id))
        .ok_or(Error::not_found("stockCount"))
}

/// Whether an action is possible now. Error: `INVALID_TRANSITION`.
pub(super) fn check(count: &Model, action: StockCountAction) -> Result<()> {
    let next = count.status.next(action);
    next.map(|_| ()).ok_or_else(|| Error::transition("stockCount", count.status, action))
}

/// Moves a locked count on, with whatever else the caller changed in it, and tells it. Error: `INVALID_TRANSITION`.
pub(super) async fn transition(tx: &Tx, mut count: Model, action: StockCountAction) -> Result<Model> {
    let from = count.status;
    count.status = from.next(action).ok_or_else(|| Error::transition("stockCount", from, action))?;
    let now: Option<DateTime<Utc>> = Some(tx.now());
    let kind = match action {
        StockCountAction::Start => "stock_count_started",
        StockCountAction::Submit => {
            count.submitted_at = now;
            "stock_count_submitted"
        }
        StockCountAction::Recount => {
            count.submitted_at = None;
            "stock_count_recounted"
        }
        StockCountAction::Accept => {
            count.accepted_at = now;
            count.accepted_by = tx.ctx().actor.staff_id();
            "stock_count_accepted"
        }
        StockCountAction::Cancel => {
            count.canceled_at = now;
            "stock_count_canceled"
        }
    };
    count.version += 1;
    count.updated_at = tx.now();
    let payload = json!({
        "number": count.number,
        "location_id": count.location_id,
        "round": count.round,
        "from": from,
        "to": count.status,
    });
    tx.event(NewEvent::new(kind, "stock_count", count.id.uuid()).payload(payload));
    Ok(count.into_active_model().reset_all().update(tx).await?)
}

/// Ends the sessions that are still open.
pub(super) async fn close_sessions(tx: &Tx, id: StockCountId) -> Result<()> {
    use stock_count_session::Column;
    stock_count_session::Entity::update_many()
        .col_expr(Column::ClosedAt, Expr::value(tx.now()))
        .filter(Column::StockCountId.eq(id))
        .filter(Column::ClosedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}
