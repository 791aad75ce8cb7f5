//! Points: what they are worth, and earning them: given when an order is paid, pending until the return window closes,
//! taken back with what comes back. Each event settles what an order earned against what it is worth now.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{ChannelId, OrderId, OrderLineId, ShipmentId};
use entity::words::{
    Gateway, OrderFulfillmentStatus, OrderPaymentStatus, PaymentEventKind, PaymentOutcome, StoredValueEntryKind,
    StoredValueKind,
};
use entity::{
    channel, event, fulfillment_order, fulfillment_order_line, gift_card_product, loyalty_program, order, order_line,
    payment, payment_event, refund_line, shipment_line, stored_value_account as account, stored_value_entry as entry,
    stored_value_lot as lot, variant,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use serde_json::json;

use super::account as accounts;
use super::ledger::{self, From, NewLot, Note};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::messaging::dispatch::{Handled, Handler};
use crate::pricing::allocation::cumulative_unit_refund;

/// Settles the points of an order.
pub const HANDLER: Handler = Handler {
    name: "loyalty_points",
    kinds: &[
        "order_placed",
        "payment_captured",
        "order_closed",
        "order_units_canceled",
        "refund_issued",
        "refund_executed",
        "shipment_tracked",
    ],
    run: |tx, event| Box::pin(follow(tx, event)),
};

/// The active program of a channel.
pub(super) async fn program(db: &impl ConnectionTrait, id: ChannelId) -> Result<Option<loyalty_program::Model>> {
    Ok(loyalty_program::Entity::find()
        .filter(loyalty_program::Column::ChannelId.eq(id))
        .filter(loyalty_program::Column::Active.eq(true))
        .one(db)
        .await?)
}

/// Points that pay `amount` minor units, by the program of the channel where the account was opened, rounded up. Errors:
/// `GATEWAY_UNAVAILABLE` without one, `INVALID_AMOUNT` below the least that is taken.
pub(super) async fn price(db: &impl ConnectionTrait, account: &account::Model, amount: i64) -> Result<i64> {
    let unavailable = || Error::invalid(ErrorCode::GatewayUnavailable, "payments.gateway");
    let program = program(db, account.channel_id).await?.ok_or_else(unavailable)?;
    let points = points_for(&program, amount).ok_or_else(unavailable)?;
    if points < program.minimum_points {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "payments.amount"));
    }
    Ok(points)
}

/// Points that pay so much money; `None` when they are worth nothing.
fn points_for(program: &loyalty_program::Model, amount: i64) -> Option<i64> {
    let wanted = i128::from(amount).checked_mul(i128::from(program.redeem_points))?;
    let worth = i128::from(program.redeem_amount);
    let rounded_up = wanted.checked_add(worth - 1)?.checked_div(worth)?;
    i64::try_from(rounded_up).ok()
}

/// What so many points pay, minor units, rounded down.
pub(super) fn worth(program: &loyalty_program::Model, points: i64) -> i64 {
    let worth = i128::from(points) * i128::from(program.redeem_amount) / i128::from(Ord::max(program.redeem_points, 1));
    i64::try_from(worth).unwrap_or(i64::MAX)
}

/// What so much money earns, rounded down.
fn earned(program: &loyalty_program::Model, amount: i64) -> i64 {
    let points = i128::from(Ord::max(amount, 0)) * i128::from(program.earn_points);
    i64::try_from(points / i128::from(Ord::max(program.earn_amount, 1))).unwrap_or(i64::MAX)
}

