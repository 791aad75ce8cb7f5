//! The lock of a draft is that of its cart.

use entity::id::{CartId, CustomerId};
use entity::words::CartStatus;
use entity::{cart, draft_order};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};

use crate::cart as carts;
use crate::customer as customers;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, Permission, Result, Scope, Tx, version};

/// Which draft is changed, and what was seen of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Which {
    pub cart_id: CartId,
    pub expected_version: Option<i32>,
}

/// Who prepares orders, and in which channels: a draft lies at no store. Error: `FORBIDDEN` without `orders.edit`.
pub(super) fn scope(ctx: &Ctx) -> Result<Scope> {
    ctx.require(Permission::OrdersEdit)
}

/// Locks a draft. Error: `NOT_FOUND`.
pub(super) async fn lock(tx: &Tx, scope: &Scope, id: CartId) -> Result<(draft_order::Model, cart::Model)> {
    let missing = || Error::not_found("draftOrder");
    let seen = draft_order::Entity::find_by_id(id).find_also_related(cart::Entity).one(tx).await?;
    let mine = seen.and_then(|(_, cart)| cart).is_some_and(|cart| scope.covers_channel(Some(cart.channel_id)));
    if !mine {
        return Err(missing());
    }
    let cart = carts::lock::lock(tx, id).await?;
    // Read again behind the lock.
    let draft = draft_order::Entity::find_by_id(id).one(tx).await?.ok_or_else(missing)?;
    Ok((draft, cart))
}

/// Locks a draft that can be changed. Errors: `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION` for one that was ordered
/// or given up.
pub(super) async fn open(
    tx: &Tx,
    scope: &Scope,
    which: Which,
    action: &str,
) -> Result<(draft_order::Model, cart::Model)> {
    let (draft, cart) = lock(tx, scope, which.cart_id).await?;
    check_open(&draft, &cart, action)?;
    version::check(which.expected_version, draft.version)?;
    Ok((draft, cart))
}

/// Error: `INVALID_TRANSITION` for a draft that was ordered or given up.
pub(super) fn check_open(draft: &draft_order::Model, cart: &cart::Model, action: &str) -> Result<()> {
    let from = match (draft.discarded_at, cart.status) {
        (Some(_), _) => "DISCARDED",
        (None, CartStatus::Completed | CartStatus::Merged) => "ORDERED",
        (None, CartStatus::Active | CartStatus::Parked) => return Ok(()),
    };
    let (from, action) = (from.to_owned(), action.to_owned());
    Err(Error::InvalidTransition { machine: "draftOrder", from, action, allowed: Vec::new() })
}

/// The record of a customer, also of one that was merged into another. Error: `NOT_FOUND`, also for an erased one.
pub(super) async fn customer(tx: &Tx, id: CustomerId) -> Result<CustomerId> {
    let found = customers::query::by_id(tx, id).await?.filter(|row| row.erased_at.is_none());
    let row = found.ok_or(Error::not_found("customer"))?;
    Ok(row.merged_into_id.unwrap_or(row.id))
}

/// Writes a changed draft.
pub(super) async fn save(tx: &Tx, draft: draft_order::Model) -> Result<()> {
    let id = draft.cart_id;
    let next = draft_order::Model { version: draft.version + 1, updated_at: tx.now(), ..draft };
    let mut row = next.into_active_model().reset_all();
    row.cart_id = ActiveValue::NotSet;
    draft_order::Entity::update_many().set(row).filter(draft_order::Column::CartId.eq(id)).exec(tx).await?;
    Ok(())
}

/// Notes that a draft was ordered; written last.
pub(super) fn save_last(tx: &Tx, draft: &draft_order::Model) {
    use sea_orm::QueryTrait as _;
    let change = draft_order::Entity::update_many()
        .col_expr(draft_order::Column::Version, Expr::value(draft.version + 1))
        .col_expr(draft_order::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(draft_order::Column::CartId.eq(draft.cart_id));
    tx.write_last(change.into_query());
}

/// Tells what became of a draft.
pub(super) fn tell(tx: &Tx, kind: &'static str, draft: &draft_order::Model, mut facts: Value) {
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("number".to_owned(), json!(draft.number));
    }
    tx.event(NewEvent::new(kind, "cart", draft.cart_id.uuid()).customer(draft.customer_id).payload(facts));
}
