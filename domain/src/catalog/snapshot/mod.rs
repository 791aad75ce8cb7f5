//! The catalog as storefronts see it, in memory: products on sale with all their parts, prices per channel, and the
//! orders in which lists are shown. Never changed; a new one takes its place.
//!
//! Deliberately absent: stock, which changes with every sale. What is charged at checkout never comes from here.

mod build;
mod cache;
pub mod facets;
pub mod list;

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{ChannelId, CollectionId, ProductId, VariantId};
use entity::money::Currency;
use entity::words::ChannelKind;
use entity::{category, channel, collection};

use super::barcode;
use super::whole::Whole;

pub use build::build;
pub use cache::Cache;

/// The catalog at one revision.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The revision it shows.
    pub revision: i64,
    products: Vec<Entry>,
    by_id: HashMap<ProductId, usize>,
    by_slug: HashMap<String, usize>,
    by_variant: HashMap<VariantId, usize>,
    by_sku: HashMap<String, VariantId>,
    by_barcode: HashMap<String, VariantId>,
    channels: HashMap<ChannelId, Channel>,
    categories: Vec<category::Model>,
    collections: Vec<collection::Model>,
    members: HashMap<CollectionId, Vec<ProductId>>,
    places_of_sale: Vec<channel::Model>,
}

/// A product on sale.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) whole: Arc<Whole>,
    /// Title and translated titles, folded, for relevance and order.
    pub(crate) folded: Vec<String>,
}

/// What a channel sells, and in which orders.
#[derive(Debug, Default)]
pub(crate) struct Channel {
    pub(crate) prices: HashMap<VariantId, PriceOf>,
    /// Lowest and highest price by place of the product; `None` when it is not sold here.
    pub(crate) ranges: Vec<Option<(i64, i64)>>,
    pub(crate) newest: Vec<usize>,
    pub(crate) by_title: Vec<usize>,
    pub(crate) by_price: Vec<usize>,
}

/// What a variant costs in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceOf {
    /// The channel's currency.
    pub currency: Currency,
    /// Minor units.
    pub amount: i64,
    /// Former or list price, minor units.
    pub compare_at: Option<i64>,
}

impl Snapshot {
    /// A product on sale in a channel.
    #[must_use]
    pub fn product(&self, channel: ChannelId, id: ProductId) -> Option<Arc<Whole>> {
        self.sold(channel, *self.by_id.get(&id)?)
    }

    /// A product on sale in a channel, by its name in addresses.
    #[must_use]
    pub fn product_by_slug(&self, channel: ChannelId, slug: &str) -> Option<Arc<Whole>> {
        self.sold(channel, *self.by_slug.get(slug)?)
    }

    /// The product of a variant on sale in a channel.
    #[must_use]
    pub fn product_of(&self, channel: ChannelId, variant: VariantId) -> Option<Arc<Whole>> {
        self.price(channel, variant)?;
        self.sold(channel, *self.by_variant.get(&variant)?)
    }

    /// A variant on sale by its SKU.
    #[must_use]
    pub fn variant_by_sku(&self, sku: &str) -> Option<VariantId> {
        self.by_sku.get(sku).copied()
    }

    /// A variant on sale by a scanned barcode.
    #[must_use]
    pub fn variant_by_barcode(&self, code: &str) -> Option<VariantId> {
        barcode::equivalents(code).iter().find_map(|form| self.by_barcode.get(form)).copied()
    }

    /// What a variant costs in a channel.
    #[must_use]
    pub fn price(&self, channel: ChannelId, variant: VariantId) -> Option<PriceOf> {
        self.channels.get(&channel)?.prices.get(&variant).copied()
    }

    /// Lowest and highest price of a product in a channel, minor units.
    #[must_use]
    pub fn price_range(&self, channel: ChannelId, product: ProductId) -> Option<(i64, i64)> {
        *self.channels.get(&channel)?.ranges.get(*self.by_id.get(&product)?)?
    }

    /// An active channel by its code. One that was added since the snapshot was taken is not there.
    #[must_use]
    pub fn channel_by_code(&self, code: &str) -> Option<&channel::Model> {
        self.places_of_sale.iter().find(|channel| channel.code == code)
    }

    /// The channel of requests that name none: the oldest web shop.
    #[must_use]
    pub fn default_channel(&self) -> Option<&channel::Model> {
        self.places_of_sale.iter().find(|channel| channel.kind == ChannelKind::Online)
    }

    /// All categories, in order.
    #[must_use]
    pub fn categories(&self) -> &[category::Model] {
        &self.categories
    }

    /// All collections, in order.
    #[must_use]
    pub fn collections(&self) -> &[collection::Model] {
        &self.collections
    }

    /// All variants that a channel sells.
    #[must_use]
    pub fn variants_sold(&self, channel: ChannelId) -> Vec<VariantId> {
        self.channels.get(&channel).map(|channel| channel.prices.keys().copied().collect()).unwrap_or_default()
    }

    fn sold(&self, channel: ChannelId, place: usize) -> Option<Arc<Whole>> {
        (*self.channels.get(&channel)?.ranges.get(place)?)?;
        self.products.get(place).map(|entry| Arc::clone(&entry.whole))
    }
}
