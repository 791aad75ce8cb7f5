//! Canceling an order, or units of it: the work is given up, the stock is free again, the money goes back.

use std::collections::BTreeMap;

use entity::fulfillment_order_line::{Column, Entity};
use entity::id::{FulfillmentOrderLineId, OrderId, OrderLineId, PickupId};
use entity::money::Money;
use entity::status::{FulfillmentOrderAction, OrderAction, PickupAction, StateMachine};
use entity::words::{
    CancelReason, FulfillmentOrderStatus, OrderFulfillmentStatus, PickupStatus, RefundDestination, RefundReason,
};
use entity::{fulfillment_order, order, order_line, refund};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;

use super::step::{Locked, lock};
use super::units::WorkUnits;
use super::{expire, query as pickups, short};
use crate::fulfillment::cancel_work::give_up_units;
use crate::fulfillment::{pick_list, work};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, text, version};
use crate::order::access::{lock_permitted, lock_readable};
use crate::order::cancel_units::{CancelTerms, ClawBack, cancel_units_on};
use crate::order::query;

/// Most lines of one call.
const MAX_LINES: usize = 500;

/// An order to cancel, or units of it.
#[derive(Debug, Clone, Serialize)]
pub struct CancelOrder {
    /// Which.
    pub order_id: OrderId,
    /// Units of its lines; the whole order when empty.
    pub lines: Vec<(OrderLineId, i64)>,
    /// Why.
    pub reason: CancelReason,
    /// Why, in words.
    pub note: Option<String>,
    /// Whether the customer is told by mail.
    pub notify: bool,
    /// The version that the clerk saw.
    #[serde(skip)]
    pub expected_version: Option<i32>,
    /// The client's key: the same key cancels once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// An order after units were canceled.
#[derive(Debug, Clone, PartialEq)]
pub struct Canceled {
    /// The order.
    pub order: order::Model,
    /// The refund that was decided; none when nothing had been paid, and on a replay.
    pub refund: Option<refund::Model>,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// Cancels a whole open order of which nothing has left, or some units that have not. Units to collect are taken out of
/// their pickups, whatever their state; those of which nothing is left are canceled, and what was sent for from elsewhere
/// is not waited for any more. Units that lie ready in a store come last.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `TOO_MANY`, `STALE_VERSION`, `INVALID_TRANSITION` for an order that is not open,
/// `ALREADY_DISPATCHED` for a whole order of which something left, `INVALID_QUANTITY`, `UNPACK_FIRST`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn cancel_order(ctx: &Ctx, input: CancelOrder) -> Result<Canceled> {
    cancel_order_for(ctx, input, Keeps::default()).await
}

/// What staff keep of what goes back for the goods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Keeps {
    /// A fee for the trouble, with tax.
    pub fee: Option<Money>,
    /// Whether the customer keeps discounts that the rest of the order does not earn any more.
    pub waive_claw_back: bool,
}

/// Like [`cancel_order`], with a fee that is kept of what goes back for the goods, or without keeping discounts. Staff say
/// why there is a fee in the note. Errors: those of [`cancel_order`], `REQUIRED` for a fee without a note,
/// `CURRENCY_MISMATCH`, `INVALID_AMOUNT` for a fee below zero or beyond what goes back for the goods after discounts that
/// are kept.
pub async fn cancel_order_for(ctx: &Ctx, input: CancelOrder, keeps: Keeps) -> Result<Canceled> {
    ctx.require(Permission::OrdersCancel)?;
    let fee = keeps.fee.filter(|fee| fee.minor != 0);
    let has_note = input.note.as_deref().is_some_and(|note| !note.trim().is_empty());
    if fee.is_some() && !has_note {
        return Err(Error::invalid(ErrorCode::Required, "input.note"));
    }
    if fee.is_some_and(|fee| fee.minor < 0) {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "input.fee"));
    }
    run(ctx, (&input, Keeps { fee, ..keeps }), By::Staff).await
}

