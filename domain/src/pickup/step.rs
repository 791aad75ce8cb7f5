//! A pickup as such: its locks in their order, and the one writer of its status.

use entity::id::PickupId;
use entity::status::{PickupAction, StateMachine};
use entity::words::FulfillmentOrderStatus;
use entity::{fulfillment_order, fulfillment_order_line, order, pickup};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QuerySelect};
use serde_json::json;

use crate::fulfillment::work;
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::order as orders;

/// A pickup with its order and work, all locked.
pub(super) struct Locked {
    pub(super) order: order::Model,
    pub(super) work: fulfillment_order::Model,
    pub(super) lines: Vec<fulfillment_order_line::Model>,
    pub(super) pickup: pickup::Model,
}

/// Locks order, work and pickup, in this order. Error: `NOT_FOUND`.
pub(super) async fn lock(tx: &Tx, id: PickupId) -> Result<Locked> {
    let missing = || Error::not_found("pickup");
    let known = pickup::Entity::find_by_id(id).one(tx).await?.ok_or_else(missing)?;
    let order = orders::lock_one(tx, known.order_id).await?;
    let (work, lines) = work::lock(tx, [known.fulfillment_order_id]).await?.pop().ok_or_else(missing)?;
    let pickup = pickup::Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or_else(missing)?;
    Ok(Locked { order, work, lines, pickup })
}

impl Locked {
    /// Whether its goods are still to be brought from elsewhere.
    pub(super) const fn waits(&self) -> bool {
        matches!(self.work.status, FulfillmentOrderStatus::Scheduled) && self.work.location_id.is_some()
    }

    /// Error: `STALE_VERSION`.
    pub(super) fn check_version(&self, expected: Option<i32>) -> Result<()> {
        crate::kernel::version::check(expected, self.pickup.version)
    }

    /// Moves the pickup on, writes its row with whatever else was changed in it, and tells it.
    /// Error: `INVALID_TRANSITION`.
    pub(super) async fn go(&mut self, tx: &Tx, action: PickupAction) -> Result<()> {
        let from = self.pickup.status;
        self.pickup.status = from.next(action).ok_or_else(|| Error::transition("pickup", from, action))?;
        let payload = json!({
            "order_id": self.order.id,
            "location_id": self.pickup.location_id,
            "fulfillment_order_id": self.pickup.fulfillment_order_id,
            "from": from,
            "to": self.pickup.status,
        });
        self.tell(tx, told(action), payload);
        self.write(tx).await
    }

    /// Whether an action is possible now. Error: `INVALID_TRANSITION`.
    pub(super) fn check(&self, action: PickupAction) -> Result<()> {
        let from = self.pickup.status;
        from.next(action).map(|_| ()).ok_or_else(|| Error::transition("pickup", from, action))
    }

    /// Writes the row.
    pub(super) async fn write(&mut self, tx: &Tx) -> Result<()> {
        self.pickup.version += 1;
        self.pickup.updated_at = tx.now();
        self.pickup = self.pickup.clone().into_active_model().reset_all().update(tx).await?;
        Ok(())
    }

    /// Tells what happened to the pickup; the event's id.
    pub(super) fn tell(&self, tx: &Tx, kind: &'static str, payload: serde_json::Value) -> entity::id::EventId {
        let event = NewEvent::new(kind, "pickup", self.pickup.id.uuid());
        tx.event(event.customer(self.order.customer_id).payload(payload))
    }

    /// Error of something that only a pickup which waits allows.
    pub(super) fn refuse(&self, action: &'static str) -> Error {
        let allowed = self.pickup.status.supported_actions();
        Error::InvalidTransition {
            machine: "pickup",
            from: self.pickup.status.to_string(),
            action: action.to_owned(),
            allowed: allowed.iter().map(ToString::to_string).collect(),
        }
    }
}

const fn told(action: PickupAction) -> &'static str {
    match action {
        PickupAction::Arrive => "pickup_goods_arrived",
        PickupAction::Start => "pickup_started",
        PickupAction::PutBack => "pickup_put_back",
        PickupAction::FallShort => "pickup_short",
        PickupAction::MakeReady => "pickup_ready",
        PickupAction::Unready => "pickup_unreadied",
        PickupAction::Wait => "pickup_waits",
        PickupAction::Await => "pickup_awaits_transfer",
        PickupAction::CollectPart => "pickup_partly_collected",
        PickupAction::Collect => "pickup_collected",
        PickupAction::Expire => "pickup_expired",
        PickupAction::Cancel => "pickup_canceled",
    }
}

/// A quantity that was asked for and is not there.
pub(super) fn bad_quantity(index: usize, max: i64) -> Error {
    Error::invalid_with(ErrorCode::InvalidQuantity, format!("lines.{index}.quantity"), vec![("max", max.to_string())])
}
