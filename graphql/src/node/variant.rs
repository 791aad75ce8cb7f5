//! Variants: what is bought and counted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use domain::catalog::query;
use domain::catalog::whole::{self, Whole, WholeVariant};
use domain::inventory::availability::{Availability, published};
use domain::pricing::price;
use domain::{Error, Permission, Result};
use entity::id::{ChannelId, ProductId, VariantId};
use entity::variant;
use entity::words::{InventoryPolicy, UnitTracking};

use super::product::{Media, Product};
use crate::context::ctx_of;
use crate::loader::{self, Rows};
use crate::metadata::{MetadataEntry, metadata};
use crate::scalar::{Date, Money, id};
use crate::storefront;
use crate::word::Word;

/// A variant, with the product it belongs to.
#[derive(Clone, Debug)]
pub struct Variant {
    product: Product,
    part: WholeVariant,
}

impl From<(Whole, WholeVariant)> for Variant {
    fn from((whole, part): (Whole, WholeVariant)) -> Self {
        Self { product: Product::from(whole), part }
    }
}

/// The value of one option of a variant.
#[derive(Clone, Debug, SimpleObject)]
pub struct SelectedOption {
    /// Name of the option.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// What a variant costs in a channel.
#[derive(Clone, Copy, Debug)]
pub struct Price {
    /// The channel.
    pub channel_id: ChannelId,
    /// The price.
    pub price: entity::money::Money,
    /// Former or list price.
    pub compare_at: Option<entity::money::Money>,
}

/// What a variant costs in a channel; with or without tax as the channel says.
#[Object]
impl Price {
    /// Id of the channel.
    async fn channel_id(&self) -> ID {
        id(self.channel_id)
    }

    /// The price.
    async fn price(&self) -> Money {
        Money(self.price)
    }

    /// Former or list price, to be shown struck through; null when it is not higher.
    async fn compare_at_price(&self) -> Option<Money> {
        self.compare_at.filter(|former| former.minor > self.price.minor).map(Money)
    }
}

impl From<&entity::price::Model> for Price {
    fn from(row: &entity::price::Model) -> Self {
        let money = |minor| entity::money::Money::new(minor, row.currency);
        Self { channel_id: row.channel_id, price: money(row.amount), compare_at: row.compare_at.map(money) }
    }
}

/// A part of a bundle.
#[derive(Clone, Debug)]
pub struct BundleComponent {
    variant_id: VariantId,
    quantity: i64,
}

/// A part of a bundle.
#[Object]
impl BundleComponent {
    /// The part.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<Variant>> {
        loader::load(ctx, self.variant_id).await
    }

    /// Units per bundle.
    async fn quantity(&self) -> i64 {
        self.quantity
    }
}

