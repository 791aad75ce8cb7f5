//! Carts of the one who asks.

use async_graphql::{Context, ID, InputObject, MergedObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::cart::{self as carts, checkout, handover, merge, share};
use domain::{Error, Result};

use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::node::cart::Cart;
use crate::node::cart_edit::{CartEdits, CartPayload};
use crate::node::cart_input::CartTargetInput;
use crate::scalar::parse_optional_id;

/// A cart whose stock is held.
#[derive(Debug, SimpleObject)]
pub struct CartCheckoutStartPayload {
    /// The cart at the prices of now.
    pub cart: Option<Cart>,
    /// Until when its stock is held.
    pub held_until: Option<DateTime<Utc>>,
    /// What kept it from being done; empty when it was done.
    pub errors: Vec<UserError>,
}

/// How to go on with a cart that was left.
#[derive(Clone, Debug, InputObject)]
pub struct CartContinueInput {
    /// The code that stands behind `#cart=` in the address of the storefront. It works once, for 15 minutes.
    pub code: String,
}

/// A cart that goes on.
#[derive(Debug, SimpleObject)]
pub struct CartContinuePayload {
    /// The cart at the prices of now: your own, or a new one with the same goods.
    pub cart: Option<Cart>,
    /// The secret that opens the new cart, told this once: send it as `X-Cart-Token`. Null for a cart that you could use
    /// already.
    pub cart_token: Option<String>,
    /// What kept it from being done; empty when it was done.
    pub errors: Vec<UserError>,
}

/// Carts of the one who asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct CartQuery;

/// Carts of the one who asks.
#[Object]
impl CartQuery {
    /// Your cart: the one whose secret you sent as `X-Cart-Token`, or a signed-in customer's own that was changed last;
    /// null when there is none, or when the one of that id is not yours.
    async fn cart(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which cart; yours when left out.")] id: Option<ID>,
    ) -> Result<Option<Cart>> {
        let ctx = ctx_of(ctx);
        let found = match parse_optional_id(id.as_ref(), "id")? {
            Some(id) => carts::authorize(ctx, id).await.map(Some).or_else(missing)?,
            None => carts::query::current(&ctx.db(), &ctx.actor, None).await?,
        };
        let Some(found) = found else { return Ok(None) };
        Ok(Some(Cart(carts::look(ctx, found).await?)))
    }
}

/// A missing thing is null to clients.
pub(crate) fn missing<T>(error: Error) -> Result<Option<T>> {
    if matches!(error, Error::NotFound { .. }) { Ok(None) } else { Err(error) }
}

/// Changes of carts.
#[derive(MergedObject, Default)]
pub struct CartMutation(CartEdits, ShopperEdits);

/// What only shoppers do with carts.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShopperEdits;

/// What only shoppers do with carts.
#[Object]
impl ShopperEdits {
    /// Gives the cart a short code and a QR text by which staff take it up at a till; they work for a day.
    async fn cart_share(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which cart.")] input: CartTargetInput,
    ) -> Result<CartPayload> {
        let done = async { share::share(ctx_of(ctx), input.target()?).await };
        CartPayload::of(ctx, done.await)
    }

    /// Goes on with a cart that was left, by the code that the page of its mail handed to the storefront. Whose cart it is
    /// goes on with it, signed in; anybody else gets its goods in a new cart, without names, addresses and contact.
    async fn cart_continue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: CartContinueInput,
    ) -> Result<CartContinuePayload> {
        let (taken, errors) = outcome(ctx, handover::take(ctx_of(ctx), &input.code).await)?;
        let (cart, cart_token) = taken.map_or((None, None), |done| (Some(Cart(done.view)), done.token));
        Ok(CartContinuePayload { cart, cart_token, errors })
    }

    /// Holds the cart's stock for some minutes and takes the present prices as seen. `cartPaymentStart` does it, too.
    async fn cart_checkout_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which cart.")] input: CartTargetInput,
    ) -> Result<CartCheckoutStartPayload> {
        let done = async { checkout::start_checkout(ctx_of(ctx), input.target()?).await };
        let (started, errors) = outcome(ctx, done.await)?;
        let (cart, held_until) = started.map_or((None, None), |done| (Some(Cart(done.view)), Some(done.held_until)));
        Ok(CartCheckoutStartPayload { cart, held_until, errors })
    }

    /// Merges the guest cart whose secret is sent as `X-Cart-Token` into the signed-in customer's own: quantities add,
    /// nothing is lost. Asking again changes nothing. The cart is null when there is none.
    async fn cart_take_over(&self, ctx: &Context<'_>) -> Result<CartPayload> {
        let done = async {
            let ctx = ctx_of(ctx);
            let cart = merge::take_over(ctx).await?.ok_or(Error::not_found("cart"))?;
            carts::look(ctx, cart).await
        };
        CartPayload::of(ctx, done.await)
    }
}
