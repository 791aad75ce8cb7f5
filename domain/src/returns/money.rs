//! What goods that came back give: the fees, and the one call that sends money.

use entity::id::{RegisterId, RegisterSessionId};
use entity::money::Money;
use entity::words::{RefundReason, ReturnKind};
use entity::{refund, return_line, returns};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::step::Locked;
use super::units::Units;
use crate::drawer;
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::order::refund::NewRefund;
use crate::order::refund::issue::{Extra, issue_with};

/// Money that goes back.
#[derive(Debug, Clone)]
pub(super) struct Back {
    /// Units per line of the order.
    pub units: Units,
    /// Of what was paid for shipping, minor units.
    pub shipping: i64,
    /// What is kept, minor units.
    pub fee: i64,
    /// Whether discounts are kept that the rest of the order does not earn any more.
    pub claw_back: bool,
    /// In words.
    pub note: Option<String>,
    /// The open drawer that pays cash out.
    pub session: Option<RegisterSessionId>,
}

/// The open session of a till; without one cash waits until staff confirm it.
pub(super) async fn session(tx: &Tx, register: Option<RegisterId>) -> Result<Option<RegisterSessionId>> {
    let Some(register) = register else { return Ok(None) };
    Ok(drawer::current(tx, register).await?.map(|session| session.id))
}

/// An amount in the currency of the return, in minor units; 0 when nothing is said. Errors, at the field that says it:
/// `CURRENCY_MISMATCH`, `INVALID_AMOUNT` below zero.
pub(super) fn minor(locked: &Locked, field: &'static str, amount: Option<Money>) -> Result<i64> {
    match amount {
        None => Ok(0),
        Some(amount) if amount.currency != locked.row.currency => {
            Err(Error::invalid(ErrorCode::CurrencyMismatch, field))
        }
        Some(amount) if amount.minor < 0 => Err(Error::invalid(ErrorCode::InvalidAmount, field)),
        Some(amount) => Ok(amount.minor),
    }
}

/// Sends money back for a return of an order. `None` when nothing goes back. Not for an exchange that is not over.
pub(super) async fn give(tx: &Tx, locked: &Locked, back: Back) -> Result<Option<refund::Model>> {
    let Some(order) = &locked.order else { return Ok(None) };
    let reason = match locked.row.kind {
        ReturnKind::Return | ReturnKind::Exchange => RefundReason::Returned,
        ReturnKind::Claim => RefundReason::Claim,
    };
    if back.units.is_empty() && back.shipping == 0 {
        return Ok(None);
    }
    let new = NewRefund {
        units: back.units.into_iter().collect(),
        shipping: back.shipping,
        fee: back.fee,
        reason,
        note: back.note,
        return_id: Some(locked.row.id),
        destination: locked.row.refund_to,
        session: back.session,
    };
    issue_with(tx, order, new, Extra { claw_back: back.claw_back, ..Extra::default() }).await.map(Some)
}

/// What is kept of the fees when `now` more units are accepted after `before`: of the restocking fee the share of the
/// units, of the fee for sending back all of it with the first. Over all units it is exactly the fees.
pub(super) fn fee(row: &returns::Model, lines: &[return_line::Model], before: i64, now: i64) -> i64 {
    let all = lines.iter().map(|line| line.quantity).sum::<i64>().max(1);
    let until = |units: i64| {
        let share = i128::from(row.restocking_fee) * i128::from(units.min(all)) / i128::from(all);
        i64::try_from(share).unwrap_or(row.restocking_fee)
    };
    let sending = if before == 0 && now > 0 { row.return_shipping_fee } else { 0 };
    until(before + now) - until(before) + sending
}

/// Units for which money of this return went back before.
pub(super) async fn settled(tx: &Tx, row: &returns::Model) -> Result<i64> {
    let refunds = refund::Entity::find().filter(refund::Column::ReturnId.eq(row.id)).all(tx).await?;
    let ids: Vec<_> = refunds.iter().map(|refund| refund.id).collect();
    Ok(crate::order::refund::lines(tx, &ids).await?.iter().map(|line| line.quantity).sum())
}
