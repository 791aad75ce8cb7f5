//! Carts at tills, and the rules that price them.

use async_graphql::{Context, ID, InputObject, MergedObject, Object, OneofObject};
use domain::cart::attach::{self, CartLookup};
use domain::cart::{self as carts, park};
use domain::{Error, Permission, Result, channel, pricing, tax};

use crate::context::ctx_of;
use crate::node::cart::Cart;
use crate::node::cart_edit::{CartEdits, CartPayload};
use crate::node::cart_input::CartTargetInput;
use crate::node::pricing::{ShippingMethod, ShippingMethodPayload, ShippingMethodUpsertInput, TaxClass, TaxRate};
use crate::node::pricing::{TaxClassPayload, TaxClassUpsertInput, TaxRatePayload, TaxRateUpsertInput};
use crate::scalar::{CountryCode, parse_id, parse_optional_id};
use crate::shop::cart::missing;

/// How a cart is found at a till.
#[derive(Clone, Debug, OneofObject)]
pub enum CartKey {
    /// By its id.
    Id(ID),
    /// By the code that the customer shows, typed or scanned.
    Code(String),
    /// The customer's cart that was changed last.
    CustomerId(ID),
}

impl CartKey {
    fn lookup(self) -> Result<CartLookup> {
        Ok(match self {
            Self::Id(id) => CartLookup::Id(parse_id(&id, "input.by.id")?),
            Self::Code(code) => CartLookup::Code(code),
            Self::CustomerId(id) => CartLookup::Customer(parse_id(&id, "input.by.customerId")?),
        })
    }
}

/// A cart to take up at a till.
#[derive(Clone, Debug, InputObject)]
pub struct CartAttachInput {
    /// Which cart.
    pub by: CartKey,
    /// The customer to give it to; a cart of somebody else is refused.
    pub customer_id: Option<ID>,
}

/// Carts at tills, and the rules that price them.
#[derive(Clone, Copy, Debug, Default)]
pub struct CartQuery;

/// Carts at tills, and the rules that price them.
#[Object]
impl CartQuery {
    /// A cart, at a till with the till's prices; null when there is none.
    async fn cart(&self, ctx: &Context<'_>, #[graphql(desc = "Which cart.")] id: ID) -> Result<Option<Cart>> {
        let ctx = ctx_of(ctx);
        let found = carts::authorize(ctx, parse_id(&id, "id")?).await.map(Some).or_else(missing)?;
        let Some(found) = found else { return Ok(None) };
        Ok(Some(Cart(carts::look(ctx, found).await?)))
    }

    /// All tax classes by code; there are a handful.
    async fn tax_classes(&self, ctx: &Context<'_>) -> Result<Vec<TaxClass>> {
        Ok(tax::query::classes(&ctx_of(ctx).db()).await?.into_iter().map(TaxClass::from).collect())
    }

    /// All tax rates of a country, past and coming ones too, by class and newest first; there are a handful.
    async fn tax_rates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The country.")] country: CountryCode,
    ) -> Result<Vec<TaxRate>> {
        Ok(tax::query::rates_of_country(&ctx_of(ctx).db(), &country.0).await?.into_iter().map(TaxRate::from).collect())
    }

    /// The ways to ship of a channel in their order, those too that are not offered now; there are a handful.
    async fn shipping_methods(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The channel.")] channel_id: ID,
    ) -> Result<Vec<ShippingMethod>> {
        let ctx = ctx_of(ctx);
        let scope = ctx.require(Permission::PlacesWrite)?;
        let id = parse_id(&channel_id, "channelId")?;
        let Some(channel) =
            channel::query::by_id(&ctx.db(), id).await?.filter(|row| scope.covers_channel(Some(row.id)))
        else {
            return Err(Error::not_found("channel"));
        };
        let methods = pricing::shipping_method::of_channel(&ctx.db(), channel.id, false).await?;
        Ok(methods.into_iter().map(|method| ShippingMethod { method, currency: channel.currency }).collect())
    }
}

/// Changes of carts at tills, and of the rules that price them.
#[derive(MergedObject, Default)]
pub struct CartMutation(CartEdits, TillEdits, PricingEdits);

/// What only staff do with carts.
#[derive(Clone, Copy, Debug, Default)]
pub struct TillEdits;

/// What only staff do with carts.
#[Object]
impl TillEdits {
    /// Takes up a cart by the code that the customer shows or by the customer, and gives it to a customer when one is
    /// named. At a till it shows the till's prices.
    async fn cart_attach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which cart, and for whom.")] input: CartAttachInput,
    ) -> Result<CartPayload> {
        let done = async {
            let customer = parse_optional_id(input.customer_id.as_ref(), "input.customerId")?;
            attach::attach(ctx_of(ctx), input.by.lookup()?, customer).await
        };
        CartPayload::of(ctx, done.await)
    }

    /// Sets a cart aside, so that the next customer can be served.
    async fn cart_park(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which cart.")] input: CartTargetInput,
    ) -> Result<CartPayload> {
        let done = async { park::park(ctx_of(ctx), input.target()?).await };
        CartPayload::of(ctx, done.await)
    }

    /// Takes a parked cart up again.
    async fn cart_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which cart.")] input: CartTargetInput,
    ) -> Result<CartPayload> {
        let done = async { park::resume(ctx_of(ctx), input.target()?).await };
        CartPayload::of(ctx, done.await)
    }
}

/// Changes of tax and shipping rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct PricingEdits;

/// Changes of tax and shipping rules.
#[Object]
impl PricingEdits {
    /// Makes a tax class or renames the one with this code.
    async fn tax_class_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The class.")] input: TaxClassUpsertInput,
    ) -> Result<TaxClassPayload> {
        TaxClassPayload::of(ctx, tax::upsert_class::upsert_class(ctx_of(ctx), input.into()).await)
    }

    /// Enters a tax rate from a day on, or corrects the one that begins on that day.
    async fn tax_rate_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rate.")] input: TaxRateUpsertInput,
    ) -> Result<TaxRatePayload> {
        TaxRatePayload::of(ctx, tax::upsert_rate::upsert_rate(ctx_of(ctx), input.into()).await)
    }

    /// Offers a way to ship in a channel, or changes the one with this code.
    async fn shipping_method_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The way to ship.")] input: ShippingMethodUpsertInput,
    ) -> Result<ShippingMethodPayload> {
        let currency = input.amount.currency_code.0;
        let done = async {
            let command = input.command()?;
            pricing::upsert_shipping_method::upsert_shipping_method(ctx_of(ctx), command).await
        };
        ShippingMethodPayload::of(ctx, done.await.map(|method| ShippingMethod { method, currency }))
    }
}
