//! What a file of products may name: tax classes by code, categories by path. Missing categories are created.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::CategoryId;
use entity::{category, tax_class};
use sea_orm::EntityTrait;

use super::plan::Lookups;
use super::shopify_csv::ProductRecord;
use crate::catalog::upsert_product::default_tax_class;
use crate::catalog::{UpsertCategory, query, slug, upsert_category};
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Result};

/// How often another name in addresses is tried when one is taken.
const TRIES: u32 = 50;

/// Reads what the records may name, and creates the categories that are missing (not in a dry run).
pub(super) async fn lookups(ctx: &Ctx, records: &[ProductRecord], dry_run: bool) -> Result<Lookups> {
    let db = ctx.db();
    let classes = tax_class::Entity::find().all(&db).await?;
    let tax_classes = classes.into_iter().map(|class| (class.code.to_lowercase(), class.id)).collect();
    let default_tax_class = default_tax_class(&db).await?;
    let paths: BTreeSet<&Vec<String>> =
        records.iter().filter_map(|record| record.category.as_ref()).filter(|path| !path.is_empty()).collect();
    let mut categories = HashMap::with_capacity(paths.len());
    if !paths.is_empty() {
        let mut tree = Tree::of(query::categories(&db).await?);
        for path in paths {
            categories.insert(path.clone(), tree.resolve(ctx, path, dry_run).await?);
        }
    }
    Ok(Lookups { tax_classes, categories, default_tax_class })
}

/// Categories by parent and folded name.
struct Tree(BTreeMap<(Option<CategoryId>, String), CategoryId>);

impl Tree {
    fn of(rows: Vec<category::Model>) -> Self {
        Self(rows.into_iter().map(|row| ((row.parent_id, text::fold(&row.name)), row.id)).collect())
    }

    async fn resolve(&mut self, ctx: &Ctx, path: &[String], dry_run: bool) -> Result<Option<CategoryId>> {
        let mut parent = None;
        for (depth, name) in path.iter().enumerate() {
            let key = (parent, text::fold(name));
            let id = match self.0.get(&key) {
                Some(id) => *id,
                None if dry_run => return Ok(None),
                None => create(ctx, path.get(..=depth).unwrap_or_default(), parent).await?,
            };
            self.0.insert(key, id);
            parent = Some(id);
        }
        Ok(parent)
    }
}

/// Its name in addresses is the whole path, with a number when another category has it.
async fn create(ctx: &Ctx, path: &[String], parent: Option<CategoryId>) -> Result<CategoryId> {
    let base = slug::from_title(&path.join(" "));
    let mut last = Error::invalid(ErrorCode::AlreadyExists, "slug");
    for number in 1..=TRIES {
        let slug = if number == 1 { base.clone() } else { format!("{base}-{number}") };
        let input = UpsertCategory {
            name: path.last().cloned(),
            slug: Some(slug),
            parent_id: Some(parent),
            ..UpsertCategory::default()
        };
        match upsert_category(ctx, input).await {
            Ok(row) => return Ok(row.id),
            Err(error) if error.code() == ErrorCode::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}
