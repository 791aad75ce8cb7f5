//! How much of each tender can go back: pure, from the facts about payments.

use std::collections::HashMap;

use entity::id::{PaymentEventId, PaymentId, RefundId};
use entity::words::{Gateway, PaymentEventKind, PaymentOutcome};
use entity::{payment, payment_event};

use super::sums::Sums;

/// A payment with what of it could go back, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tender {
    /// Which payment.
    pub payment_id: PaymentId,
    /// Who moves the money.
    pub gateway: Gateway,
    /// What it is meant to pay.
    pub amount: i64,
    /// Taken.
    pub captured: i64,
    /// Gone back, or on its way.
    pub given_back: i64,
    /// Reserved, neither taken nor given up.
    pub reserved: i64,
    /// Whether the money is still expected.
    pub is_expected: bool,
}

impl Tender {
    /// What was taken and not given back.
    #[must_use]
    pub const fn kept(&self) -> i64 {
        self.captured.saturating_sub(self.given_back)
    }
}

/// A part of a refund that waits until somebody hands the money out, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingRefund {
    /// The refund.
    pub refund_id: RefundId,
    /// The payment it goes back to.
    pub payment_id: PaymentId,
    /// Who moves the money.
    pub gateway: Gateway,
    /// How much.
    pub amount: i64,
}

/// Refunds that are decided and not carried out, by refund and payment.
#[must_use]
pub fn pending(events: &[payment_event::Model]) -> Vec<PendingRefund> {
    let mut open: Vec<PendingRefund> = Vec::new();
    for event in events.iter().filter(|event| event.kind == PaymentEventKind::Refund) {
        let Some(refund_id) = event.refund_id else { continue };
        let found = open.iter_mut().find(|it| it.refund_id == refund_id && it.payment_id == event.payment_id);
        match (found, event.outcome) {
            (Some(it), PaymentOutcome::Pending) => it.amount += event.amount,
            (Some(it), PaymentOutcome::Success | PaymentOutcome::Failure) => it.amount -= event.amount,
            (None, PaymentOutcome::Pending) => open.push(PendingRefund {
                refund_id,
                payment_id: event.payment_id,
                gateway: event.gateway,
                amount: event.amount,
            }),
            // Carried out at once: it never waited.
            (None, PaymentOutcome::Success | PaymentOutcome::Failure) => {}
        }
    }
    open.retain(|it| it.amount > 0);
    open
}

/// The payments with what could go back of each, in the order in which they were captured.
#[must_use]
pub fn tenders(payments: &[payment::Model], events: &[payment_event::Model]) -> Vec<Tender> {
    let sums = Sums::per_payment(events);
    let waiting = pending(events);
    let mut tenders: Vec<(Option<PaymentEventId>, Tender)> = payments
        .iter()
        .map(|payment| {
            let sums = sums.get(&payment.id).copied().unwrap_or_default();
            let of_it = |event: &&payment_event::Model| event.payment_id == payment.id;
            let captures = || events.iter().filter(of_it).filter(|event| event.kind == PaymentEventKind::Capture);
            let on_its_way: i64 = waiting.iter().filter(|it| it.payment_id == payment.id).map(|it| it.amount).sum();
            let tender = Tender {
                payment_id: payment.id,
                gateway: payment.gateway,
                amount: payment.amount,
                captured: sums.captured,
                given_back: sums.refunded + on_its_way,
                reserved: (sums.authorized - sums.voided - sums.captured).max(0),
                is_expected: captures().next_back().is_some_and(|event| event.outcome == PaymentOutcome::Pending),
            };
            let captured = captures().rfind(|event| event.outcome == PaymentOutcome::Success);
            (captured.map(|event| event.id), tender)
        })
        .collect();
    tenders.sort_by_key(|(captured, tender)| (*captured, tender.payment_id));
    tenders.into_iter().map(|(_, tender)| tender).collect()
}

/// Amounts waiting per refund.
#[must_use]
pub fn pending_by_refund(events: &[payment_event::Model]) -> HashMap<RefundId, i64> {
    pending(events).into_iter().fold(HashMap::new(), |mut sums, it| {
        *sums.entry(it.refund_id).or_default() += it.amount;
        sums
    })
}
