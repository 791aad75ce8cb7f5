//! Giving drafts up.

use entity::draft_order::{Column, Entity};
use entity::id::CartId;
use entity::{cart, draft_order};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::lock::{self, Which};
use super::{DraftOrder, query};
use crate::cart::query::OPEN;
use crate::inventory;
use crate::kernel::{Ctx, Result, Scope, Tx};

/// Drafts ended in one go.
const AT_ONCE: u64 = 200;

/// Gives a draft up: its stock is free again, and it cannot be ordered any more. Errors: `FORBIDDEN` without
/// `orders.edit`, `NOT_FOUND`, `INVALID_TRANSITION` for one that was ordered or given up, `STALE_VERSION`.
pub async fn discard(ctx: &Ctx, cart_id: CartId, expected_version: Option<i32>) -> Result<DraftOrder> {
    let scope = &lock::scope(ctx)?;
    let which = Which { cart_id, expected_version };
    ctx.write(|tx| async move {
        let tx = &tx;
        let (draft, _) = lock::open(tx, scope, which, "DISCARD").await?;
        end(tx, draft, "draft_order_discarded").await
    })
    .await?;
    query::shown(ctx, cart_id).await
}

/// Gives up the drafts whose time is over, each in a transaction of its own. Run by a schedule. Returns how many.
pub async fn expire_due(ctx: &Ctx) -> Result<u64> {
    let due = Entity::find()
        .inner_join(cart::Entity)
        .filter(Column::DiscardedAt.is_null())
        .filter(Column::ExpiresAt.lte(ctx.now()))
        .filter(cart::Column::Status.is_in(OPEN))
        .order_by_asc(Column::ExpiresAt)
        .limit(AT_ONCE);
    let mut done = 0;
    for found in due.all(&ctx.db()).await? {
        done += ctx.write(|tx| async move { Box::pin(expire(&tx, found.cart_id)).await }).await?;
    }
    Ok(done)
}

async fn expire(tx: &Tx, id: CartId) -> Result<u64> {
    let (draft, cart) = lock::lock(tx, &Scope::everywhere(), id).await?;
    // Somebody may have ordered it, or given it more time.
    let is_over = draft.expires_at.is_some_and(|at| at <= tx.now());
    if !is_over || lock::check_open(&draft, &cart, "EXPIRE").is_err() {
        return Ok(0);
    }
    end(tx, draft, "draft_order_expired").await?;
    Ok(1)
}

async fn end(tx: &Tx, draft: draft_order::Model, told: &'static str) -> Result<()> {
    inventory::hold::release_for_cart(tx, draft.cart_id).await?;
    lock::tell(tx, told, &draft, json!({}));
    lock::save(tx, draft_order::Model { discarded_at: Some(tx.now()), reserved_until: None, ..draft }).await
}