/// Points of goods that did not all leave yet are pending until then.
fn not_yet() -> DateTime<Utc> {
    // 9999-12-31: the last day that both databases write with four digits.
    DateTime::from_timestamp(253_402_214_400, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

async fn follow(tx: &Tx, event: &event::Model) -> Result<Handled> {
    if event.kind != "shipment_tracked" {
        return settle(tx, OrderId(event.aggregate_id), event).await;
    }
    if event.payload.get("to").and_then(serde_json::Value::as_str) != Some("DELIVERED") {
        return Ok(Handled::Nothing("not delivered"));
    }
    let mut handled = Handled::Nothing("no points");
    for order in orders_in(tx, ShipmentId(event.aggregate_id)).await? {
        if settle(tx, order, event).await? == Handled::Done {
            handled = Handled::Done;
        }
    }
    Ok(handled)
}

/// Orders in a parcel.
async fn orders_in(tx: &Tx, parcel: ShipmentId) -> Result<Vec<OrderId>> {
    let lines = shipment_line::Entity::find()
        .select_only()
        .column(shipment_line::Column::FulfillmentOrderLineId)
        .filter(shipment_line::Column::ShipmentId.eq(parcel));
    let work = fulfillment_order_line::Entity::find()
        .select_only()
        .column(fulfillment_order_line::Column::FulfillmentOrderId)
        .filter(fulfillment_order_line::Column::Id.in_subquery(lines.into_query()));
    let orders = fulfillment_order::Entity::find()
        .filter(fulfillment_order::Column::Id.in_subquery(work.into_query()))
        .all(tx)
        .await?;
    let ids: std::collections::BTreeSet<OrderId> = orders.into_iter().map(|work| work.order_id).collect();
    Ok(ids.into_iter().collect())
}

/// Brings what an order earned up to what it is worth now.
async fn settle(tx: &Tx, id: OrderId, event: &event::Model) -> Result<Handled> {
    let found = order::Entity::find_by_id(id).find_also_related(channel::Entity).one(tx).await?;
    let Some((order, Some(channel))) = found else { return Err(Error::not_found("order")) };
    let Some(customer_id) = order.customer_id else { return Ok(Handled::Nothing("no customer")) };
    let Some(program) = program(tx, channel.id).await? else { return Ok(Handled::Nothing("no program")) };
    let account = accounts::open(tx, customer_id, &channel, StoredValueKind::Points).await?;
    // Read again behind the lock: another event of the order may have settled it meanwhile.
    let Some(order) = order::Entity::find_by_id(id).one(tx).await? else { return Err(Error::not_found("order")) };
    if !is_paid(&order) {
        return Ok(Handled::Nothing("not paid"));
    }
    let target = earned(&program, worth_now(tx, &order).await?);
    let given = given(tx, id).await?;
    let moments = moments(&program, &order, tx.now());
    if target > given {
        let about = |kind| NewEvent::new(kind, "stored_value_account", account.id.uuid()).customer(account.customer_id);
        let event_id = tx.event(about("points_earned").payload(json!({ "order_id": id, "points": target - given })));
        let new = NewLot { units: target - given, available_at: moments.0, expires_at: moments.1, order_id: Some(id) };
        ledger::put(tx, &account, new, Note::of(StoredValueEntryKind::Issue, event_id).about(id)).await?;
    } else if target < given {
        take_back(tx, &account, id, Ord::min(given - target, account.balance - account.held)).await?;
    }
    if order.fulfillment_status == OrderFulfillmentStatus::Fulfilled
        && matches!(event.kind.as_str(), "order_closed" | "shipment_tracked")
    {
        release(tx, &account, id, moments).await?;
    }
    Ok(Handled::Done)
}

/// Takes points back, of this order first, then the oldest. What was spent already is forgiven.
async fn take_back(tx: &Tx, account: &account::Model, id: OrderId, points: i64) -> Result<()> {
    if points <= 0 {
        return Ok(());
    }
    let event = NewEvent::new("points_taken_back", "stored_value_account", account.id.uuid());
    let payload = json!({ "order_id": id, "points": points });
    let event_id = tx.event(event.customer(account.customer_id).payload(payload));
    let note = Note::of(StoredValueEntryKind::Adjust, event_id).about(id).because("goods came back");
    if ledger::take(tx, account, points, From::All(Some(id)), note).await? {
        return Ok(());
    }
    Err(Error::Conflict("points"))
}

/// The window of returns begins: pending points of the order get their day.
async fn release(
    tx: &Tx,
    account: &account::Model,
    id: OrderId,
    (available_at, expires_at): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
) -> Result<()> {
    lot::Entity::update_many()
        .col_expr(lot::Column::AvailableAt, Expr::value(available_at))
        .col_expr(lot::Column::ExpiresAt, Expr::value(expires_at))
        .filter(lot::Column::StoredValueAccountId.eq(account.id))
        .filter(lot::Column::OrderId.eq(id))
        .filter(lot::Column::AvailableAt.gt(tx.now()))
        .exec(tx)
        .await?;
    Ok(())
}

const fn is_paid(order: &order::Model) -> bool {
    match order.payment_status {
        OrderPaymentStatus::Paid
        | OrderPaymentStatus::Overpaid
        | OrderPaymentStatus::PartiallyRefunded
        | OrderPaymentStatus::Refunded => true,
        OrderPaymentStatus::Unpaid
        | OrderPaymentStatus::Authorized
        | OrderPaymentStatus::PartiallyPaid
        | OrderPaymentStatus::Voided => false,
    }
}

/// From when and until when points of an order can be used, as things stand now.
fn moments(
    program: &loyalty_program::Model,
    order: &order::Model,
    now: DateTime<Utc>,
) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    if order.fulfillment_status != OrderFulfillmentStatus::Fulfilled {
        return (Some(not_yet()), None);
    }
    let begin = now + TimeDelta::days(i64::from(program.pending_days));
    (Some(begin), program.expire_days.map(|days| begin + TimeDelta::days(i64::from(days))))
}

/// What earns points: goods that were kept, with tax, but gift cards and what points paid. Shipping earns none.
async fn worth_now(tx: &Tx, order: &order::Model) -> Result<i64> {
    let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(order.id)).all(tx).await?;
    let products = gift_card_product::Entity::find().select_only().column(gift_card_product::Column::ProductId);
    let cards = variant::Entity::find()
        .filter(variant::Column::Id.is_in(lines.iter().map(|line| line.variant_id)))
        .filter(variant::Column::ProductId.in_subquery(products.into_query()))
        .all(tx)
        .await?;
    let mut worth = 0;
    let refunded = refunded(tx, &lines).await?;
    for line in lines.iter().filter(|line| cards.iter().all(|card| card.id != line.variant_id)) {
        // What stays with the customer although its money went back earns nothing either.
        let gone = Ord::max(line.canceled + line.received_back, refunded.get(&line.id).copied().unwrap_or(0));
        let gone = Ord::min(gone, line.quantity);
        worth += line.total - cumulative_unit_refund(line.total, line.quantity, 0, gone)?;
    }
    Ok(Ord::max(worth - paid_by_points(tx, order.id).await?, 0))
}

