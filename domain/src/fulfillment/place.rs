//! Placing an order: the one step that turns a priced basket into an order, its work, its payments and its stock.

use std::collections::BTreeMap;

use entity::id::{EventId, FulfillmentOrderId, LocationId, OrderId, VariantId};
use entity::status::{OrderAction, StateMachine};
use entity::words::{
    CauseKind, DeliveryMethod, MovementKind, OrderFulfillmentStatus, OrderPaymentStatus, OrderStatus, RoutingOccasion,
    StockState,
};
use entity::{fulfillment_order, order, order_discount, order_line, order_shipping, order_tax, payment};
use serde_json::{Value, json};

use super::pay_later;
use super::placement::Placement;
use super::plan::{self, Ask};
use super::rows::{self, Work};
use crate::inventory::pickup::TRANSFER_TIME;
use crate::inventory::unit::{self, Fate, NumberedUnits};
use crate::inventory::{self, Cause, Movement};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, Result, Tx};
use crate::order::{capture_payment::settle_later, number, status};
use crate::payment::record::{self, PaidFor};
use crate::payment::stored;
use crate::{promotion, routing, transfer};

/// An order that was just placed.
#[derive(Debug)]
pub(crate) struct Placed {
    pub order: order::Model,
    pub lines: Vec<order_line::Model>,
    /// What makes it cheaper, in the order in which it was taken.
    pub discounts: Vec<order_discount::Model>,
    pub taxes: Vec<order_tax::Model>,
    pub shipping: Option<order_shipping::Model>,
    /// Payments that were made with it, in the order of the tenders.
    pub payments: Vec<payment::Model>,
    /// The `order_placed` event.
    pub event_id: EventId,
}

/// Places an order. The caller has locked the cart and claimed the idempotency key.
///
/// Statements, whatever the number of lines: two reads to route (more for bundles and limits beyond stock), the order
/// number, one per kind of limit of the promotions that apply, and one change of the stock levels, which comes last so that their locks are short; all rows are written just
/// before the commit, in one call. Errors: `INSUFFICIENT_STOCK` per short variant.
pub(crate) async fn place(tx: &Tx, placement: Placement) -> Result<Placed> {
    let routed = plan::route(tx, &Ask::of(tx, &placement)).await?;
    let lines = rows::lines(tx, &placement)?;
    let work = pay_later::hold(&placement, rows::work(tx, placement.order_id, &routed, &lines)?);
    let order = order_row(tx, &placement, &lines, &work).await?;
    let event_id = announce(tx, &order, &placement, &work);
    let (taxes, shipping) = (rows::taxes(&placement), rows::shipping(tx, &placement));
    let (discounts, shares) = rows::discounts(tx, &placement, &lines);
    tx.insert_last(std::slice::from_ref(&order));
    tx.insert_last(&lines);
    tx.insert_last(&taxes);
    tx.insert_last(shipping.as_slice());
    tx.insert_last(&discounts);
    tx.insert_last(&shares);
    insert_work(tx, &work);
    insert_pickups(tx, &work, &lines);
    let is_brought = routed.plan.assignments.iter().any(|assignment| assignment.from.is_some());
    if is_brought || !routed.plan.tried.is_empty() {
        routing::decision::store(tx, order.id, &routed.plan, RoutingOccasion::Placement, None);
    }
    promotion::redeem::redeem(tx, order.id, placement.buyer.promotion_key.as_deref(), &placement.discounts).await?;
    let payments = open_payments(tx, &placement, &order, event_id).await?;
    take_numbers(tx, &placement, &work).await?;
    take_stock(tx, &work, event_id).await?;
    Ok(Placed { order, lines, discounts, taxes, shipping, payments, event_id })
}

