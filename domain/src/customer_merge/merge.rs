//! The command that merges, and the job that looks again for what was written beside it.

use chrono::TimeDelta;
use entity::customer;
use entity::id::{CustomerId, CustomerIdentifierId};
use entity::words::IdentifierKind;
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::moves;
use crate::customer::{absorb, query};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::job::NewJob;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// The job that looks again.
pub const FOLLOW_JOB: &str = "follow_merged_customer";
/// When: longer than any request takes that had read the old record before it became an alias.
const LOOKS_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(15);

/// Two records of one person.
#[derive(Clone, Debug, Serialize)]
pub struct MergeCustomers {
    /// The record that becomes an alias.
    pub from: CustomerId,
    /// The record that stays.
    pub into: CustomerId,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// The record that stayed.
#[derive(Clone, Debug)]
pub struct Merged {
    /// As it is now.
    pub customer: customer::Model,
    /// Whether the key was used before; nothing was done again.
    pub replayed: bool,
}

/// Input of the job.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Followed {
    /// The alias.
    pub customer_id: CustomerId,
}

/// Merges a record into another of the same person: orders, carts, returns, reservations, drafts, identifiers,
/// addresses, tags, uses of promotions, store credit and points go over; a no to messages of one of the two holds; the
/// sessions and codes of the old record end. The record that stays keeps its own name, language and password, and takes
/// what it lacks. Both timelines tell of it, and the person gets a mail.
///
/// Errors: `FORBIDDEN` without `customers.merge`, `NOT_FOUND`, `INVALID` for a record and itself, `INVALID_TRANSITION`
/// for one that was merged or erased and while store credit or points of the old record are held by a payment, those of
/// the key.
pub async fn merge(ctx: &Ctx, input: MergeCustomers) -> Result<Merged> {
    ctx.require(Permission::CustomersMerge)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let MergeCustomers { from, into, .. } = input;
    if from == into {
        return Err(Error::invalid(ErrorCode::Invalid, "input.intoId"));
    }
    ctx.write(|tx| async move {
        let tx = &tx;
        let claim = idempotency::claim(tx, "customerMerge", key, hash, into.uuid()).await?;
        if let Claim::Replayed(id) = claim {
            let customer = query::by_id(tx, CustomerId(id)).await?.ok_or(Error::not_found("customer"))?;
            return Ok(Merged { customer, replayed: true });
        }
        let (lost, kept) = absorb::lock_pair(tx, from, into).await?;
        check(&lost)?;
        check(&kept)?;
        let notice = notice_to(tx, from, into).await?;
        let moved = moves::all(tx, from, into).await?;
        let customer = absorb::absorb(tx, lost, kept).await?;
        let told = json!({ "from": from, "into": into, "notice_to": notice, "moved": moved });
        tx.event(NewEvent::new("customer_merged", "customer", into.uuid()).customer(Some(into)).payload(told));
        let told = json!({ "into": into });
        tx.event(NewEvent::new("customer_became_alias", "customer", from.uuid()).customer(Some(from)).payload(told));
        look_again(tx, from)?;
        Ok(Merged { customer, replayed: false })
    })
    .await
}

/// Error: `INVALID_TRANSITION` for a record that is one no more.
fn check(row: &customer::Model) -> Result<()> {
    let from = match (row.merged_into_id, row.erased_at) {
        (None, None) => return Ok(()),
        (Some(_), _) => "MERGED",
        (None, Some(_)) => "ERASED",
    };
    Err(Error::InvalidTransition {
        machine: "customer",
        from: from.to_owned(),
        action: "MERGE".to_owned(),
        allowed: Vec::new(),
    })
}

/// The verified address that is told: that of the record that stays, else that of the other one. Events hold no personal
/// data, so the identifier stands for it.
async fn notice_to(tx: &Tx, from: CustomerId, into: CustomerId) -> Result<Option<CustomerIdentifierId>> {
    let rows = query::identifiers_of(tx, &[from, into]).await?;
    let of = |id: CustomerId| {
        rows.iter().find(|row| row.customer_id == id && row.kind == IdentifierKind::Email && row.verified_at.is_some())
    };
    Ok(of(into).or_else(|| of(from)).map(|row| row.id))
}

fn look_again(tx: &Tx, from: CustomerId) -> Result<()> {
    let payload =
        serde_json::to_value(Followed { customer_id: from }).map_err(|error| Error::Bug(error.to_string()))?;
    tx.enqueue(NewJob::new(FOLLOW_JOB, payload).run_at(tx.now() + LOOKS_AGAIN_AFTER));
    Ok(())
}

/// Moves what was written in the name of an alias by whoever had read the record just before it was merged: a till that
/// attached a cart, an order from a cart that was being completed. Doing it again changes nothing.
pub async fn follow(ctx: &Ctx, alias: CustomerId) -> Result<()> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let row = customer::Entity::find_by_id(alias).one(tx).await?;
        let Some(kept) = row.and_then(|row| row.merged_into_id) else { return Ok(()) };
        absorb::lock_pair(tx, alias, kept).await?;
        moves::all(tx, alias, kept).await?;
        absorb::follow(tx, alias, kept).await
    })
    .await
}
