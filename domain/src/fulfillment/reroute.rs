//! Routing units of an order again: a location gave them back, a customer chose again, or staff moved them.

use std::collections::{BTreeSet, HashMap};

use entity::id::{FulfillmentOrderId, LocationId, OrderLineId, VariantId};
use entity::words::{DeliveryMethod, ParkingReason, RefundReason, RoutingOccasion};
use entity::{fulfillment_order, fulfillment_rejection, order, order_line, pickup, variant};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::json;

use super::pickup_row;
use super::place::{self, take_stock, tell_opened};
use super::plan::{self, Ask, Routed, Wanted};
use super::rows::{self, SHIP_WITHIN, Work};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, Result, Tx};
use crate::order::cancel_units;
use crate::routing::allocation::Assignment;
use crate::routing::{self, Shortfall};

/// Units of an order to route again.
#[derive(Clone, Debug)]
pub(crate) struct Reroute {
    /// Sellable units per line of the order; bundles whole.
    pub units: Vec<(OrderLineId, i64)>,
    /// How they reach the customer now.
    pub method: DeliveryMethod,
    /// Where they are collected; needed for `PICKUP`, meaningless otherwise.
    pub pickup_location_id: Option<LocationId>,
    /// Why.
    pub occasion: RoutingOccasion,
    /// The work that they were part of; its promise stays.
    pub replaces: Option<FulfillmentOrderId>,
    /// Who collects them, when the customer named somebody.
    pub collector_name: Option<String>,
}

/// Routes units again, by the rules of the order's channel and never to a location that rejected their line: opens the
/// work, commits its stock, and parks what nobody serves (`SCHEDULED`, without a location, `UNFILLABLE`); what a rule
/// cancels is canceled, and its money goes back. Stores why.
/// Units to collect get pickups of their own. The caller has locked the order, released the old stock, ended or reduced
/// the old work and written the rejections; it refreshes the order afterwards.
///
/// Statements, whatever the number of lines: order lines, variants, rejections, replaced work, what [`plan::route`]
/// reads, work, work lines, and what `inventory::post` needs. Errors: `NOT_FOUND` for a line of another order;
/// `CONFLICT` when a race was lost, so that the command runs again.
pub(crate) async fn reroute(tx: &Tx, order: &order::Model, request: Reroute) -> Result<Vec<fulfillment_order::Model>> {
    reroute_all(tx, vec![(order.clone(), request)]).await
}

/// Like [`reroute`], one after the other: each sees the stock that those before it left. What can be read beforehand is
/// read once for all.
pub(crate) async fn reroute_all(
    tx: &Tx,
    mut requests: Vec<(order::Model, Reroute)>,
) -> Result<Vec<fulfillment_order::Model>> {
    requests.retain(|(_, request)| request.units.iter().any(|(_, units)| *units > 0));
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let known = Known::read(tx, &requests).await?;
    let mut opened = Vec::new();
    for (order, request) in &requests {
        opened.extend(one(tx, &known, order, request).await?);
    }
    Ok(opened)
}

async fn one(tx: &Tx, known: &Known, order: &order::Model, request: &Reroute) -> Result<Vec<fulfillment_order::Model>> {
    let (lines, ask) = known.ask(tx, order, request)?;
    let mut routed = plan::route(tx, &ask).await?;
    let canceled: Vec<(OrderLineId, i64)> = std::mem::take(&mut routed.plan.canceled)
        .into_iter()
        .filter_map(|(line, units)| Some((lines.get(line)?.id, units)))
        .collect();
    let work = open(tx, order, &lines, &routed, request).await?;
    if !canceled.is_empty() {
        cancel_units::cancel_units(tx, order, &canceled, RefundReason::Unfillable, None).await?;
    }
    Ok(work)
}