/// Like [`cancel_order`], by the customer whose order it is or who holds its secret: only what nobody works on yet, and
/// always for the customer's own reason. Errors: `UNAUTHENTICATED`, `NOT_FOUND`, `INVALID_TRANSITION` also for an order
/// that somebody picks, packs or holds ready, and those of [`cancel_order`].
pub async fn cancel_mine(ctx: &Ctx, input: CancelOrder) -> Result<Canceled> {
    let input = CancelOrder { reason: CancelReason::Customer, notify: true, ..input };
    run(ctx, (&input, Keeps::default()), By::Customer).await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Staff,
    Customer,
}

async fn run(ctx: &Ctx, (input, keeps): (&CancelOrder, Keeps), by: By) -> Result<Canceled> {
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &match keeps {
        Keeps { fee: None, waive_claw_back: false } => idempotency::request_hash(input)?,
        Keeps { fee: Some(fee), waive_claw_back: false } => idempotency::request_hash(&(input, fee))?,
        Keeps { waive_claw_back: true, .. } => idempotency::request_hash(&(input, keeps))?,
    };
    let note = input.note.as_deref().map(|note| text::note("input.note", note, text::NOTE)).transpose()?;
    if input.lines.len() > MAX_LINES {
        let max = vec![("max", MAX_LINES.to_string())];
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.lines", max));
    }
    let note = &note;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.order_id;
        let order = match by {
            By::Staff => lock_permitted(tx, id, Permission::OrdersCancel).await?,
            By::Customer => match lock_readable(tx, id).await {
                // Guests without the order's secret learn what everybody learns of others' orders.
                Err(Error::Unauthenticated) => return Err(Error::not_found("order")),
                found => found?,
            },
        };
        let claim = idempotency::claim(tx, "orderCancel", key, hash, id.uuid()).await?;
        if let Claim::Replayed(_) = claim {
            return Ok(Canceled { order, refund: None, replayed: true });
        }
        version::check(input.expected_version, order.version)?;
        if order.status.next(OrderAction::Cancel).is_none() {
            return Err(Error::transition("order", order.status, OrderAction::Cancel));
        }
        if by == By::Customer {
            check_untouched(tx, &order).await?;
        }
        let units = units(tx, &order, &input.lines).await?;
        Box::pin(take_out(tx, &order, units.clone())).await?;
        let canceled: Vec<(OrderLineId, i64)> = units.into_iter().collect();
        let claw_back = claw_back(input.reason, keeps);
        let refund = take_back(tx, &order, &canceled, (keeps.fee, claw_back, note.as_deref())).await?;
        tell(tx, &order, input, (&canceled, refund.as_ref()));
        Ok(Canceled { order: crate::order::refresh(tx, id).await?, refund, replayed: false })
    })
    .await
}

/// Discounts are kept unless the seller is the cause, or staff waive them.
const fn claw_back(reason: CancelReason, keeps: Keeps) -> ClawBack {
    match reason {
        CancelReason::Customer | CancelReason::Fraud | CancelReason::NotPaid | CancelReason::Other
            if !keeps.waive_claw_back =>
        {
            ClawBack::Kept
        }
        CancelReason::Customer
        | CancelReason::Fraud
        | CancelReason::NotPaid
        | CancelReason::Other
        | CancelReason::Inventory
        | CancelReason::StaffError => ClawBack::Waived,
    }
}

/// Cancels units and keeps the fee. Errors: `CURRENCY_MISMATCH`, `INVALID_AMOUNT` when the fee cannot be kept as a whole.
async fn take_back(
    tx: &Tx,
    order: &order::Model,
    units: &[(OrderLineId, i64)],
    (fee, claw_back, note): (Option<Money>, ClawBack, Option<&str>),
) -> Result<Option<refund::Model>> {
    if fee.is_some_and(|fee| fee.currency != order.currency) {
        return Err(Error::invalid(ErrorCode::CurrencyMismatch, "input.fee"));
    }
    let terms = CancelTerms {
        reason: RefundReason::Canceled,
        note: note.map(str::to_owned),
        fee: fee.map_or(0, |fee| fee.minor),
        destination: RefundDestination::Original,
        session: None,
        claw_back,
    };
    let refund = cancel_units_on(tx, order, units, terms).await?;
    // What was not paid cannot be kept of.
    let kept = refund.as_ref().map_or(0, |refund| refund.fee_amount - refund.claw_back_amount);
    if fee.is_none_or(|fee| kept == fee.minor) {
        Ok(refund)
    } else {
        Err(Error::invalid(ErrorCode::InvalidAmount, "input.fee"))
    }
}

