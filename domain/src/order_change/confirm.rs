//! Confirming a change: exactly once, exactly what was shown, or not at all.

use entity::id::{OrderChangeId, PaymentLinkId};
use entity::status::{OrderChangeAction, StateMachine};
use entity::words::OrderChangeSettlement;
use entity::{order, order_change, refund};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::prepare::{check_open, lock};
use super::{apply, query, settle};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, version};
use crate::order as orders;
use crate::payment::tender::TenderInput;

/// A change to confirm.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ConfirmChange {
    /// Which.
    pub order_change_id: OrderChangeId,
    /// The version of the change that staff saw.
    #[serde(skip)]
    pub expected_version: Option<i32>,
    /// How what it costs more is paid now; due by a link when empty.
    pub payments: Vec<TenderInput>,
    /// Whether the customer is told by mail.
    pub notify: bool,
    /// The client's key: the same key confirms once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A change that was carried out.
#[derive(Clone, Debug)]
pub struct Confirmed {
    /// The change.
    pub change: order_change::Model,
    /// The order after it.
    pub order: order::Model,
    /// What goes back, if anything.
    pub refund: Option<refund::Model>,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// Carries a prepared change out: units leave their work and stock is free, added ones are routed and committed, and the
/// difference is charged, due by a link, or goes back.
///
/// Errors: `FORBIDDEN` without `orders.edit`, `NOT_FOUND`, `INVALID_TRANSITION` for a change or order that is not open,
/// `STALE_VERSION` when the order moved on since it was prepared, `UNPACK_FIRST`, `INSUFFICIENT_STOCK`,
/// `PAYMENT_MISMATCH` for tenders that are not the difference, `PAYMENT_DECLINED`, `GATEWAY_UNAVAILABLE`,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn confirm(ctx: &Ctx, input: ConfirmChange) -> Result<Confirmed> {
    let scope = &ctx.require(Permission::OrdersEdit)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let (order, change) = lock(tx, scope, input.order_change_id).await?;
        let claim = idempotency::claim(tx, "orderChangeConfirm", key, hash, change.id.uuid()).await?;
        if let Claim::Replayed(_) = claim {
            let refund = match change.refund_id {
                Some(id) => refund::Entity::find_by_id(id).one(tx).await?,
                None => None,
            };
            return Ok(Confirmed { change, order, refund, replayed: true });
        }
        version::check(input.expected_version, change.version)?;
        Box::pin(carry_out(tx, order, change, input)).await
    })
    .await
}

async fn carry_out(
    tx: &Tx,
    order: order::Model,
    change: order_change::Model,
    input: &ConfirmChange,
) -> Result<Confirmed> {
    let action = OrderChangeAction::Confirm;
    let status = change.status.next(action).ok_or_else(|| Error::transition("orderChange", change.status, action))?;
    check_open(&order)?;
    version::check(Some(change.order_version), order.version)?;
    let preview = query::preview(&change)?;
    let revision = query::revision(tx, order.id).await? + 1;
    let event_id = tell(tx, &order, &change, (revision, input.notify));
    let (order, refund) = apply::apply(tx, order, &preview, (revision, &change.reason)).await?;
    let (settlement, payment_link_id) = settled(tx, &order, &change, (input, event_id)).await?;
    let change = order_change::Model {
        status,
        revision,
        settlement,
        payment_link_id,
        refund_id: refund.as_ref().map(|refund| refund.id),
        confirmed_at: Some(tx.now()),
        version: change.version + 1,
        updated_at: tx.now(),
        ..change
    };
    let change = change.into_active_model().reset_all().update(tx).await?;
    let order = orders::refresh(tx, order.id).await?;
    Ok(Confirmed { change, order, refund, replayed: false })
}

async fn settled(
    tx: &Tx,
    order: &order::Model,
    change: &order_change::Model,
    (input, event_id): (&ConfirmChange, entity::id::EventId),
) -> Result<(OrderChangeSettlement, Option<PaymentLinkId>)> {
    if change.difference <= 0 {
        if !input.payments.is_empty() {
            return Err(Error::invalid(ErrorCode::PaymentMismatch, "input.payments"));
        }
        return Ok((change.settlement, None));
    }
    if input.payments.is_empty() {
        let link = settle::open_link(tx, order, change.difference).await?;
        return Ok((OrderChangeSettlement::BalanceDue, Some(link)));
    }
    settle::charge(tx, order, &input.payments, (change.difference, event_id)).await?;
    Ok((OrderChangeSettlement::Charge, None))
}

/// The handler of this event writes to the customer.
fn tell(
    tx: &Tx,
    order: &order::Model,
    change: &order_change::Model,
    (revision, notify): (i32, bool),
) -> entity::id::EventId {
    let payload = json!({
        "order_id": order.id,
        "order_change_id": change.id,
        "revision": revision,
        "difference": change.difference,
        "currency": order.currency,
        "notify": notify,
    });
    tx.event(NewEvent::new("order_changed", "order", order.id.uuid()).customer(order.customer_id).payload(payload))
}
