//! What stock commands act on: places that exist and variants whose stock is counted.

use std::collections::BTreeSet;

use entity::id::{LocationId, VariantId};
use entity::{location, variant};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::{Error, ErrorCode, Result};

/// Checks that all locations exist and all variants have counted stock of their own. Two statements.
/// Errors: `NOT_FOUND`; `INVALID` at `variantId` for a bundle or a variant whose stock is not counted.
pub(crate) async fn check(db: &impl ConnectionTrait, locations: &[LocationId], variants: &[VariantId]) -> Result<()> {
    let places: BTreeSet<LocationId> = locations.iter().copied().collect();
    let goods: BTreeSet<VariantId> = variants.iter().copied().collect();
    let found = location::Entity::find().filter(location::Column::Id.is_in(places.iter().copied())).all(db).await?;
    if found.len() != places.len() {
        return Err(Error::not_found("location"));
    }
    let found = variant::Entity::find().filter(variant::Column::Id.is_in(goods.iter().copied())).all(db).await?;
    if found.len() != goods.len() {
        return Err(Error::not_found("variant"));
    }
    if found.iter().all(|variant| variant.tracked && !variant.is_bundle) {
        Ok(())
    } else {
        Err(Error::invalid(ErrorCode::Invalid, "variantId"))
    }
}
