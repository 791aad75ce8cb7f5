//! Sending money back: what is handed out at once, and what waits for staff or a gateway.

use std::collections::BTreeMap;

use entity::id::{EventId, PaymentId, RefundId, RegisterSessionId, StoredValueAccountId};
use entity::words::{CashMovementKind, Gateway, PaymentEventKind, PaymentOutcome, RefundDestination};
use entity::{channel, order, refund};
use sea_orm::EntityTrait;
use serde_json::json;

use super::books::Books;
use super::decide::{Decision, fact};
use crate::drawer::{self, CashMove};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::payment as payments;
use crate::payment::refundable::Tender;
use crate::stored_value::{self, SpentOn};

/// A part of a refund that goes back to one tender, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    pub payment_id: PaymentId,
    pub gateway: Gateway,
    /// The account of stored value that had paid.
    pub account: Option<StoredValueAccountId>,
    pub amount: i64,
    /// Where it ends.
    pub destination: RefundDestination,
}

/// How parts are handed out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub refund_id: RefundId,
    pub destination: RefundDestination,
    /// The open session of the till that pays cash out.
    pub session: Option<RegisterSessionId>,
    pub event_id: EventId,
}

/// Sends the money back, last captured first, and tells what went to whom.
pub(crate) async fn send(
    tx: &Tx,
    order: &order::Model,
    refund: &refund::Model,
    books: &Books,
    decision: &Decision,
) -> Result<Vec<Sent>> {
    let shares = shares(&books.tenders, refund.amount)?;
    let (mut sent, mut executed) = (Vec::new(), 0);
    for (destination, shares) in destinations(&shares, refund.amount, decision) {
        let way = Way { refund_id: refund.id, destination, session: decision.session, event_id: refund.event_id };
        let (mut facts, mut done) = (Vec::new(), Vec::new());
        for (tender, amount) in shares {
            let outcome = outcome_for(order, tender.gateway, &way);
            let account = books.accounts.get(&tender.payment_id).copied();
            let part = Sent { payment_id: tender.payment_id, gateway: tender.gateway, account, amount, destination };
            if outcome == PaymentOutcome::Success {
                done.push(part);
                executed += amount;
            }
            facts.push(fact(tender, PaymentEventKind::Refund, outcome, amount, refund.event_id));
            sent.push(part);
        }
        hand_out(tx, order, &done, way).await?;
        payments::record::record_refund(tx, (refund.id, destination), facts).await?;
    }
    if executed > 0 {
        tell_executed(tx, order, refund, executed);
    }
    Ok(sent)
}

/// What goes back to tenders, by where it ends.
type Ways<'a> = BTreeMap<RefundDestination, Vec<(&'a Tender, i64)>>;

/// Where each part ends. What is beyond the exchange goes first, to the tenders that were captured last. What goods that
/// came back had paid cannot go back to them: it becomes store credit.
fn destinations<'a>(shares: &[(&'a Tender, i64)], amount: i64, decision: &Decision) -> Ways<'a> {
    let mut beyond = amount - decision.exchange;
    let mut ways = Ways::new();
    for (tender, share) in shares {
        let direct = (*share).min(beyond).max(0);
        beyond -= direct;
        for (destination, part) in [(decision.destination, direct), (RefundDestination::Exchange, share - direct)] {
            let destination = match (tender.gateway, destination) {
                (Gateway::Exchange, RefundDestination::Original) => RefundDestination::StoreCredit,
                (_, destination) => destination,
            };
            if part > 0 {
                ways.entry(destination).or_default().push((*tender, part));
            }
        }
    }
    ways
}

/// Like [`outcome`]; what goods had paid waits as long as nobody is known who could get the credit.
fn outcome_for(order: &order::Model, gateway: Gateway, way: &Way) -> PaymentOutcome {
    let is_credit = way.destination == RefundDestination::StoreCredit && gateway == Gateway::Exchange;
    if is_credit && order.customer_id.is_none() { PaymentOutcome::Pending } else { outcome(gateway, way) }
}

