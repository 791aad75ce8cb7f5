//! The statuses of an order that follow from facts: pure functions, recomputed by the audit.

use entity::words::{
    DeliveryMethod, FulfillmentOrderStatus, OrderFulfillmentStatus, OrderPaymentStatus, OrderPickupStatus,
    OrderReturnStatus, PickupStatus, RefundReason,
};
use entity::{fulfillment_order, order_line, order_shipping, pickup, refund};

use super::given_back;
use crate::kernel::Result;
use crate::payment::sums::Sums;

/// What payments say about an order, compared with its total less what was canceled and never taken: an order is paid
/// when what remains of it is. Money that goes back for canceled units was taken, so it does not count as such, and neither
/// do the fees and discounts that were kept of it.
///
/// Error: `Bug` for lines that cannot be.
pub fn payment(
    total: i64,
    lines: &[order_line::Model],
    shipping: &[order_shipping::Model],
    refunds: &[refund::Model],
    sums: &Sums,
) -> Result<OrderPaymentStatus> {
    let mut canceled: i64 = 0;
    for line in lines {
        canceled += given_back::canceled_worth(line)?;
    }
    if given_back::shipping_is_off(lines) {
        canceled += shipping.iter().map(|shipping| shipping.total).sum::<i64>();
    }
    let for_canceled = |refund: &&refund::Model| match refund.reason {
        RefundReason::Canceled
        | RefundReason::PickupExpired
        | RefundReason::Unfillable
        | RefundReason::OrderChanged => true,
        RefundReason::Returned
        | RefundReason::Goodwill
        | RefundReason::Other
        | RefundReason::Claim
        | RefundReason::Overpaid => false,
    };
    // What was kept of it is owed; discounts that were given back by costing less are not.
    let taken: i64 = refunds.iter().filter(for_canceled).map(|refund| refund.amount + refund.fee_amount).sum();
    let owed = total - (canceled - taken).max(0);
    // An order that was canceled before anybody paid was not paid.
    let nothing_left = owed <= 0 && total > 0 && sums.captured == 0;
    Ok(sums.status(if nothing_left { total } else { owed }))
}

/// What fulfillment work and lines say about an order.
#[must_use]
pub fn fulfillment(lines: &[order_line::Model], work: &[fulfillment_order::Model]) -> OrderFulfillmentStatus {
    use FulfillmentOrderStatus as W;
    let wanted: i64 = lines.iter().map(|line| line.quantity - line.canceled).sum();
    let left: i64 = lines.iter().map(|line| line.fulfilled).sum();
    let any = |status: W| work.iter().any(|work| work.status == status);
    if wanted > 0 && left >= wanted {
        OrderFulfillmentStatus::Fulfilled
    } else if left > 0 {
        OrderFulfillmentStatus::PartiallyFulfilled
    } else if any(W::OnHold) {
        OrderFulfillmentStatus::OnHold
    } else if any(W::InProgress) || any(W::Packed) {
        OrderFulfillmentStatus::InProgress
    } else if any(W::Scheduled) && !any(W::Open) {
        OrderFulfillmentStatus::Scheduled
    } else {
        OrderFulfillmentStatus::Unfulfilled
    }
}

/// What the lines to collect and their pickups say about an order.
#[must_use]
pub fn pickup(lines: &[order_line::Model], pickups: &[pickup::Model]) -> OrderPickupStatus {
    let collect =
        || lines.iter().filter(|line| line.delivery == DeliveryMethod::Pickup && line.quantity > line.canceled);
    let wanted: i64 = collect().map(|line| line.quantity - line.canceled).sum();
    let left: i64 = collect().map(|line| line.fulfilled).sum();
    let any = |status: PickupStatus| pickups.iter().any(|pickup| pickup.status == status);
    match (wanted, left) {
        (0, _) if any(PickupStatus::Expired) => OrderPickupStatus::Expired,
        (0, _) => OrderPickupStatus::None,
        (_, 0) if any(PickupStatus::Ready) => OrderPickupStatus::Ready,
        (_, 0) => OrderPickupStatus::Preparing,
        (wanted, left) if left >= wanted => OrderPickupStatus::Collected,
        _ => OrderPickupStatus::PartiallyCollected,
    }
}

/// What the units that came back say about an order.
#[must_use]
pub fn returns(lines: &[order_line::Model]) -> OrderReturnStatus {
    let sum = |part: fn(&order_line::Model) -> i64| lines.iter().map(part).sum::<i64>();
    let (fulfilled, requested, back) =
        (sum(|line| line.fulfilled), sum(|line| line.return_requested), sum(|line| line.received_back));
    if requested == 0 {
        OrderReturnStatus::None
    } else if back == 0 {
        OrderReturnStatus::Requested
    } else if back >= fulfilled {
        OrderReturnStatus::Returned
    } else if back >= requested {
        OrderReturnStatus::PartiallyReturned
    } else {
        OrderReturnStatus::InProgress
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use entity::id::{EventId, OrderId, OrderLineId, RefundId, TaxClassId, VariantId};
    use entity::money::Currency;
    use uuid::Uuid;

    use super::*;

    fn line(canceled: i64) -> order_line::Model {
        order_line::Model {
            id: OrderLineId(Uuid::nil()),
            order_id: OrderId(Uuid::nil()),
            position: 1,
            variant_id: VariantId(Uuid::nil()),
            title: String::new(),
            variant_title: String::new(),
            sku: None,
            quantity: 3,
            revision: 1,
            unit_price: 0,
            subtotal: 0,
            discount: 0,
            tax_class_id: TaxClassId(Uuid::nil()),
            tax_rate_ppm: 0,
            tax: 0,
            total: 1_000,
            delivery: DeliveryMethod::Pickup,
            pickup_location_id: None,
            fulfilled: 0,
            canceled,
            return_requested: 0,
            received_back: 0,
            metadata: serde_json::json!({}),
        }
    }

    fn refund(amount: i64, reason: RefundReason) -> refund::Model {
        refund::Model {
            id: RefundId(Uuid::nil()),
            order_id: OrderId(Uuid::nil()),
            currency: Currency::JPY,
            amount,
            shipping_amount: 0,
            reason,
            note: None,
            event_id: EventId(Uuid::nil()),
            created_at: chrono::DateTime::UNIX_EPOCH,
            return_id: None,
            fee_amount: 0,
            claw_back_amount: 0,
        }
    }

    #[test]
    fn what_was_canceled_and_never_taken_is_not_owed() {
        use OrderPaymentStatus as S;
        let said = |canceled, refunds: &[refund::Model], authorized, captured| {
            let sums = Sums { authorized, captured, ..Sums::default() };
            payment(1_000, &[line(canceled)], &[], refunds, &sums).unwrap()
        };
        assert_eq!(said(0, &[], 0, 666), S::PartiallyPaid);
        assert_eq!(said(1, &[], 0, 666), S::Paid, "two of three remain");
        assert_eq!(said(1, &[], 0, 665), S::PartiallyPaid);
        assert_eq!(said(1, &[], 0, 0), S::Unpaid);
        assert_eq!(said(1, &[], 666, 0), S::Authorized);
        assert_eq!(said(1, &[], 0, 1_000), S::Overpaid, "paid for what was canceled before");
        // Money that waits to go back was taken for what was canceled.
        assert_eq!(said(1, &[refund(334, RefundReason::Canceled)], 0, 1_000), S::Paid);
        assert_eq!(said(1, &[refund(334, RefundReason::Goodwill)], 0, 1_000), S::Overpaid);
        assert_eq!(said(3, &[], 0, 0), S::Unpaid, "nothing was paid, nothing is owed");
    }
}