/// Whether the customer whose order it is may cancel all of it now. Two statements.
pub async fn can_cancel_mine(
    db: &impl ConnectionTrait,
    order: &order::Model,
    lines: &[order_line::Model],
) -> Result<bool> {
    let is_open = order.status.next(OrderAction::Cancel).is_some();
    let has_left = lines.iter().any(|line| line.fulfilled > 0);
    Ok(is_open && !has_left && !is_touched(db, order).await?)
}

/// Error: `INVALID_TRANSITION` when somebody works on the order.
async fn check_untouched(tx: &Tx, order: &order::Model) -> Result<()> {
    if is_touched(tx, order).await? {
        return Err(Error::InvalidTransition {
            machine: "order",
            from: OrderFulfillmentStatus::InProgress.to_string(),
            action: OrderAction::Cancel.to_string(),
            allowed: Vec::new(),
        });
    }
    Ok(())
}

/// Whether somebody works on the order.
async fn is_touched(db: &impl ConnectionTrait, order: &order::Model) -> Result<bool> {
    let begun = |work: &fulfillment_order::Model| match work.status {
        FulfillmentOrderStatus::InProgress | FulfillmentOrderStatus::Packed => true,
        FulfillmentOrderStatus::Open | FulfillmentOrderStatus::OnHold => work.accepted_at.is_some(),
        FulfillmentOrderStatus::Scheduled | FulfillmentOrderStatus::Closed | FulfillmentOrderStatus::Canceled => false,
    };
    let work = crate::fulfillment::query::of_orders(db, &[order.id]).await?;
    let ready = |pickup: &entity::pickup::Model| matches!(pickup.status, PickupStatus::Picking | PickupStatus::Ready);
    let found = pickups::of_orders(db, &[order.id]).await?;
    Ok(work.iter().any(begun) || found.iter().any(ready))
}

/// Who asked and why; the handler of this event writes to the customer.
fn tell(
    tx: &Tx,
    order: &order::Model,
    input: &CancelOrder,
    (units, refund): (&[(OrderLineId, i64)], Option<&refund::Model>),
) {
    let payload = json!({
        "order_id": order.id,
        "reason": input.reason,
        "units": units,
        "refund_id": refund.map(|refund| refund.id),
        "notify": input.notify,
    });
    let event = NewEvent::new("order_canceled_by_request", "order", order.id.uuid());
    tx.event(event.customer(order.customer_id).payload(payload));
}

/// The units to cancel, by line. Errors: `NOT_FOUND`, `ALREADY_DISPATCHED`, `INVALID_QUANTITY`.
pub(super) async fn units(
    tx: &Tx,
    order: &order::Model,
    wanted: &[(OrderLineId, i64)],
) -> Result<BTreeMap<OrderLineId, i64>> {
    let lines = query::lines(tx, &[order.id]).await?;
    let open = |line: &order_line::Model| line.quantity - line.canceled - line.fulfilled;
    let mut units: BTreeMap<OrderLineId, i64> = BTreeMap::new();
    if wanted.is_empty() {
        if lines.iter().any(|line| line.fulfilled > 0) {
            return Err(Error::invalid(ErrorCode::AlreadyDispatched, "input.orderId"));
        }
        units.extend(lines.iter().filter(|line| open(line) > 0).map(|line| (line.id, open(line))));
    }
    for (index, (id, quantity)) in wanted.iter().enumerate() {
        let line = lines.iter().find(|line| line.id == *id).ok_or(Error::not_found("orderLine"))?;
        if *quantity < 1 || *quantity > open(line) || units.insert(*id, *quantity).is_some() {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("input.lines.{index}.quantity")));
        }
    }
    Ok(units)
}

