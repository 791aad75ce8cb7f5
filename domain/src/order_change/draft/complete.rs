//! A draft becomes an order, by the same way as any cart.

use entity::id::{CartId, OrderId, PaymentLinkId};
use entity::money::Money;
use entity::words::{Gateway, ManualMethod, TestOutcome};
use entity::{cart, draft_order, order};
use serde_json::json;

use super::lock;
use crate::fulfillment::complete_cart::{self, CompleteCart, Completed, Taken};
use crate::fulfillment::pay_link;
use crate::fulfillment::place::order_token;
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, Permission, Result, Tx};
use crate::payment::tender::TenderInput;
use crate::stored_value::guess;

/// A draft to order.
#[derive(Clone, Debug, serde::Serialize)]
pub struct CompleteDraft {
    /// Which.
    pub cart_id: CartId,
    /// The total that staff told the customer; another one is refused.
    pub expected_total: Money,
    /// How it is paid; later, by transfer or a link that is mailed, when empty.
    pub payments: Vec<TenderInput>,
    /// Whether the customer is sent a link to pay what is paid later.
    pub notify: bool,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Orders a draft, once: the order, its work, stock and payments in one transaction. Without tenders it is paid later: its
/// goods wait for the money until the channel's time to pay is over, and a link is opened by which it can be paid.
///
/// Errors: `FORBIDDEN` without `orders.edit`, and without `payments.capture` for what a terminal took; `NOT_FOUND`,
/// `INVALID_TRANSITION` for one that was given up, `GATEWAY_UNAVAILABLE` for means that are not for staff at a desk, and
/// those of [`complete_cart::complete_cart`].
pub async fn complete(ctx: &Ctx, input: CompleteDraft) -> Result<Completed> {
    let scope = &lock::scope(ctx)?;
    if input.payments.iter().any(|tender| tender.gateway == Gateway::CardTerminal) {
        ctx.require(Permission::PaymentsCapture)?;
    }
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let guess = guess::begin(ctx, input.payments.iter().filter_map(|tender| tender.code.as_deref())).await?;
    let input = &input;
    let completing = ctx.write(|tx| async move {
        let tx = &tx;
        let (draft, cart) = lock::lock(tx, scope, input.cart_id).await?;
        let before = complete_cart::order_of(tx, &cart).await?;
        let order_id = before.as_ref().map_or_else(|| OrderId(tx.new_uuid()), |order| order.id);
        // One key per draft, whoever of the staff sends it.
        let owner = format!("CART:{}", cart.id.uuid());
        let claim = idempotency::claim_as(tx, &owner, "draftOrderComplete", key, hash, order_id.uuid()).await?;
        match (before, claim) {
            (Some(order), _) => Ok(completed(tx, order, true)),
            (None, Claim::Fresh) => {
                lock::check_open(&draft, &cart, "COMPLETE")?;
                Ok(completed(tx, Box::pin(place(tx, (draft, cart), order_id, input)).await?, false))
            }
            (None, Claim::Replayed(_)) => Err(Error::Bug("a key without its order".to_owned())),
        }
    });
    guess.settle(ctx, completing.await).await
}

fn completed(tx: &Tx, order: order::Model, replayed: bool) -> Completed {
    Completed { order_token: order_token(tx, order.id), order, replayed }
}

async fn place(
    tx: &Tx,
    (draft, cart): (draft_order::Model, cart::Model),
    order_id: OrderId,
    input: &CompleteDraft,
) -> Result<order::Model> {
    let is_later = input.payments.is_empty() && input.expected_total.minor > 0;
    let whole = CompleteCart {
        cart_id: cart.id,
        expected_total: input.expected_total,
        payments: if is_later { vec![later()] } else { input.payments.clone() },
        idempotency_key: input.idempotency_key.clone(),
    };
    // From here on it is the customer's.
    let customer_id = match draft.customer_id {
        Some(id) => Some(lock::customer(tx, id).await?),
        None => None,
    };
    let cart = cart::Model { customer_id, ..cart };
    let order = complete_cart::place_cart(tx, cart, order_id, (&whole, Taken::AtDesk)).await?;
    if is_later {
        let link = pay_link::link(tx, &order, PaymentLinkId(tx.new_uuid()), order.total).await?;
        request_payment(tx, &order, (link.id, input.notify));
        tx.insert_last(&[link]);
    }
    lock::tell(tx, "draft_order_completed", &draft, json!({ "order_id": order.id }));
    lock::save_last(tx, &draft);
    Ok(order)
}

/// Money that is expected: the goods wait for it.
const fn later() -> TenderInput {
    TenderInput {
        gateway: Gateway::Manual,
        amount: None,
        tendered: None,
        reference: None,
        code: None,
        method: Some(ManualMethod::BankTransfer),
        test_outcome: TestOutcome::Approve,
    }
}

/// The handler of this event mails the link.
fn request_payment(tx: &Tx, order: &order::Model, (link, notify): (PaymentLinkId, bool)) {
    let payload = json!({ "order_id": order.id, "payment_link_id": link, "amount": order.total, "notify": notify });
    let event = NewEvent::new("order_payment_requested", "order", order.id.uuid());
    tx.event(event.customer(order.customer_id).payload(payload));
}
