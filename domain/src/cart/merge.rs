//! At sign-in the guest's cart goes into the customer's: quantities add, limits apply, nothing else is lost.

use entity::id::{CartId, CustomerId};
use entity::status::CartAction;
use entity::words::CartStatus;
use entity::{cart, cart_line, customer, payment};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::basket::{self, Overflow};
use super::draft::{write_cart, write_lines};
use super::status::transition;
use super::{handover, lock, query};
use crate::kernel::event::NewEvent;
use crate::pricing::totals::MAX_LINES;
use crate::{Actor, Ctx, Error, Result, Tx, inventory};

/// Merges the guest cart whose secret a signed-in customer presents into the customer's own; for anybody else and for
/// a cart that is nobody's to take it does nothing. Called at sign-in; calling it again changes nothing.
/// Returns the customer's cart.
pub async fn take_over(ctx: &Ctx) -> Result<Option<cart::Model>> {
    let (Actor::Customer { id, .. }, Some(guest)) = (&ctx.actor, ctx.actor.cart_id()) else { return Ok(None) };
    let id = *id;
    let merged = ctx.write(|tx| async move { merge(&tx, guest, id).await }).await;
    match merged {
        // Somebody else's cart stays theirs, and a sign-in does not fail for it.
        Err(Error::NotFound { .. }) => query::open_of_customer(&ctx.db(), id, None).await,
        merged => merged.map(Some),
    }
}

/// [`take_over`] for a customer who has just signed in with the secret of a guest's cart. A sign-in never fails for
/// its cart: what goes wrong is logged, and the cart can still be taken over later.
pub async fn at_sign_in(ctx: &Ctx, customer_id: CustomerId) {
    let Some(cart_id) = ctx.actor.cart_id() else { return };
    let signed_in = ctx.with_actor(Actor::Customer { id: customer_id, cart_id: Some(cart_id) });
    if let Err(error) = take_over(&signed_in).await {
        tracing::warn!(request_id = %ctx.request_id, %error, "a guest's cart was not taken over at sign-in");
    }
}

/// Merges a guest's cart into the cart that the customer has in the same channel, or makes it the customer's when there
/// is none. Doing it again, or in parallel, changes nothing more. Returns the customer's cart.
/// Error: `NOT_FOUND` for a missing cart and for one of another customer.
pub async fn merge(tx: &Tx, guest: CartId, customer_id: CustomerId) -> Result<cart::Model> {
    // The customer's row goes first: of two sign-ins at once the second finds the cart of the first.
    customer::Entity::find_by_id(customer_id)
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await?
        .ok_or(Error::not_found("customer"))?;
    let source = query::by_id(tx, guest).await?.ok_or(Error::not_found("cart"))?;
    let own = own_cart(tx, &source, customer_id).await?;
    let mut ids = vec![source.id];
    ids.extend(own.as_ref().map(|own| own.id));
    let mut locked = lock::lock_all(tx, &ids).await?;
    let position = locked.iter().position(|cart| cart.id == guest).ok_or(Error::not_found("cart"))?;
    let source = locked.swap_remove(position);
    let own = locked.pop().filter(|own| query::OPEN.contains(&own.status));
    match (source.customer_id, query::OPEN.contains(&source.status), own) {
        (Some(owner), true, _) if owner == customer_id => Ok(source),
        (Some(owner), _, _) if owner != customer_id => Err(Error::not_found("cart")),
        (_, false, Some(own)) => Ok(own),
        (_, false, None) => Err(Error::not_found("cart")),
        (_, true, None) => adopt(tx, source, customer_id).await,
        (_, true, Some(own)) => pour(tx, source, own).await,
    }
}

