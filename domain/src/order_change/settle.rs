//! Settling what a change costs more: charged now, or due by a link.

use entity::id::{EventId, PaymentLinkId};
use entity::money::Money;
use entity::order;
use entity::words::Gateway;

use crate::fulfillment::{complete_cart, pay_link};
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::order::capture_payment::settle_later;
use crate::payment::record::{self, PaidFor};
use crate::payment::tender::TenderInput;

/// Charges tenders that add up to `amount` minor units. Errors: `GATEWAY_UNAVAILABLE` for means that are not for staff at
/// a desk, `PAYMENT_MISMATCH`, `PAYMENT_DECLINED`, `PAYMENT_UNAVAILABLE`.
pub(super) async fn charge(
    tx: &Tx,
    order: &order::Model,
    tenders: &[TenderInput],
    (amount, event_id): (i64, EventId),
) -> Result<()> {
    // Cash needs a drawer, stored value and the network their own steps: those are paid by the link.
    let at_a_desk = |tender: &TenderInput| match tender.gateway {
        Gateway::Manual | Gateway::CardTerminal | Gateway::Test => true,
        Gateway::Cash
        | Gateway::GiftCard
        | Gateway::StoreCredit
        | Gateway::Points
        | Gateway::Stripe
        | Gateway::Exchange => false,
    };
    if !tenders.iter().all(at_a_desk) {
        return Err(Error::invalid(ErrorCode::GatewayUnavailable, "payments.gateway"));
    }
    let total = Money::new(amount, order.currency);
    let charges = complete_cart::charge_at_desk(tx, tenders, total, order.customer_id).await?;
    let paid_for = PaidFor {
        order_id: Some(order.id),
        cart_id: None,
        currency: order.currency,
        event_id,
        first_id: None,
        register_session_id: None,
    };
    let payments = record::open_now(tx, paid_for, &charges, |_| {}).await?;
    settle_later(tx, &payments, &charges);
    Ok(())
}

/// Opens a link by which the customer pays `amount` minor units within the channel's time.
pub(super) async fn open_link(tx: &Tx, order: &order::Model, amount: i64) -> Result<PaymentLinkId> {
    Ok(pay_link::insert(tx, order, PaymentLinkId(tx.new_uuid()), amount).await?.id)
}
