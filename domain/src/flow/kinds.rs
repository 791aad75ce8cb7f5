//! The events that flows can follow: what starts, wakes and ends runs.

/// Kinds of events that definitions may name.
pub const EVENTS: &[&str] = &[
    "order_placed",
    "order_canceled",
    "order_canceled_by_request",
    "order_changed",
    "order_closed",
    "payment_captured",
    "refund_issued",
    "refund_executed",
    "shipment_dispatched",
    "shipment_tracked",
    "shipment_delayed",
    "shipment_presumed_delivered",
    "shipment_returned",
    "pickup_ready",
    "pickup_collected",
    "pickup_expired",
    "pickup_canceled",
    "return_requested",
    "return_approved",
    "return_received",
    "return_closed",
    "claim_resolved",
    "customer_registered",
    "customer_created",
    "customer_consents_set",
    "customer_tagged",
    "gift_card_activated",
    "store_credit_issued",
    "survey_answered",
    "review_written",
    "review_published",
];

/// Events after which stock may be there that was not; the same that wake waiting work.
pub(super) const STOCK: &[&str] = crate::fulfillment::parking::KINDS;

/// What the handler of flows listens to: all of these, and the erasure of a customer.
pub(super) const HEARD: &[&str] = &heard();

#[expect(clippy::indexing_slicing, reason = "the compiler runs it: an index that is too large does not compile")]
const fn heard() -> [&'static str; EVENTS.len() + STOCK.len() + 1] {
    let mut all = ["customer_erased"; EVENTS.len() + STOCK.len() + 1];
    let mut at = 0;
    while at < EVENTS.len() + STOCK.len() {
        all[at] = if at < EVENTS.len() { EVENTS[at] } else { STOCK[at - EVENTS.len()] };
        at += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_be_named_is_heard() {
        for kind in EVENTS.iter().chain(STOCK) {
            assert!(HEARD.contains(kind), "{kind}");
        }
        assert_eq!(HEARD.len(), EVENTS.len() + STOCK.len() + 1, "and the erasure of a customer");
    }
}
