//! From references and texts to levels: what an item says, or what is wrong with it.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{LocationId, VariantId};
use entity::words::StockSyncMode;
use entity::{location, variant};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::super::level::Key;
use super::super::movement::MAX_QUANTITY;
use super::{Problem, StockSync, SyncItem};
use crate::kernel::text;
use crate::{ErrorCode, Result, Scope, Tx};

/// How far another system's clock may be ahead.
const AHEAD: TimeDelta = TimeDelta::minutes(5);
/// How old a word may be.
const OLDEST: TimeDelta = TimeDelta::days(30);

/// An item that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) key: Key,
    pub(super) quantity: i64,
    pub(super) at: DateTime<Utc>,
    pub(super) reason: String,
}

/// What was said of one thing, as texts.
struct Named {
    variant: Name,
    location: Place,
    at: DateTime<Utc>,
    reason: String,
}

enum Name {
    Reference(String),
    Sku(String),
}

enum Place {
    Id(LocationId),
    Reference(String),
}

/// Reads the items, each level once. Two statements.
pub(super) async fn items(
    tx: &Tx,
    input: &StockSync,
    scope: &Scope,
) -> Result<Vec<std::result::Result<Wanted, Problem>>> {
    let named: Vec<_> = input.items.iter().map(|item| named(item, input, tx.now())).collect();
    let good = || named.iter().filter_map(|named| named.as_ref().ok());
    let places = Places::read(tx, good().map(|named| &named.location), scope).await?;
    let goods = Goods::read(tx, good().map(|named| &named.variant)).await?;
    let mut seen = BTreeSet::new();
    let resolved = named.into_iter().zip(&input.items).map(|(named, item)| {
        let named = named?;
        let key = (places.find(&named.location)?, goods.find(&named.variant)?);
        if !seen.insert(key) {
            return Err(Problem { code: ErrorCode::AlreadyExists, field: field_of(&named.variant) });
        }
        Ok(Wanted { key, quantity: item.quantity, at: named.at, reason: named.reason })
    });
    Ok(resolved.collect())
}

const fn field_of(name: &Name) -> &'static str {
    match name {
        Name::Reference(_) => "variantExternalReference",
        Name::Sku(_) => "sku",
    }
}

/// Checks what one item says by itself.
fn named(item: &SyncItem, input: &StockSync, now: DateTime<Utc>) -> std::result::Result<Named, Problem> {
    let variant = match (&item.variant_reference, &item.sku) {
        (Some(reference), None) => Name::Reference(line("variantExternalReference", reference)?),
        (None, Some(sku)) => Name::Sku(line("sku", sku)?),
        (None, None) => return Err(problem(ErrorCode::Required, "variantExternalReference")),
        (Some(_), Some(_)) => return Err(problem(ErrorCode::Invalid, "sku")),
    };
    let location = match (item.location_id, &item.location_reference) {
        (Some(id), None) => Place::Id(id),
        (None, Some(reference)) => Place::Reference(line("locationExternalReference", reference)?),
        (None, None) => return Err(problem(ErrorCode::Required, "locationExternalReference")),
        (Some(_), Some(_)) => return Err(problem(ErrorCode::Invalid, "locationId")),
    };
    let (in_range, at_field) = match input.mode {
        StockSyncMode::Absolute => ((0..=MAX_QUANTITY).contains(&item.quantity), "snapshotAt"),
        StockSyncMode::Delta => {
            (item.quantity != 0 && item.quantity.unsigned_abs() <= MAX_QUANTITY.unsigned_abs(), "occurredAt")
        }
    };
    if !in_range {
        return Err(problem(ErrorCode::InvalidQuantity, "quantity"));
    }
    let at = match (item.at, input.mode) {
        (Some(at), _) => at,
        (None, StockSyncMode::Delta) => now,
        (None, StockSyncMode::Absolute) => return Err(problem(ErrorCode::Required, at_field)),
    };
    if at > now + AHEAD || at < now - OLDEST {
        return Err(problem(ErrorCode::InvalidDate, at_field));
    }
    let reason = match (&item.reason, input.mode) {
        (Some(reason), _) => line("reason", reason)?,
        (None, StockSyncMode::Absolute) => format!("stock of {}", input.source),
        (None, StockSyncMode::Delta) => return Err(problem(ErrorCode::Required, "reason")),
    };
    Ok(Named { variant, location, at, reason })
}

