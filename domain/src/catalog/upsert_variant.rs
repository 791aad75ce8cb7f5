//! Creating and changing one variant of a product.

use entity::id::{ProductId, VariantId};

use super::patch::{ProductPatch, VariantPatch};
use super::upsert_product::store;
use super::whole::{self, Whole, WholeVariant};
use super::{query, revision};
use crate::kernel::version;
use crate::{Ctx, Error, Permission, Result};

/// A new variant, or a change of one.
#[derive(Debug, Clone)]
pub struct UpsertVariant {
    /// The product of a new variant; may be left out for one that exists.
    pub product_id: Option<ProductId>,
    /// The version the client knows; another one is refused.
    pub expected_version: Option<i32>,
    /// What it says; with an id it changes that variant.
    pub patch: VariantPatch,
}

/// Creates or changes a variant; what is the same already writes nothing. Returns the product and the variant in it.
///
/// Errors: `FORBIDDEN` without `catalog.write`, `NOT_FOUND`, `STALE_VERSION`, `ALREADY_EXISTS` for a taken SKU or equal
/// option values, `INVALID_BARCODE`, `INVALID_BUNDLE` and what the rules of the fields say.
pub async fn upsert_variant(ctx: &Ctx, input: UpsertVariant) -> Result<(Whole, WholeVariant)> {
    ctx.require(Permission::CatalogWrite)?;
    let input = &input;
    let written = ctx
        .write(|tx| async move {
            let product_id = match (input.patch.id, input.product_id) {
                (Some(id), _) => {
                    let known = query::variant_by_id(&tx, id).await?.map(|variant| variant.product_id);
                    known.ok_or_else(|| Error::not_found("variant"))?
                }
                (None, Some(id)) => id,
                (None, None) => return Err(Error::not_found("product")),
            };
            if input.product_id.is_some_and(|wanted| wanted != product_id) {
                return Err(Error::not_found("variant"));
            }
            let old = whole::lock(&tx, &[product_id]).await?.remove(&product_id);
            let old = old.ok_or_else(|| Error::not_found("product"))?;
            let before: Vec<(VariantId, i32)> =
                old.variants.iter().map(|variant| (variant.row.id, variant.row.version)).collect();
            let known = input.patch.id.and_then(|id| before.iter().find(|(other, _)| *other == id));
            version::check(input.expected_version, known.map_or(0, |(_, version)| *version))?;
            let patch = ProductPatch { variants: vec![input.patch.clone()], ..ProductPatch::default() };
            let new = store(&tx, Some(old), &patch).await.map_err(own_path)?;
            let variant = find(&new, &input.patch, &before);
            let variant = variant.cloned().ok_or_else(|| Error::Bug("a saved variant is gone".to_owned()))?;
            Ok((new, variant))
        })
        .await;
    revision::committed_here();
    written
}

/// The variant that the change was about: the one it names, the new one, or the one its SKU or values matched.
fn find<'a>(new: &'a Whole, patch: &VariantPatch, before: &[(VariantId, i32)]) -> Option<&'a WholeVariant> {
    let named = patch.id.and_then(|id| new.variants.iter().find(|variant| variant.row.id == id));
    let is_new = |variant: &&WholeVariant| before.iter().all(|(id, _)| *id != variant.row.id);
    let sku = patch.sku.as_ref().and_then(Option::as_deref).map(str::trim);
    let values: Vec<&str> = patch.options.iter().flatten().map(|value| value.trim()).collect();
    named
        .or_else(|| new.variants.iter().find(is_new))
        .or_else(|| sku.and_then(|sku| new.variants.iter().find(|variant| variant.row.sku.as_deref() == Some(sku))))
        .or_else(|| new.variants.iter().find(|variant| variant.values == values))
}

/// The input is one variant, so its fields stand at the top.
fn own_path(error: Error) -> Error {
    let Error::Invalid { code, path, values } = error else { return error };
    let path = path.strip_prefix("variants.0.").unwrap_or(&path).to_owned();
    Error::Invalid { code, path, values }
}
