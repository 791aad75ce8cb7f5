//! Bundles: a variant made of other variants, one level deep.

use std::collections::HashSet;

use entity::id::VariantId;
use entity::{bundle_component, stock_level, variant};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::whole::WholeVariant;
use crate::{Error, ErrorCode, Result, Tx};

/// Most different components of a bundle.
pub const MAX_COMPONENTS: usize = 100;
/// Most units of one component in a bundle.
pub const MAX_QUANTITY: i64 = 1_000;

/// The components of a bundle in the order they are kept, by id; an empty list means no bundle. Errors at `path`:
/// `INVALID_BUNDLE` when it contains itself or names a component twice, `INVALID_QUANTITY`, `TOO_MANY`.
pub fn checked(path: &str, bundle: VariantId, components: &[(VariantId, i64)]) -> Result<Vec<(VariantId, i64)>> {
    if components.len() > MAX_COMPONENTS {
        return Err(Error::invalid_with(ErrorCode::TooMany, path, vec![("max", MAX_COMPONENTS.to_string())]));
    }
    let mut sorted = components.to_vec();
    sorted.sort_unstable();
    let names: HashSet<VariantId> = sorted.iter().map(|(component, _)| *component).collect();
    if names.len() != sorted.len() || names.contains(&bundle) {
        return Err(Error::invalid(ErrorCode::InvalidBundle, path));
    }
    if sorted.iter().any(|(_, quantity)| !(1..=MAX_QUANTITY).contains(quantity)) {
        return Err(Error::invalid(ErrorCode::InvalidQuantity, path));
    }
    Ok(sorted)
}

/// Checks bundles against the rest of the catalog: components exist and are no bundles, a bundle is nobody's component,
/// and it has no stock of its own. Locks bundles and components in id order, so that two bundles cannot become each
/// other's component at once. Errors: `INVALID_BUNDLE`, `NOT_FOUND`.
pub(crate) async fn check_against_catalog(tx: &Tx, changed: &[&WholeVariant]) -> Result<()> {
    let bundles: HashSet<VariantId> =
        changed.iter().filter(|variant| variant.row.is_bundle).map(|variant| variant.row.id).collect();
    if bundles.is_empty() {
        return Ok(());
    }
    let refused = || Error::invalid(ErrorCode::InvalidBundle, "components");
    let components: HashSet<VariantId> =
        changed.iter().flat_map(|variant| &variant.components).map(|(component, _)| *component).collect();
    let ids = components.union(&bundles).copied();
    let found: Vec<(VariantId, bool)> = variant::Entity::find()
        .filter(variant::Column::Id.is_in(ids))
        .select_only()
        .columns([variant::Column::Id, variant::Column::IsBundle])
        .order_by_asc(variant::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple()
        .all(tx)
        .await?;
    // Variants that this very change creates are not there yet; they may not be components either.
    if found.iter().filter(|(id, _)| components.contains(id)).count() != components.len() {
        return Err(Error::not_found("variant"));
    }
    if !components.is_disjoint(&bundles) || found.iter().any(|(id, is_bundle)| *is_bundle && components.contains(id)) {
        return Err(refused());
    }
    let used = bundle_component::Entity::find()
        .filter(bundle_component::Column::ComponentVariantId.is_in(bundles.iter().copied()))
        .one(tx)
        .await?;
    let stocked = Condition::any().add(stock_level::Column::OnHand.gt(0)).add(stock_level::Column::Incoming.gt(0));
    let stock = stock_level::Entity::find()
        .filter(stock_level::Column::VariantId.is_in(bundles))
        .filter(stocked)
        .one(tx)
        .await?;
    if used.is_some() || stock.is_some() { Err(refused()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> VariantId {
        VariantId(Uuid::from_u128(number))
    }

    #[test]
    fn a_bundle_is_made_of_others_once_each() {
        assert_eq!(checked("c", id(1), &[(id(3), 2), (id(2), 1)]).expect("valid"), [(id(2), 1), (id(3), 2)]);
        assert_eq!(checked("c", id(1), &[(id(1), 1)]).expect_err("itself").code(), ErrorCode::InvalidBundle);
        assert_eq!(checked("c", id(1), &[(id(2), 1), (id(2), 2)]).expect_err("twice").code(), ErrorCode::InvalidBundle);
        for quantity in [0, -1, i64::MAX] {
            assert_eq!(
                checked("c", id(1), &[(id(2), quantity)]).expect_err("amount").code(),
                ErrorCode::InvalidQuantity
            );
        }
        let many: Vec<_> = (2..200).map(|number| (id(number), 1)).collect();
        assert_eq!(checked("c", id(1), &many).expect_err("many").code(), ErrorCode::TooMany);
    }
}
