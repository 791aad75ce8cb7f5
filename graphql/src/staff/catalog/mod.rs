//! Products, variants and prices of any status.

pub mod import;
pub mod input;

use async_graphql::{Context, ID, InputObject, Object};
use domain::catalog::{self, browse, query};
use domain::pricing::set_price;
use domain::{Permission, Result};
use entity::id::{ProductId, VariantId};
use entity::words::ProductStatus;

use crate::connection::page_request;
use crate::context::ctx_of;
use crate::loader;
use crate::node::category::{Category, CategoryConnection, Collection, CollectionConnection};
use crate::node::product::Product;
use crate::node::product_list::{ProductConnection, staff_products};
use crate::node::variant::{Price, Variant};
use crate::payload;
use crate::scalar::{parse_id, parse_optional_id};
use crate::shop::catalog::{ProductKey, VariantKey, categories, collections};
use crate::word::Word;

use import::{ImportReport, ProductImportInput, import};
use input::{CategoryUpsertInput, CollectionUpsertInput, PriceSetInput, ProductUpsertInput, VariantUpsertInput};

/// Which products staff want to see. Different fields must all hold; of a list one entry is enough.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ProductStaffFilter {
    /// In these states.
    #[graphql(default)]
    pub statuses: Vec<Word<ProductStatus>>,
    /// In this category or below it.
    pub category_id: Option<ID>,
    /// In this collection.
    pub collection_id: Option<ID>,
    /// Of these makers.
    #[graphql(default)]
    pub vendors: Vec<String>,
    /// Of these kinds.
    #[graphql(default)]
    pub product_types: Vec<String>,
}

impl ProductStaffFilter {
    fn domain(self, search: Option<String>) -> Result<browse::Filter> {
        Ok(browse::Filter {
            search,
            statuses: self.statuses.into_iter().map(|status| status.0).collect(),
            category_id: parse_optional_id(self.category_id.as_ref(), "filter.categoryId")?,
            collection_id: parse_optional_id(self.collection_id.as_ref(), "filter.collectionId")?,
            vendors: self.vendors,
            product_types: self.product_types,
        })
    }
}

payload! {
    /// A product after a change.
    pub struct ProductUpsertPayload {
        /// The product.
        product: Product,
    }
}

payload! {
    /// A variant after a change.
    pub struct VariantUpsertPayload {
        /// The variant.
        variant: Variant,
    }
}

payload! {
    /// Prices after a change.
    pub struct PriceSetPayload {
        /// The prices that hold now, in the order of the input.
        prices: Vec<Price>,
    }
}

payload! {
    /// A category after a change.
    pub struct CategoryUpsertPayload {
        /// The category.
        category: Category,
    }
}

payload! {
    /// A collection after a change.
    pub struct CollectionUpsertPayload {
        /// The collection.
        collection: Collection,
    }
}

payload! {
    /// What an import did.
    pub struct ProductImportPayload {
        /// Counts, and what is wrong with which line.
        report: ImportReport,
    }
}

/// Products, variants and prices of any status.
#[derive(Clone, Copy, Debug, Default)]
pub struct CatalogQuery;

/// Products, variants and prices of any status.
#[Object]
impl CatalogQuery {
    /// Products of any status, newest first.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a list in the Relay form")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Words that must all occur in titles, maker, kind, tags, options, SKUs or barcodes.")]
        search: Option<String>,
        #[graphql(desc = "Which products.")] filter: Option<ProductStaffFilter>,
        #[graphql(desc = "How many from the start, at most 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Begin after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Result<ProductConnection> {
        let request = page_request(first, after, last, before)?;
        staff_products(ctx, filter.unwrap_or_default().domain(search)?, request).await
    }

    /// A product; null when there is none.
    async fn product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: ProductKey,
    ) -> Result<Option<Product>> {
        let id = match by {
            ProductKey::Id(id) => Some(parse_id::<ProductId>(&id, "by.id")?),
            ProductKey::Slug(slug) => query::product_by_slug(&ctx_of(ctx).db(), &slug).await?.map(|row| row.id),
        };
        match id {
            Some(id) => loader::load(ctx, id).await,
            None => Ok(None),
        }
    }

    /// A variant; null when there is none.
    async fn variant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: VariantKey,
    ) -> Result<Option<Variant>> {
        let db = ctx_of(ctx).db();
        let id = match by {
            VariantKey::Id(id) => Some(parse_id::<VariantId>(&id, "by.id")?),
            VariantKey::Sku(sku) => query::variant_by_sku(&db, &sku).await?.map(|row| row.id),
            VariantKey::Barcode(code) => query::variant_by_barcode(&db, &code).await?.map(|row| row.id),
        };
        match id {
            Some(id) => loader::load(ctx, id).await,
            None => Ok(None),
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

/// Changes of products, variants, prices, categories and collections.
#[derive(Clone, Copy, Debug, Default)]
pub struct CatalogMutation;

/// Changes of products, variants, prices, categories and collections.
#[Object]
impl CatalogMutation {
    /// Creates or changes a product with its options, pictures, translations and variants. Fields that are left out
    /// stay as they are. Needs `catalog.write`.
    async fn product_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The product.")] input: ProductUpsertInput,
    ) -> Result<ProductUpsertPayload> {
        let work = async { catalog::upsert_product(ctx_of(ctx), input.domain()?).await };
        ProductUpsertPayload::of(ctx, work.await)
    }

    /// Creates or changes a variant. Fields that are left out stay as they are. Needs `catalog.write`.
    async fn variant_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The variant.")] input: VariantUpsertInput,
    ) -> Result<VariantUpsertPayload> {
        let work = async { catalog::upsert_variant(ctx_of(ctx), input.domain()?).await };
        VariantUpsertPayload::of(ctx, work.await)
    }

    /// Sets prices in a channel, all or none; the old ones stay in the history. Needs `prices.write` for the channel.
    async fn price_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The prices.")] input: PriceSetInput,
    ) -> Result<PriceSetPayload> {
        let work = async { set_price::set_price(ctx_of(ctx), input.domain(ctx).await?).await };
        let prices = work.await.map(|rows| rows.iter().map(Price::from).collect::<Vec<_>>());
        PriceSetPayload::of(ctx, prices)
    }

    /// Creates, changes or moves a category. Needs `catalog.write`.
    async fn category_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The category.")] input: CategoryUpsertInput,
    ) -> Result<CategoryUpsertPayload> {
        let work = async { catalog::upsert_category(ctx_of(ctx), input.domain()?).await };
        CategoryUpsertPayload::of(ctx, work.await)
    }

    /// Creates or changes a collection and what is in it. Needs `catalog.write`.
    async fn collection_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The collection.")] input: CollectionUpsertInput,
    ) -> Result<CollectionUpsertPayload> {
        let work = async { catalog::upsert_collection(ctx_of(ctx), input.domain()?).await };
        CollectionUpsertPayload::of(ctx, work.await)
    }

    /// Imports products from Shopify's CSV. Larger files go through the command line. Needs `catalog.write`, and
    /// `prices.write` and `stock.adjust` where it sets prices and stock.
    async fn product_import(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file.")] input: ProductImportInput,
    ) -> Result<ProductImportPayload> {
        ctx_of(ctx).require(Permission::CatalogWrite)?;
        ProductImportPayload::of(ctx, import(ctx, input).await)
    }
}
