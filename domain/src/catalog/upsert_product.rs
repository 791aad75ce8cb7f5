//! Creating and changing a product with its options, pictures, translations and variants.

use entity::id::{ProductId, TaxClassId};
use entity::tax_class;
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};

use super::apply::{Maker, apply};
use super::patch::ProductPatch;
use super::save::{Change, save};
use super::whole::{self, Whole};
use super::{query, revision};
use crate::kernel::version;
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Code of the tax class that products get when they name none.
const STANDARD: &str = "standard";

/// A new product, or a change of one.
#[derive(Debug, Clone, Default)]
pub struct UpsertProduct {
    /// The product to change; `None` creates one.
    pub id: Option<ProductId>,
    /// The version the client knows; another one is refused.
    pub expected_version: Option<i32>,
    /// What it says.
    pub patch: ProductPatch,
}

/// Creates or changes a product; what is the same already writes nothing. Returns it as it is now.
///
/// Errors: `FORBIDDEN` without `catalog.write`, `NOT_FOUND`, `STALE_VERSION`, `ALREADY_EXISTS` for a slug, SKU or
/// external reference that is taken, and what the rules of the fields say.
pub async fn upsert_product(ctx: &Ctx, input: UpsertProduct) -> Result<Whole> {
    ctx.require(Permission::CatalogWrite)?;
    let input = &input;
    let written = ctx
        .write(|tx| async move {
            let old = match input.id {
                Some(id) => {
                    let found = whole::lock(&tx, &[id]).await?.remove(&id);
                    Some(found.ok_or_else(|| Error::not_found("product"))?)
                }
                None => None,
            };
            version::check(input.expected_version, old.as_ref().map_or(0, |old| old.product.version))?;
            store(&tx, old, &input.patch).await
        })
        .await;
    revision::committed_here();
    written
}

/// Applies a change to a locked product, or creates one, and writes it.
pub(crate) async fn store(tx: &Tx, old: Option<Whole>, patch: &ProductPatch) -> Result<Whole> {
    let default_tax_class = match old {
        Some(_) => None,
        None => default_tax_class(tx).await?,
    };
    check_references(tx, patch).await?;
    let new_uuid = || tx.new_uuid();
    let new = apply(&Maker { now: tx.now(), new_uuid: &new_uuid, default_tax_class }, old.as_ref(), patch)?;
    let change = Change { old, new };
    if change.is_real() {
        save(tx, std::slice::from_ref(&change)).await?;
        revision::bump(tx).await?;
    }
    Ok(change.new)
}

/// Foreign keys would refuse these as well, but could not say which one is wrong.
async fn check_references(tx: &Tx, patch: &ProductPatch) -> Result<()> {
    if let Some(Some(category)) = patch.category_id {
        let known = query::categories_by_ids(tx, &[category]).await?;
        if known.is_empty() {
            return Err(Error::not_found("category"));
        }
    }
    let classes = patch.variants.iter().filter_map(|variant| variant.tax_class_id.flatten()).chain(patch.tax_class_id);
    for class in classes.collect::<std::collections::BTreeSet<TaxClassId>>() {
        if tax_class::Entity::find_by_id(class).one(tx).await?.is_none() {
            return Err(Error::not_found("taxClass"));
        }
    }
    Ok(())
}

/// The tax class of products that name none: the one with the code `standard`, or the only one there is.
pub(crate) async fn default_tax_class(db: &impl ConnectionTrait) -> Result<Option<TaxClassId>> {
    let classes = tax_class::Entity::find().order_by_asc(tax_class::Column::Id).all(db).await?;
    let standard = classes.iter().find(|class| class.code.eq_ignore_ascii_case(STANDARD));
    Ok(standard.or(if let [only] = classes.as_slice() { Some(only) } else { None }).map(|class| class.id))
}

/// The tax class with a code, in any case. Error: `INVALID` at `taxClass`.
pub async fn tax_class_by_code(db: &impl ConnectionTrait, code: &str) -> Result<TaxClassId> {
    let classes = tax_class::Entity::find().all(db).await?;
    let found = classes.iter().find(|class| class.code.eq_ignore_ascii_case(code.trim()));
    found.map(|class| class.id).ok_or_else(|| Error::invalid(ErrorCode::Invalid, "taxClass"))
}
