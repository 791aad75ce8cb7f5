//! Products, variants, categories and collections, as shops show them.

use async_graphql::{Context, ID, Object, OneofObject};
use domain::Result;
use domain::catalog::query;
use domain::catalog::snapshot::Snapshot;
use entity::id::{ChannelId, ProductId, VariantId};

use crate::connection::{known, page_request};
use crate::context::ctx_of;
use crate::node::category::{Category, CategoryConnection, Collection, CollectionConnection, slice};
use crate::node::product::Product;
use crate::node::product_list::{ListInput, ProductConnection, ProductFilter, ProductSort, products};
use crate::node::variant::Variant;
use crate::scalar::parse_id;
use crate::storefront;

/// Which product is meant.
#[derive(Clone, Debug, OneofObject)]
pub enum ProductKey {
    /// By id.
    Id(ID),
    /// By its name in addresses.
    Slug(String),
}

/// Which variant is meant.
#[derive(Clone, Debug, OneofObject)]
pub enum VariantKey {
    /// By id.
    Id(ID),
    /// By stock keeping unit.
    Sku(String),
    /// By a scanned or typed barcode.
    Barcode(String),
}

/// Products, variants, categories and collections.
#[derive(Clone, Copy, Debug, Default)]
pub struct CatalogQuery;

/// Mutations of this area; none in shops.
pub type CatalogMutation = async_graphql::EmptyMutation;

/// Products, variants, categories and collections.
#[Object]
impl CatalogQuery {
    /// Products on sale: search, filter, facets and order.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a list in the Relay form")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Code of the channel; the header `X-Channel` or the web shop when left out.")] channel: Option<
            String,
        >,
        #[graphql(
            desc = "Words that must all occur in titles, maker, kind, tags, options, SKUs or barcodes; kana, width and case do not matter."
        )]
        search: Option<String>,
        #[graphql(desc = "Which products.")] filter: Option<ProductFilter>,
        #[graphql(desc = "In which order.", default_with = "ProductSort::Relevance")] sort: ProductSort,
        #[graphql(desc = "How many from the start, at most 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Begin after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<ProductConnection> {
        let request = page_request(first, after, last, before)?;
        let currency = storefront::channel_of(ctx, channel.clone()).await?.currency;
        let filter = filter.unwrap_or_default().domain(currency)?;
        products(ctx, channel, ListInput { search, sort: sort.into(), collection_id: None, filter }, request).await
    }

    /// A product on sale; null when there is none.
    async fn product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: ProductKey,
        #[graphql(desc = "Code of the channel; the header `X-Channel` or the web shop when left out.")] channel: Option<
            String,
        >,
    ) -> Result<Option<Product>> {
        let channel_id = storefront::channel_of(ctx, channel).await?.id;
        let found = match by {
            ProductKey::Id(id) => {
                let id = parse_id::<ProductId>(&id, "by.id")?;
                storefront::find(ctx, |known| known.product(channel_id, id)).await?
            }
            ProductKey::Slug(slug) => storefront::find(ctx, |known| known.product_by_slug(channel_id, &slug)).await?,
        };
        Ok(found.map(|whole| Product { whole, channel_id: Some(channel_id) }))
    }

    /// A variant on sale; null when there is none.
    async fn variant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: VariantKey,
        #[graphql(desc = "Code of the channel; the header `X-Channel` or the web shop when left out.")] channel: Option<
            String,
        >,
    ) -> Result<Option<Variant>> {
        let channel_id = storefront::channel_of(ctx, channel).await?.id;
        match by {
            VariantKey::Id(id) => {
                let id = parse_id::<VariantId>(&id, "by.id")?;
                variant_of(ctx, channel_id, |_| Some(id)).await
            }
            VariantKey::Sku(sku) => variant_of(ctx, channel_id, |known| known.variant_by_sku(&sku)).await,
            VariantKey::Barcode(code) => variant_of(ctx, channel_id, |known| known.variant_by_barcode(&code)).await,
        }
    }

    /// The category tree, siblings in order.
    async fn categories(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what is directly below this one.")] parent_id: Option<ID>,
        #[graphql(desc = "How many from the start, at most 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Begin after this cursor.")] after: Option<String>,
    ) -> Result<CategoryConnection> {
        categories(ctx, parent_id, first, after).await
    }

    /// Collections, in order.
    async fn collections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Begin after this cursor.")] after: Option<String>,
    ) -> Result<CollectionConnection> {
        collections(ctx, first, after).await
    }
}

/// A product on sale in the channel of the request.
pub(super) async fn product_on_sale(ctx: &Context<'_>, id: ProductId) -> Result<Option<Product>> {
    let channel = storefront::channel_of(ctx, None).await?.id;
    let found = storefront::find(ctx, |known| known.product(channel, id)).await?;
    Ok(found.map(|whole| Product { whole, channel_id: Some(channel) }))
}

/// A variant on sale in the channel of the request.
pub(super) async fn variant_on_sale(ctx: &Context<'_>, id: VariantId) -> Result<Option<Variant>> {
    let channel = storefront::channel_of(ctx, None).await?.id;
    variant_of(ctx, channel, |_| Some(id)).await
}

/// A variant on sale, by whatever names it.
async fn variant_of(
    ctx: &Context<'_>,
    channel: ChannelId,
    named: impl Fn(&Snapshot) -> Option<VariantId>,
) -> Result<Option<Variant>> {
    storefront::find(ctx, |known| {
        let id = named(known)?;
        Variant::find(&known.product_of(channel, id)?, id, Some(channel))
    })
    .await
}

pub(crate) async fn categories(
    ctx: &Context<'_>,
    parent_id: Option<ID>,
    first: Option<i32>,
    after: Option<String>,
) -> Result<CategoryConnection> {
    let request = page_request(first, after, None, None)?;
    let parent = parent_id.map(|id| parse_id(&id, "parentId")).transpose()?;
    let mut rows = match storefront::snapshot(ctx).await? {
        Some(snapshot) => snapshot.categories().to_vec(),
        None => query::categories(&ctx_of(ctx).db()).await?,
    };
    rows.retain(|row| parent.is_none() || row.parent_id == parent);
    let total = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let page = slice(&rows, &request, |row| row.id.uuid()).map(Category);
    Ok(CategoryConnection::new(page, known(total)))
}

pub(crate) async fn collections(
    ctx: &Context<'_>,
    first: Option<i32>,
    after: Option<String>,
) -> Result<CollectionConnection> {
    let request = page_request(first, after, None, None)?;
    let rows = match storefront::snapshot(ctx).await? {
        Some(snapshot) => snapshot.collections().to_vec(),
        None => query::collections(&ctx_of(ctx).db()).await?,
    };
    let total = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let page = slice(&rows, &request, |row| row.id.uuid()).map(Collection);
    Ok(CollectionConnection::new(page, known(total)))
}
