//! Changes of carts that shoppers and clerks make alike: the same fields in both schemas.

use async_graphql::{Context, Object, SimpleObject};
use domain::Result;
use domain::cart::create::create;
use domain::cart::details::DeliveryTime;
use domain::cart::{codes, details, lines};

use super::cart::Cart;
use super::cart_input::{
    CartAddressSetInput, CartCodeInput, CartContactSetInput, CartCreateInput, CartDeliverySetInput,
    CartDeliveryTimeSetInput, CartLineAddInput, CartLineRemoveInput, CartLineUpdateInput, CartShippingMethodSetInput,
};
use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::payload;
use crate::scalar::{parse_id, parse_optional_id};

/// A cart that was begun.
#[derive(Debug, SimpleObject)]
pub struct CartCreatePayload {
    /// The cart; null when none was begun.
    pub cart: Option<Cart>,
    /// The secret that opens a guest's cart, told this once: send it as `X-Cart-Token`. Null for customers and staff.
    pub cart_token: Option<String>,
    /// What kept it from being done; empty when it was done.
    pub errors: Vec<UserError>,
}

payload! {
    /// The cart after the change.
    pub struct CartPayload {
        /// The cart.
        cart: Cart,
    }
}

/// Changes of carts.
#[derive(Clone, Copy, Debug, Default)]
pub struct CartEdits;

/// Changes of carts.
#[Object]
impl CartEdits {
    /// Begins a cart, with everything that is known already.
    async fn cart_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is known.")] input: CartCreateInput,
    ) -> Result<CartCreatePayload> {
        let done = async { create(ctx_of(ctx), input.command(ctx).await?).await }.await;
        let (created, errors) = outcome(ctx, done)?;
        let (cart, cart_token) = created.map_or((None, None), |done| (Some(Cart(done.view)), done.token));
        Ok(CartCreatePayload { cart, cart_token, errors })
    }

    /// Puts things into a cart, all or none; the same variant by the same way joins its line.
    async fn cart_line_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What goes in.")] input: CartLineAddInput,
    ) -> Result<CartPayload> {
        let done = async {
            let (target, new) = input.command()?;
            lines::add_lines(ctx_of(ctx), target, new).await
        };
        CartPayload::of(ctx, done.await)
    }

    /// Sets how many units a line has.
    async fn cart_line_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which line, and how many.")] input: CartLineUpdateInput,
    ) -> Result<CartPayload> {
        let done = async {
            let line = parse_id(&input.line_id, "input.lineId")?;
            lines::update_line(ctx_of(ctx), input.target()?, line, input.quantity).await
        };
        CartPayload::of(ctx, done.await)
    }

    /// Takes a line out.
    async fn cart_line_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which line.")] input: CartLineRemoveInput,
    ) -> Result<CartPayload> {
        let done = async {
            let line = parse_id(&input.line_id, "input.lineId")?;
            lines::remove_line(ctx_of(ctx), input.target()?, line).await
        };
        CartPayload::of(ctx, done.await)
    }

    /// Chooses how lines reach the customer; lines that become alike are joined.
    async fn cart_delivery_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lines, and how.")] input: CartDeliverySetInput,
    ) -> Result<CartPayload> {
        let done = async {
            let (target, set) = input.command()?;
            lines::set_delivery(ctx_of(ctx), target, set).await
        };
        CartPayload::of(ctx, done.await)
    }

    /// Sets the addresses.
    async fn cart_address_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The addresses.")] input: CartAddressSetInput,
    ) -> Result<CartPayload> {
        let done = async {
            let (target, set) = input.command()?;
            details::set_address(ctx_of(ctx), target, set).await
        };
        CartPayload::of(ctx, done.await)
    }

    /// Sets whom to reach.
    async fn cart_contact_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to reach.")] input: CartContactSetInput,
    ) -> Result<CartPayload> {
        let done = async {
            let (target, contact) = input.command()?;
            details::set_contact(ctx_of(ctx), target, contact).await
        };
        CartPayload::of(ctx, done.await)
    }

    /// Chooses a way to ship.
    async fn cart_shipping_method_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The way to ship.")] input: CartShippingMethodSetInput,
    ) -> Result<CartPayload> {
        let done = async {
            let method = parse_optional_id(input.shipping_method_id.as_ref(), "input.shippingMethodId")?;
            details::set_shipping_method(ctx_of(ctx), input.target()?, method).await
        };
        CartPayload::of(ctx, done.await)
    }

    /// Asks for a delivery day and time of the chosen way to ship, or takes the wish back. When the wish cannot be met
    /// any more later on, the cart has the problem `DELIVERY_TIME_UNAVAILABLE`.
    async fn cart_delivery_time_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The wish.")] input: CartDeliveryTimeSetInput,
    ) -> Result<CartPayload> {
        let done = async {
            let wish = DeliveryTime { on: input.delivery_on.map(|on| on.0), slot: input.delivery_slot.clone() };
            details::set_delivery_time(ctx_of(ctx), input.target()?, wish).await
        };
        CartPayload::of(ctx, done.await)
    }

    /// Applies a promotion code.
    async fn cart_code_apply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: CartCodeInput,
    ) -> Result<CartPayload> {
        let done = async { codes::apply_code(ctx_of(ctx), input.target()?, &input.code).await };
        CartPayload::of(ctx, done.await)
    }

    /// Takes a promotion code off.
    async fn cart_code_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: CartCodeInput,
    ) -> Result<CartPayload> {
        let done = async { codes::remove_code(ctx_of(ctx), input.target()?, &input.code).await };
        CartPayload::of(ctx, done.await)
    }
}
