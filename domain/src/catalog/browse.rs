//! Lists of products of any status for staff, straight from the database.

use std::sync::Arc;

use entity::id::{CategoryId, CollectionId, ProductId};
use entity::words::ProductStatus;
use entity::{collection_product, product};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, Select};

use super::category::subtree;
use super::whole::{self, Whole};
use super::{query, search};
use crate::Result;
use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};

/// Which products staff want to see. What is empty does not restrict.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// With these words in titles, tags, SKUs …
    pub search: Option<String>,
    /// In one of these states.
    pub statuses: Vec<ProductStatus>,
    /// In this category or below it.
    pub category_id: Option<CategoryId>,
    /// In this collection.
    pub collection_id: Option<CollectionId>,
    /// Of one of these makers.
    pub vendors: Vec<String>,
    /// Of one of these kinds.
    pub product_types: Vec<String>,
}

/// One page, newest first. Errors: `TEXT_TOO_LONG` at `search`.
pub async fn page(db: &impl ConnectionTrait, filter: &Filter, request: &PageRequest) -> Result<Page<Arc<Whole>>> {
    let select = filtered(db, filter).await?;
    let rows = newest_first(select, product::Column::Id, request).all(db).await?;
    let page = Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid()));
    let (has_next, has_previous) = (page.has_next, page.has_previous);
    let (cursors, rows): (Vec<Cursor>, Vec<product::Model>) = page.rows.into_iter().unzip();
    // Parts are added in the order of the products.
    let wholes = whole::assemble(db, rows).await?;
    let rows = cursors.into_iter().zip(wholes.into_iter().map(Arc::new)).collect();
    Ok(Page { rows, has_next, has_previous })
}

/// How many there are in all.
pub async fn count(db: &impl ConnectionTrait, filter: &Filter) -> Result<u64> {
    Ok(filtered(db, filter).await?.count(db).await?)
}

async fn filtered(db: &impl ConnectionTrait, filter: &Filter) -> Result<Select<product::Entity>> {
    let mut select = product::Entity::find();
    let words = search::words(filter.search.as_deref().unwrap_or_default())?;
    if !words.is_empty() {
        let found: Vec<ProductId> = search::matching(db, &words).await?;
        select = select.filter(product::Column::Id.is_in(found));
    }
    if !filter.statuses.is_empty() {
        select = select.filter(product::Column::Status.is_in(filter.statuses.iter().copied()));
    }
    if let Some(root) = filter.category_id {
        let below = subtree(&query::categories(db).await?, root);
        select = select.filter(product::Column::CategoryId.is_in(below));
    }
    if let Some(collection) = filter.collection_id {
        let members = Query::select()
            .column(collection_product::Column::ProductId)
            .from(collection_product::Entity)
            .and_where(collection_product::Column::CollectionId.eq(collection))
            .to_owned();
        select = select.filter(product::Column::Id.in_subquery(members));
    }
    if !filter.vendors.is_empty() {
        select = select.filter(product::Column::Vendor.is_in(&filter.vendors));
    }
    if !filter.product_types.is_empty() {
        select = select.filter(product::Column::ProductType.is_in(&filter.product_types));
    }
    Ok(select)
}
