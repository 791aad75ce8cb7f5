//! Settling what a change costs more: charged now, or due by a link.

use chrono::TimeDelta;
use entity::id::{EventId, PaymentLinkId};
use entity::money::Money;
use entity::words::{Gateway, PaymentEventKind, PaymentOutcome};
use entity::{order, payment_link};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use crate::channel as channels;
use crate::fulfillment::complete_cart;
use crate::kernel::job::NewJob;
use crate::kernel::secret::{Secrets, token_hash};
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::messaging::payment_links;
use crate::order::capture_payment::SETTLE_TEST_PAYMENT_JOB;
use crate::payment::record::{self, PaidFor};
use crate::payment::tender::TenderInput;

/// Seconds after which the test gateway approves a pending payment.
const TEST_SETTLES_AFTER: TimeDelta = TimeDelta::seconds(5);

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
    let payments = record::open_now(tx, paid_for, &charges).await?;
    for (payment, (tender, facts)) in payments.iter().zip(&charges) {
        let waits = facts.contains(&(PaymentEventKind::Capture, PaymentOutcome::Pending));
        if waits && tender.gateway == Gateway::Test {
            let job = NewJob::new(SETTLE_TEST_PAYMENT_JOB, json!({ "payment_id": payment.id }));
            tx.enqueue(job.run_at(tx.now() + TEST_SETTLES_AFTER));
        }
    }
    Ok(())
}

/// Opens a link by which the customer pays `amount` minor units within the channel's time.
pub(super) async fn open_link(tx: &Tx, order: &order::Model, amount: i64) -> Result<PaymentLinkId> {
    let link = link(tx, order, amount).await?;
    let id = link.id;
    payment_link::Entity::insert(link.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(id)
}

/// A link that is not written yet.
pub(super) async fn link(tx: &Tx, order: &order::Model, amount: i64) -> Result<payment_link::Model> {
    let channel = channels::query::get(tx, order.channel_id).await?;
    let id = PaymentLinkId(tx.new_uuid());
    let secrets: &Secrets = &tx.ctx().services.secrets;
    Ok(payment_link::Model {
        id,
        order_id: order.id,
        token_hash: token_hash(&payment_links::token(secrets, id)),
        amount,
        expires_at: tx.now() + TimeDelta::hours(i64::from(channel.pay_within_hours.max(1))),
        used_at: None,
        created_at: tx.now(),
    })
}