/// What is bought and counted.
#[Object]
impl Variant {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.row().id)
    }

    /// The product it belongs to.
    async fn product(&self) -> &Product {
        &self.product
    }

    /// Option values joined, or the product's title in the reader's language.
    async fn title(&self, ctx: &Context<'_>) -> String {
        let plain = self.part.values.is_empty();
        if plain { self.product.whole.title(&ctx_of(ctx).locale).to_owned() } else { self.row().title.clone() }
    }

    /// Stock keeping unit.
    async fn sku(&self) -> Option<&str> {
        self.row().sku.as_deref()
    }

    /// GTIN-8, GTIN-12 (UPC), GTIN-13 (EAN, JAN) or GTIN-14.
    async fn barcode(&self) -> Option<&str> {
        self.row().barcode.as_deref()
    }

    /// Order in the product, from 1.
    async fn position(&self) -> i32 {
        self.row().position
    }

    /// Its value of each option, in the order of the options.
    async fn selected_options(&self) -> Vec<SelectedOption> {
        let pairs = self.product.whole.options.iter().zip(&self.part.values);
        pairs.map(|(option, value)| SelectedOption { name: option.name.clone(), value: value.clone() }).collect()
    }

    /// What it costs in the channel; null where it is not sold.
    async fn price(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Code of the channel; the request's own when left out.")] channel: Option<String>,
    ) -> Result<Option<Price>> {
        let channel_id = match channel {
            Some(code) => storefront::channel_of(ctx, Some(code)).await?.id,
            None => self.product.channel(ctx).await?,
        };
        Self::price_in(ctx, channel_id, self.row().id).await
    }

    /// Whether it can be ordered in the channel now.
    async fn available_for_sale(&self, ctx: &Context<'_>) -> Result<bool> {
        let channel_id = self.product.channel(ctx).await?;
        Self::any_orderable(ctx, channel_id, std::slice::from_ref(self)).await
    }

    /// Most units that can be ordered in the channel now; null is without limit.
    async fn quantity_available(&self, ctx: &Context<'_>) -> Result<Option<i64>> {
        let key = AvailabilityOf(self.product.channel(ctx).await?, self.row().id);
        Ok(loader::load(ctx, key).await?.map_or(Some(0), |found| found.orderable))
    }

    /// Its own picture, else the product's first.
    async fn image(&self) -> Option<Media> {
        let media = &self.product.whole.media;
        let own = media.iter().find(|row| Some(row.id) == self.row().image_id);
        own.or(media.first()).map(Media::from)
    }

    /// Shipping weight in grams.
    async fn weight_grams(&self) -> i32 {
        self.row().weight_grams
    }

    /// Whether it is a physical thing.
    async fn requires_shipping(&self) -> bool {
        self.row().requires_shipping
    }

    /// Whether stock is counted.
    async fn tracked(&self) -> bool {
        self.row().tracked
    }

    /// Whether each unit or each lot has a number.
    async fn unit_tracking(&self) -> Word<UnitTracking> {
        Word(self.row().unit_tracking)
    }

    /// What happens when stock runs out.
    async fn inventory_policy(&self) -> Word<InventoryPolicy> {
        Word(self.row().inventory_policy)
    }

    /// Most units promised beyond stock.
    async fn backorder_limit(&self) -> Option<i64> {
        self.row().backorder_limit
    }

    /// When a pre-order ships.
    async fn preorder_ships_on(&self) -> Option<Date> {
        self.row().preorder_ships_on.map(Date)
    }

    /// Whether it is made of other variants.
    async fn is_bundle(&self) -> bool {
        self.row().is_bundle
    }

    /// What a bundle is made of.
    async fn components(&self) -> Vec<BundleComponent> {
        let parts = self.part.components.iter();
        parts.map(|(variant_id, quantity)| BundleComponent { variant_id: *variant_id, quantity: *quantity }).collect()
    }

    /// Id of the tax class that overrides the product's.
    async fn tax_class_id(&self) -> Option<ID> {
        self.row().tax_class_id.map(id)
    }

    /// Whether it is sold.
    async fn active(&self) -> bool {
        self.row().active
    }

    /// Id in another system.
    async fn external_reference(&self) -> Option<&str> {
        self.row().external_reference.as_deref()
    }

    /// Public metadata.
    async fn metadata(&self) -> Vec<MetadataEntry> {
        metadata(&self.row().metadata)
    }

    /// Metadata for staff and apps with `catalog.read`; empty for others.
    async fn private_metadata(&self, ctx: &Context<'_>) -> Vec<MetadataEntry> {
        let may_read = ctx_of(ctx).require(Permission::CatalogRead).is_ok();
        if may_read { metadata(&self.row().private_metadata) } else { Vec::new() }
    }

    /// Grows with each change; see `expectedVersion`.
    async fn version(&self) -> i32 {
        self.row().version
    }
}

impl Variant {
    /// The variant at a place of its product.
    #[must_use]
    pub fn of(product: &Product, place: usize) -> Option<Self> {
        let part = product.whole.variants.get(place)?.clone();
        Some(Self { product: product.clone(), part })
    }

    /// A variant of a product by id, as one channel sells it.
    #[must_use]
    pub fn find(whole: &Arc<Whole>, variant: VariantId, channel_id: Option<ChannelId>) -> Option<Self> {
        let place = whole.variants.iter().position(|part| part.row.id == variant)?;
        Self::of(&Product { whole: Arc::clone(whole), channel_id }, place)
    }

    /// The row.
    #[must_use]
    pub const fn row(&self) -> &variant::Model {
        &self.part.row
    }

