//! What a change makes of a product's variants; pure.

use std::collections::HashSet;

use entity::id::VariantId;
use entity::variant;
use entity::words::{InventoryPolicy, UnitTracking};
use serde_json::json;

use super::apply::{MAX_VARIANTS, Maker, at_most, optional_line};
use super::patch::{ImageRef, VariantPatch};
use super::whole::{Whole, WholeVariant};
use super::{barcode, bundle};
use crate::kernel::{metadata, text};
use crate::{Error, ErrorCode, Result};

/// Heaviest variant: 100 t in grams.
const MAX_GRAMS: i32 = 100_000_000;
/// Most units promised beyond stock.
const MAX_BACKORDER: i64 = 1_000_000_000;

/// Creates and changes variants, then checks what must hold for all of them: every option has a value, no two variants
/// have the same values, and titles follow values.
pub(crate) fn apply(maker: &Maker<'_>, whole: &mut Whole, patches: &[VariantPatch]) -> Result<()> {
    let mut taken: HashSet<VariantId> = HashSet::with_capacity(patches.len());
    for (index, patch) in patches.iter().enumerate() {
        let path = |field: &str| format!("variants.{index}.{field}");
        let place = match find(whole, patch, &taken)? {
            Some(place) => place,
            None => append(maker, whole),
        };
        change(whole, place, patch, &path)?;
        taken.extend(whole.variants.get(place).map(|variant| variant.row.id));
    }
    at_most("variants", whole.variants.len(), MAX_VARIANTS)?;
    finish(whole)
}

fn find(whole: &Whole, patch: &VariantPatch, taken: &HashSet<VariantId>) -> Result<Option<usize>> {
    if let Some(id) = patch.id {
        let place = whole.variants.iter().position(|variant| variant.row.id == id);
        return place.map(Some).ok_or_else(|| Error::not_found("variant"));
    }
    let free = |variant: &WholeVariant| !taken.contains(&variant.row.id);
    let sku = patch.sku.as_ref().and_then(Option::as_deref).map(str::trim).filter(|sku| !sku.is_empty());
    let by_sku = sku.and_then(|sku| {
        whole.variants.iter().position(|variant| free(variant) && variant.row.sku.as_deref() == Some(sku))
    });
    let values: Option<Vec<&str>> = match &patch.options {
        Some(values) => Some(values.iter().map(|value| value.trim()).collect()),
        None if whole.options.is_empty() => Some(Vec::new()),
        None => None,
    };
    let by_values = || {
        values.and_then(|values| whole.variants.iter().position(|variant| free(variant) && variant.values == values))
    };
    // A product that gets its first options keeps its only variant, and with it its stock and history.
    let only = || match whole.variants.as_slice() {
        [only] if free(only) && !only.values.is_empty() && only.values.iter().all(String::is_empty) => Some(0),
        _ => None,
    };
    Ok(by_sku.or_else(by_values).or_else(only))
}

fn append(maker: &Maker<'_>, whole: &mut Whole) -> usize {
    let last = whole.variants.iter().map(|variant| variant.row.position).max().unwrap_or(0);
    let row = variant::Model {
        id: VariantId((maker.new_uuid)()),
        product_id: whole.product.id,
        position: last.saturating_add(1),
        title: String::new(),
        sku: None,
        barcode: None,
        tax_class_id: None,
        weight_grams: 0,
        requires_shipping: true,
        tracked: true,
        inventory_policy: InventoryPolicy::Deny,
        backorder_limit: None,
        preorder_ships_on: None,
        is_bundle: false,
        image_id: None,
        active: true,
        external_reference: None,
        metadata: json!({}),
        private_metadata: json!({}),
        version: 1,
        created_at: maker.now,
        updated_at: maker.now,
        unit_tracking: UnitTracking::None,
    };
    let values = vec![String::new(); whole.options.len()];
    whole.variants.push(WholeVariant { row, values, components: Vec::new() });
    whole.variants.len() - 1
}

fn change(whole: &mut Whole, place: usize, patch: &VariantPatch, path: &impl Fn(&str) -> String) -> Result<()> {
    let image = match &patch.image {
        Some(Some(image)) => Some(Some(picture(whole, image).ok_or_else(|| Error::not_found("media"))?)),
        Some(None) => Some(None),
        None => None,
    };
    let options = whole.options.len();
    let Some(variant) = whole.variants.get_mut(place) else {
        return Err(Error::Bug("a variant that was found is gone".to_owned()));
    };
    if let Some(image) = image {
        variant.row.image_id = image;
    }
    if let Some(values) = &patch.options {
        if values.len() != options {
            return Err(Error::invalid(ErrorCode::Invalid, path("options")));
        }
        variant.values = values
            .iter()
            .map(|value| text::required_line(&path("options"), value, text::LINE))
            .collect::<Result<_>>()?;
    }
    if let Some(components) = &patch.components {
        variant.components = bundle::checked(&path("components"), variant.row.id, components)?;
        variant.row.is_bundle = !variant.components.is_empty();
    }
    identity(&mut variant.row, patch, path)?;
    goods(&mut variant.row, patch, path)?;
    policy(&mut variant.row, patch, path)
}

