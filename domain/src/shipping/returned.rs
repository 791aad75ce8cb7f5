//! A parcel came back: nobody took it, or its address was wrong. Its units go back into stock, and are sent again or
//! given up.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{
    EventId, FulfillmentOrderId, FulfillmentOrderLineId, OrderId, OrderLineId, ShipmentId, ShipmentLineId,
};
use entity::words::{
    CauseKind, DeliveryMethod, MovementKind, RefundReason, RoutingOccasion, StockState, TrackingSource, TrackingStatus,
};
use entity::{order, order_line, shipment};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QuerySelect};
use serde::Serialize;
use serde_json::json;

use super::contents::{self, Content};
use super::tracking::{self, Fact};
use crate::fulfillment::desk::{self, Reached};
use crate::fulfillment::makeup::Makeup;
use crate::fulfillment::progress;
use crate::fulfillment::reroute::{Reroute, reroute};
use crate::inventory::{self, Cause, Movement, unit};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Scope, Tx, text};
use crate::order::cancel_units::cancel_units;

/// Most lines of one call.
const MAX_LINES: usize = 500;

/// What happens to the units of a parcel that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Afterwards {
    /// They are sent again: new work is opened wherever routing finds them.
    Reship,
    /// They are canceled, and their money goes back.
    Cancel,
}

/// Units of a parcel, and the state in which they come back.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ReturnedLine {
    /// Which, by the parcel's line.
    pub line_id: ShipmentLineId,
    /// Units.
    pub quantity: i64,
    /// `AVAILABLE`, `DAMAGED` or `QUALITY_CONTROL`.
    pub state: StockState,
}

/// A parcel that came back.
#[derive(Debug, Clone, Serialize)]
pub struct ReturnParcel {
    /// Which.
    pub shipment_id: ShipmentId,
    /// In which state each unit came back; everything `AVAILABLE` when empty, else every unit of the parcel.
    pub lines: Vec<ReturnedLine>,
    /// What happens to them.
    pub then: Afterwards,
    /// Why, in words.
    pub note: Option<String>,
    /// The client's key: the same key takes the parcel back once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A parcel that was taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Returned {
    /// The parcel.
    pub shipment: shipment::Model,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// Takes a parcel back at the location that sent it. Its units go into stock there, the work and the orders' lines say
/// that they did not leave, and they are sent again or canceled with their money going back. Of a bundle, whole units
/// are sent again or canceled.
///
/// Errors: `FORBIDDEN` (canceling needs `orders.cancel`, too), `NOT_FOUND`, `INVALID_TRANSITION` for a parcel that did
/// not leave or came back before, `INVALID` for another state of stock, `INVALID_QUANTITY` when the lines are not all
/// units of the parcel, `IN_USE` when units of it are being returned already, `IDEMPOTENCY_KEY_REUSED`.
pub async fn returned(ctx: &Ctx, input: ReturnParcel) -> Result<Returned> {
    let scope = &ctx.require(Permission::FulfillmentWork)?;
    if input.then == Afterwards::Cancel {
        ctx.require(Permission::OrdersCancel)?;
    }
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    check(&input)?;
    let note = input.note.as_deref().map(|note| text::note("input.note", note, text::NOTE)).transpose()?;
    let (input, note) = (&input, &note);
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.shipment_id;
        if let Claim::Replayed(_) = idempotency::claim(tx, "shipmentReturned", key, hash, id.uuid()).await? {
            let found = shipment::Entity::find_by_id(id).one(tx).await?;
            return found.map(|shipment| Returned { shipment, replayed: true }).ok_or(Error::not_found("shipment"));
        }
        let shipment = Box::pin(take_back(tx, scope, input, note.as_deref())).await?;
        Ok(Returned { shipment, replayed: false })
    })
    .await
}

fn check(input: &ReturnParcel) -> Result<()> {
    if input.lines.len() > MAX_LINES {
        let max = vec![("max", MAX_LINES.to_string())];
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.lines", max));
    }
    for (place, line) in input.lines.iter().enumerate() {
        match line.state {
            StockState::Available | StockState::Damaged | StockState::QualityControl => {}
            StockState::Committed | StockState::Reserved | StockState::SafetyStock => {
                return Err(Error::invalid(ErrorCode::Invalid, format!("input.lines.{place}.disposition")));
            }
        }
        if line.quantity < 1 {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("input.lines.{place}.quantity")));
        }
    }
    Ok(())
}

/// A parcel that is being taken back, with its orders and work, all locked.
struct Open {
    parcel: shipment::Model,
    reached: Vec<Reached>,
    contents: Vec<Content>,
}