const fn problem(code: ErrorCode, field: &'static str) -> Problem {
    Problem { code, field }
}

fn line(field: &'static str, value: &str) -> std::result::Result<String, Problem> {
    text::required_line(field, value, text::LINE).map_err(|error| problem(error.code(), field))
}

/// Locations within reach, as the items name them.
struct Places {
    by_id: BTreeSet<LocationId>,
    by_reference: HashMap<String, LocationId>,
}

impl Places {
    async fn read(tx: &Tx, names: impl Iterator<Item = &Place>, scope: &Scope) -> Result<Self> {
        let (mut ids, mut references) = (BTreeSet::new(), BTreeSet::new());
        for name in names {
            match name {
                Place::Id(id) => ids.insert(*id),
                Place::Reference(reference) => references.insert(reference.as_str()),
            };
        }
        let any = Condition::any()
            .add(location::Column::Id.is_in(ids))
            .add(location::Column::ExternalReference.is_in(references));
        let found = location::Entity::find().filter(any).all(tx).await?;
        let within = || found.iter().filter(|location| scope.allows_location(location.id));
        Ok(Self {
            by_id: within().map(|location| location.id).collect(),
            by_reference: within()
                .filter_map(|location| Some((location.external_reference.clone()?, location.id)))
                .collect(),
        })
    }

    fn find(&self, name: &Place) -> std::result::Result<LocationId, Problem> {
        let (found, field) = match name {
            Place::Id(id) => (self.by_id.get(id), "locationId"),
            Place::Reference(reference) => (self.by_reference.get(reference), "locationExternalReference"),
        };
        found.copied().ok_or(problem(ErrorCode::NotFound, field))
    }
}

/// Variants, as the items name them, each with whether its stock is counted.
struct Goods {
    by_reference: HashMap<String, (VariantId, bool)>,
    by_sku: HashMap<String, (VariantId, bool)>,
}

impl Goods {
    async fn read(tx: &Tx, names: impl Iterator<Item = &Name>) -> Result<Self> {
        let (mut references, mut skus) = (BTreeSet::new(), BTreeSet::new());
        for name in names {
            match name {
                Name::Reference(reference) => references.insert(reference.as_str()),
                Name::Sku(sku) => skus.insert(sku.as_str()),
            };
        }
        let any = Condition::any()
            .add(variant::Column::ExternalReference.is_in(references))
            .add(variant::Column::Sku.is_in(skus));
        let found = variant::Entity::find().filter(any).all(tx).await?;
        let known = |variant: &variant::Model| (variant.id, variant.tracked && !variant.is_bundle);
        Ok(Self {
            by_reference: found
                .iter()
                .filter_map(|variant| Some((variant.external_reference.clone()?, known(variant))))
                .collect(),
            by_sku: found.iter().filter_map(|variant| Some((variant.sku.clone()?, known(variant)))).collect(),
        })
    }

    fn find(&self, name: &Name) -> std::result::Result<VariantId, Problem> {
        let found = match name {
            Name::Reference(reference) => self.by_reference.get(reference),
            Name::Sku(sku) => self.by_sku.get(sku),
        };
        match found {
            Some((id, true)) => Ok(*id),
            Some((_, false)) => Err(problem(ErrorCode::Invalid, field_of(name))),
            None => Err(problem(ErrorCode::NotFound, field_of(name))),
        }
    }
}
