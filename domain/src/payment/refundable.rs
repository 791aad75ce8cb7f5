//! How much of each tender can go back, and how far refunds are: pure, from the facts about payments.

use entity::id::{PaymentEventId, PaymentId, RefundId};
use entity::words::{Gateway, PaymentEventKind, PaymentOutcome, RefundDestination};
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

/// How far a part of a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartState {
    /// The money went back.
    Executed,
    /// Somebody, or a gateway, has still to hand it out.
    Waiting,
    /// The gateway refused; it waits to be tried again. The money stays set aside for it.
    Failed,
}

/// The part of a refund that goes back to one payment in one way, minor units. A part is handed out whole or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundPart {
    /// The refund.
    pub refund_id: RefundId,
    /// The payment it goes back to.
    pub payment_id: PaymentId,
    /// Who moves the money.
    pub gateway: Gateway,
    /// Where it ends.
    pub destination: RefundDestination,
    /// How much.
    pub amount: i64,
    /// How far it is.
    pub state: PartState,
}

impl RefundPart {
    /// Whether it pays the goods of an exchange, and goes back to nobody.
    #[must_use]
    pub const fn pays_goods(&self) -> bool {
        match self.destination {
            RefundDestination::Exchange => true,
            RefundDestination::Original => matches!(self.gateway, Gateway::Exchange),
            RefundDestination::StoreCredit => false,
        }
    }
}

/// The parts of refunds, in the order in which they were decided. Their states follow from the counts of facts alone, so
/// facts of the same moment may come in any order.
#[must_use]
pub fn parts(events: &[payment_event::Model]) -> Vec<RefundPart> {
    let mut parts: Vec<(RefundPart, Counts)> = Vec::new();
    for event in events.iter().filter(|event| event.kind == PaymentEventKind::Refund) {
        let Some(refund_id) = event.refund_id else { continue };
        let mine = |(it, _): &&mut (RefundPart, Counts)| {
            (it.refund_id, it.payment_id, it.destination) == (refund_id, event.payment_id, event.destination)
        };
        match parts.iter_mut().find(mine) {
            Some((part, counts)) => {
                counts.add(event.outcome);
                part.state = counts.state();
                part.amount = part.amount.max(event.amount);
            }
            None => {
                let mut counts = Counts::default();
                counts.add(event.outcome);
                let part = RefundPart {
                    refund_id,
                    payment_id: event.payment_id,
                    gateway: event.gateway,
                    destination: event.destination,
                    amount: event.amount,
                    state: counts.state(),
                };
                parts.push((part, counts));
            }
        }
    }
    parts.into_iter().map(|(part, _)| part).collect()
}

/// Facts about one part of a refund.
#[derive(Clone, Copy, Default)]
struct Counts {
    pending: u32,
    success: u32,
    failure: u32,
}

impl Counts {
    const fn add(&mut self, outcome: PaymentOutcome) {
        match outcome {
            PaymentOutcome::Pending => self.pending += 1,
            PaymentOutcome::Success => self.success += 1,
            PaymentOutcome::Failure => self.failure += 1,
        }
    }

    const fn state(self) -> PartState {
        if self.success > 0 {
            PartState::Executed
        } else if self.pending > self.failure {
            PartState::Waiting
        } else {
            PartState::Failed
        }
    }
}

/// Refunds that are decided and not carried out, by refund and payment.
#[must_use]
pub fn pending(events: &[payment_event::Model]) -> Vec<RefundPart> {
    parts(events).into_iter().filter(|part| part.state == PartState::Waiting).collect()
}

/// The payments with what could go back of each, in the order in which they were captured.
#[must_use]
pub fn tenders(payments: &[payment::Model], events: &[payment_event::Model]) -> Vec<Tender> {
    let sums = Sums::per_payment(events);
    let set_aside: Vec<RefundPart> =
        parts(events).into_iter().filter(|part| part.state != PartState::Executed).collect();
    let mut tenders: Vec<(Option<PaymentEventId>, Tender)> = payments
        .iter()
        .map(|payment| {
            let sums = sums.get(&payment.id).copied().unwrap_or_default();
            let of_it = |event: &&payment_event::Model| event.payment_id == payment.id;
            let captures = || events.iter().filter(of_it).filter(|event| event.kind == PaymentEventKind::Capture);
            let on_its_way: i64 = set_aside.iter().filter(|it| it.payment_id == payment.id).map(|it| it.amount).sum();
            let tender = Tender {
                payment_id: payment.id,
                gateway: payment.gateway,
                amount: payment.amount,
                captured: sums.captured,
                // What is on its way may be what a bank took: it is gone once.
                given_back: (sums.refunded + on_its_way + disputed(events, payment.id)).min(sums.captured),
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

/// What of a payment is here: taken, neither gone back nor held back by a bank, minor units. What waits to go back is.
#[must_use]
pub fn left(events: &[payment_event::Model], payment: PaymentId) -> i64 {
    let sums = Sums::per_payment(events).get(&payment).copied().unwrap_or_default();
    sums.captured - sums.refunded - disputed(events, payment)
}

/// What a bank holds back of a payment while a chargeback is open, or took while as much was on its way back, minor units.
#[must_use]
pub fn disputed(events: &[payment_event::Model], payment: PaymentId) -> i64 {
    let of_it = events.iter().filter(|it| it.payment_id == payment && it.kind == PaymentEventKind::Chargeback);
    let open: i64 = of_it
        .map(|event| match event.outcome {
            PaymentOutcome::Pending => event.amount,
            PaymentOutcome::Success | PaymentOutcome::Failure => -event.amount,
        })
        .sum();
    open.max(0)
}
