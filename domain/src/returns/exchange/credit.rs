//! What the goods that came back give: one refund of the old order, as much of it as the new goods cost for them, the rest
//! back to the customer.

use entity::id::RegisterSessionId;
use entity::words::{ExchangeStatus, Gateway, PaymentEventKind, PaymentOutcome, RefundReason, TestOutcome};
use entity::{event, exchange, exchange_line, order, refund, return_item};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::super::money;
use super::super::step::Locked;
use super::super::units::Units;
use super::{preview, query, step};
use crate::kernel::{Error, Result, Tx};
use crate::order::refund::{Coming, Extra, NewRefund, issue_with};
use crate::payment::gateway::Facts;
use crate::payment::tender::Tender;

/// Units that were looked at and count for money, by line of the order. One statement.
pub(super) async fn units(tx: &Tx, back: &Locked) -> Result<Units> {
    let found = return_item::Entity::find()
        .filter(return_item::Column::ReturnLineId.is_in(back.lines.iter().map(|line| line.id)))
        .filter(return_item::Column::Pays.eq(true))
        .all(tx)
        .await?;
    let mut units = Units::new();
    for item in found {
        let line = back.lines.iter().find(|line| line.id == item.return_line_id);
        if let Some(id) = line.and_then(|line| line.order_line_id) {
            *units.entry(id).or_default() += item.quantity;
        }
    }
    Ok(units)
}

/// What goes back for units, and how.
pub(super) struct Give {
    pub(super) units: Units,
    /// Of what was paid for shipping, minor units.
    pub(super) shipping: i64,
    /// What the new goods take of it, at most.
    pub(super) most: i64,
    /// The open drawer that pays cash out.
    pub(super) session: Option<RegisterSessionId>,
    /// Whether discounts are kept that the rest of the old order does not earn any more.
    pub(super) claw_back: bool,
    /// The new goods: they count for the rest.
    pub(super) coming: Vec<Coming>,
}

/// The new goods of an exchange that was agreed on.
pub(super) fn coming(lines: &[exchange_line::Model]) -> Vec<Coming> {
    let one = |line: &exchange_line::Model| Coming {
        variant_id: line.variant_id,
        quantity: line.quantity,
        unit_price: line.unit_price,
    };
    lines.iter().map(one).collect()
}

/// Whether discounts are kept: not when staff waived the fees of some of the goods when they looked at them. One statement.
pub(super) async fn keeps_discounts(tx: &Tx, back: &Locked) -> Result<bool> {
    let told = event::Entity::find()
        .filter(event::Column::AggregateId.eq(back.row.id.uuid()))
        .filter(event::Column::Kind.eq("return_units_inspected"))
        .all(tx)
        .await?;
    Ok(!told.iter().any(|event| event.payload.get("waived").and_then(serde_json::Value::as_bool) == Some(true)))
}

/// What is kept of the old goods changed before they came: what they give for new ones that wait is agreed anew, so
/// that no mail tells a difference that is not so any more. The return is locked.
pub(in super::super) async fn agree_anew(tx: &Tx, back: &Locked) -> Result<()> {
    let found = exchange::Entity::find().filter(exchange::Column::ReturnId.eq(back.row.id)).lock_exclusive();
    let waits = found.one(tx).await?.filter(|row| row.status == ExchangeStatus::AwaitingReturn);
    let Some(row) = waits else { return Ok(()) };
    let goods = query::lines(tx, &[row.id]).await?;
    let credit = preview::credit(tx, back, &coming(&goods)).await?;
    if credit != row.credit {
        step::save(tx, exchange::Model { credit, ..row });
    }
    Ok(())
}

/// Decides the refund of the old order; with it, what pays the new goods, minor units.
pub(super) async fn give(tx: &Tx, back: &Locked, give: Give) -> Result<(refund::Model, i64)> {
    let order: &order::Model = back.order.as_ref().ok_or(Error::not_found("order"))?;
    let fee = money::fee(&back.row, &back.lines, 0, give.units.values().sum());
    let new = NewRefund {
        units: give.units.into_iter().collect(),
        shipping: give.shipping,
        fee,
        reason: RefundReason::Returned,
        note: Some(back.row.note.clone()).filter(|note| !note.is_empty()),
        return_id: Some(back.row.id),
        destination: back.row.refund_to,
        session: give.session,
    };
    let extra = Extra { exchange: give.most, claw_back: give.claw_back, coming: give.coming, ..Extra::default() };
    let refund = issue_with(tx, order, new, extra).await?;
    let credit = refund.amount.min(give.most);
    Ok((refund, credit))
}

/// The tender by which old goods pay new ones; none when they give nothing.
pub(super) fn tender(amount: i64, number: &str) -> Option<(Tender, Facts)> {
    let tender = Tender {
        gateway: Gateway::Exchange,
        amount,
        tendered: None,
        change: None,
        reference: Some(number.to_owned()),
        stored_value_account_id: None,
        method: None,
        test_outcome: TestOutcome::Approve,
        guarantee: false,
        link: None,
    };
    (amount > 0).then(|| (tender, vec![(PaymentEventKind::Capture, PaymentOutcome::Success)]))
}
