//! Serving the work of one order that waits without a location, as far as stock allows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, LocationId, OrderId, OrderLineId};
use entity::status::FulfillmentOrderAction;
use entity::words::{DeliveryMethod, FulfillmentOrderStatus, ParkingReason, RoutingOccasion};
use entity::{fulfillment_order, fulfillment_order_line, order, order_line, pickup};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::pickup_row;
use super::place::{take_stock, tell_opened};
use super::plan::{self, Ask, Parts, Routed, Wanted};
use super::reroute::{self, insert, park_given_up, rejections, tell_routed, variants};
use super::rows::{self, SHIP_WITHIN, Work};
use super::work::{self as steps, Work as Locked};
use crate::kernel::{Error, Result, Tx};
use crate::routing::{self, Shortfall};
use crate::{inventory::demand::Goods, order as orders};

/// Who wants waiting work served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Stock arrived: what was promised earlier goes first.
    Arrival,
    /// A person decides: nobody else's claim counts.
    Hand,
}

/// Units of one line of the order in one piece of waiting work.
struct Piece {
    /// Which of the waiting work.
    work: usize,
    line: OrderLineId,
}

/// Serves the order's waiting work, all of it together, so that an order that waits to be whole is sent whole. Work that
/// one location serves goes there as it is; other work is divided, and what nobody serves goes on waiting. Answers the
/// work that has a location now; none when nothing could be served, and then nothing is written.
pub(super) async fn release(tx: &Tx, id: OrderId, by: By) -> Result<Vec<fulfillment_order::Model>> {
    let order = orders::lock_one(tx, id).await?;
    let parked: Vec<Locked> = steps::lock_of_order(tx, id).await?.into_iter().filter(is_parked).collect();
    let Some(first) = parked.iter().min_by_key(|(head, _)| turn(head)) else { return Ok(Vec::new()) };
    let replaces = first.0.id;
    let (pieces, ask) = ask(tx, &order, &parked, by).await?;
    let mut routed = plan::route(tx, &ask).await?;
    // Work that waits is not given up because stock arrived for something else.
    park_given_up(&mut routed);
    let changes = divide(tx, &parked, &pieces, &routed);
    let brought = bring(tx, &order, &parked, &changes, &pieces, &ask).await?;
    if changes.is_empty() {
        if !brought.is_empty() {
            orders::refresh(tx, id).await?;
        }
        return Ok(brought);
    }
    let event_id = tell_routed(tx, &order, RoutingOccasion::Arrival, Some(replaces));
    let mut served = Vec::new();
    for change in changes {
        served.extend(write(tx, &order, change).await?);
    }
    routing::decision::store(tx, id, &routed.plan, RoutingOccasion::Arrival, Some(replaces));
    take_stock(tx, &served, event_id).await?;
    orders::refresh(tx, id).await?;
    Ok(served.into_iter().map(|work| work.head).chain(brought).collect())
}

/// Sends for the goods of pickups that their own store does not serve, where it takes goods from elsewhere: all of a
/// pickup or nothing.
async fn bring(
    tx: &Tx,
    order: &order::Model,
    parked: &[Locked],
    changes: &[Change],
    pieces: &[Piece],
    ask: &Ask,
) -> Result<Vec<fulfillment_order::Model>> {
    let mut brought = Vec::new();
    for (index, (head, lines)) in parked.iter().enumerate() {
        if changes.iter().any(|change| change.head.id == head.id) {
            continue;
        }
        let mine: Vec<_> = pieces.iter().zip(&ask.wanted).filter(|(piece, _)| piece.work == index).collect();
        let Some(store) = mine.first().and_then(|(_, wanted)| wanted.bound_to) else { continue };
        let named: BTreeSet<OrderLineId> = lines.iter().map(|line| line.order_line_id).collect();
        if head.method != DeliveryMethod::Pickup || named.len() != mine.len() {
            continue;
        }
        let units: Vec<_> = mine.iter().map(|(piece, wanted)| (piece.line, wanted.quantity)).collect();
        let mut head = head.clone();
        if !Box::pin(reroute::send_for(tx, order, &mut head, (store, &units))).await? {
            continue;
        }
        let head = fulfillment_order::Model {
            location_id: Some(store),
            parked_as: None,
            version: head.version + 1,
            updated_at: tx.now(),
            ..head
        };
        pickup_row::awaits(tx, order, head.id).await?;
        brought.push(head.into_active_model().reset_all().update(tx).await?);
    }
    Ok(brought)
}

