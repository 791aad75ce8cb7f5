//! A return that is about to change: order and row locked in this order, its lines, and the one writer of its status.

use entity::id::{EventId, ReturnId};
use entity::status::{ReturnAction, StateMachine};
use entity::words::ReturnStatus;
use entity::{order, return_line, returns};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::access::{self, Hands};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, Result, Tx, version};
use crate::order as orders;

/// A return with its order, both locked.
#[derive(Debug, Clone)]
pub(crate) struct Locked {
    /// The order; none of a blind return.
    pub order: Option<order::Model>,
    /// Its row.
    pub row: returns::Model,
    /// Its lines, oldest first.
    pub lines: Vec<return_line::Model>,
}

/// Locks a return for whoever may touch it. Errors: `NOT_FOUND`, `INVALID_CODE`, `FORBIDDEN`, `STALE_VERSION`.
pub(super) async fn lock(
    tx: &Tx,
    id: ReturnId,
    token: Option<&str>,
    expected_version: Option<i32>,
) -> Result<(Locked, Hands)> {
    let missing = || Error::not_found("return");
    let known = returns::Entity::find_by_id(id).one(tx).await?.ok_or_else(missing)?;
    let hands = access::hands(tx.ctx(), &known, token)?;
    let order = match known.order_id {
        Some(order) => Some(orders::lock_one(tx, order).await?),
        None => None,
    };
    let row = returns::Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or_else(missing)?;
    version::check(expected_version, row.version)?;
    let lines = return_line::Entity::find()
        .filter(return_line::Column::ReturnId.eq(id))
        .order_by_asc(return_line::Column::Id)
        .all(tx)
        .await?;
    Ok((Locked { order, row, lines }, hands))
}

impl Locked {
    /// Takes a step of the machine and tells it; nothing is written yet. Error: `INVALID_TRANSITION`.
    pub(super) fn go(&mut self, tx: &Tx, action: ReturnAction) -> Result<EventId> {
        let from = self.row.status;
        self.row.status = from.next(action).ok_or_else(|| Error::transition("return", from, action))?;
        if self.row.status == ReturnStatus::Closed {
            self.row.closed_at = Some(tx.now());
        }
        Ok(self.tell(tx, told(action), &json!({ "from": from, "to": self.row.status })))
    }

    /// Whether a step is possible. Error: `INVALID_TRANSITION`.
    pub(super) fn check(&self, action: ReturnAction) -> Result<()> {
        let from = self.row.status;
        from.next(action).map(|_| ()).ok_or_else(|| Error::transition("return", from, action))
    }

    /// Tells what happened, with what handlers need.
    pub(super) fn tell(&self, tx: &Tx, kind: &'static str, facts: &Value) -> EventId {
        let mut payload = json!({
            "number": self.row.number,
            "order_id": self.row.order_id,
            "kind": self.row.kind,
            "location_id": self.row.lodged_location_id,
        });
        if let (Some(all), Some(more)) = (payload.as_object_mut(), facts.as_object()) {
            all.extend(more.clone());
        }
        let event = NewEvent::new(kind, "return", self.row.id.uuid());
        tx.event(event.customer(self.row.customer_id).payload(payload))
    }

    /// Writes row and lines, and brings the order up to its facts. Call it last.
    pub(super) async fn save(mut self, tx: &Tx) -> Result<returns::Model> {
        self.row.version += 1;
        self.row.updated_at = tx.now();
        let row = self.row.clone().into_active_model().reset_all().update(tx).await?;
        let changed = OnConflict::column(return_line::Column::Id)
            .update_columns([return_line::Column::Received, return_line::Column::Inspected])
            .to_owned();
        let lines = self.lines.into_iter().map(|line| line.into_active_model().reset_all());
        return_line::Entity::insert_many(lines).on_conflict(changed).exec_without_returning(tx).await?;
        if let Some(order) = &self.order {
            orders::refresh(tx, order.id).await?;
        }
        Ok(row)
    }
}

const fn told(action: ReturnAction) -> &'static str {
    match action {
        ReturnAction::Approve => "return_approved",
        ReturnAction::Decline => "return_declined",
        ReturnAction::Send => "return_sent",
        ReturnAction::ReceivePart => "return_partly_received",
        ReturnAction::Receive => "return_received",
        ReturnAction::Inspect => "return_inspected",
        ReturnAction::Close => "return_closed",
        ReturnAction::Reopen => "return_reopened",
        ReturnAction::Cancel => "return_canceled",
    }
}
