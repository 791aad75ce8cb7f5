//! Writing products with all their parts: only what changed, many products in few statements.

use entity::id::{MediaId, ProductId, ProductOptionId, VariantId};
use entity::{bundle_component, media, product, product_option, product_translation, variant, variant_option};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use serde_json::json;

use super::whole::{Whole, WholeVariant};
use super::{bundle, rows, search_index};
use crate::kernel::event::NewEvent;
use crate::{Result, Tx};

/// A product before and after a change.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// As it stands in the database; `None` for a new one.
    pub(crate) old: Option<Whole>,
    /// As it shall be.
    pub(crate) new: Whole,
}

impl Change {
    /// Whether anything differs.
    pub(crate) fn is_real(&self) -> bool {
        self.old.as_ref() != Some(&self.new)
    }

    fn old_variant(&self, id: VariantId) -> Option<&WholeVariant> {
        self.old.as_ref().and_then(|old| old.variants.iter().find(|variant| variant.row.id == id))
    }

    fn changed_variants(&self) -> impl Iterator<Item = &WholeVariant> {
        self.new.variants.iter().filter(|variant| self.old_variant(variant.row.id) != Some(*variant))
    }
}

/// Everything that must be written, gathered over all changes.
#[derive(Default)]
struct Batch {
    products: Vec<product::Model>,
    options: Vec<product_option::Model>,
    moved_options: Vec<ProductId>,
    gone_options: Vec<ProductOptionId>,
    variants: Vec<variant::Model>,
    values: Vec<variant_option::Model>,
    rebuilt_bundles: Vec<VariantId>,
    components: Vec<bundle_component::Model>,
    media: Vec<media::Model>,
    gone_media: Vec<MediaId>,
    retranslated: Vec<ProductId>,
    translations: Vec<product_translation::Model>,
}

/// Writes the changes that are real, their search texts and one `product_created` or `product_updated` event each.
/// The caller bumps the catalog's revision ([`super::revision::bump`]) before it commits.
pub(crate) async fn save(tx: &Tx, changes: &[Change]) -> Result<()> {
    let real: Vec<&Change> = changes.iter().filter(|change| change.is_real()).collect();
    if real.is_empty() {
        return Ok(());
    }
    let rebuilt: Vec<&WholeVariant> = real
        .iter()
        .flat_map(|change| change.changed_variants().filter(|variant| components_changed(change, variant)))
        .collect();
    bundle::check_against_catalog(tx, &rebuilt).await?;
    let mut batch = Batch::default();
    for change in &real {
        gather(&mut batch, change);
    }
    batch.rebuilt_bundles = rebuilt.iter().map(|variant| variant.row.id).collect();
    write(tx, batch).await?;
    let wholes: Vec<&Whole> = real.iter().map(|change| &change.new).collect();
    search_index::write(tx, &wholes).await?;
    for change in real {
        announce(tx, change);
    }
    Ok(())
}

fn components_changed(change: &Change, variant: &WholeVariant) -> bool {
    let before = change.old_variant(variant.row.id).map(|old| old.components.as_slice()).unwrap_or_default();
    before != variant.components.as_slice()
}

fn gather(batch: &mut Batch, change: &Change) {
    let Change { old, new } = change;
    let id = new.product.id;
    if old.as_ref().map(|old| &old.product) != Some(&new.product) {
        batch.products.push(new.product.clone());
    }
    gather_options(batch, change);
    for variant in change.changed_variants() {
        if change.old_variant(variant.row.id).map(|old| &old.row) != Some(&variant.row) {
            batch.variants.push(variant.row.clone());
        }
        let values = new.options.iter().zip(&variant.values).map(|(option, value)| variant_option::Model {
            variant_id: variant.row.id,
            option_id: option.id,
            value: value.clone(),
        });
        batch.values.extend(values);
        if components_changed(change, variant) {
            let parts = variant.components.iter().map(|(component, quantity)| bundle_component::Model {
                bundle_variant_id: variant.row.id,
                component_variant_id: *component,
                quantity: *quantity,
            });
            batch.components.extend(parts);
        }
    }
    let old_media = old.as_ref().map(|old| old.media.as_slice()).unwrap_or_default();
    batch.media.extend(new.media.iter().filter(|row| !old_media.contains(row)).cloned());
    let gone = old_media.iter().filter(|row| new.media.iter().all(|kept| kept.id != row.id));
    batch.gone_media.extend(gone.map(|row| row.id));
    if old.as_ref().map(|old| old.translations.as_slice()).unwrap_or_default() != new.translations.as_slice() {
        if old.is_some() {
            batch.retranslated.push(id);
        }
        batch.translations.extend(new.translations.iter().cloned());
    }
}

fn gather_options(batch: &mut Batch, change: &Change) {
    let Change { old, new } = change;
    let before = old.as_ref().map(|old| old.options.as_slice()).unwrap_or_default();
    if before == new.options.as_slice() {
        return;
    }
    batch.options.extend(new.options.iter().cloned());
    if !before.is_empty() {
        batch.moved_options.push(new.product.id);
    }
    let gone = before.iter().filter(|row| new.options.iter().all(|kept| kept.id != row.id));
    batch.gone_options.extend(gone.map(|row| row.id));
}

async fn write(tx: &Tx, batch: Batch) -> Result<()> {
    rows::upsert::<product::Entity>(tx, &[product::Column::Id], batch.products).await?;
    if !batch.gone_options.is_empty() {
        let gone = product_option::Column::Id.is_in(batch.gone_options);
        product_option::Entity::delete_many().filter(gone).exec(tx).await?;
    }
    if !batch.moved_options.is_empty() {
        // Places are unique within a product; options that swap theirs first step out of the way.
        let aside = Expr::val(-1_000).sub(Expr::col(product_option::Column::Position));
        product_option::Entity::update_many()
            .col_expr(product_option::Column::Position, aside)
            .filter(product_option::Column::ProductId.is_in(batch.moved_options))
            .exec(tx)
            .await?;
    }
    rows::upsert::<product_option::Entity>(tx, &[product_option::Column::Id], batch.options).await?;
    rows::upsert::<variant::Entity>(tx, &[variant::Column::Id], batch.variants).await?;
    let value_key = [variant_option::Column::VariantId, variant_option::Column::OptionId];
    rows::upsert::<variant_option::Entity>(tx, &value_key, batch.values).await?;
    if !batch.rebuilt_bundles.is_empty() {
        let old = bundle_component::Column::BundleVariantId.is_in(batch.rebuilt_bundles);
        bundle_component::Entity::delete_many().filter(old).exec(tx).await?;
    }
    rows::insert::<bundle_component::Entity>(tx, batch.components).await?;
    if !batch.gone_media.is_empty() {
        media::Entity::delete_many().filter(media::Column::Id.is_in(batch.gone_media)).exec(tx).await?;
    }
    rows::upsert::<media::Entity>(tx, &[media::Column::Id], batch.media).await?;
    if !batch.retranslated.is_empty() {
        let old = product_translation::Column::ProductId.is_in(batch.retranslated);
        product_translation::Entity::delete_many().filter(old).exec(tx).await?;
    }
    rows::insert::<product_translation::Entity>(tx, batch.translations).await
}

fn announce(tx: &Tx, change: &Change) {
    let kind = if change.old.is_some() { "product_updated" } else { "product_created" };
    let variants: Vec<VariantId> = change.changed_variants().map(|variant| variant.row.id).collect();
    let product = &change.new.product;
    let payload = json!({ "slug": product.slug, "status": product.status, "variant_ids": variants });
    tx.event(NewEvent::new(kind, "product", product.id.uuid()).payload(payload));
}
