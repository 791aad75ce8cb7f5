//! Reading rates.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use entity::id::TaxClassId;
use entity::{tax_class, tax_rate};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{Error, ErrorCode, Result};

/// The rate of every class on a day, in one statement. A rate of the region goes before one of the country; of two that
/// hold, the one that came into force later. Error: `TAX_RATE_MISSING` when a class has none there.
pub async fn rates(
    db: &impl ConnectionTrait,
    country: &str,
    region: Option<&str>,
    on: NaiveDate,
    classes: &[TaxClassId],
) -> Result<HashMap<TaxClassId, tax_rate::Model>> {
    let known = known_rates(db, country, region, on, classes).await?;
    if classes.iter().any(|class| !known.contains_key(class)) {
        return Err(missing(country));
    }
    Ok(known)
}

/// The error for a class without a rate in a country.
#[must_use]
pub fn missing(country: &str) -> Error {
    Error::invalid_with(ErrorCode::TaxRateMissing, "", vec![("country", country.to_owned())])
}

/// Like [`rates`], but classes without a rate are left out: a cart shows that as a problem.
pub async fn known_rates(
    db: &impl ConnectionTrait,
    country: &str,
    region: Option<&str>,
    on: NaiveDate,
    classes: &[TaxClassId],
) -> Result<HashMap<TaxClassId, tax_rate::Model>> {
    let classes: BTreeSet<TaxClassId> = classes.iter().copied().collect();
    if classes.is_empty() {
        return Ok(HashMap::new());
    }
    let mut here = Condition::any().add(tax_rate::Column::Region.is_null());
    if let Some(region) = region {
        here = here.add(tax_rate::Column::Region.eq(region));
    }
    let found = tax_rate::Entity::find()
        .filter(tax_rate::Column::Country.eq(country))
        .filter(tax_rate::Column::TaxClassId.is_in(classes))
        .filter(tax_rate::Column::ValidFrom.lte(on))
        .filter(Condition::any().add(tax_rate::Column::ValidTo.is_null()).add(tax_rate::Column::ValidTo.gte(on)))
        .filter(here)
        .all(db)
        .await?;
    Ok(strongest(found))
}

/// Of all rates that hold, the one that counts per class.
fn strongest(found: Vec<tax_rate::Model>) -> HashMap<TaxClassId, tax_rate::Model> {
    let rank = |rate: &tax_rate::Model| (rate.region.is_some(), rate.valid_from, rate.id);
    let mut by_class: HashMap<TaxClassId, tax_rate::Model> = HashMap::new();
    for rate in found {
        match by_class.get(&rate.tax_class_id) {
            Some(present) if rank(present) > rank(&rate) => {}
            _ => {
                by_class.insert(rate.tax_class_id, rate);
            }
        }
    }
    by_class
}

/// All tax classes by code.
pub async fn classes(db: &impl ConnectionTrait) -> Result<Vec<tax_class::Model>> {
    Ok(tax_class::Entity::find().order_by_asc(tax_class::Column::Code).all(db).await?)
}

/// The tax class of a code.
pub async fn class_by_code(db: &impl ConnectionTrait, code: &str) -> Result<Option<tax_class::Model>> {
    Ok(tax_class::Entity::find().filter(tax_class::Column::Code.eq(code)).one(db).await?)
}

/// All rates of a country, newest first within a class.
pub async fn rates_of_country(db: &impl ConnectionTrait, country: &str) -> Result<Vec<tax_rate::Model>> {
    Ok(tax_rate::Entity::find()
        .filter(tax_rate::Column::Country.eq(country))
        .order_by_asc(tax_rate::Column::TaxClassId)
        .order_by_desc(tax_rate::Column::ValidFrom)
        .order_by_asc(tax_rate::Column::Id)
        .all(db)
        .await?)
}
