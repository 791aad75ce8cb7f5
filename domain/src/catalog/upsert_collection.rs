//! Creating and changing a collection and what is in it.

use std::collections::{BTreeMap, HashSet};

use entity::id::{CollectionId, ProductId};
use entity::{collection, collection_product};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::apply::{at_most, position};
use super::upsert_category::checked_names;
use super::{html, query, revision, rows, slug};
use crate::kernel::event::NewEvent;
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Most products of a collection.
pub const MAX_PRODUCTS: usize = 5_000;

/// A new collection, or a change of one. What is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct UpsertCollection {
    /// The collection to change; `None` creates one.
    pub id: Option<CollectionId>,
    /// Unique name in addresses; made from the name when a new collection has none.
    pub slug: Option<String>,
    /// Name; a new collection needs one.
    pub name: Option<String>,
    /// Names by locale; all of them.
    pub translations: Option<BTreeMap<String, String>>,
    /// HTML; cleaned.
    pub description_html: Option<String>,
    /// Order among collections.
    pub position: Option<i32>,
    /// Its products in order; all of them.
    pub products: Option<Vec<ProductId>>,
}

/// Creates or changes a collection. Errors: `FORBIDDEN` without `catalog.write`, `NOT_FOUND`, `TOO_MANY`,
/// `ALREADY_EXISTS` for a taken slug or a product named twice.
pub async fn upsert_collection(ctx: &Ctx, input: UpsertCollection) -> Result<collection::Model> {
    ctx.require(Permission::CatalogWrite)?;
    let input = &input;
    let written = ctx
        .write(|tx| async move {
            let old = match input.id {
                Some(id) => {
                    let found = collection::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&tx).await?;
                    Some(found.ok_or_else(|| Error::not_found("collection"))?)
                }
                None => None,
            };
            let row = changed(&tx, input, old.as_ref()).await?;
            let row_differs = old.as_ref() != Some(&row);
            if row_differs {
                rows::upsert::<collection::Entity>(&tx, &[collection::Column::Id], vec![row.clone()]).await?;
            }
            let products_differ = match &input.products {
                Some(products) => replace_products(&tx, row.id, products).await?,
                None => false,
            };
            if row_differs || products_differ {
                let kind = if old.is_some() { "collection_updated" } else { "collection_created" };
                tx.event(NewEvent::new(kind, "collection", row.id.uuid()).payload(json!({ "slug": row.slug })));
                revision::bump(&tx).await?;
            }
            Ok(row)
        })
        .await;
    revision::committed_here();
    written
}

async fn changed(tx: &Tx, input: &UpsertCollection, old: Option<&collection::Model>) -> Result<collection::Model> {
    let mut row = match (old, &input.name) {
        (Some(old), _) => old.clone(),
        (None, None) => return Err(Error::invalid(ErrorCode::Required, "name")),
        (None, Some(name)) => {
            let count = collection::Entity::find().count(tx).await?;
            collection::Model {
                id: CollectionId(tx.new_uuid()),
                slug: slug::from_title(name),
                name: String::new(),
                translations: json!({}),
                description_html: String::new(),
                position: position(usize::try_from(count).unwrap_or(0)),
            }
        }
    };
    if let Some(name) = &input.name {
        row.name = text::required_line("name", name, text::LINE)?;
    }
    if let Some(value) = &input.slug {
        row.slug = slug::check("slug", value)?;
    }
    if row.slug.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "slug"));
    }
    if let Some(names) = &input.translations {
        row.translations = checked_names(names)?;
    }
    if let Some(value) = &input.description_html {
        row.description_html = html::clean("descriptionHtml", value)?;
    }
    if input.position.is_some_and(|position| position < 0) {
        return Err(Error::invalid(ErrorCode::Invalid, "position"));
    }
    row.position = input.position.unwrap_or(row.position);
    let same_slug = collection::Entity::find().filter(collection::Column::Slug.eq(&row.slug)).one(tx).await?;
    if same_slug.is_some_and(|other| other.id != row.id) {
        return Err(Error::invalid(ErrorCode::AlreadyExists, "slug"));
    }
    Ok(row)
}

async fn replace_products(tx: &Tx, id: CollectionId, products: &[ProductId]) -> Result<bool> {
    at_most("products", products.len(), MAX_PRODUCTS)?;
    if products.iter().collect::<HashSet<_>>().len() != products.len() {
        return Err(Error::invalid(ErrorCode::AlreadyExists, "products"));
    }
    if query::products_in(tx, id).await? == products {
        return Ok(false);
    }
    if query::products_by_ids(tx, products).await?.len() != products.len() {
        return Err(Error::not_found("product"));
    }
    let all = collection_product::Column::CollectionId.eq(id);
    collection_product::Entity::delete_many().filter(all).exec(tx).await?;
    let members = products.iter().enumerate().map(|(place, product)| collection_product::Model {
        collection_id: id,
        product_id: *product,
        position: position(place),
    });
    rows::insert::<collection_product::Entity>(tx, members.collect()).await?;
    Ok(true)
}
