//! Beginning a draft.

use chrono::{DateTime, Utc};
use entity::draft_order;
use entity::id::{CartId, CustomerId};
use serde_json::json;

use super::{DraftOrder, LONGEST, USUAL, ahead, lock, query};
use crate::cart::create::{CreateCart, begin_for_desk};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, Result, Tx};
use crate::order::number;

/// What numbers of drafts begin with.
const PREFIX: &str = "D";

/// A draft to begin.
#[derive(Clone, Debug)]
pub struct CreateDraft {
    /// What, to whom and where; all of it can be changed later.
    pub cart: CreateCart,
    /// For whom.
    pub customer_id: Option<CustomerId>,
    /// When it is given up by itself: 30 days from now when `None`, 365 at most.
    pub expires_at: Option<DateTime<Utc>>,
    /// The client's key: the same key begins one draft.
    pub idempotency_key: String,
}

/// Begins a draft in the name of staff. Errors: `FORBIDDEN` without `orders.edit`, `NOT_FOUND` for channel, customer,
/// variant, location or shipping method, `INVALID_DATE`, `IDEMPOTENCY_KEY_REUSED`, and those of
/// [`crate::cart::create::create`].
pub async fn create(ctx: &Ctx, input: CreateDraft) -> Result<DraftOrder> {
    let scope = &lock::scope(ctx)?;
    if !scope.covers_channel(Some(input.cart.channel_id)) {
        return Err(Error::not_found("channel"));
    }
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let said = format!("{:?} {:?} {:?}", input.cart, input.customer_id, input.expires_at);
    let hash = &idempotency::request_hash(&said)?;
    let input = &input;
    let id = ctx.write(|tx| async move { Box::pin(begin(&tx, input, (key, hash))).await }).await?;
    query::shown(ctx, id).await
}

async fn begin(tx: &Tx, input: &CreateDraft, (key, hash): (&str, &str)) -> Result<CartId> {
    let id = CartId(tx.new_uuid());
    if let Claim::Replayed(id) = idempotency::claim(tx, "draftOrderCreate", key, hash, id.uuid()).await? {
        return Ok(CartId(id));
    }
    let expires_at = match input.expires_at {
        Some(at) => ahead("input.expiresAt", at, tx.now(), LONGEST)?,
        None => tx.now() + USUAL,
    };
    let customer_id = match input.customer_id {
        Some(id) => Some(lock::customer(tx, id).await?),
        None => None,
    };
    let view = Box::pin(begin_for_desk(tx, id, &input.cart)).await?;
    let draft = draft_order::Model {
        cart_id: id,
        number: number::next(tx, PREFIX).await?,
        staff_id: tx.ctx().actor.staff_id(),
        created_at: tx.now(),
        updated_at: tx.now(),
        customer_id,
        version: 1,
        expires_at: Some(expires_at),
        reserved_until: None,
        discarded_at: None,
    };
    tx.insert_last(std::slice::from_ref(&draft));
    lock::tell(tx, "draft_order_created", &draft, json!({ "channel_id": view.cart.channel_id }));
    Ok(id)
}
