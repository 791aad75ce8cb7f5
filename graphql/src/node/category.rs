//! Categories and collections.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use domain::catalog::{display, query};
use domain::kernel::paging::{Cursor, Page, PageRequest};
use domain::{Error, Result};
use entity::id::{CategoryId, CollectionId};
use entity::{category, collection};
use uuid::Uuid;

use super::product_list::{ListInput, ProductConnection, products};
use crate::connection;
use crate::connection::page_request;
use crate::context::ctx_of;
use crate::loader::{self, Rows};
use crate::scalar::{Html, id};

/// A node of the category tree.
#[derive(Clone, Debug)]
pub struct Category(pub category::Model);

impl From<category::Model> for Category {
    fn from(row: category::Model) -> Self {
        Self(row)
    }
}

connection!(CategoryConnection, CategoryEdge, Category, "categories");

/// A node of the category tree.
#[Object]
impl Category {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Unique name in addresses.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Name in the reader's language.
    async fn name(&self, ctx: &Context<'_>) -> &str {
        display::name(&ctx_of(ctx).locale, &self.0.name, &self.0.translations)
    }

    /// What it is under; null for a root.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Category>> {
        match self.0.parent_id {
            Some(parent) => loader::load(ctx, parent).await,
            None => Ok(None),
        }
    }

    /// What is directly below it, in order.
    async fn children(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        Ok(loader::load(ctx, ChildrenOf(self.0.id)).await?.unwrap_or_default())
    }

    /// Order among its siblings.
    async fn position(&self) -> i32 {
        self.0.position
    }
}

/// A set of products chosen by staff.
#[derive(Clone, Debug)]
pub struct Collection(pub collection::Model);

impl From<collection::Model> for Collection {
    fn from(row: collection::Model) -> Self {
        Self(row)
    }
}

connection!(CollectionConnection, CollectionEdge, Collection, "collections");

/// A set of products chosen by staff.
#[Object]
impl Collection {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Unique name in addresses.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Name in the reader's language.
    async fn name(&self, ctx: &Context<'_>) -> &str {
        display::name(&ctx_of(ctx).locale, &self.0.name, &self.0.translations)
    }

    /// Description as cleaned HTML.
    async fn description_html(&self) -> Html {
        Html(self.0.description_html.clone())
    }

    /// Order among collections.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// Its products, newest first.
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Begin after this cursor.")] after: Option<String>,
    ) -> Result<ProductConnection> {
        let input = ListInput { collection_id: Some(self.0.id), ..ListInput::default() };
        products(ctx, None, input, page_request(first, after, None, None)?).await
    }
}

/// A page of rows that are all in memory, in their order.
pub(crate) fn slice<T: Clone>(rows: &[T], request: &PageRequest, key: impl Fn(&T) -> Uuid) -> Page<T> {
    let place =
        |cursor: &Option<Cursor>| cursor.as_ref().and_then(|cursor| rows.iter().position(|row| key(row) == cursor.id));
    let start = place(&request.after).map_or(0, |place| place + 1);
    let end = place(&request.before).unwrap_or(rows.len());
    let wanted = usize::try_from(request.size).unwrap_or(usize::MAX).saturating_add(1);
    let part = rows.get(start..end).unwrap_or_default();
    let found: Vec<T> = if request.backwards {
        part.iter().rev().take(wanted).cloned().collect()
    } else {
        part.iter().take(wanted).cloned().collect()
    };
    Page::from_rows(request, found, |row| Cursor::of(key(row)))
}

impl Loader<CategoryId> for Rows {
    type Value = Category;
    type Error = Error;

    async fn load(&self, keys: &[CategoryId]) -> Result<HashMap<CategoryId, Category>> {
        let rows = query::categories_by_ids(&self.ctx.db(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, Category(row))).collect())
    }
}

impl Loader<CollectionId> for Rows {
    type Value = Collection;
    type Error = Error;

    async fn load(&self, keys: &[CollectionId]) -> Result<HashMap<CollectionId, Collection>> {
        let rows = query::collections_by_ids(&self.ctx.db(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, Collection(row))).collect())
    }
}

/// What is directly below a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ChildrenOf(CategoryId);

impl Loader<ChildrenOf> for Rows {
    type Value = Vec<Category>;
    type Error = Error;

    async fn load(&self, keys: &[ChildrenOf]) -> Result<HashMap<ChildrenOf, Vec<Category>>> {
        let mut children: HashMap<ChildrenOf, Vec<Category>> = keys.iter().map(|key| (*key, Vec::new())).collect();
        for row in query::categories(&self.ctx.db()).await? {
            if let Some(siblings) = row.parent_id.and_then(|parent| children.get_mut(&ChildrenOf(parent))) {
                siblings.push(Category(row));
            }
        }
        Ok(children)
    }
}
