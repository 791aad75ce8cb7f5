//! A purchase order that is about to change: its row locked, its lines, and how it is written back.

use entity::id::{EventId, PurchaseOrderId, VariantId};
use entity::status::{PurchaseOrderAction, StateMachine};
use entity::words::PurchaseOrderStatus;
use entity::{purchase_order, purchase_order_line, shipping_notice};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::{Value, json};

use super::query;
use crate::kernel::event::NewEvent;
use crate::kernel::version;
use crate::transfer::command::{Ask, Done};
use crate::{Error, Result, Scope, Tx};

/// A locked purchase order.
#[derive(Debug, Clone)]
pub(super) struct Locked {
    pub(super) head: purchase_order::Model,
    /// Its lines, by variant.
    pub(super) lines: Vec<purchase_order_line::Model>,
}

/// Whether a command goes ahead.
#[derive(Debug)]
pub(super) enum Begun {
    /// The same key did it before.
    Replayed(Done<purchase_order::Model>),
    /// Go on.
    Fresh(Locked),
}

/// Claims the key and locks the purchase order. Errors: `NOT_FOUND` for one of a place out of reach, `STALE_VERSION`,
/// `IDEMPOTENCY_KEY_REUSED`.
pub(super) async fn begin(
    tx: &Tx,
    ask: &Ask,
    scope: &Scope,
    id: PurchaseOrderId,
    expected_version: Option<i32>,
) -> Result<Begun> {
    let replayed = ask.claim(tx, id.uuid()).await?.is_some();
    let found = purchase_order::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    let head = found.filter(|row| scope.allows_location(row.location_id));
    let head = head.ok_or(Error::not_found("purchaseOrder"))?;
    if replayed {
        return Ok(Begun::Replayed(Done { row: head, replayed }));
    }
    version::check(expected_version, head.version)?;
    let lines = query::lines(tx, &[id]).await?;
    Ok(Begun::Fresh(Locked { head, lines }))
}

impl Locked {
    /// Where an action leads. Error: `INVALID_TRANSITION`.
    pub(super) fn next(&self, action: PurchaseOrderAction) -> Result<PurchaseOrderStatus> {
        let from = self.head.status;
        from.next(action).ok_or_else(|| Error::transition("purchaseOrder", from, action))
    }

    /// Units of each line that are still expected.
    pub(super) fn outstanding(&self) -> Vec<(VariantId, i64)> {
        self.lines.iter().map(|line| (line.variant_id, outstanding(line))).collect()
    }

    /// Appends an event about it, with `facts`.
    pub(super) fn tell(&self, tx: &Tx, kind: &'static str, facts: &Value) -> EventId {
        let mut payload = json!({ "number": self.head.number, "location_id": self.head.location_id });
        if let (Some(payload), Some(facts)) = (payload.as_object_mut(), facts.as_object()) {
            payload.extend(facts.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        tx.event(NewEvent::new(kind, "purchase_order", self.head.id.uuid()).payload(payload))
    }

    /// Writes the purchase order and its lines back, one version on. Two statements, one more at its end.
    pub(super) async fn save(mut self, tx: &Tx, status: PurchaseOrderStatus) -> Result<Done<purchase_order::Model>> {
        self.head.status = status;
        self.head.version += 1;
        self.head.updated_at = tx.now();
        if matches!(status, PurchaseOrderStatus::Received | PurchaseOrderStatus::Canceled) {
            self.head.closed_at = Some(tx.now());
            end_notices(tx, self.head.id).await?;
        }
        save_lines(tx, self.lines).await?;
        let row = self.head.into_active_model().reset_all().update(tx).await?;
        Ok(Done { row, replayed: false })
    }
}

/// What was announced and did not come is not expected any more.
async fn end_notices(tx: &Tx, id: PurchaseOrderId) -> Result<()> {
    use shipping_notice::Column;
    shipping_notice::Entity::update_many()
        .col_expr(Column::CanceledAt, Expr::value(Some(tx.now())))
        .filter(Column::PurchaseOrderId.eq(id))
        .filter(Column::ReceivedAt.is_null())
        .filter(Column::CanceledAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Writes lines, whether they are new or not. One statement.
pub(super) async fn save_lines(tx: &Tx, lines: Vec<purchase_order_line::Model>) -> Result<()> {
    use purchase_order_line::Column;
    if lines.is_empty() {
        return Ok(());
    }
    let written = [
        Column::Quantity,
        Column::UnitCost,
        Column::Received,
        Column::Damaged,
        Column::Closed,
        Column::DiscrepancyReason,
    ];
    purchase_order_line::Entity::insert_many(lines.into_iter().map(|line| line.into_active_model().reset_all()))
        .on_conflict(OnConflict::column(Column::Id).update_columns(written).to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Units of a line that are still expected; zero when more came than was ordered.
#[must_use]
pub(super) fn outstanding(line: &purchase_order_line::Model) -> i64 {
    (line.quantity - line.received - line.damaged - line.closed).max(0)
}

/// Units of a line that may still arrive: what is expected and what may come beyond.
pub(super) fn acceptable(head: &purchase_order::Model, line: &purchase_order_line::Model) -> i64 {
    let beyond = line.quantity * i64::from(head.over_delivery_percent) / 100;
    (line.quantity + beyond - line.received - line.damaged - line.closed).max(0)
}
