//! Placing an order: the one step that turns a priced basket into an order, its work, its payments and its stock.

use entity::id::{EventId, OrderId};
use entity::status::{OrderAction, StateMachine};
use entity::words::{
    CauseKind, DeliveryMethod, MovementKind, OrderFulfillmentStatus, OrderPaymentStatus, OrderStatus, StockState,
};
use entity::{fulfillment_order, fulfillment_order_line, order, order_line, order_shipping, order_tax};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use super::placement::Placement;
use super::plan::{self, Routed};
use super::rows::{self, Work};
use crate::inventory::{self, Cause, Movement};
use crate::kernel::event::NewEvent;
use crate::kernel::job::NewJob;
use crate::kernel::{Error, Result, Tx};
use crate::order::{capture_payment::SETTLE_TEST_PAYMENT_JOB, number, status};
use crate::payment::record::{self, PaidFor};
use crate::routing;
use entity::words::{Gateway, PaymentEventKind, PaymentOutcome};

/// Seconds after which the test gateway approves a pending payment.
const TEST_SETTLES_AFTER: chrono::TimeDelta = chrono::TimeDelta::seconds(5);

/// An order that was just placed.
#[derive(Debug)]
pub(crate) struct Placed {
    pub order: order::Model,
    pub lines: Vec<order_line::Model>,
    pub taxes: Vec<order_tax::Model>,
    pub shipping: Option<order_shipping::Model>,
    /// The `order_placed` event.
    pub event_id: EventId,
}

/// Places an order. The caller has locked the cart and claimed the idempotency key.
///
/// Statements, whatever the number of lines: at most 6 reads to route, then number, order, lines, taxes, shipping,
/// work, work lines, routing decision, payments, payment events, and what [`inventory::post`] needs; stock comes last
/// so that its locks are short. Errors: `INSUFFICIENT_STOCK` per short variant.
pub(crate) async fn place(tx: &Tx, placement: Placement) -> Result<Placed> {
    let routed = plan::route(tx, &placement).await?;
    let lines = rows::lines(tx, &placement)?;
    let work = rows::work(tx, &placement, &routed, &lines)?;
    let order = order_row(tx, &placement, &lines, &work).await?;
    let event_id = announce(tx, &order, &placement, &work);
    let (taxes, shipping) = (rows::taxes(&placement), rows::shipping(tx, &placement));
    insert_order(tx, &order, &lines, &taxes, shipping.as_ref()).await?;
    insert_work(tx, &work).await?;
    if !matches!(routed.plan.rule, "bound") {
        routing::decision::store(tx, order.id, &routed.plan).await?;
    }
    open_payments(tx, &placement, &order, event_id).await?;
    take_stock(tx, &routed, &work, &lines, event_id).await?;
    Ok(Placed { order, lines, taxes, shipping, event_id })
}

async fn order_row(tx: &Tx, placement: &Placement, lines: &[order_line::Model], work: &[Work]) -> Result<order::Model> {
    let payment_status = payment_status(placement);
    let work: Vec<fulfillment_order::Model> = work.iter().map(|(work, _)| work.clone()).collect();
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
        placed_at: Some(tx.now()),
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
    });
    let placed = tx.event(order_event("order_placed", order, payload));
    for (work, _) in work {
        let payload = json!({ "order_id": order.id, "location_id": work.location_id, "method": work.method });
        let opened = NewEvent::new("fulfillment_order_opened", "fulfillment_order", work.id.uuid());
        tx.event(opened.customer(order.customer_id).payload(payload));
    }
    if order.closed_at.is_some() {
        tx.event(order_event("order_closed", order, json!({})));
    }
    placed
}

fn order_event(kind: &'static str, order: &order::Model, payload: Value) -> NewEvent {
    NewEvent::new(kind, "order", order.id.uuid()).customer(order.customer_id).payload(payload)
}

async fn insert_order(
    tx: &Tx,
    order: &order::Model,
    lines: &[order_line::Model],
    taxes: &[order_tax::Model],
    shipping: Option<&order_shipping::Model>,
) -> Result<()> {
    order::Entity::insert(order.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    // A row has 22 values; both databases limit the values of one statement.
    for some in lines.chunks(500) {
        let rows = some.iter().cloned().map(|line| line.into_active_model().reset_all());
        order_line::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    if !taxes.is_empty() {
        let rows = taxes.iter().cloned().map(|tax| tax.into_active_model().reset_all());
        order_tax::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    if let Some(shipping) = shipping {
        let row = shipping.clone().into_active_model().reset_all();
        order_shipping::Entity::insert(row).exec_without_returning(tx).await?;
    }
    Ok(())
}

async fn insert_work(tx: &Tx, work: &[Work]) -> Result<()> {
    let heads: Vec<_> = work.iter().map(|(work, _)| work.clone().into_active_model().reset_all()).collect();
    if heads.is_empty() {
        return Ok(());
    }
    fulfillment_order::Entity::insert_many(heads).exec_without_returning(tx).await?;
    let lines: Vec<_> = work.iter().flat_map(|(_, lines)| lines).cloned().collect();
    for some in lines.chunks(1_000) {
        let rows = some.iter().cloned().map(|line| line.into_active_model().reset_all());
        fulfillment_order_line::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

async fn open_payments(tx: &Tx, placement: &Placement, order: &order::Model, event_id: EventId) -> Result<()> {
    let paid_for = PaidFor {
        order_id: Some(order.id),
        cart_id: order.cart_id,
        currency: order.currency,
        event_id,
        first_id: None,
    };
    for (payment, (tender, facts)) in
        record::open(tx, paid_for, &placement.charges).await?.iter().zip(&placement.charges)
    {
        let waits = facts.contains(&(PaymentEventKind::Capture, PaymentOutcome::Pending));
        if waits && tender.gateway == Gateway::Test {
            let job = NewJob::new(SETTLE_TEST_PAYMENT_JOB, json!({ "payment_id": payment.id }));
            tx.enqueue(job.run_at(tx.now() + TEST_SETTLES_AFTER));
        }
    }
    Ok(())
}

/// Commits stock at each location, or dispatches it when the customer takes it along. A lost race on the first run
/// makes the transaction run again with locks, so that stock elsewhere is found; only then is it a shortage.
async fn take_stock(
    tx: &Tx,
    routed: &Routed,
    work: &[Work],
    lines: &[order_line::Model],
    event_id: EventId,
) -> Result<()> {
    let mut movements = Vec::new();
    for (work, work_lines) in work {
        let Some(location_id) = work.location_id else { continue };
        let handed_over = work.method == DeliveryMethod::CarryOut;
        for line in work_lines.iter().filter(|line| is_counted(routed, lines, line)) {
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

fn is_counted(routed: &Routed, lines: &[order_line::Model], work_line: &fulfillment_order_line::Model) -> bool {
    lines
        .iter()
        .position(|line| line.id == work_line.order_line_id)
        .and_then(|line| routed.parts.get(line))
        .is_some_and(|parts| parts.iter().any(|(variant, _, counted)| *variant == work_line.variant_id && *counted))
}

/// The secret by which a guest reads an order: the same each time, so that an answer can be repeated.
pub(crate) fn order_token(tx: &Tx, id: OrderId) -> String {
    tx.ctx().services.secrets.object_token("order", id.uuid())
}
