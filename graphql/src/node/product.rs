//! Products with all their parts.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::catalog::whole::{self, Whole};
use domain::{Error, Permission, Result};
use entity::id::{ChannelId, ProductId};
use entity::media;
use entity::words::ProductStatus;

use super::category::Category;
use super::review::{NewestOf, ProductRating, RatingOf, Review};
use super::variant::Variant;
use crate::context::ctx_of;
use crate::loader::{self, Rows};
use crate::metadata::{MetadataEntry, metadata};
use crate::scalar::{Html, Locale, Money, id};
use crate::storefront;
use crate::word::Word;

/// A product with all its parts, as one channel sells it.
#[derive(Clone, Debug)]
pub struct Product {
    /// The product.
    pub whole: Arc<Whole>,
    /// The channel it is shown in; the request's own when `None`.
    pub channel_id: Option<ChannelId>,
}

impl From<Whole> for Product {
    fn from(whole: Whole) -> Self {
        Self { whole: Arc::new(whole), channel_id: None }
    }
}

impl From<Arc<Whole>> for Product {
    fn from(whole: Arc<Whole>) -> Self {
        Self { whole, channel_id: None }
    }
}

/// A picture of a product.
#[derive(Clone, Debug, SimpleObject)]
pub struct Media {
    /// Id.
    pub id: ID,
    /// Address of the file: absolute, or a path of this server.
    pub url: String,
    /// Text for those who cannot see it.
    pub alt: String,
}

impl From<&media::Model> for Media {
    fn from(row: &media::Model) -> Self {
        Self { id: id(row.id), url: row.url.clone(), alt: row.alt.clone() }
    }
}

/// An axis along which the variants of a product differ, such as size.
#[derive(Clone, Debug, SimpleObject)]
pub struct ProductOption {
    /// Id.
    pub id: ID,
    /// Name.
    pub name: String,
    /// Values that variants have, in the variants' order.
    pub values: Vec<String>,
}

/// A product's texts in another language.
#[derive(Clone, Debug, SimpleObject)]
pub struct ProductTranslation {
    /// The language.
    pub locale: Locale,
    /// Title.
    pub title: String,
    /// Cleaned HTML.
    pub description_html: Html,
}

/// Lowest and highest price of a product in a channel.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct PriceRange {
    /// The cheapest variant's.
    pub min: Money,
    /// The dearest variant's.
    pub max: Money,
}

