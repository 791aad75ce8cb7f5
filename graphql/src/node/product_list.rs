//! Lists of products, in shops from the catalog in memory, for staff from the database.

use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::Result;
use domain::catalog::snapshot::Snapshot;
use domain::catalog::snapshot::facets::{Facets, facets};
use domain::catalog::snapshot::list::{Filter, List, Query, Sort};
use domain::catalog::{browse, search};
use domain::kernel::paging::{Page, PageRequest};
use entity::channel;
use entity::id::{CategoryId, CollectionId};
use entity::money::Currency;

use super::category::Category;
use super::product::{PriceRange, Product};
use crate::connection::{Count, PageInfo, count};
use crate::context::ctx_of;
use crate::loader;
use crate::scalar::{Decimal, Money, parse_id};
use crate::storefront;

/// Order of a list of products.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ProductSort {
    /// Best match of the search first; newest first without a search.
    Relevance,
    /// Newest first.
    Newest,
    /// By title.
    Title,
    /// Cheapest first.
    PriceAsc,
    /// Dearest first.
    PriceDesc,
}

impl From<ProductSort> for Sort {
    fn from(sort: ProductSort) -> Self {
        match sort {
            ProductSort::Relevance => Self::Relevance,
            ProductSort::Newest => Self::Newest,
            ProductSort::Title => Self::Title,
            ProductSort::PriceAsc => Self::PriceAscending,
            ProductSort::PriceDesc => Self::PriceDescending,
        }
    }
}

/// Products with a variant that has one of these values of an option.
#[derive(Clone, Debug, InputObject)]
pub struct OptionFilter {
    /// Name of the option.
    pub name: String,
    /// Its values; one of them is enough.
    pub values: Vec<String>,
}

/// Products within these bounds, in the channel's currency.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct PriceFilter {
    /// At least.
    pub gte: Option<Decimal>,
    /// At most.
    pub lte: Option<Decimal>,
}

/// Which products a shop shows. Different fields must all hold; of a list one entry is enough.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ProductFilter {
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
    /// With these tags.
    #[graphql(default)]
    pub tags: Vec<String>,
    /// With a variant that fits all of these.
    #[graphql(default)]
    pub options: Vec<OptionFilter>,
    /// With a variant at such a price.
    pub price: Option<PriceFilter>,
    /// That can be ordered now, or cannot.
    pub in_stock: Option<bool>,
}

/// What a list asks for.
#[derive(Debug, Default)]
pub(crate) struct ListInput {
    pub(crate) search: Option<String>,
    pub(crate) sort: Sort,
    pub(crate) collection_id: Option<CollectionId>,
    pub(crate) filter: Filter,
}

impl ProductFilter {
    /// For the domain. Errors: `INVALID_ID`, `INVALID_AMOUNT`.
    pub(crate) fn domain(self, currency: Currency) -> Result<Filter> {
        let minor = |amount: Option<Decimal>| {
            let scale = rust_decimal::Decimal::from(10_u64.pow(currency.decimals()));
            let scaled = amount.map(|amount| amount.0.checked_mul(scale).unwrap_or(rust_decimal::Decimal::MAX));
            scaled.map(|scaled| i64::try_from(scaled.ceil()).unwrap_or(i64::MAX))
        };
        let category_id: Option<CategoryId> =
            self.category_id.map(|id| parse_id(&id, "filter.categoryId")).transpose()?;
        let collection_id: Option<CollectionId> =
            self.collection_id.map(|id| parse_id(&id, "filter.collectionId")).transpose()?;
        Ok(Filter {
            category_id,
            collection_id,
            vendors: self.vendors,
            product_types: self.product_types,
            tags: self.tags,
            options: self.options.into_iter().map(|option| (option.name, option.values)).collect(),
            price_from: self.price.and_then(|price| minor(price.gte)),
            price_to: self.price.and_then(|price| minor(price.lte)),
            in_stock: self.in_stock,
        })
    }
}

/// A list of the request's channel, or of another one.
pub(crate) async fn products(
    ctx: &Context<'_>,
    channel: Option<String>,
    input: ListInput,
    request: PageRequest,
) -> Result<ProductConnection> {
    match storefront::snapshot(ctx).await? {
        Some(snapshot) => shop_products(ctx, snapshot, channel, input, request).await,
        None => {
            let filter = browse::Filter { collection_id: input.collection_id, ..browse::Filter::default() };
            staff_products(ctx, filter, request).await
        }
    }
}

async fn shop_products(
    ctx: &Context<'_>,
    snapshot: Arc<Snapshot>,
    channel: Option<String>,
    input: ListInput,
    request: PageRequest,
) -> Result<ProductConnection> {
    let channel = storefront::channel_of(ctx, channel).await?;
    let mut query = Query { filter: input.filter, sort: input.sort, ..Query::default() };
    query.filter.collection_id = query.filter.collection_id.or(input.collection_id);
    let words = search::words(input.search.as_deref().unwrap_or_default())?;
    if !words.is_empty() {
        let found: HashSet<_> = search::matching(&ctx_of(ctx).db(), &words).await?.into_iter().collect();
        query.found = Some((words, found));
    }
    if query.filter.in_stock.is_some() || ctx.look_ahead().field("facets").exists() {
        query.orderable = storefront::orderable(ctx, &snapshot, &channel).await?;
    }
    let page = match List::new(&snapshot, channel.id, &query) {
        Some(list) => list.page(&request)?,
        None => Page { rows: Vec::new(), has_next: false, has_previous: false },
    };
    let view = Arc::new(View { snapshot, channel, query });
    let total = count(Arc::clone(&view), |view| async move { Ok(view.list().map_or(0, |list| list.count())) });
    let channel_id = Some(view.channel.id);
    Ok(ProductConnection::new(page.map(|whole| Product { whole, channel_id }), total, Some(view)))
}