/// Waits without a location, untouched.
fn is_parked((head, lines): &Locked) -> bool {
    let untouched = lines.iter().all(|line| line.picked + line.packed + line.fulfilled + line.rejected == 0);
    head.status == FulfillmentOrderStatus::Scheduled && head.location_id.is_none() && untouched
}

/// Oldest promise first; what was promised for no day comes last.
fn turn(head: &fulfillment_order::Model) -> (bool, Option<chrono::DateTime<chrono::Utc>>, FulfillmentOrderId) {
    (head.fulfill_by.is_none(), head.fulfill_by, head.id)
}

async fn ask(tx: &Tx, order: &order::Model, parked: &[Locked], by: By) -> Result<(Vec<Piece>, Ask)> {
    let ids: BTreeSet<OrderLineId> =
        parked.iter().flat_map(|(_, lines)| lines).map(|line| line.order_line_id).collect();
    let lines = order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(order.id))
        .filter(order_line::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(order_line::Column::Id)
        .all(tx)
        .await?;
    let never = rejections(tx, &ids).await?;
    let sold = variants(tx, lines.iter().map(|line| line.variant_id).collect()).await?;
    let bundles: Vec<_> = sold.values().filter(|variant| variant.is_bundle).map(|variant| variant.id).collect();
    let goods = if bundles.is_empty() { Goods::default() } else { Goods::load(tx, &bundles).await? };
    let stores = stores(tx, parked).await?;
    let (mut pieces, mut wanted) = (Vec::new(), Vec::new());
    for (index, (head, work_lines)) in parked.iter().enumerate() {
        for line in &lines {
            let Some(variant) = sold.get(&line.variant_id) else { continue };
            let parts = plan::parts_of(variant, &goods)?;
            let Some(quantity) = whole_units(work_lines, line.id, &parts) else { continue };
            pieces.push(Piece { work: index, line: line.id });
            wanted.push(Wanted {
                variant: variant.clone(),
                quantity,
                method: head.method,
                bound_to: stores.get(&head.id).copied(),
                never: never.get(&line.id).cloned().unwrap_or_default(),
            });
        }
    }
    let first = parked.iter().map(|(head, _)| head).min_by_key(|head| turn(head));
    let promised = parked.iter().filter_map(|(head, _)| head.fulfill_by.filter(|by| *by > tx.now())).min();
    let ask = Ask {
        channel_id: order.channel_id,
        cart_id: None,
        order_id: Some(order.id),
        after: first.map(|head| (head.fulfill_by, head.id)),
        wanted,
        target: order.shipping_address.clone(),
        promise: promised.unwrap_or(tx.now() + SHIP_WITHIN),
        shortfall: Shortfall::Park,
        ignores_claims: by == By::Hand,
        // The store's own stock goes first; what it does not have is sent for as a whole, see `bring`.
        brings: false,
    };
    Ok((pieces, ask))
}