/// What of an amount goes back to which tender, last captured first.
pub(crate) fn shares(tenders: &[Tender], amount: i64) -> Result<Vec<(&Tender, i64)>> {
    let (mut left, mut shares) = (amount, Vec::new());
    for tender in tenders.iter().rev() {
        let part = tender.kept().min(left);
        if part > 0 {
            left -= part;
            shares.push((tender, part));
        }
    }
    if left > 0 {
        return Err(Error::Bug(format!("{left} of a refund have no tender to go back to")));
    }
    Ok(shares)
}

/// Tells that money was handed out.
pub(crate) fn tell_executed(tx: &Tx, order: &order::Model, refund: &refund::Model, amount: i64) -> EventId {
    let event = NewEvent::new("refund_executed", "order", order.id.uuid()).customer(order.customer_id);
    tx.event(event.payload(json!({
        "order_id": order.id, "refund_id": refund.id, "amount": amount, "currency": refund.currency,
    })))
}

/// Moves what is handed out here: cash out of the drawer, then value into accounts in the order of their ids, so that
/// two refunds never wait for each other. Other gateways say themselves what they did.
/// Errors: `REGISTER_SESSION_REQUIRED` for cash without a session, `INSUFFICIENT_CASH`, `REQUIRED` at `customerId` for
/// store credit of an order without a customer.
pub(crate) async fn hand_out(tx: &Tx, order: &order::Model, parts: &[Sent], way: Way) -> Result<()> {
    match way.destination {
        RefundDestination::Exchange => Ok(()),
        RefundDestination::StoreCredit => {
            let amount: i64 = parts.iter().map(|part| part.amount).sum();
            credit(tx, order, amount, way).await
        }
        RefundDestination::Original => {
            pay_cash(tx, order, parts, way).await?;
            for (account, part) in stored(parts) {
                let on = SpentOn { payment_id: part.payment_id, order_id: order.id, event_id: way.event_id };
                stored_value::give_back(tx, account, part.amount, on).await?;
            }
            Ok(())
        }
    }
}

fn stored(parts: &[Sent]) -> Vec<(StoredValueAccountId, Sent)> {
    let mut stored: Vec<_> = parts.iter().filter_map(|part| Some((part.account?, *part))).collect();
    stored.sort_by_key(|(account, part)| (*account, part.payment_id));
    stored
}

async fn pay_cash(tx: &Tx, order: &order::Model, parts: &[Sent], way: Way) -> Result<()> {
    let cash: Vec<Sent> = parts.iter().filter(|part| part.gateway == Gateway::Cash).copied().collect();
    if cash.is_empty() {
        return Ok(());
    }
    let id = way.session.ok_or(Error::invalid(ErrorCode::RegisterSessionRequired, "registerId"))?;
    let session = drawer::lock(tx, id).await?;
    for part in cash {
        let cash = CashMove {
            kind: CashMovementKind::Refund,
            amount: -part.amount,
            order_id: Some(order.id),
            payment_id: Some(part.payment_id),
            reason: None,
            event_id: way.event_id,
        };
        drawer::record(tx, &session, cash).await?;
    }
    Ok(())
}

async fn credit(tx: &Tx, order: &order::Model, amount: i64, way: Way) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let customer = order.customer_id.ok_or(Error::invalid(ErrorCode::Required, "customerId"))?;
    let channel = channel::Entity::find_by_id(order.channel_id).one(tx).await?.ok_or(Error::not_found("channel"))?;
    let reason = format!("refund {}", way.refund_id);
    stored_value::credit(tx, customer, &channel, amount, &reason, way.event_id).await?;
    Ok(())
}

/// Whether money is handed out at once: staff key refunds into terminals and order transfers, a network gateway is
/// called outside of the transaction, and cash needs an open drawer.
pub(super) const fn outcome(gateway: Gateway, way: &Way) -> PaymentOutcome {
    match (way.destination, gateway) {
        (RefundDestination::Exchange | RefundDestination::StoreCredit, _)
        | (RefundDestination::Original, Gateway::Test | Gateway::GiftCard | Gateway::StoreCredit | Gateway::Points) => {
            PaymentOutcome::Success
        }
        (RefundDestination::Original, Gateway::Cash) if way.session.is_some() => PaymentOutcome::Success,
        (
            RefundDestination::Original,
            Gateway::Cash | Gateway::Manual | Gateway::CardTerminal | Gateway::Stripe | Gateway::Exchange,
        ) => PaymentOutcome::Pending,
    }
}