/// Sends for units of waiting work from other locations, all of them or none: opens the transfers and puts their goods
/// aside. `false` when the store takes nothing from elsewhere or the others do not have it all. The caller has locked the
/// order and the work, which goes on waiting at its store; its promise is the one after the arrival.
pub(crate) async fn send_for(
    tx: &Tx,
    order: &order::Model,
    work: &mut fulfillment_order::Model,
    (store, units): (LocationId, &[(OrderLineId, i64)]),
) -> Result<bool> {
    let request = Reroute {
        units: units.to_vec(),
        method: DeliveryMethod::Pickup,
        pickup_location_id: Some(store),
        occasion: RoutingOccasion::Change,
        replaces: Some(work.id),
        collector_name: None,
    };
    let requests = [(order.clone(), request)];
    let known = Known::read(tx, &requests).await?;
    let [(order, request)] = &requests;
    let (lines, mut ask) = known.ask(tx, order, request)?;
    // What the store has does not suffice; all of it comes together.
    for wanted in &mut ask.wanted {
        wanted.never.insert(store);
    }
    if work.parked_as.is_some() {
        // It is served in its turn, and its own claim does not stand in its way.
        ask.order_id = Some(order.id);
        ask.after = Some((work.fulfill_by, work.id));
    }
    let routed = plan::route(tx, &ask).await?;
    if routed.plan.assignments.iter().any(|assignment| assignment.from.is_none()) {
        return Ok(false);
    }
    let Some(planned) = rows::work(tx, order.id, &routed, &lines)?.pop() else { return Ok(false) };
    work.fulfill_by = planned.head.fulfill_by;
    work.routed_at = Some(tx.now());
    routing::decision::store(tx, order.id, &routed.plan, RoutingOccasion::Change, Some(work.id));
    let movements = place::send_for(tx, (work.id, store), &planned.brought).await?;
    crate::inventory::post(tx, &movements).await?;
    Ok(true)
}

/// A line as its units reach the customer now.
fn on_its_way(line: &order_line::Model, request: &Reroute) -> order_line::Model {
    let pickup_location_id = request.pickup_location_id;
    order_line::Model { delivery: request.method, pickup_location_id, ..line.clone() }
}

/// What is read of all requests beforehand; four statements.
pub(super) struct Known {
    lines: Vec<order_line::Model>,
    never: HashMap<OrderLineId, BTreeSet<LocationId>>,
    variants: HashMap<VariantId, variant::Model>,
    replaced: Vec<fulfillment_order::Model>,
}

impl Known {
    pub(super) async fn read(tx: &Tx, requests: &[(order::Model, Reroute)]) -> Result<Self> {
        let ids: BTreeSet<OrderLineId> =
            requests.iter().flat_map(|(_, request)| &request.units).map(|(line, _)| *line).collect();
        let lines = order_line::Entity::find()
            .filter(order_line::Column::Id.is_in(ids.iter().copied()))
            .order_by_asc(order_line::Column::Id)
            .all(tx)
            .await?;
        let never = rejections(tx, &ids).await?;
        let variants = variants(tx, lines.iter().map(|line| line.variant_id).collect()).await?;
        let replaced: Vec<FulfillmentOrderId> = requests.iter().filter_map(|(_, request)| request.replaces).collect();
        let replaced = if replaced.is_empty() {
            Vec::new()
        } else {
            fulfillment_order::Entity::find().filter(fulfillment_order::Column::Id.is_in(replaced)).all(tx).await?
        };
        Ok(Self { lines, never, variants, replaced })
    }

    /// The lines, with the method that they have now, and what is asked about them.
    pub(super) fn ask(
        &self,
        tx: &Tx,
        order: &order::Model,
        request: &Reroute,
    ) -> Result<(Vec<order_line::Model>, Ask)> {
        let ids: BTreeSet<OrderLineId> = request.units.iter().map(|(line, _)| *line).collect();
        let mine = |line: &&order_line::Model| line.order_id == order.id && ids.contains(&line.id);
        let lines: Vec<order_line::Model> =
            self.lines.iter().filter(mine).map(|line| on_its_way(line, request)).collect();
        if lines.len() != ids.len() {
            return Err(Error::not_found("orderLine"));
        }
        let bound_to = match request.method {
            DeliveryMethod::Pickup => {
                Some(request.pickup_location_id.ok_or_else(|| Error::Bug("a pickup without a place".to_owned()))?)
            }
            DeliveryMethod::CarryOut => {
                return Err(Error::Bug("goods that were carried out are not routed".to_owned()));
            }
            DeliveryMethod::Ship | DeliveryMethod::LocalDelivery => None,
        };
        let mut wanted = Vec::with_capacity(lines.len());
        for line in &lines {
            let units = request.units.iter().filter(|(id, _)| *id == line.id).map(|(_, units)| *units);
            wanted.push(Wanted {
                variant: self.variants.get(&line.variant_id).cloned().ok_or(Error::not_found("variant"))?,
                quantity: units.sum(),
                method: request.method,
                bound_to,
                never: self.never.get(&line.id).cloned().unwrap_or_default(),
            });
        }
        let ask = Ask {
            channel_id: order.channel_id,
            cart_id: None,
            order_id: None,
            after: None,
            wanted,
            target: order.shipping_address.clone(),
            promise: self.promise(tx, request),
            shortfall: Shortfall::Park,
            ignores_claims: false,
            brings: true,
        };
        Ok((lines, ask))
    }

