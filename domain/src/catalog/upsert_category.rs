//! Creating, changing and moving a category.

use std::collections::BTreeMap;

use entity::category;
use entity::id::CategoryId;
use sea_orm::sea_query::LockType;
use sea_orm::{EntityTrait, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::category::{MAX_DEPTH, depth_under, height};
use super::{revision, rows, slug};
use crate::kernel::event::NewEvent;
use crate::kernel::{language, text};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// A new category, or a change of one. What is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct UpsertCategory {
    /// The category to change; `None` creates one.
    pub id: Option<CategoryId>,
    /// Unique name in addresses; made from the name when a new category has none.
    pub slug: Option<String>,
    /// Name; a new category needs one.
    pub name: Option<String>,
    /// Names by locale; all of them.
    pub translations: Option<BTreeMap<String, String>>,
    /// What it is under; `Some(None)` makes it a root.
    pub parent_id: Option<Option<CategoryId>>,
    /// Order among siblings.
    pub position: Option<i32>,
}

/// Creates or changes a category. Errors: `FORBIDDEN` without `catalog.write`, `NOT_FOUND`, `INVALID` at `parentId`
/// when it would stand below itself or too deep, `ALREADY_EXISTS` for a taken slug.
pub async fn upsert_category(ctx: &Ctx, input: UpsertCategory) -> Result<category::Model> {
    ctx.require(Permission::CatalogWrite)?;
    let input = &input;
    let written = ctx
        .write(|tx| async move {
            // The whole tree is locked: two moves at once could close a circle that neither sees.
            let tree = category::Entity::find()
                .order_by_asc(category::Column::Id)
                .lock(LockType::NoKeyUpdate)
                .all(&tx)
                .await?;
            let old =
                input.id.map(|id| tree.iter().find(|row| row.id == id).ok_or_else(|| Error::not_found("category")));
            let old = old.transpose()?;
            let row = changed(&tx, input, old, tree.len())?;
            check_place(&tree, &row)?;
            if tree.iter().any(|other| other.slug == row.slug && other.id != row.id) {
                return Err(Error::invalid(ErrorCode::AlreadyExists, "slug"));
            }
            if old != Some(&row) {
                rows::upsert::<category::Entity>(&tx, &[category::Column::Id], vec![row.clone()]).await?;
                let kind = if old.is_some() { "category_updated" } else { "category_created" };
                tx.event(NewEvent::new(kind, "category", row.id.uuid()).payload(json!({ "slug": row.slug })));
                revision::bump(&tx).await?;
            }
            Ok(row)
        })
        .await;
    revision::committed_here();
    written
}

fn changed(tx: &Tx, input: &UpsertCategory, old: Option<&category::Model>, count: usize) -> Result<category::Model> {
    let mut row = match (old, &input.name) {
        (Some(old), _) => old.clone(),
        (None, None) => return Err(Error::invalid(ErrorCode::Required, "name")),
        (None, Some(name)) => category::Model {
            id: CategoryId(tx.new_uuid()),
            parent_id: None,
            slug: slug::from_title(name),
            name: String::new(),
            translations: json!({}),
            position: super::apply::position(count),
        },
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
    row.parent_id = input.parent_id.unwrap_or(row.parent_id);
    if input.position.is_some_and(|position| position < 0) {
        return Err(Error::invalid(ErrorCode::Invalid, "position"));
    }
    row.position = input.position.unwrap_or(row.position);
    Ok(row)
}

fn check_place(tree: &[category::Model], row: &category::Model) -> Result<()> {
    if row.parent_id.is_some_and(|parent| tree.iter().all(|other| other.id != parent)) {
        return Err(Error::not_found("category"));
    }
    let refused = || Error::invalid(ErrorCode::Invalid, "parentId");
    let depth = depth_under(tree, Some(row.id), row.parent_id).ok_or_else(refused)?;
    if depth + height(tree, row.id) - 1 > MAX_DEPTH { Err(refused()) } else { Ok(()) }
}

/// Names by locale, as categories and collections keep them. Errors: `INVALID_LOCALE`, and what lines must be.
pub(crate) fn checked_names(names: &BTreeMap<String, String>) -> Result<Value> {
    let mut entries = serde_json::Map::new();
    for (locale, name) in names.iter().take(100) {
        if !language::is_locale(locale) {
            return Err(Error::invalid(ErrorCode::InvalidLocale, "translations"));
        }
        entries.insert(locale.clone(), Value::String(text::required_line("translations", name, text::LINE)?));
    }
    Ok(Value::Object(entries))
}
