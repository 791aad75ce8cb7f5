//! Canceling an order, or units of it: the work is given up, the stock is free again, the money goes back.

use std::collections::BTreeMap;

use entity::id::{OrderId, OrderLineId};
use entity::status::{OrderAction, StateMachine};
use entity::words::{DeliveryMethod, RefundReason};
use entity::{order, order_line, refund};
use serde::Serialize;

use super::cancel_work::give_up_units;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, text, version};
use crate::order::add_note::lock_readable;
use crate::order::cancel_units::cancel_units;
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
    /// Why, in words.
    pub note: Option<String>,
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

/// Cancels a whole open order of which nothing has left, or some units that have not.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `TOO_MANY`, `STALE_VERSION`, `INVALID_TRANSITION` for an order that is not open,
/// `ALREADY_DISPATCHED` for a whole order of which something left, `PICKUP_WORK` for units that are collected,
/// `INVALID_QUANTITY`, `UNPACK_FIRST`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn cancel_order(ctx: &Ctx, input: CancelOrder) -> Result<Canceled> {
    let scope = &ctx.require(Permission::OrdersCancel)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let note = input.note.as_deref().map(|note| text::note("input.note", note, text::NOTE)).transpose()?;
    if input.lines.len() > MAX_LINES {
        let max = vec![("max", MAX_LINES.to_string())];
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.lines", max));
    }
    let (note, input) = (&note, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.order_id;
        let claim = idempotency::claim(tx, "orderCancel", key, hash, id.uuid()).await?;
        let order = lock_readable(tx, id).await?;
        if !scope.allows_channel(order.channel_id) {
            return Err(Error::not_found("order"));
        }
        if let Claim::Replayed(_) = claim {
            return Ok(Canceled { order, refund: None, replayed: true });
        }
        version::check(input.expected_version, order.version)?;
        if order.status.next(OrderAction::Cancel).is_none() {
            return Err(Error::transition("order", order.status, OrderAction::Cancel));
        }
        let units = units(tx, &order, &input.lines).await?;
        give_up_units(tx, &order, &units).await?;
        let canceled: Vec<(OrderLineId, i64)> = units.into_iter().collect();
        let refund = cancel_units(tx, &order, &canceled, RefundReason::Canceled, note.as_deref()).await?;
        Ok(Canceled { order: crate::order::refresh(tx, id).await?, refund, replayed: false })
    })
    .await
}

/// The units to cancel, by line. Errors: `NOT_FOUND`, `ALREADY_DISPATCHED`, `PICKUP_WORK`, `INVALID_QUANTITY`.
async fn units(tx: &Tx, order: &order::Model, wanted: &[(OrderLineId, i64)]) -> Result<BTreeMap<OrderLineId, i64>> {
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
        if *quantity < 1 || units.insert(*id, *quantity).is_some() {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("input.lines.{index}.quantity")));
        }
    }
    let collected = |line: &&order_line::Model| units.contains_key(&line.id) && line.delivery == DeliveryMethod::Pickup;
    if lines.iter().any(|line| collected(&line)) {
        return Err(Error::invalid(ErrorCode::PickupWork, "input.lines"));
    }
    Ok(units)
}
