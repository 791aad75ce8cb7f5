//! What payment events add up to, and what that says about an order.

use std::collections::HashMap;

use entity::id::PaymentId;
use entity::payment_event;
use entity::words::{OrderPaymentStatus, PaymentEventKind, PaymentOutcome};

/// Sums of successful payment events, in minor units of the order's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Reserved, ever.
    pub authorized: i64,
    /// Reservations given up.
    pub voided: i64,
    /// Taken.
    pub captured: i64,
    /// Gone back, by refund or chargeback.
    pub refunded: i64,
}

impl Sums {
    /// The sums of a list of events; pending and failed ones count for nothing.
    #[must_use]
    pub fn of<'a>(events: impl IntoIterator<Item = &'a payment_event::Model>) -> Self {
        events.into_iter().fold(Self::default(), |sums, event| sums.with(event.kind, event.outcome, event.amount))
    }

    /// The sums per payment.
    #[must_use]
    pub fn per_payment(events: &[payment_event::Model]) -> HashMap<PaymentId, Self> {
        let mut sums: HashMap<PaymentId, Self> = HashMap::new();
        for event in events {
            let sum = sums.entry(event.payment_id).or_default();
            *sum = sum.with(event.kind, event.outcome, event.amount);
        }
        sums
    }

    /// With one more fact.
    #[must_use]
    pub const fn with(mut self, kind: PaymentEventKind, outcome: PaymentOutcome, amount: i64) -> Self {
        if matches!(outcome, PaymentOutcome::Success) {
            let sum = match kind {
                PaymentEventKind::Authorize => &mut self.authorized,
                PaymentEventKind::Void => &mut self.voided,
                PaymentEventKind::Capture => &mut self.captured,
                PaymentEventKind::Refund | PaymentEventKind::Chargeback => &mut self.refunded,
            };
            *sum = sum.saturating_add(amount);
        }
        self
    }

    /// The payment status of an order over `total` minor units.
    #[must_use]
    pub const fn status(&self, total: i64) -> OrderPaymentStatus {
        let reserved = self.authorized.saturating_sub(self.voided);
        if self.refunded > 0 {
            return if self.refunded >= self.captured {
                OrderPaymentStatus::Refunded
            } else if self.captured < total {
                // What was added after money went back is still missing.
                OrderPaymentStatus::PartiallyPaid
            } else {
                OrderPaymentStatus::PartiallyRefunded
            };
        }
        if self.captured > total {
            OrderPaymentStatus::Overpaid
        } else if self.captured == total {
            // An order that costs nothing is paid.
            OrderPaymentStatus::Paid
        } else if self.captured > 0 {
            OrderPaymentStatus::PartiallyPaid
        } else if reserved >= total {
            OrderPaymentStatus::Authorized
        } else if self.authorized > 0 && reserved == 0 {
            OrderPaymentStatus::Voided
        } else {
            OrderPaymentStatus::Unpaid
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(authorized: i64, voided: i64, captured: i64, refunded: i64) -> OrderPaymentStatus {
        Sums { authorized, voided, captured, refunded }.status(1000)
    }

    #[test]
    fn the_status_follows_the_sums() {
        use OrderPaymentStatus as S;
        assert_eq!(status(0, 0, 0, 0), S::Unpaid);
        assert_eq!(status(1000, 0, 0, 0), S::Authorized);
        assert_eq!(status(1000, 1000, 0, 0), S::Voided);
        assert_eq!(status(1000, 0, 400, 0), S::PartiallyPaid);
        assert_eq!(status(1000, 0, 1000, 0), S::Paid);
        assert_eq!(status(0, 0, 1001, 0), S::Overpaid);
        assert_eq!(status(1000, 0, 1000, 1), S::PartiallyRefunded);
        assert_eq!(status(1000, 0, 1000, 1000), S::Refunded);
        assert_eq!(status(1000, 0, 999, 1), S::PartiallyPaid);
        assert_eq!(status(1000, 0, 400, 400), S::Refunded);
        assert_eq!(Sums::default().status(0), S::Paid);
    }
}
