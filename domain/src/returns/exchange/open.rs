//! Placing the order of the new goods.

use chrono::TimeDelta;
use entity::id::{PaymentId, PaymentLinkId};
use entity::money::Money;
use entity::words::{Gateway, PaymentEventKind, PaymentOutcome};
use entity::{channel, order, payment_link};
use serde_json::json;

use super::credit;
use super::goods::Quote;
use crate::fulfillment::place::{Placed, place};
use crate::fulfillment::placement::Placement;
use crate::fulfillment::{complete_cart, pay_later};
use crate::kernel::event::NewEvent;
use crate::kernel::secret::token_hash;
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::messaging::payment_links;
use crate::payment as payments;
use crate::payment::gateway::{self, Facts};
use crate::payment::task;
use crate::payment::tender::{self, Tender, TenderInput};

/// New goods, and how they are paid.
pub(super) struct Opening<'a> {
    pub(super) quote: Quote,
    /// The order of the old goods.
    pub(super) old: &'a order::Model,
    /// What the old goods pay, minor units.
    pub(super) credit: i64,
    /// Number of the return.
    pub(super) number: &'a str,
    /// What pays the rest; due by a link when empty, secured by one when it is a card over the network.
    pub(super) payments: &'a [TenderInput],
    /// Whether money is reserved only, until the old goods come.
    pub(super) reserves: bool,
}

/// An order of new goods that was just placed.
pub(super) struct Opened {
    pub(super) placed: Placed,
    /// The payment that is reserved until the old goods come, or shall be.
    pub(super) guarantee: Option<PaymentId>,
}

/// Places the order; its rows are written last. Errors: `INSUFFICIENT_STOCK`, `PAYMENT_MISMATCH`, `PAYMENT_DECLINED`,
/// `GATEWAY_UNAVAILABLE` for means that are not for staff at a desk, what stored value says.
pub(super) async fn open(tx: &Tx, opening: Opening<'_>) -> Result<Opened> {
    let Opening { quote, old, credit, number, payments, reserves } = opening;
    let total = quote.total();
    let placement = quote.placement(tx, old);
    let rest = total - credit;
    let by_card = reserves && rest > 0 && is_by_card(payments);
    let link = (rest > 0 && (payments.is_empty() || by_card)).then(|| PaymentLinkId(tx.new_uuid()));
    let mut charges: Vec<(Tender, Facts)> = credit::tender(credit, number).into_iter().collect();
    match link {
        Some(link) if by_card => charges.push(guarantee(tx, payments, Money::new(rest, old.currency), link)?),
        Some(_) => {}
        None => charges.extend(charge(tx, &placement.channel, old, payments, (rest, reserves)).await?),
    }
    let channel = placement.channel.clone();
    let placed = place(tx, Placement { charges, waits_for_payment: link.is_some(), ..placement }).await?;
    if let Some(link) = link {
        ask(tx, &channel, &placed.order, (link, rest), by_card);
    }
    let reserved = placed.payments.iter().find(|payment| payments::is_guarantee(payment));
    Ok(Opened { guarantee: reserved.map(|payment| payment.id), placed })
}

/// Whether the full value is to be reserved on a card: the customer agrees to it by a link, and the goods wait for that.
pub(super) fn is_by_card(tenders: &[TenderInput]) -> bool {
    matches!(tenders, [only] if task::is_network(only.gateway))
}

/// The payment by which a card shall secure the goods: it waits for the customer. Errors: `GATEWAY_UNAVAILABLE`,
/// `PAYMENT_MISMATCH`, `CURRENCY_MISMATCH`, `INVALID` for the method of money that staff confirm.
fn guarantee(tx: &Tx, tenders: &[TenderInput], total: Money, link: PaymentLinkId) -> Result<(Tender, Facts)> {
    let mut tenders = tender::settle(tenders, total)?;
    let tender = tenders.pop().ok_or(Error::invalid(ErrorCode::PaymentMismatch, "payments"))?;
    gateway::network(tx.ctx(), tender.gateway)?;
    // The gateway names it.
    let tender = Tender { guarantee: true, link: Some(link), reference: None, ..tender };
    let charge = (tender, vec![(PaymentEventKind::Authorize, PaymentOutcome::Pending)]);
    pay_later::check_methods(std::slice::from_ref(&charge))?;
    Ok(charge)
}

async fn charge(
    tx: &Tx,
    channel: &channel::Model,
    old: &order::Model,
    tenders: &[TenderInput],
    (amount, reserves): (i64, bool),
) -> Result<Vec<(Tender, Facts)>> {
    // Cash needs a drawer, gift cards a count of wrong codes, the network its own steps: those are for tills and links.
    let at_a_desk = |tender: &TenderInput| match tender.gateway {
        Gateway::Manual | Gateway::CardTerminal | Gateway::Test | Gateway::StoreCredit | Gateway::Points => true,
        Gateway::Cash | Gateway::GiftCard | Gateway::Stripe | Gateway::Exchange => false,
    };
    if !tenders.iter().all(at_a_desk) {
        return Err(Error::invalid(ErrorCode::GatewayUnavailable, "payments.gateway"));
    }
    let total = Money::new(amount, old.currency);
    let charges = complete_cart::charge(tx, channel, tenders, total, old.customer_id).await?;
    pay_later::check_methods(&charges)?;
    let mut charges = pay_later::as_channel_takes(channel, charges);
    for (tender, facts) in charges.iter_mut().filter(|_| reserves) {
        if facts.contains(&(PaymentEventKind::Authorize, PaymentOutcome::Success)) {
            facts.retain(|(kind, _)| *kind != PaymentEventKind::Capture);
            tender.guarantee = true;
        }
    }
    Ok(charges)
}

/// Opens a link by which the customer pays so many minor units within the channel's time, or only reserves them, and
/// asks for it by mail.
pub(super) fn ask(
    tx: &Tx,
    channel: &channel::Model,
    order: &order::Model,
    (id, amount): (PaymentLinkId, i64),
    reserves: bool,
) {
    let link = payment_link::Model {
        id,
        order_id: order.id,
        token_hash: token_hash(&payment_links::token(&tx.ctx().services.secrets, id)),
        amount,
        expires_at: tx.now() + TimeDelta::hours(i64::from(channel.pay_within_hours.max(1))),
        used_at: None,
        created_at: tx.now(),
    };
    tx.insert_last(std::slice::from_ref(&link));
    let event = NewEvent::new("order_payment_requested", "order", order.id.uuid()).customer(order.customer_id);
    tx.event(event.payload(json!({
        "order_id": order.id, "payment_link_id": id, "amount": amount, "currency": order.currency, "notify": true,
        "reserves": reserves,
    })));
}