async fn order_row(tx: &Tx, placement: &Placement, lines: &[order_line::Model], work: &[Work]) -> Result<order::Model> {
    let payment_status = payment_status(placement);
    let work: Vec<fulfillment_order::Model> = work.iter().map(|work| work.head.clone()).collect();
    let fulfillment_status = status::fulfillment(lines, &work);
    let done = fulfillment_status == OrderFulfillmentStatus::Fulfilled && payment_status == OrderPaymentStatus::Paid;
    let open = OrderStatus::Open;
    let status = if done { open.next(OrderAction::Close).unwrap_or(open) } else { open };
    let (buyer, totals, till) = (&placement.buyer, &placement.totals, placement.till);
    Ok(order::Model {
        id: placement.order_id,
        number: number::next(tx, &placement.channel.order_prefix).await?,
        channel_id: placement.channel.id,
        customer_id: buyer.customer_id,
        status,
        payment_status,
        fulfillment_status,
        pickup_status: status::pickup(lines, &[]),
        return_status: status::returns(lines),
        currency: placement.channel.currency,
        locale: buyer.locale.clone(),
        email: buyer.email.clone(),
        phone: buyer.phone.clone(),
        contact_name: buyer.contact_name.clone(),
        shipping_address: buyer.shipping_address.clone(),
        billing_address: buyer.billing_address.clone(),
        prices_include_tax: placement.channel.prices_include_tax,
        tax_rounding: placement.channel.tax_rounding,
        subtotal: totals.subtotal,
        discount_total: totals.discount_total,
        shipping_total: totals.shipping_total,
        tax_total: totals.tax_total,
        total: totals.total,
        token_hash: Some(placement.token_hash.clone()),
        cart_id: buyer.cart_id,
        location_id: till.map(|till| till.location_id),
        register_id: till.map(|till| till.register_id),
        staff_id: till.and_then(|till| till.staff_id),
        external_reference: None,
        note: buyer.note.clone(),
        placed_at: Some(till.and_then(|till| till.sold_at).unwrap_or_else(|| tx.now())),
        canceled_at: None,
        closed_at: done.then(|| tx.now()),
        version: 1,
        metadata: json!({}),
        private_metadata: json!({}),
        created_at: tx.now(),
        updated_at: tx.now(),
    })
}

fn payment_status(placement: &Placement) -> OrderPaymentStatus {
    let facts =
        placement.charges.iter().flat_map(|(tender, facts)| facts.iter().map(move |fact| (tender.amount, fact)));
    let sums = facts.fold(placement.prior, |sums, (amount, (kind, outcome))| sums.with(*kind, *outcome, amount));
    sums.status(placement.totals.total)
}

/// Records what happened; the event's handlers send the confirmation.
fn announce(tx: &Tx, order: &order::Model, placement: &Placement, work: &[Work]) -> EventId {
    let payload = json!({
        "order_id": order.id,
        "number": order.number,
        "channel_id": order.channel_id,
        "via": placement.channel.kind,
        "total": order.total,
        "currency": order.currency,
        // Nothing else tells that the customer has it already.
        "carried_out": order.fulfillment_status == OrderFulfillmentStatus::Fulfilled,
    });
    let placed = tx.event(order_event("order_placed", order, payload));
    for work in work {
        tell_opened(tx, order, &work.head);
    }
    if order.closed_at.is_some() {
        tx.event(order_event("order_closed", order, json!({})));
    }
    placed
}

/// Tells of new work, whether it waits or not.
pub(super) fn tell_opened(tx: &Tx, order: &order::Model, work: &fulfillment_order::Model) {
    let payload = json!({
        "order_id": order.id,
        "location_id": work.location_id,
        "method": work.method,
        "parked_as": work.parked_as,
    });
    let opened = NewEvent::new("fulfillment_order_opened", "fulfillment_order", work.id.uuid());
    tx.event(opened.customer(order.customer_id).payload(payload));
}

fn order_event(kind: &'static str, order: &order::Model, payload: Value) -> NewEvent {
    NewEvent::new(kind, "order", order.id.uuid()).customer(order.customer_id).payload(payload)
}

fn insert_work(tx: &Tx, work: &[Work]) {
    let heads: Vec<_> = work.iter().map(|work| work.head.clone()).collect();
    let lines: Vec<_> = work.iter().flat_map(|work| &work.lines).map(|(line, _)| line.clone()).collect();
    tx.insert_last(&heads);
    tx.insert_last(&lines);
}

/// What is collected has a pickup from the beginning.
fn insert_pickups(tx: &Tx, work: &[Work], lines: &[order_line::Model]) {
    let store = |work: &Work| {
        let first = work.lines.first().map(|(line, _)| line.order_line_id)?;
        lines.iter().find(|line| line.id == first)?.pickup_location_id
    };
    let pickups: Vec<_> = work.iter().filter_map(|work| super::pickup_row::of(tx, &work.head, store(work))).collect();
    tx.insert_last(&pickups);
}