    /// A parcel that is routed again was promised before.
    fn promise(&self, tx: &Tx, request: &Reroute) -> chrono::DateTime<chrono::Utc> {
        let replaced = self.replaced.iter().find(|work| Some(work.id) == request.replaces);
        let promised = replaced.filter(|work| work.method == request.method).and_then(|work| work.fulfill_by);
        promised.unwrap_or(tx.now() + SHIP_WITHIN)
    }
}

/// The locations that rejected each line.
pub(super) async fn rejections(
    tx: &Tx,
    lines: &BTreeSet<OrderLineId>,
) -> Result<HashMap<OrderLineId, BTreeSet<LocationId>>> {
    let rows = fulfillment_rejection::Entity::find()
        .filter(fulfillment_rejection::Column::OrderLineId.is_in(lines.iter().copied()))
        .all(tx)
        .await?;
    let mut never: HashMap<OrderLineId, BTreeSet<LocationId>> = HashMap::new();
    for row in rows {
        never.entry(row.order_line_id).or_default().insert(row.location_id);
    }
    Ok(never)
}

pub(super) async fn variants(tx: &Tx, ids: BTreeSet<VariantId>) -> Result<HashMap<VariantId, variant::Model>> {
    let rows = variant::Entity::find().filter(variant::Column::Id.is_in(ids)).all(tx).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Units that a rule gives up go on waiting.
pub(super) fn park_given_up(routed: &mut Routed) {
    let given_up = std::mem::take(&mut routed.plan.canceled);
    routed.plan.assignments.extend(given_up.into_iter().map(|(line, quantity)| Assignment {
        line,
        location_id: None,
        from: None,
        quantity,
        parked_as: Some(ParkingReason::Unfillable),
    }));
}

/// Writes the work of a plan, tells of it, stores why and commits the stock.
pub(super) async fn open(
    tx: &Tx,
    order: &order::Model,
    lines: &[order_line::Model],
    routed: &Routed,
    request: &Reroute,
) -> Result<Vec<fulfillment_order::Model>> {
    let (occasion, replaces) = (request.occasion, request.replaces);
    let work = rows::work(tx, order.id, routed, lines)?;
    let event_id = tell_routed(tx, order, occasion, replaces);
    insert(tx, &work).await?;
    insert_pickups(tx, &work, request).await?;
    for work in &work {
        tell_opened(tx, order, &work.head);
    }
    routing::decision::store(tx, order.id, &routed.plan, occasion, replaces);
    take_stock(tx, &work, event_id).await?;
    Ok(work.into_iter().map(|work| work.head).collect())
}

/// Records that units of an order were routed again; its movements name the event.
pub(super) fn tell_routed(
    tx: &Tx,
    order: &order::Model,
    occasion: RoutingOccasion,
    replaces: Option<FulfillmentOrderId>,
) -> entity::id::EventId {
    let payload = json!({ "occasion": occasion, "fulfillment_order_id": replaces });
    tx.event(NewEvent::new("order_rerouted", "order", order.id.uuid()).customer(order.customer_id).payload(payload))
}

/// What is collected has a pickup from the beginning.
async fn insert_pickups(tx: &Tx, work: &[Work], request: &Reroute) -> Result<()> {
    let rows = work.iter().filter_map(|work| pickup_row::of(tx, &work.head, request.pickup_location_id));
    let rows: Vec<_> = rows
        .map(|row| pickup::Model { collector_name: request.collector_name.clone(), ..row })
        .map(|row| row.into_active_model().reset_all())
        .collect();
    if !rows.is_empty() {
        pickup::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Inserts work at once: what follows in the transaction reads it.
pub(super) async fn insert(tx: &Tx, work: &[Work]) -> Result<()> {
    if work.is_empty() {
        return Ok(());
    }
    let heads = work.iter().map(|work| work.head.clone().into_active_model().reset_all());
    fulfillment_order::Entity::insert_many(heads).exec_without_returning(tx).await?;
    let lines: Vec<_> = work.iter().flat_map(|work| &work.lines).map(|(line, _)| line.clone()).collect();
    for some in lines.chunks(1_000) {
        let rows = some.iter().cloned().map(|line| line.into_active_model().reset_all());
        entity::fulfillment_order_line::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}