/// Units per line whose money went back, whatever became of the goods.
async fn refunded(tx: &Tx, lines: &[order_line::Model]) -> Result<BTreeMap<OrderLineId, i64>> {
    let of = refund_line::Column::OrderLineId.is_in(lines.iter().map(|line| line.id));
    let mut units = BTreeMap::new();
    for line in refund_line::Entity::find().filter(of).all(tx).await? {
        *units.entry(line.order_line_id).or_default() += line.quantity;
    }
    Ok(units)
}

async fn paid_by_points(tx: &Tx, order: OrderId) -> Result<i64> {
    let events = payment_event::Entity::find()
        .find_also_related(payment::Entity)
        .filter(payment::Column::OrderId.eq(order))
        .filter(payment::Column::Gateway.eq(Gateway::Points))
        .filter(payment_event::Column::Outcome.eq(PaymentOutcome::Success))
        .all(tx)
        .await?;
    Ok(events
        .iter()
        .map(|(event, _)| match event.kind {
            PaymentEventKind::Capture => event.amount,
            PaymentEventKind::Refund | PaymentEventKind::Chargeback => -event.amount,
            PaymentEventKind::Authorize | PaymentEventKind::Void => 0,
        })
        .sum())
}

/// What an order earned so far, also before its customer was merged into another: those accounts moved it on.
async fn given(tx: &Tx, order: OrderId) -> Result<i64> {
    let points = account::Entity::find()
        .select_only()
        .column(account::Column::Id)
        .filter(account::Column::Kind.eq(StoredValueKind::Points));
    let entries = entry::Entity::find()
        .filter(entry::Column::StoredValueAccountId.in_subquery(points.into_query()))
        .filter(entry::Column::OrderId.eq(order))
        .filter(entry::Column::PaymentId.is_null())
        .all(tx)
        .await?;
    Ok(entries.iter().map(|entry| entry.amount).sum())
}

#[cfg(test)]
mod tests {
    use entity::id::LoyaltyProgramId;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn rate(redeem_points: i64, redeem_amount: i64) -> loyalty_program::Model {
        loyalty_program::Model {
            id: LoyaltyProgramId(Uuid::nil()),
            channel_id: ChannelId(Uuid::nil()),
            earn_amount: 100,
            earn_points: 1,
            redeem_points,
            redeem_amount,
            minimum_points: 0,
            pending_days: 14,
            expire_days: None,
            active: true,
            version: 1,
            created_at: not_yet(),
            updated_at: not_yet(),
        }
    }

    #[test]
    fn money_earns_whole_points() {
        assert_eq!([0, 99, 100, 1_999].map(|amount| earned(&rate(1, 1), amount)), [0, 0, 1, 19]);
        assert_eq!(points_for(&rate(1, 0), 100), None);
    }

    proptest! {
        /// What points are worth can be paid with them, never for more than they are worth.
        #[test]
        fn points_pay_what_they_are_worth(points in 0..1_000_000_i64, per in 1..1_000_i64, amount in 1..1_000_i64) {
            let program = rate(per, amount);
            let money = worth(&program, points);
            prop_assert!(points_for(&program, money).is_some_and(|needed| needed <= points));
            prop_assert!(points_for(&program, money + 1).is_some_and(|needed| needed > points));
        }
    }
}
