//! Going on with a cart that was left, on another device: its page hands a code to the storefront, which goes on by it
//! once.
//!
//! The link of a mail may be passed on. So whoever comes by it gets the goods and the codes in a cart of their own, and
//! nothing about the person: no address, no contact, not whom a gift is for. Only whoever may use the cart anyway, its
//! owner after signing in, goes on with the cart itself. What was copied never doubles when its owner signs in with it
//! later (`merge`).

use chrono::TimeDelta;
use entity::cart_handover::{ActiveModel, Column, Entity, Model};
use entity::id::{CartId, CartLineId};
use entity::words::CartStatus;
use entity::{cart, cart_line};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::create::Created;
use super::draft::{Draft, write_cart};
use super::facts::Frame;
use super::status::check_open;
use super::view::CartView;
use super::{authorize, basket, lock, query};
use crate::kernel::event::NewEvent;
use crate::kernel::secret::token_hash;
use crate::{Ctx, Error, ErrorCode, Result, Tx};

/// How long a code works.
const VALID: TimeDelta = TimeDelta::minutes(15);
/// So many copies of copies are known as the same goods.
const GENERATIONS: usize = 16;

/// Makes the code by which a storefront goes on with a cart, for whoever opened the cart by the link of its mail. A code
/// that was made before and not used works no more. Errors: `NOT_FOUND`, `CART_CLOSED`.
pub async fn offer(ctx: &Ctx, id: CartId) -> Result<String> {
    let code = ctx.services.random.token();
    let hash = &token_hash(&code);
    ctx.write(|tx| async move {
        let cart = lock::lock(&tx, id).await?;
        check_open(&cart)?;
        Entity::delete_many().filter(Column::CartId.eq(id)).filter(Column::UsedAt.is_null()).exec(&tx).await?;
        let row = Model {
            code_hash: hash.clone(),
            cart_id: id,
            continued_as: None,
            created_at: tx.now(),
            expires_at: tx.now() + VALID,
            used_at: None,
        };
        tx.insert_last(std::slice::from_ref(&row));
        Ok(())
    })
    .await?;
    Ok(code)
}

/// Goes on with a cart by a code, once: whoever may use the cart gets it as it is, anybody else its goods in a guest's
/// cart of their own with its secret. The cart counts as taken up again.
///
/// Errors: `INVALID_CODE` for a code that is wrong, used or older than a quarter of an hour, `CART_CLOSED` for a cart
/// that was bought or merged meanwhile, `UNAUTHENTICATED` and `FORBIDDEN` for who begins no carts.
pub async fn take(ctx: &Ctx, code: &str) -> Result<Created> {
    authorize::may_begin(&ctx.actor)?;
    let token = ctx.services.random.token();
    let (hash, secret) = (&token_hash(code), &token_hash(&token));
    let (source, copied) = ctx.write(|tx| async move { Box::pin(taken(&tx, hash, secret)).await }).await?;
    match copied {
        Some(view) => Ok(Created { view, token: Some(token) }),
        None => Ok(Created { view: super::look(ctx, source).await?, token: None }),
    }
}

async fn taken(tx: &Tx, hash: &str, secret: &str) -> Result<(cart::Model, Option<CartView>)> {
    let wrong = || Error::invalid(ErrorCode::InvalidCode, "code");
    let offered = Entity::find().filter(Column::CodeHash.eq(hash)).one(tx).await?.ok_or_else(wrong)?;
    let source = lock::lock(tx, offered.cart_id).await?;
    check_open(&source).map_err(|_| Error::invalid(ErrorCode::CartClosed, "code"))?;
    let is_theirs = authorize::may_use(&tx.ctx().actor, &source);
    let continued_as = (!is_theirs).then(|| CartId(tx.new_uuid()));
    let use_up = ActiveModel { used_at: Set(Some(tx.now())), continued_as: Set(continued_as), ..Default::default() };
    let used = Entity::update_many()
        .set(use_up)
        .filter(Column::CodeHash.eq(hash))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(tx.now()))
        .exec(tx)
        .await?;
    if used.rows_affected == 0 {
        return Err(wrong());
    }
    // Nobody needs to be reminded of it any more.
    let source = cart::Model { updated_at: tx.now(), ..source };
    write_cart(tx, &source).await?;
    let event = NewEvent::new("cart_continued", "cart", source.id.uuid()).customer(source.customer_id);
    tx.event(event.payload(json!({ "continued_as": continued_as })));
    let copied = match continued_as {
        Some(id) => Some(Box::pin(copy(tx, &source, id, secret)).await?),
        None => None,
    };
    Ok((source, copied))
}