/// Where waiting work by pickup is collected: its pickup knows, a line may be collected in more than one store.
async fn stores(tx: &Tx, parked: &[Locked]) -> Result<HashMap<FulfillmentOrderId, LocationId>> {
    let collected = parked.iter().map(|(head, _)| head).filter(|head| head.method == DeliveryMethod::Pickup);
    let ids: Vec<FulfillmentOrderId> = collected.map(|head| head.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = pickup::Entity::find().filter(pickup::Column::FulfillmentOrderId.is_in(ids)).all(tx).await?;
    Ok(found.into_iter().map(|pickup| (pickup.fulfillment_order_id, pickup.location_id)).collect())
}

/// Sold units of a line in some work; `None` when its parts are not those of whole units any more.
fn whole_units(lines: &[fulfillment_order_line::Model], line: OrderLineId, parts: &Parts) -> Option<i64> {
    let mine: Vec<_> = lines.iter().filter(|row| row.order_line_id == line).collect();
    let mut units = parts.iter().map(|(variant, per_unit, _)| {
        let there: i64 = mine.iter().filter(|row| row.variant_id == *variant).map(|row| row.quantity).sum();
        let whole = there.checked_div(*per_unit)?;
        (whole.checked_mul(*per_unit)? == there).then_some(whole)
    });
    let first = units.next()??;
    let same = units.all(|other| other == Some(first));
    let known = mine.iter().all(|row| parts.iter().any(|(variant, ..)| *variant == row.variant_id));
    (first > 0 && same && known).then_some(first)
}

/// What becomes of one piece of waiting work.
struct Change {
    head: fulfillment_order::Model,
    /// The lines it keeps, each with whether its stock is counted.
    keeps: Vec<(fulfillment_order_line::Model, bool)>,
    /// Whether it goes to the location in `head`, or goes on waiting with fewer units.
    goes: bool,
    /// Work that is made of the rest.
    made: Vec<Work>,
}

/// Divides the waiting work as the plan says; work that stays as it is has no change.
fn divide(tx: &Tx, parked: &[Locked], pieces: &[Piece], routed: &Routed) -> Vec<Change> {
    parked.iter().enumerate().filter_map(|(index, work)| divide_one(tx, index, work, pieces, routed)).collect()
}

fn divide_one(tx: &Tx, index: usize, work: &Locked, pieces: &[Piece], routed: &Routed) -> Option<Change> {
    let (head, lines) = work;
    let mine = routed.plan.assignments.iter().filter_map(|assignment| {
        let piece = pieces.get(assignment.line).filter(|piece| piece.work == index)?;
        Some((assignment, piece.line, routed.parts.get(assignment.line)?))
    });
    let mut places: BTreeMap<LocationId, Vec<(fulfillment_order_line::Model, bool)>> = BTreeMap::new();
    let mut left: Vec<(fulfillment_order_line::Model, bool)> =
        lines.iter().map(|line| (line.clone(), is_counted(line, pieces, routed))).collect();
    for (assignment, order_line, parts) in mine {
        let Some(place) = assignment.location_id else { continue };
        for (variant, per_unit, counted) in parts {
            let quantity = per_unit.saturating_mul(assignment.quantity);
            let row = left.iter_mut().find(|(row, _)| row.order_line_id == order_line && row.variant_id == *variant)?;
            row.0.quantity -= quantity;
            places
                .entry(place)
                .or_default()
                .push((fulfillment_order_line::Model { quantity, ..row.0.clone() }, *counted));
        }
    }
    left.retain(|(row, _)| row.quantity > 0);
    // A pickup is handed over whole.
    if places.is_empty() || (head.method == DeliveryMethod::Pickup && !left.is_empty()) {
        return None;
    }
    let goes = left.is_empty();
    let first = if goes { places.pop_first() } else { None };
    let made = places.into_iter().map(|(place, rows)| made(tx, head, place, rows, routed)).collect();
    Some(match first {
        Some((place, keeps)) => Change { head: at(tx, head, place, routed), keeps: summed(keeps), goes, made },
        None => Change { head: head.clone(), keeps: left, goes, made },
    })
}

fn is_counted(line: &fulfillment_order_line::Model, pieces: &[Piece], routed: &Routed) -> bool {
    let parts = pieces.iter().zip(&routed.parts).filter(|(piece, _)| piece.line == line.order_line_id);
    parts.flat_map(|(_, parts)| parts).any(|(variant, _, counted)| *variant == line.variant_id && *counted)
}

/// Rows of one line and variant as one.
fn summed(rows: Vec<(fulfillment_order_line::Model, bool)>) -> Vec<(fulfillment_order_line::Model, bool)> {
    let mut one: BTreeMap<FulfillmentOrderLineId, (fulfillment_order_line::Model, bool)> = BTreeMap::new();
    for (row, counted) in rows {
        match one.get_mut(&row.id) {
            Some((sum, _)) => sum.quantity += row.quantity,
            None => {
                one.insert(row.id, (row, counted));
            }
        }
    }
    one.into_values().collect()
}

/// The head of waiting work at its location. What could not be served in time keeps its promise.
fn at(tx: &Tx, head: &fulfillment_order::Model, place: LocationId, routed: &Routed) -> fulfillment_order::Model {
    let promised = head
        .fulfill_by
        .filter(|_| head.parked_as == Some(ParkingReason::Unfillable) && head.method != DeliveryMethod::Pickup);
    fulfillment_order::Model {
        location_id: Some(place),
        parked_as: None,
        fulfill_by: promised.or_else(|| rows::fulfill_by(tx, Some(place), head.method, routed)),
        routed_at: Some(tx.now()),
        ..head.clone()
    }
}

fn made(
    tx: &Tx,
    head: &fulfillment_order::Model,
    place: LocationId,
    rows: Vec<(fulfillment_order_line::Model, bool)>,
    routed: &Routed,
) -> Work {
    let head = fulfillment_order::Model {
        id: FulfillmentOrderId(tx.new_uuid()),
        status: FulfillmentOrderStatus::Open,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        external_reference: None,
        ..at(tx, head, place, routed)
    };
    let lines = summed(rows).into_iter().map(|(row, counted)| {
        let id = FulfillmentOrderLineId(tx.new_uuid());
        (fulfillment_order_line::Model { id, fulfillment_order_id: head.id, ..row }, counted)
    });
    Work { lines: lines.collect(), head, brought: BTreeMap::new() }
}

/// Writes a change; answers the work that has a location now.
async fn write(tx: &Tx, order: &order::Model, change: Change) -> Result<Vec<Work>> {
    let Change { head, keeps, goes, made } = change;
    fulfillment_order_line::Entity::delete_many()
        .filter(fulfillment_order_line::Column::FulfillmentOrderId.eq(head.id))
        .exec(tx)
        .await?;
    for some in keeps.chunks(1_000) {
        let rows = some.iter().map(|(row, _)| row.clone().into_active_model().reset_all());
        fulfillment_order_line::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    insert(tx, &made).await?;
    for work in &made {
        tell_opened(tx, order, &work.head);
    }
    let mut served = made;
    if goes {
        let head = steps::transition(tx, head, FulfillmentOrderAction::Release).await?;
        served.push(Work { head, lines: keeps, brought: BTreeMap::new() });
    } else {
        let head = fulfillment_order::Model { version: head.version + 1, updated_at: tx.now(), ..head };
        head.into_active_model().reset_all().update(tx).await?;
    }
    Ok(served)
}

/// The error of a person who wanted served what nobody can serve.
pub(super) async fn shortage(tx: &Tx, work: FulfillmentOrderId) -> Result<Error> {
    let line = fulfillment_order_line::Entity::find()
        .filter(fulfillment_order_line::Column::FulfillmentOrderId.eq(work))
        .order_by_asc(fulfillment_order_line::Column::Id)
        .one(tx)
        .await?
        .ok_or(Error::not_found("fulfillmentOrder"))?;
    Ok(Error::InsufficientStock { variant_id: line.variant_id, requested: line.quantity, available: 0 })
}