async fn take_back(tx: &Tx, scope: &Scope, input: &ReturnParcel, note: Option<&str>) -> Result<shipment::Model> {
    let open = open(tx, scope, input.shipment_id).await?;
    let states = states(&open.contents, &input.lines)?;
    let orders: BTreeMap<OrderId, order::Model> =
        open.reached.iter().map(|reached| (reached.order.id, reached.order.clone())).collect();
    if input.then == Afterwards::Cancel {
        let may = tx.ctx().require(Permission::OrdersCancel)?;
        if orders.values().any(|order| !may.allows(order.channel_id, order.location_id)) {
            return Err(Error::Forbidden { permission: Permission::OrdersCancel.as_str() });
        }
    }
    let parcel = tracking::come_back(tx, &open.parcel).await?;
    let event_id = tell(tx, &parcel, &orders, input);
    let back = lower(tx, &open).await?;
    restock(tx, &open, &states, &back.tracked, event_id).await?;
    unit::return_parcel(tx, parcel.location_id, parcel.id).await?;
    if input.then == Afterwards::Cancel {
        // An order that was closed is open again before it is given up.
        desk::refresh(tx, orders.keys().copied()).await?;
    }
    for (order_id, units) in &back.units {
        let Some(order) = orders.get(order_id) else { continue };
        match input.then {
            Afterwards::Cancel => {
                cancel_units(tx, order, units, RefundReason::Returned, note).await?;
            }
            Afterwards::Reship => {
                let method = method(&open, *order_id);
                let (units, occasion) = (units.clone(), RoutingOccasion::Move);
                reroute(
                    tx,
                    order,
                    Reroute { units, method, pickup_location_id: None, occasion, replaces: None, collector_name: None },
                )
                .await?;
            }
        }
    }
    desk::refresh(tx, orders.keys().copied()).await?;
    let fact = Fact {
        status: TrackingStatus::ReturnToSender,
        description: String::new(),
        place: None,
        occurred_at: tx.now(),
        external_id: None,
    };
    tracking::record(tx, std::slice::from_ref(&parcel), &[(parcel.id, fact)], TrackingSource::Staff).await?;
    shipment::Entity::find_by_id(parcel.id).one(tx).await?.ok_or(Error::not_found("shipment"))
}

/// How the parcel went to the customer of an order.
fn method(open: &Open, order_id: OrderId) -> DeliveryMethod {
    let work = open.reached.iter().find(|reached| reached.order.id == order_id);
    work.map_or(DeliveryMethod::Ship, |reached| reached.work.method)
}

/// Locks orders, work and parcel, in this order. Errors: `NOT_FOUND`, `INVALID_TRANSITION`.
async fn open(tx: &Tx, scope: &Scope, id: ShipmentId) -> Result<Open> {
    let seen = shipment::Entity::find_by_id(id).one(tx).await?;
    seen.filter(|parcel| scope.allows_location(parcel.location_id)).ok_or(Error::not_found("shipment"))?;
    let contents = contents::contents(tx, &[id]).await?.remove(&id).unwrap_or_default();
    let orders: BTreeSet<OrderId> = contents.iter().map(|content| content.sold.order_id).collect();
    let work: BTreeSet<FulfillmentOrderId> =
        contents.iter().map(|content| content.piece.fulfillment_order_id).collect();
    let reached = desk::lock(tx, orders, work).await?;
    let parcel =
        shipment::Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Error::not_found("shipment"))?;
    let state = match &parcel {
        parcel if parcel.voided_at.is_some() => Some("VOIDED"),
        parcel if parcel.returned_at.is_some() => Some("RETURNED"),
        parcel if parcel.shipped_at.is_none() => Some("PACKED"),
        _ => None,
    };
    match state {
        Some(state) => Err(tracking::refused(state, "RETURN")),
        None => Ok(Open { parcel, reached, contents }),
    }
}

/// How many units of each line of work come back in which state.
type States = Vec<(FulfillmentOrderLineId, i64, StockState)>;