/// The goods of a cart in a guest's cart of their own, at the prices that were seen. What cannot be bought any more is
/// told as a problem, as in any cart. Error: `NOT_FOUND` for a channel that sells no more.
async fn copy(tx: &Tx, source: &cart::Model, id: CartId, secret: &str) -> Result<CartView> {
    let frame = Frame::load(tx, source.channel_id, None).await?;
    if !frame.channel.active {
        return Err(Error::not_found("channel"));
    }
    let lines = query::lines(tx, &[source.id]).await?.into_iter().map(|line| cart_line::Model {
        id: CartLineId(tx.new_uuid()),
        cart_id: id,
        metadata: basket::without_people(&line.metadata),
        created_at: tx.now(),
        ..line
    });
    let mut draft = Draft::fresh(row(tx, source, id, secret), None).with_frame(frame);
    draft.lines = lines.collect();
    Box::pin(draft.save(tx)).await
}

/// Every column is named, so that one that is added later does not go along unseen.
fn row(tx: &Tx, source: &cart::Model, id: CartId, secret: &str) -> cart::Model {
    cart::Model {
        id,
        channel_id: source.channel_id,
        customer_id: None,
        token_hash: secret.to_owned(),
        code: None,
        code_expires_at: None,
        status: CartStatus::Active,
        currency: source.currency,
        locale: source.locale.clone(),
        email: None,
        phone: None,
        contact_name: None,
        shipping_address: None,
        billing_address: None,
        shipping_method_id: None,
        note: String::new(),
        codes: source.codes.clone(),
        merged_into_id: None,
        version: 1,
        metadata: json!({}),
        created_at: tx.now(),
        updated_at: tx.now(),
        delivery_on: None,
        delivery_slot: None,
    }
}

/// Whether goods of a cart lie in another already: both come from the same handover, or one was poured into the other
/// that does.
pub(super) async fn shares(tx: &Tx, source: CartId, own: CartId) -> Result<bool> {
    let of_source = family(tx, source).await?;
    if of_source.contains(&own) {
        return Ok(true);
    }
    Ok(has_poured(tx, of_source, (source, own)).await? || has_poured(tx, family(tx, own).await?, (own, source)).await?)
}

/// Whether one of these carts, other than the first of the pair, was poured into the second.
async fn has_poured(tx: &Tx, family: Vec<CartId>, (but, into): (CartId, CartId)) -> Result<bool> {
    let others: Vec<CartId> = family.into_iter().filter(|id| *id != but).collect();
    if others.is_empty() {
        return Ok(false);
    }
    let found = cart::Entity::find()
        .filter(cart::Column::Id.is_in(others))
        .filter(cart::Column::MergedIntoId.eq(into))
        .one(tx)
        .await?;
    Ok(found.is_some())
}

/// A cart with all that its goods came from or went on to.
async fn family(tx: &Tx, id: CartId) -> Result<Vec<CartId>> {
    let mut first = id;
    for _ in 0..GENERATIONS {
        let Some(row) = Entity::find().filter(Column::ContinuedAs.eq(first)).one(tx).await? else { break };
        first = row.cart_id;
    }
    let mut all = vec![first];
    let mut parents = vec![first];
    for _ in 0..GENERATIONS {
        let rows = Entity::find()
            .filter(Column::CartId.is_in(parents))
            .filter(Column::ContinuedAs.is_not_null())
            .all(tx)
            .await?;
        parents = rows.into_iter().filter_map(|row| row.continued_as).collect();
        if parents.is_empty() {
            break;
        }
        all.extend(parents.iter().copied());
    }
    Ok(all)
}