/// Takes units out of the work of a locked order. Error: `UNPACK_FIRST` when only packed parcels are left.
pub(crate) async fn take_out(tx: &Tx, order: &order::Model, mut left: BTreeMap<OrderLineId, i64>) -> Result<()> {
    let mut found = pickups::of_orders(tx, &[order.id]).await?;
    found.retain(|pickup| rank(pickup.status).is_some());
    found.sort_by_key(|pickup| (rank(pickup.status), pickup.id));
    let (ready, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|pickup| pickup.status == PickupStatus::Ready);
    for pickup in others {
        withdraw(tx, pickup.id, &mut left).await?;
    }
    left = give_up_units(tx, order, left).await?;
    for pickup in ready {
        withdraw(tx, pickup.id, &mut left).await?;
    }
    if left.is_empty() { Ok(()) } else { Err(Error::invalid(ErrorCode::UnpackFirst, "input.lines")) }
}

/// In which order pickups give units up; `None` for those that ended.
const fn rank(status: PickupStatus) -> Option<u8> {
    match status {
        PickupStatus::AwaitingTransfer => Some(0),
        PickupStatus::Short => Some(1),
        PickupStatus::Assigned | PickupStatus::Arrived => Some(2),
        PickupStatus::Picking => Some(3),
        PickupStatus::Ready => Some(4),
        PickupStatus::Collected | PickupStatus::Expired | PickupStatus::Canceled => None,
    }
}

/// Takes out of one pickup what it has of the units; it ends when nothing is left of it.
async fn withdraw(tx: &Tx, id: PickupId, left: &mut BTreeMap<OrderLineId, i64>) -> Result<()> {
    if left.is_empty() {
        return Ok(());
    }
    let mut locked = lock(tx, id).await?;
    let all = WorkUnits::read(tx, &locked.lines).await?;
    let has = all.left();
    let mine: BTreeMap<OrderLineId, i64> =
        left.iter().filter_map(|(line, wanted)| Some((*line, (*has.get(line)?).min(*wanted)))).collect();
    if mine.is_empty() {
        return Ok(());
    }
    for (line, count) in &mine {
        left.entry(*line).and_modify(|wanted| *wanted -= count);
    }
    left.retain(|_, wanted| *wanted > 0);
    let rows: Vec<FulfillmentOrderLineId> = locked.lines.iter().map(|line| line.id).collect();
    if mine == has {
        expire::end(tx, &mut locked, &all, PickupAction::Cancel).await?;
    } else {
        give_up_some(tx, &mut locked, &all, &mine).await?;
    }
    let now = Entity::find().filter(Column::Id.is_in(rows)).all(tx).await?;
    let ended: Vec<_> = now.into_iter().map(|row| if mine == has { given_up(row) } else { row }).collect();
    pick_list::trim(tx, &ended).await
}

/// Nothing of ended work is fetched any more.
fn given_up(row: entity::fulfillment_order_line::Model) -> entity::fulfillment_order_line::Model {
    entity::fulfillment_order_line::Model { rejected: row.quantity - row.picked, ..row }
}

/// The units become a pickup of their own, which ends at once; the rest goes on. What others bring beyond it arrives as
/// the store's own.
async fn give_up_some(tx: &Tx, locked: &mut Locked, all: &WorkUnits, mine: &BTreeMap<OrderLineId, i64>) -> Result<()> {
    // What waits, or is short, is not promised to anybody.
    if !locked.waits() && locked.pickup.status != PickupStatus::Short {
        expire::release(tx, locked, all, mine).await?;
    }
    let mut apart = short::split(tx, locked, all, mine).await?;
    apart.work = work::transition(tx, apart.work, FulfillmentOrderAction::Cancel).await?;
    apart.go(tx, PickupAction::Cancel).await?;
    locked.write(tx).await
}