    async fn price_in(ctx: &Context<'_>, channel_id: ChannelId, variant_id: VariantId) -> Result<Option<Price>> {
        if let Some(snapshot) = storefront::snapshot(ctx).await?
            && let Some(found) = snapshot.price(channel_id, variant_id)
        {
            let money = |minor| entity::money::Money::new(minor, found.currency);
            let compare_at = found.compare_at.map(money);
            return Ok(Some(Price { channel_id, price: money(found.amount), compare_at }));
        }
        loader::load(ctx, PriceOf(channel_id, variant_id)).await
    }

    /// Whether each variant is sold at all, and its price in a channel.
    pub(crate) async fn prices(
        ctx: &Context<'_>,
        channel_id: ChannelId,
        variants: &[Self],
    ) -> Result<Vec<(bool, entity::money::Money)>> {
        let one = |variant: &Self| {
            let (active, variant_id) = (variant.row().active, variant.row().id);
            async move {
                Ok::<_, Error>(Self::price_in(ctx, channel_id, variant_id).await?.map(|found| (active, found.price)))
            }
        };
        let found = futures::future::try_join_all(variants.iter().map(one)).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Whether any of the variants can be ordered in a channel now, by live stock.
    pub(crate) async fn any_orderable(ctx: &Context<'_>, channel_id: ChannelId, variants: &[Self]) -> Result<bool> {
        let keys = variants.iter().filter(|variant| variant.row().active).map(|variant| variant.row().id);
        let found = loader::load_many(ctx, keys.map(|id| AvailabilityOf(channel_id, id))).await?;
        Ok(found.values().any(|availability| availability.allows(1)))
    }
}

impl Loader<VariantId> for Rows {
    type Value = Variant;
    type Error = Error;

    async fn load(&self, keys: &[VariantId]) -> Result<HashMap<VariantId, Variant>> {
        let db = self.ctx.db();
        let rows = query::variants_by_ids(&db, keys).await?;
        let products: HashSet<ProductId> = rows.iter().map(|row| row.product_id).collect();
        let wholes = whole::load(&db, &products.into_iter().collect::<Vec<_>>()).await?;
        let wholes: HashMap<ProductId, Arc<Whole>> =
            wholes.into_iter().map(|whole| (whole.product.id, Arc::new(whole))).collect();
        let find = |row: &variant::Model| Some((row.id, Variant::find(wholes.get(&row.product_id)?, row.id, None)?));
        Ok(rows.iter().filter_map(find).collect())
    }
}

/// What a variant costs in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PriceOf(pub(crate) ChannelId, pub(crate) VariantId);

impl Loader<PriceOf> for Rows {
    type Value = Price;
    type Error = Error;

    async fn load(&self, keys: &[PriceOf]) -> Result<HashMap<PriceOf, Price>> {
        let mut by_channel: BTreeMap<ChannelId, Vec<VariantId>> = BTreeMap::new();
        for PriceOf(channel, variant) in keys {
            by_channel.entry(*channel).or_default().push(*variant);
        }
        let mut prices = HashMap::with_capacity(keys.len());
        for (channel, variants) in by_channel {
            let found = price::current(&self.ctx.db(), channel, &variants).await?;
            prices.extend(found.iter().map(|(variant, row)| (PriceOf(channel, *variant), Price::from(row))));
        }
        Ok(prices)
    }
}

/// What a channel may promise of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AvailabilityOf(pub(crate) ChannelId, pub(crate) VariantId);

impl Loader<AvailabilityOf> for Rows {
    type Value = Availability;
    type Error = Error;

    async fn load(&self, keys: &[AvailabilityOf]) -> Result<HashMap<AvailabilityOf, Availability>> {
        let mut by_channel: BTreeMap<ChannelId, Vec<VariantId>> = BTreeMap::new();
        for AvailabilityOf(channel, variant) in keys {
            by_channel.entry(*channel).or_default().push(*variant);
        }
        let mut all = HashMap::with_capacity(keys.len());
        for (channel, variants) in by_channel {
            let found = published(&self.ctx.db(), channel, &variants, self.ctx.now()).await?;
            all.extend(found.into_iter().map(|(variant, promise)| (AvailabilityOf(channel, variant), promise)));
        }
        Ok(all)
    }
}
