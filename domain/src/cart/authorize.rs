//! Whose cart it is: the customer's, the holder's of its secret while it belongs to nobody, or that of staff who sell.

use entity::cart;
use entity::id::CartId;

use super::{lock, query};
use crate::{Actor, Ctx, Error, Permission, Result, Scope, Tx};

/// Reads a cart that the actor may use. Error: `NOT_FOUND` for a missing one and for one of somebody else.
pub async fn authorize(ctx: &Ctx, id: CartId) -> Result<cart::Model> {
    let cart = query::by_id(&ctx.db(), id).await?;
    cart.filter(|cart| may_use(&ctx.actor, cart)).ok_or(Error::not_found("cart"))
}

/// Those of the carts that the actor may use.
pub async fn usable_by_ids(ctx: &Ctx, ids: &[CartId]) -> Result<Vec<cart::Model>> {
    let found = query::by_ids(&ctx.db(), ids).await?;
    Ok(found.into_iter().filter(|cart| may_use(&ctx.actor, cart)).collect())
}

/// Locks a cart that the actor may use. Error: `NOT_FOUND` for a missing one and for one of somebody else.
pub async fn lock_mine(tx: &Tx, id: CartId) -> Result<cart::Model> {
    // A stranger must not be able to hold up a cart by asking for it: guests are told before the lock is taken.
    if matches!(&tx.ctx().actor, Actor::Guest { cart_id, .. } if *cart_id != Some(id)) {
        return Err(Error::not_found("cart"));
    }
    let cart = lock::lock(tx, id).await?;
    if may_use(&tx.ctx().actor, &cart) { Ok(cart) } else { Err(Error::not_found("cart")) }
}

/// Whether the actor may use the cart. The secret of a cart that a customer took over opens nothing any more: whoever
/// else sat at that browser must not read the customer's address.
#[must_use]
pub fn may_use(actor: &Actor, cart: &cart::Model) -> bool {
    let holds_secret = cart.customer_id.is_none() && actor.cart_id() == Some(cart.id);
    match actor {
        Actor::System => true,
        Actor::Guest { .. } => holds_secret,
        Actor::Customer { id, .. } => cart.customer_id == Some(*id) || holds_secret,
        Actor::Staff { grants, .. } | Actor::App { grants, .. } => !Scope::of(grants, Permission::PosSell).is_empty(),
        Actor::Device(_) => false,
    }
}

/// Whether the actor may begin a cart: shoppers, and staff who sell. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub(crate) fn may_begin(actor: &Actor) -> Result<()> {
    match actor {
        Actor::System | Actor::Guest { .. } | Actor::Customer { .. } => Ok(()),
        Actor::Staff { .. } | Actor::App { .. } | Actor::Device(_) => actor.require(Permission::PosSell).map(|_| ()),
    }
}