/// A list for staff, newest first.
pub(crate) async fn staff_products(
    ctx: &Context<'_>,
    filter: browse::Filter,
    request: PageRequest,
) -> Result<ProductConnection> {
    let page = browse::page(&ctx_of(ctx).db(), &filter, &request).await?;
    let state = (ctx_of(ctx).db(), Arc::new(filter));
    let total = count(state, |(db, filter)| async move { browse::count(&db, &filter).await });
    Ok(ProductConnection::new(page.map(Product::from), total, None))
}

/// What facets are counted from, when they are asked for.
struct View {
    snapshot: Arc<Snapshot>,
    channel: channel::Model,
    query: Query,
}

impl View {
    fn list(&self) -> Option<List<'_>> {
        List::new(&self.snapshot, self.channel.id, &self.query)
    }
}

/// One entry of a list of products.
#[derive(SimpleObject)]
pub struct ProductEdge {
    /// Opaque position in the list, for `after` and `before`.
    pub cursor: String,
    /// The entry itself.
    pub node: Product,
}

/// A page of a list of products.
pub struct ProductConnection {
    edges: Vec<ProductEdge>,
    page_info: PageInfo,
    count: Count,
    view: Option<Arc<View>>,
}

impl ProductConnection {
    fn new(page: Page<Product>, count: Count, view: Option<Arc<View>>) -> Self {
        let rows = page.rows.into_iter();
        let edges: Vec<ProductEdge> =
            rows.map(|(cursor, node)| ProductEdge { cursor: cursor.encode(), node }).collect();
        let page_info = PageInfo {
            has_next_page: page.has_next,
            has_previous_page: page.has_previous,
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: edges.last().map(|edge| edge.cursor.clone()),
        };
        Self { edges, page_info, count, view }
    }
}

/// A page of a list of products.
#[Object]
impl ProductConnection {
    /// The entries with their cursors.
    async fn edges(&self) -> &[ProductEdge] {
        &self.edges
    }

    /// The entries alone.
    async fn nodes(&self) -> Vec<&Product> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Where the page lies.
    async fn page_info(&self) -> &PageInfo {
        &self.page_info
    }

    /// How many entries the whole list has.
    async fn total_count(&self) -> Result<u64> {
        (self.count)().await
    }

    /// What the list can be narrowed by; null in staff lists.
    async fn facets(&self) -> Option<ProductFacets> {
        let view = self.view.as_ref()?;
        let facets = view.list().map(|list| facets(&list)).unwrap_or_default();
        Some(ProductFacets { facets, currency: view.channel.currency })
    }
}

/// A choice and how many products of the list it would leave.
#[derive(Clone, Debug, SimpleObject)]
pub struct FacetValue {
    /// The choice.
    pub value: String,
    /// Products that have it.
    pub count: u64,
}

fn values(counts: &[(String, u64)]) -> Vec<FacetValue> {
    counts.iter().map(|(value, count)| FacetValue { value: value.clone(), count: *count }).collect()
}

/// The values of an option and how many products of the list have each.
#[derive(Clone, Debug, SimpleObject)]
pub struct OptionFacet {
    /// Name of the option.
    pub name: String,
    /// Its values, the most frequent first.
    pub values: Vec<FacetValue>,
}

/// A category and how many products of the list hang directly in it.
#[derive(Clone, Debug, SimpleObject)]
pub struct CategoryFacet {
    /// The category.
    pub category: Category,
    /// Products that hang in it.
    pub count: u64,
}

/// What a list can be narrowed by.
#[derive(Clone, Debug)]
pub struct ProductFacets {
    facets: Facets,
    currency: Currency,
}

/// What a list can be narrowed by, at most 100 choices each.
#[Object]
impl ProductFacets {
    /// Makers, the most frequent first.
    async fn vendors(&self) -> Vec<FacetValue> {
        values(&self.facets.vendors)
    }

    /// Merchant's own kinds, the most frequent first.
    async fn product_types(&self) -> Vec<FacetValue> {
        values(&self.facets.product_types)
    }

    /// Tags, the most frequent first.
    async fn tags(&self) -> Vec<FacetValue> {
        values(&self.facets.tags)
    }

    /// Categories, the most frequent first.
    async fn categories(&self, ctx: &Context<'_>) -> Result<Vec<CategoryFacet>> {
        let counts = self.facets.categories.iter().take(100);
        let mut rows = loader::load_many(ctx, counts.clone().map(|(id, _)| *id)).await?;
        Ok(counts.filter_map(|(id, count)| Some(CategoryFacet { category: rows.remove(id)?, count: *count })).collect())
    }

    /// Options with their values.
    async fn options(&self) -> Vec<OptionFacet> {
        let options = self.facets.options.iter().take(100);
        options.map(|(name, counts)| OptionFacet { name: name.clone(), values: values(counts) }).collect()
    }

    /// Lowest and highest price; null for an empty list.
    async fn price(&self) -> Option<PriceRange> {
        let money = |minor| Money::new(minor, self.currency);
        self.facets.price.map(|(min, max)| PriceRange { min: money(min), max: money(max) })
    }

    /// Products that can be ordered now.
    async fn in_stock(&self) -> u64 {
        self.facets.in_stock
    }
}