async fn open_payments(
    tx: &Tx,
    placement: &Placement,
    order: &order::Model,
    event_id: EventId,
) -> Result<Vec<payment::Model>> {
    let paid_for = PaidFor {
        order_id: Some(order.id),
        cart_id: order.cart_id,
        currency: order.currency,
        event_id,
        first_id: None,
        register_session_id: placement.till.and_then(|till| till.register_session_id),
    };
    let terms = |payment: &mut payment::Model| pay_later::set_terms(tx, &placement.channel, payment);
    let payments = record::open(tx, paid_for, &placement.charges, terms);
    settle_later(tx, &payments, &placement.charges);
    stored::spend(tx, &payments, order.id, event_id).await?;
    Ok(payments)
}

/// Takes the numbers of what is carried out. Errors: what [`unit::spread`] and [`unit::take`] say.
async fn take_numbers(tx: &Tx, placement: &Placement, work: &[Work]) -> Result<()> {
    let Some(till) = placement.till.filter(|_| !placement.units.is_empty()) else { return Ok(()) };
    let carried = work.iter().filter(|work| work.head.method == DeliveryMethod::CarryOut);
    let lines: Vec<_> = carried
        .flat_map(|work| &work.lines)
        .filter(|(_, is_counted)| *is_counted)
        .map(|(line, _)| (line.id, line.variant_id, line.quantity))
        .collect();
    let units = unit::spread(&placement.units, lines)?;
    // The lines are written last, so the units point to them even later.
    let nameless: Vec<_> =
        units.iter().map(|unit| NumberedUnits { fulfillment_order_line_id: None, ..unit.clone() }).collect();
    let gone = unit::take(tx, till.location_id, &nameless, Fate::HandedOver).await?;
    unit::name_lines(tx, &gone, &units);
    Ok(())
}

/// Commits stock at each location, or dispatches it when the customer takes it along; for work that waits for goods from
/// elsewhere opens the transfers and puts their units aside, one statement for each. A lost race on the first run
/// makes the transaction run again with locks, so that stock elsewhere is found; only then is it a shortage.
pub(super) async fn take_stock(tx: &Tx, work: &[Work], event_id: EventId) -> Result<()> {
    let mut movements = Vec::new();
    for work in work {
        let Work { head, lines, brought } = work;
        let Some(location_id) = head.location_id else { continue };
        if !brought.is_empty() {
            movements.extend(send_for(tx, (head.id, location_id), brought).await?);
            continue;
        }
        let handed_over = head.method == DeliveryMethod::CarryOut;
        for (line, _) in lines.iter().filter(|(_, is_counted)| *is_counted) {
            movements.push(Movement {
                location_id,
                variant_id: line.variant_id,
                kind: if handed_over { MovementKind::Dispatched } else { MovementKind::Committed },
                from: Some(StockState::Available),
                to: if handed_over { None } else { Some(StockState::Committed) },
                quantity: line.quantity,
                cause: Cause { kind: CauseKind::FulfillmentOrderLine, id: Some(line.id.uuid()), reason: None },
                event_id,
            });
        }
    }
    match inventory::post(tx, &movements).await {
        Err(Error::InsufficientStock { .. }) if tx.attempt() == 1 => Err(Error::Conflict("stock")),
        result => result,
    }
}

/// Opens the transfers that bring goods to work; the movements that put their units aside.
pub(super) async fn send_for(
    tx: &Tx,
    (work, to): (FulfillmentOrderId, LocationId),
    brought: &BTreeMap<LocationId, BTreeMap<VariantId, i64>>,
) -> Result<Vec<Movement>> {
    let mut movements = Vec::new();
    for (from, units) in brought {
        let expected_at = tx.now() + TRANSFER_TIME;
        let opening = transfer::open::Opening { from: *from, to, units, work, expected_at };
        movements.extend(transfer::open::for_work(tx, &opening).await?);
    }
    Ok(movements)
}

/// The secret by which a guest reads an order: the same each time, so that an answer can be repeated.
pub(crate) fn order_token(tx: &Tx, id: OrderId) -> String {
    tx.ctx().services.secrets.object_token("order", id.uuid())
}
