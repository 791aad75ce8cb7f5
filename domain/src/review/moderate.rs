//! What staff do with reviews: show them, hide them, answer them.

use entity::id::ProductReviewId;
use entity::product_review::{self, Entity};
use entity::status::{ReviewAction, StateMachine};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use super::query::within;
use super::write::tell;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, text, version};

/// Longest reason of a rejection, in characters.
const MAX_REASON: usize = 500;
/// Longest answer of the shop, in characters.
const MAX_REPLY: usize = 2_000;

/// What becomes of a review.
#[derive(Debug, Clone)]
pub struct Moderate {
    /// Which one.
    pub review_id: ProductReviewId,
    /// Only if it still has this version: nobody publishes what they have not read.
    pub expected_version: Option<i32>,
    /// Everybody sees it; else nobody.
    pub publish: bool,
    /// Why it is rejected, at most 500 characters; its author reads it.
    pub reason: Option<String>,
}

/// Publishes or rejects a review; a published one may be rejected later, and the other way round.
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `REQUIRED` for a rejection without a reason,
/// `INVALID_TRANSITION`, and those of texts.
pub async fn moderate(ctx: &Ctx, input: Moderate) -> Result<product_review::Model> {
    let action = if input.publish { ReviewAction::Publish } else { ReviewAction::Reject };
    let given = input.reason.as_deref().unwrap_or_default();
    let reason = text::note("input.reason", given, MAX_REASON)?;
    let reason = match (input.publish, reason.is_empty()) {
        (false, true) => return Err(Error::invalid(ErrorCode::Required, "input.reason")),
        (false, false) => Some(reason),
        (true, _) => None,
    };
    let (input, reason) = (&input, &reason);
    ctx.write(|tx| async move {
        let old = lock(&tx, input.review_id, input.expected_version).await?;
        let next = old.status.next(action);
        let status = next.ok_or_else(|| Error::transition("review", old.status, action))?;
        let row = product_review::Model {
            status,
            moderation_reason: reason.clone(),
            moderated_by: tx.ctx().actor.staff_id(),
            moderated_at: Some(tx.now()),
            version: old.version + 1,
            updated_at: tx.now(),
            ..old
        };
        row.clone().into_active_model().reset_all().update(&tx).await?;
        tell(&tx, if input.publish { "review_published" } else { "review_rejected" }, &row);
        Ok(row)
    })
    .await
}

/// Answers a review in the shop's name; an empty text takes the answer back. Errors: `UNAUTHENTICATED`, `FORBIDDEN`,
/// `NOT_FOUND`, `STALE_VERSION`, and those of texts.
pub async fn reply(
    ctx: &Ctx,
    id: ProductReviewId,
    expected_version: Option<i32>,
    reply: &str,
) -> Result<product_review::Model> {
    let reply = text::note("input.reply", reply, MAX_REPLY)?;
    let reply = &Some(reply).filter(|reply| !reply.is_empty());
    ctx.write(|tx| async move {
        let old = lock(&tx, id, expected_version).await?;
        let row = product_review::Model {
            reply: reply.clone(),
            replied_by: tx.ctx().actor.staff_id().filter(|_| reply.is_some()),
            replied_at: reply.as_ref().map(|_| tx.now()),
            version: old.version + 1,
            updated_at: tx.now(),
            ..old
        };
        row.clone().into_active_model().reset_all().update(&tx).await?;
        tell(&tx, "review_replied", &row);
        Ok(row)
    })
    .await
}

async fn lock(tx: &Tx, id: ProductReviewId, expected_version: Option<i32>) -> Result<product_review::Model> {
    let scope = tx.ctx().require(Permission::ReviewsModerate)?;
    let found = Entity::find_by_id(id).filter(within(&scope)).lock_exclusive().one(tx).await?;
    let row = found.ok_or(Error::not_found("review"))?;
    version::check(expected_version, row.version)?;
    Ok(row)
}