/// The open carts of a record that was merged into another go along: into the cart that the other has in the same
/// channel, or as they are, as parked ones always do. The rows of both customers are locked.
pub(crate) async fn follow(tx: &Tx, from: CustomerId, into: CustomerId) -> Result<()> {
    let open = cart::Entity::find()
        .filter(cart::Column::CustomerId.is_in([from, into]))
        .filter(cart::Column::Status.is_in(query::OPEN))
        .order_by_asc(cart::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(tx)
        .await?;
    let (moving, mut own): (Vec<_>, Vec<_>) = open.into_iter().partition(|cart| cart.customer_id == Some(from));
    for source in moving {
        let takes = |it: &&mut cart::Model| {
            it.channel_id == source.channel_id && it.status == CartStatus::Active && source.status == it.status
        };
        match own.iter_mut().find(takes) {
            Some(taker) => *taker = pour(tx, source, taker.clone()).await?,
            None => own.push(adopt(tx, source, into).await?),
        }
    }
    Ok(())
}

/// The customer's cart that takes the lines: an open one of the same channel other than the source.
async fn own_cart(tx: &Tx, source: &cart::Model, customer_id: CustomerId) -> Result<Option<cart::Model>> {
    let own = query::open_of_customer(tx, customer_id, Some(source.channel_id)).await?;
    Ok(own.filter(|own| own.id != source.id))
}

/// The customer has no cart there: the guest's becomes theirs, and its secret opens nothing any more.
async fn adopt(tx: &Tx, mut cart: cart::Model, customer_id: CustomerId) -> Result<cart::Model> {
    cart.customer_id = Some(customer_id);
    cart.version += 1;
    cart.updated_at = tx.now();
    write_cart(tx, &cart).await?;
    tx.event(NewEvent::new("cart_taken_over", "cart", cart.id.uuid()).customer(Some(customer_id)));
    Ok(cart)
}

/// Pours the source into the customer's cart.
async fn pour(tx: &Tx, mut source: cart::Model, mut own: cart::Model) -> Result<cart::Model> {
    let (of_source, before): (Vec<_>, Vec<_>) =
        query::lines(tx, &[source.id, own.id]).await?.into_iter().partition(|line| line.cart_id == source.id);
    let mut after = before.clone();
    let was_copied = Box::pin(handover::shares(tx, source.id, own.id)).await?;
    for line in &of_source {
        let moved = cart_line::Model { cart_id: own.id, position: basket::next_position(&after), ..line.clone() };
        if was_copied {
            basket::put_back(&mut after, moved);
        } else {
            basket::put(&mut after, moved, Overflow::Cap, "")?;
        }
    }
    after.truncate(MAX_LINES);
    let whole: Vec<cart_line::Model> = before.into_iter().chain(of_source).collect();
    write_lines(tx, &whole, &after).await?;

    own.email = own.email.or_else(|| source.email.take());
    own.phone = own.phone.or_else(|| source.phone.take());
    own.contact_name = own.contact_name.or_else(|| source.contact_name.take());
    own.shipping_address = own.shipping_address.or_else(|| source.shipping_address.take());
    own.billing_address = own.billing_address.or_else(|| source.billing_address.take());
    if own.shipping_method_id.is_none() {
        own.shipping_method_id = source.shipping_method_id;
        own.delivery_on = source.delivery_on;
        own.delivery_slot = source.delivery_slot.take();
    }
    if own.note.is_empty() {
        own.note = std::mem::take(&mut source.note);
    }
    for code in std::mem::take(&mut source.codes.0) {
        if !own.codes.0.contains(&code) {
            own.codes.0.push(code);
        }
    }
    own.version += 1;
    own.updated_at = tx.now();
    write_cart(tx, &own).await?;

    source.customer_id = own.customer_id;
    source.merged_into_id = Some(own.id);
    source.code = None;
    source.code_expires_at = None;
    source.version += 1;
    source.updated_at = tx.now();
    transition(tx, &mut source, CartAction::Merge, json!({ "merged_into": own.id }))?;
    write_cart(tx, &source).await?;
    // What the guest had claimed or begun to pay goes along.
    inventory::hold::release_for_cart(tx, source.id).await?;
    payment::Entity::update_many()
        .col_expr(payment::Column::CartId, Expr::value(own.id))
        .filter(payment::Column::CartId.eq(source.id))
        .filter(payment::Column::OrderId.is_null())
        .exec(tx)
        .await?;
    Ok(own)
}