/// Error: `INVALID_QUANTITY` when the lines are not exactly the units of the parcel.
fn states(contents: &[Content], lines: &[ReturnedLine]) -> Result<States> {
    if lines.is_empty() {
        let all = contents.iter().map(|content| (content.piece.id, content.line.quantity, StockState::Available));
        return Ok(all.collect());
    }
    let mut states = States::new();
    for content in contents {
        let mine: Vec<&ReturnedLine> = lines.iter().filter(|line| line.line_id == content.line.id).collect();
        let sum = mine.iter().fold(0_i64, |sum, line| sum.saturating_add(line.quantity));
        if sum != content.line.quantity {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, "input.lines"));
        }
        states.extend(mine.iter().map(|line| (content.piece.id, line.quantity, line.state)));
    }
    let known = |line: &ReturnedLine| contents.iter().any(|content| content.line.id == line.line_id);
    if lines.iter().all(known) { Ok(states) } else { Err(Error::not_found("shipmentLine")) }
}

fn tell(tx: &Tx, parcel: &shipment::Model, orders: &BTreeMap<OrderId, order::Model>, input: &ReturnParcel) -> EventId {
    let customer = orders.values().find_map(|order| order.customer_id);
    let payload = json!({
        "order_ids": orders.keys().collect::<Vec<_>>(),
        "location_id": parcel.location_id,
        "then": input.then,
    });
    tx.event(NewEvent::new("shipment_returned", "shipment", parcel.id.uuid()).customer(customer).payload(payload))
}

/// What did not leave after all.
struct Back {
    /// Whole units per order and line.
    units: BTreeMap<OrderId, Vec<(OrderLineId, i64)>>,
    /// Lines of work whose stock is counted.
    tracked: BTreeSet<FulfillmentOrderLineId>,
}

/// Lowers what left, of the work and of the orders' lines. The work gives the units up: whoever sends them again gets
/// work of its own. Error: `IN_USE`.
async fn lower(tx: &Tx, open: &Open) -> Result<Back> {
    let ids: Vec<OrderId> =
        open.reached.iter().map(|reached| reached.order.id).collect::<BTreeSet<_>>().into_iter().collect();
    let mut makeup = Makeup::read(tx, &ids).await?;
    let mut tracked = BTreeSet::new();
    let mut touched: BTreeSet<OrderLineId> = BTreeSet::new();
    for Reached { work, lines, .. } in &open.reached {
        let mut lines = lines.clone();
        for line in &mut lines {
            let inside = open.contents.iter().filter(|content| content.piece.id == line.id);
            let quantity: i64 = inside.map(|content| content.line.quantity).sum();
            if quantity == 0 {
                continue;
            }
            line.fulfilled -= quantity;
            line.rejected += quantity;
            line.picked = (line.picked - quantity).max(0);
            line.packed = (line.packed - quantity).max(0);
            touched.insert(line.order_line_id);
            if makeup.is_tracked(line.variant_id) {
                tracked.insert(line.id);
            }
        }
        makeup.update(&lines);
        progress::settle(tx, work.clone(), &lines).await?;
    }
    let mut units: BTreeMap<OrderId, Vec<(OrderLineId, i64)>> = BTreeMap::new();
    let mut rows = Vec::new();
    for id in touched {
        let (fulfilled, line) = (makeup.fulfilled(id)?, makeup.line(id)?);
        if fulfilled < line.return_requested {
            return Err(Error::invalid(ErrorCode::InUse, "input.shipmentId"));
        }
        if fulfilled < line.fulfilled {
            units.entry(line.order_id).or_default().push((id, line.fulfilled - fulfilled));
            rows.push(order_line::Model { fulfilled, ..line.clone() }.into_active_model().reset_all());
        }
    }
    let changed = OnConflict::column(order_line::Column::Id).update_column(order_line::Column::Fulfilled).to_owned();
    for some in rows.chunks(500) {
        let insert = order_line::Entity::insert_many(some.iter().cloned()).on_conflict(changed.clone());
        insert.exec_without_returning(tx).await?;
    }
    Ok(Back { units, tracked })
}

async fn restock(
    tx: &Tx,
    open: &Open,
    states: &States,
    tracked: &BTreeSet<FulfillmentOrderLineId>,
    event_id: EventId,
) -> Result<()> {
    let piece = |id: FulfillmentOrderLineId| open.contents.iter().find(|content| content.piece.id == id);
    let movements: Vec<Movement> = states
        .iter()
        .filter(|(id, ..)| tracked.contains(id))
        .filter_map(|(id, quantity, state)| {
            Some(Movement {
                location_id: open.parcel.location_id,
                variant_id: piece(*id)?.piece.variant_id,
                kind: MovementKind::Received,
                from: None,
                to: Some(*state),
                quantity: *quantity,
                cause: Cause::of(CauseKind::FulfillmentOrderLine, id.uuid()),
                event_id,
            })
        })
        .collect();
    inventory::post(tx, &movements).await
}