fn picture(whole: &Whole, image: &ImageRef) -> Option<entity::id::MediaId> {
    let is_it = |row: &&entity::media::Model| match image {
        ImageRef::Id(id) => row.id == *id,
        ImageRef::Url(url) => row.url == url.trim(),
    };
    whole.media.iter().find(is_it).map(|row| row.id)
}

fn identity(row: &mut variant::Model, patch: &VariantPatch, path: &impl Fn(&str) -> String) -> Result<()> {
    if let Some(value) = &patch.sku {
        row.sku = optional_line(&path("sku"), value.as_deref(), text::LINE)?;
    }
    if let Some(value) = &patch.barcode {
        let code = value.as_deref().map(str::trim).filter(|code| !code.is_empty());
        let refused = |_| Error::invalid(ErrorCode::InvalidBarcode, path("barcode"));
        row.barcode = code.map(barcode::check).transpose().map_err(refused)?;
    }
    if let Some(value) = &patch.external_reference {
        row.external_reference = optional_line(&path("externalReference"), value.as_deref(), text::LINE)?;
    }
    if let Some(entries) = &patch.metadata {
        row.metadata = metadata::checked(&path("metadata"), entries.clone())?;
    }
    if let Some(entries) = &patch.private_metadata {
        row.private_metadata = metadata::checked(&path("privateMetadata"), entries.clone())?;
    }
    Ok(())
}

fn goods(row: &mut variant::Model, patch: &VariantPatch, path: &impl Fn(&str) -> String) -> Result<()> {
    if let Some(grams) = patch.weight_grams {
        if !(0..=MAX_GRAMS).contains(&grams) {
            return Err(Error::invalid(ErrorCode::Invalid, path("weightGrams")));
        }
        row.weight_grams = grams;
    }
    row.tax_class_id = patch.tax_class_id.unwrap_or(row.tax_class_id);
    row.requires_shipping = patch.requires_shipping.unwrap_or(row.requires_shipping);
    row.tracked = patch.tracked.unwrap_or(row.tracked);
    row.unit_tracking = patch.unit_tracking.unwrap_or(row.unit_tracking);
    let counted = row.tracked && !row.is_bundle;
    if row.unit_tracking != UnitTracking::None && !counted {
        return Err(Error::invalid(ErrorCode::Invalid, path("unitTracking")));
    }
    row.active = patch.active.unwrap_or(row.active);
    row.position = patch.position.unwrap_or(row.position).max(1);
    Ok(())
}

fn policy(row: &mut variant::Model, patch: &VariantPatch, path: &impl Fn(&str) -> String) -> Result<()> {
    row.inventory_policy = patch.inventory_policy.unwrap_or(row.inventory_policy);
    row.backorder_limit = patch.backorder_limit.unwrap_or(row.backorder_limit);
    row.preorder_ships_on = patch.preorder_ships_on.unwrap_or(row.preorder_ships_on);
    match row.inventory_policy {
        InventoryPolicy::Deny => {
            row.backorder_limit = None;
            row.preorder_ships_on = None;
        }
        InventoryPolicy::Backorder => row.preorder_ships_on = None,
        InventoryPolicy::Preorder if row.preorder_ships_on.is_none() => {
            return Err(Error::invalid(ErrorCode::Required, path("preorderShipsOn")));
        }
        InventoryPolicy::Preorder => {}
    }
    if row.backorder_limit.is_some_and(|limit| !(0..=MAX_BACKORDER).contains(&limit)) {
        return Err(Error::invalid(ErrorCode::InvalidQuantity, path("backorderLimit")));
    }
    Ok(())
}

fn finish(whole: &mut Whole) -> Result<()> {
    whole.variants.sort_by_key(|variant| (variant.row.position, variant.row.id));
    let mut seen: HashSet<Vec<String>> = HashSet::with_capacity(whole.variants.len());
    let mut skus: HashSet<&str> = HashSet::with_capacity(whole.variants.len());
    let pictures: HashSet<_> = whole.media.iter().map(|row| row.id).collect();
    for (index, variant) in whole.variants.iter_mut().enumerate() {
        if variant.values.iter().any(String::is_empty) {
            return Err(Error::invalid(ErrorCode::Required, format!("variants.{index}.options")));
        }
        if !seen.insert(variant.values.clone()) {
            return Err(Error::invalid(ErrorCode::AlreadyExists, format!("variants.{index}.options")));
        }
        if variant.row.sku.as_deref().is_some_and(|sku| !skus.insert(sku)) {
            return Err(Error::invalid(ErrorCode::AlreadyExists, format!("variants.{index}.sku")));
        }
        // A picture that was taken out of the product is no longer a variant's.
        variant.row.image_id = variant.row.image_id.filter(|id| pictures.contains(id));
        variant.row.title =
            if variant.values.is_empty() { whole.product.title.clone() } else { variant.values.join(" / ") };
    }
    Ok(())
}
