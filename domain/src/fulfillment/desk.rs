//! What those who work on fulfillment orders share: work within their reach, locked with its order.

use std::collections::BTreeSet;

use entity::id::{FulfillmentOrderId, LocationId, OrderId};
use entity::words::{DeliveryMethod, FulfillmentOrderStatus};
use entity::{fulfillment_order, fulfillment_order_line, order};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::work;
use crate::kernel::{Error, ErrorCode, Permission, Result, Scope, Tx, version};

/// Most fulfillment orders of one call.
pub const MAX_AT_ONCE: usize = 100;

/// A fulfillment order that a clerk means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkRef {
    /// Which.
    pub id: FulfillmentOrderId,
    /// The version that the clerk saw; another one is `STALE_VERSION`.
    pub expected_version: Option<i32>,
}

/// Locked work within reach, with its locked order.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) order: order::Model,
    pub(crate) work: fulfillment_order::Model,
    pub(crate) lines: Vec<fulfillment_order_line::Model>,
}

impl Reached {
    /// The location of the work. Parked work has none. Error: `INVALID_TRANSITION`.
    pub(crate) fn location(&self, verb: &str) -> Result<LocationId> {
        self.work.location_id.ok_or_else(|| refused(&self.work, verb))
    }
}

/// Work at these locations; parked work is within reach only of those who work everywhere.
pub(crate) fn within(scope: &Scope) -> Condition {
    match scope.locations() {
        Some(only) => Condition::all().add(fulfillment_order::Column::LocationId.is_in(only)),
        None => Condition::all(),
    }
}

fn holds(only: Option<&BTreeSet<LocationId>>, place: Option<LocationId>) -> bool {
    only.is_none_or(|only| place.is_some_and(|place| only.contains(&place)))
}

/// Locks the orders of work in id order, then the work, and reads its lines; by id of the work. Four statements.
/// Errors: `FORBIDDEN`, `NOT_FOUND` for work that is missing or out of reach.
pub(crate) async fn reach(tx: &Tx, ids: impl IntoIterator<Item = FulfillmentOrderId>) -> Result<Vec<Reached>> {
    let scope = tx.ctx().require(Permission::FulfillmentWork)?;
    let ids: BTreeSet<FulfillmentOrderId> = ids.into_iter().collect();
    let seen = fulfillment_order::Entity::find()
        .filter(fulfillment_order::Column::Id.is_in(ids.iter().copied()))
        .filter(within(&scope))
        .all(tx)
        .await?;
    if seen.len() != ids.len() {
        return Err(Error::not_found("fulfillmentOrder"));
    }
    let reached = lock(tx, seen.iter().map(|work| work.order_id), ids).await?;
    let only = scope.locations();
    // It may have gone elsewhere while this waited for the locks.
    if reached.iter().all(|reached| holds(only.as_ref(), reached.work.location_id)) {
        Ok(reached)
    } else {
        Err(Error::not_found("fulfillmentOrder"))
    }
}

/// Like [`reach`], one piece of work that must be of the version the clerk saw.
pub(crate) async fn reach_one(tx: &Tx, wanted: WorkRef) -> Result<Reached> {
    let reached = reach(tx, [wanted.id]).await?.pop().ok_or(Error::not_found("fulfillmentOrder"))?;
    version::check(wanted.expected_version, reached.work.version)?;
    Ok(reached)
}

/// Locks orders, then work of them, whoever asks.
pub(crate) async fn lock(
    tx: &Tx,
    orders: impl IntoIterator<Item = OrderId>,
    ids: impl IntoIterator<Item = FulfillmentOrderId>,
) -> Result<Vec<Reached>> {
    let orders = crate::order::lock(tx, orders).await?;
    let work = work::lock(tx, ids).await?;
    work.into_iter()
        .map(|(work, lines)| {
            let order = orders.iter().find(|order| order.id == work.order_id).cloned();
            let order = order.ok_or_else(|| Error::Bug("work changed its order".to_owned()))?;
            Ok(Reached { order, work, lines })
        })
        .collect()
}

/// Goods that a customer collects or took along have steps of their own. Error: `PICKUP_WORK`.
pub(crate) fn by_parcel(work: &fulfillment_order::Model) -> Result<()> {
    match work.method {
        DeliveryMethod::Ship | DeliveryMethod::LocalDelivery => Ok(()),
        DeliveryMethod::Pickup | DeliveryMethod::CarryOut => {
            Err(Error::invalid(ErrorCode::PickupWork, "input.fulfillmentOrderId"))
        }
    }
}

/// Passes in these states. Error: `INVALID_TRANSITION` for what the state machine has no action of its own.
pub(crate) fn in_states(work: &fulfillment_order::Model, states: &[FulfillmentOrderStatus], verb: &str) -> Result<()> {
    if states.contains(&work.status) { Ok(()) } else { Err(refused(work, verb)) }
}

pub(crate) fn refused(work: &fulfillment_order::Model, verb: &str) -> Error {
    use entity::status::StateMachine;
    Error::InvalidTransition {
        machine: "fulfillmentOrder",
        from: work.status.to_string(),
        action: verb.to_owned(),
        allowed: work.status.supported_actions().iter().map(ToString::to_string).collect(),
    }
}

/// Brings the orders of work up to it, each once.
pub(crate) async fn refresh(tx: &Tx, orders: impl IntoIterator<Item = OrderId>) -> Result<()> {
    let orders: BTreeSet<OrderId> = orders.into_iter().collect();
    // Boxed: every command of this area carries it.
    Box::pin(crate::order::refresh_all(tx, &orders)).await?;
    Ok(())
}