/// What is shown as one thing; its variants are what is sold.
#[Object]
impl Product {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.whole.product.id)
    }

    /// Unique name in addresses.
    async fn slug(&self) -> &str {
        &self.whole.product.slug
    }

    /// Title in the reader's language.
    async fn title(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The language; the request's own when left out.")] locale: Option<Locale>,
    ) -> String {
        self.whole.title(&locale_of(ctx, locale)).to_owned()
    }

    /// Description in the reader's language, as cleaned HTML.
    async fn description_html(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The language; the request's own when left out.")] locale: Option<Locale>,
    ) -> Html {
        Html(self.whole.description_html(&locale_of(ctx, locale)).to_owned())
    }

    /// Maker or brand.
    async fn vendor(&self) -> &str {
        &self.whole.product.vendor
    }

    /// Merchant's own kind.
    async fn product_type(&self) -> &str {
        &self.whole.product.product_type
    }

    /// Whether it is sold; shops see only active ones.
    async fn status(&self) -> Word<ProductStatus> {
        Word(self.whole.product.status)
    }

    /// Tags.
    async fn tags(&self) -> &[String] {
        &self.whole.product.tags.0
    }

    /// Where it hangs.
    async fn category(&self, ctx: &Context<'_>) -> Result<Option<Category>> {
        match self.whole.product.category_id {
            Some(id) => loader::load(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Id of its tax class.
    async fn tax_class_id(&self) -> ID {
        id(self.whole.product.tax_class_id)
    }

    /// Axes along which its variants differ, in order.
    async fn options(&self) -> Vec<ProductOption> {
        let rows = self.whole.options.iter().enumerate();
        rows.map(|(place, row)| ProductOption { id: id(row.id), name: row.name.clone(), values: self.values(place) })
            .collect()
    }

    /// Its variants in order; shops see only what the channel sells.
    async fn variants(&self, ctx: &Context<'_>) -> Result<Vec<Variant>> {
        let all = (0..self.whole.variants.len()).filter_map(|place| Variant::of(self, place));
        let Some(snapshot) = storefront::snapshot(ctx).await? else { return Ok(all.collect()) };
        let channel_id = self.channel(ctx).await?;
        Ok(all.filter(|variant| snapshot.price(channel_id, variant.row().id).is_some()).collect())
    }

    /// Its pictures in order.
    async fn media(&self) -> Vec<Media> {
        self.whole.media.iter().map(Media::from).collect()
    }

    /// Its first picture.
    async fn image(&self) -> Option<Media> {
        self.whole.media.first().map(Media::from)
    }

    /// Lowest and highest price in the channel; null where it is not sold.
    async fn price_range(&self, ctx: &Context<'_>) -> Result<Option<PriceRange>> {
        let channel_id = self.channel(ctx).await?;
        let variants: Vec<Variant> =
            (0..self.whole.variants.len()).filter_map(|place| Variant::of(self, place)).collect();
        let prices = Variant::prices(ctx, channel_id, &variants).await?;
        let amounts = || prices.iter().filter(|(active, _)| *active).map(|(_, price)| *price);
        let range = amounts().min_by_key(|price| price.minor).zip(amounts().max_by_key(|price| price.minor));
        Ok(range.map(|(min, max)| PriceRange { min: Money(min), max: Money(max) }))
    }

    /// Whether any of its variants can be ordered in the channel now.
    async fn available_for_sale(&self, ctx: &Context<'_>) -> Result<bool> {
        if let Some(snapshot) = storefront::snapshot(ctx).await? {
            let channel = storefront::channel_of(ctx, None).await?;
            if self.channel_id.is_none_or(|id| id == channel.id) {
                let orderable = storefront::orderable(ctx, &snapshot, &channel).await?;
                return Ok(self.whole.variants.iter().any(|variant| orderable.contains(&variant.row.id)));
            }
        }
        let channel_id = self.channel(ctx).await?;
        let variants: Vec<Variant> =
            (0..self.whole.variants.len()).filter_map(|place| Variant::of(self, place)).collect();
        Variant::any_orderable(ctx, channel_id, &variants).await
    }

    /// What its published reviews say together.
    async fn rating(&self, ctx: &Context<'_>) -> Result<ProductRating> {
        Ok(loader::load(ctx, RatingOf(self.whole.product.id)).await?.unwrap_or_default().into())
    }

    /// Its newest published reviews; `productReviews` walks through all of them.
    #[graphql(complexity = "first.unwrap_or(5).clamp(1, 20) as usize * child_complexity")]
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 5 when nothing is said, at most 20.")] first: Option<i32>,
    ) -> Result<Vec<Review>> {
        let first = checked_first(first)?;
        Ok(loader::load(ctx, NewestOf(self.whole.product.id, first)).await?.unwrap_or_default())
    }

    /// Title for search engines.
    async fn seo_title(&self) -> Option<&str> {
        self.whole.product.seo_title.as_deref()
    }

    /// Description for search engines.
    async fn seo_description(&self) -> Option<&str> {
        self.whole.product.seo_description.as_deref()
    }

    /// Texts in other languages.
    async fn translations(&self) -> Vec<ProductTranslation> {
        let show = |row: &entity::product_translation::Model| ProductTranslation {
            locale: Locale(row.locale.clone()),
            title: row.title.clone(),
            description_html: Html(row.description_html.clone()),
        };
        self.whole.translations.iter().map(show).collect()
    }

    /// Id in another system.
    async fn external_reference(&self) -> Option<&str> {
        self.whole.product.external_reference.as_deref()
    }

    /// Public metadata.
    async fn metadata(&self) -> Vec<MetadataEntry> {
        metadata(&self.whole.product.metadata)
    }

    /// Metadata for staff and apps with `catalog.read`; empty for others.
    async fn private_metadata(&self, ctx: &Context<'_>) -> Vec<MetadataEntry> {
        let may_read = ctx_of(ctx).require(Permission::CatalogRead).is_ok();
        if may_read { metadata(&self.whole.product.private_metadata) } else { Vec::new() }
    }

    /// Grows with each change; see `expectedVersion`.
    async fn version(&self) -> i32 {
        self.whole.product.version
    }

    /// When created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.whole.product.created_at
    }

    /// When last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.whole.product.updated_at
    }
}

impl Product {
    /// The channel it is shown in.
    pub(crate) async fn channel(&self, ctx: &Context<'_>) -> Result<ChannelId> {
        match self.channel_id {
            Some(id) => Ok(id),
            None => Ok(storefront::channel_of(ctx, None).await?.id),
        }
    }

    fn values(&self, place: usize) -> Vec<String> {
        let mut values: Vec<String> = Vec::new();
        for value in self.whole.variants.iter().filter_map(|variant| variant.values.get(place)) {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        values
    }
}

/// Errors: `TOO_MANY` above 20, `INVALID` below 0.
fn checked_first(first: Option<i32>) -> Result<i32> {
    const MOST: i32 = 20;
    match first.unwrap_or(5) {
        first @ 0..=MOST => Ok(first),
        ..0 => Err(Error::invalid(domain::ErrorCode::Invalid, "first")),
        _ => Err(Error::invalid_with(domain::ErrorCode::TooMany, "first", vec![("max", MOST.to_string())])),
    }
}

/// The language that is asked for, else the request's own.
pub(crate) fn locale_of(ctx: &Context<'_>, locale: Option<Locale>) -> String {
    locale.map_or_else(|| ctx_of(ctx).locale.to_string(), |locale| locale.0)
}

impl Loader<ProductId> for Rows {
    type Value = Product;
    type Error = Error;

    async fn load(&self, keys: &[ProductId]) -> Result<HashMap<ProductId, Product>> {
        let wholes = whole::load(&self.ctx.db(), keys).await?;
        Ok(wholes.into_iter().map(|whole| (whole.product.id, Product::from(whole))).collect())
    }
}
