//! A transfer that is about to change: its row locked, its lines, who may touch it, and how it is written back.

use entity::id::{EventId, LocationId, TransferId, VariantId};
use entity::status::{StateMachine, TransferAction};
use entity::words::{CauseKind, MovementKind, StockState, TransferStatus};
use entity::{transfer, transfer_line};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QuerySelect};
use serde_json::{Value, json};

use super::command::{Ask, Done};
use super::query;
use crate::inventory::{Cause, Movement};
use crate::kernel::event::NewEvent;
use crate::kernel::version;
use crate::{Error, Permission, Result, Scope, Tx};

/// A locked transfer.
#[derive(Debug, Clone)]
pub(super) struct Locked {
    pub(super) transfer: transfer::Model,
    /// Its lines, by variant.
    pub(super) lines: Vec<transfer_line::Model>,
}

/// Whether a command goes ahead.
#[derive(Debug)]
pub(super) enum Begun {
    /// The same key did it before.
    Replayed(Done<transfer::Model>),
    /// Go on.
    Fresh(Locked),
}

/// On which side of a transfer a person must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Sender,
    Receiver,
    Either,
}

/// Claims the key and locks the transfer. Errors: `NOT_FOUND` for one between places out of reach, `STALE_VERSION`,
/// `IDEMPOTENCY_KEY_REUSED`.
pub(super) async fn begin(
    tx: &Tx,
    ask: &Ask,
    scope: &Scope,
    id: TransferId,
    expected_version: Option<i32>,
) -> Result<Begun> {
    let replayed = ask.claim(tx, id.uuid()).await?.is_some();
    let found = transfer::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    let reached = |row: &transfer::Model| allows(scope, row, Side::Either);
    let transfer = found.filter(reached).ok_or(Error::not_found("transfer"))?;
    if replayed {
        return Ok(Begun::Replayed(Done { row: transfer, replayed }));
    }
    version::check(expected_version, transfer.version)?;
    let lines = query::lines(tx, &[id]).await?;
    Ok(Begun::Fresh(Locked { transfer, lines }))
}

fn allows(scope: &Scope, transfer: &transfer::Model, side: Side) -> bool {
    let (from, to) = (scope.allows_location(transfer.from_location_id), scope.allows_location(transfer.to_location_id));
    match side {
        Side::Sender => from,
        Side::Receiver => to,
        Side::Either => from || to,
    }
}

impl Locked {
    /// Error: `FORBIDDEN` for who may see the transfer from the other side only.
    pub(super) fn require(&self, scope: &Scope, side: Side) -> Result<()> {
        if allows(scope, &self.transfer, side) {
            return Ok(());
        }
        Err(Error::Forbidden { permission: Permission::TransfersWork.as_str() })
    }

    /// Where an action leads. Error: `INVALID_TRANSITION`.
    pub(super) fn next(&self, action: TransferAction) -> Result<TransferStatus> {
        let from = self.transfer.status;
        from.next(action).ok_or_else(|| Error::transition("transfer", from, action))
    }

    /// The variants of its lines.
    pub(super) fn variants(&self) -> Vec<VariantId> {
        self.lines.iter().map(|line| line.variant_id).collect()
    }

    /// Appends an event about it, with the places, the variants and `facts`.
    pub(super) fn tell(&self, tx: &Tx, kind: &'static str, facts: &Value) -> EventId {
        let transfer = &self.transfer;
        let mut payload = json!({
            "number": transfer.number,
            "from_location_id": transfer.from_location_id,
            "to_location_id": transfer.to_location_id,
            "fulfillment_order_id": transfer.fulfillment_order_id,
            "variant_ids": self.variants(),
        });
        if let (Some(payload), Some(facts)) = (payload.as_object_mut(), facts.as_object()) {
            payload.extend(facts.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        tx.event(NewEvent::new(kind, "transfer", transfer.id.uuid()).payload(payload))
    }

    /// Writes the transfer and its lines back, one version on. Two statements.
    pub(super) async fn save(mut self, tx: &Tx, status: TransferStatus) -> Result<Done<transfer::Model>> {
        self.transfer.status = status;
        self.transfer.version += 1;
        self.transfer.updated_at = tx.now();
        if matches!(status, TransferStatus::Received | TransferStatus::Canceled) {
            self.transfer.closed_at = Some(tx.now());
        }
        save_lines(tx, self.lines).await?;
        let row = self.transfer.into_active_model().reset_all().update(tx).await?;
        Ok(Done { row, replayed: false })
    }
}

/// Writes lines, whether they are new or not. One statement.
pub(super) async fn save_lines(tx: &Tx, lines: Vec<transfer_line::Model>) -> Result<()> {
    use transfer_line::Column;
    if lines.is_empty() {
        return Ok(());
    }
    let written = [
        Column::Quantity,
        Column::Dispatched,
        Column::Received,
        Column::Damaged,
        Column::Missing,
        Column::WrittenBack,
        Column::DiscrepancyReason,
    ];
    transfer_line::Entity::insert_many(lines.into_iter().map(|line| line.into_active_model().reset_all()))
        .on_conflict(OnConflict::column(Column::Id).update_columns(written).to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Units of a line that are under way.
pub(super) const fn under_way(line: &transfer_line::Model) -> i64 {
    line.dispatched - line.received - line.damaged - line.missing - line.written_back
}

/// A way that units of a line take at one location.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) place: LocationId,
    pub(super) kind: MovementKind,
    pub(super) from: Option<StockState>,
    pub(super) to: Option<StockState>,
}

impl Way {
    /// Put aside at the sender.
    pub(super) const fn aside(place: LocationId) -> Self {
        Self { place, kind: MovementKind::Moved, from: Some(StockState::Available), to: Some(StockState::Reserved) }
    }

    /// Free again.
    pub(super) const fn free(place: LocationId) -> Self {
        Self { place, kind: MovementKind::Moved, from: Some(StockState::Reserved), to: Some(StockState::Available) }
    }

    /// Leaves the sender.
    pub(super) const fn out(place: LocationId) -> Self {
        Self { place, kind: MovementKind::TransferOut, from: Some(StockState::Reserved), to: None }
    }

    /// Arrives in a state.
    pub(super) const fn into(place: LocationId, state: StockState) -> Self {
        Self { place, kind: MovementKind::TransferIn, from: None, to: Some(state) }
    }

    /// The movement of some units of a line; `None` of none.
    pub(super) fn of(self, line: &transfer_line::Model, quantity: i64, event_id: EventId) -> Option<Movement> {
        (quantity > 0).then(|| Movement {
            location_id: self.place,
            variant_id: line.variant_id,
            kind: self.kind,
            from: self.from,
            to: self.to,
            quantity,
            cause: Cause::of(CauseKind::TransferLine, line.id.uuid()),
            event_id,
        })
    }
}
