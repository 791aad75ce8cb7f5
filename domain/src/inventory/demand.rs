//! From what a person buys to what is taken from shelves: bundles become their components, untracked variants vanish,
//! and what is wanted twice is summed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::VariantId;
use entity::words::InventoryPolicy;
use entity::{bundle_component, variant};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::{Error, Result};

/// Variants with the components of the bundles among them, and those components' variants.
#[derive(Debug, Clone, Default)]
pub struct Goods {
    /// Variants and components by id.
    pub variants: HashMap<VariantId, variant::Model>,
    /// Components by bundle.
    pub components: HashMap<VariantId, Vec<bundle_component::Model>>,
}

impl Goods {
    /// Reads variants and components: two statements, one more when there are bundles.
    pub async fn load(db: &impl ConnectionTrait, ids: &[VariantId]) -> Result<Self> {
        let mut goods = Self { variants: read(db, ids.iter().copied().collect()).await?, ..Self::default() };
        let bundles: Vec<VariantId> =
            goods.variants.values().filter(|variant| variant.is_bundle).map(|variant| variant.id).collect();
        if bundles.is_empty() {
            return Ok(goods);
        }
        let rows = bundle_component::Entity::find()
            .filter(bundle_component::Column::BundleVariantId.is_in(bundles))
            .all(db)
            .await?;
        let unknown =
            rows.iter().map(|row| row.component_variant_id).filter(|id| !goods.variants.contains_key(id)).collect();
        goods.variants.extend(read(db, unknown).await?);
        for row in rows {
            goods.components.entry(row.bundle_variant_id).or_default().push(row);
        }
        for components in goods.components.values_mut() {
            components.sort_unstable_by_key(|component| component.component_variant_id);
        }
        Ok(goods)
    }

    /// The parts that a variant is taken from shelves as, with the units of each: its components when it is a
    /// bundle, else itself; only parts whose stock is counted.
    #[must_use]
    pub fn parts(&self, id: VariantId) -> Vec<(VariantId, i64)> {
        let tracked = |id: VariantId| self.variants.get(&id).is_some_and(|variant| variant.tracked);
        match self.variants.get(&id) {
            Some(variant) if variant.is_bundle => self
                .components
                .get(&id)
                .into_iter()
                .flatten()
                .filter(|component| tracked(component.component_variant_id))
                .map(|component| (component.component_variant_id, component.quantity))
                .collect(),
            Some(variant) if variant.tracked => vec![(id, 1)],
            _ => Vec::new(),
        }
    }

    /// Units of each counted part that some lines take together. Error: `INVALID_QUANTITY` beyond what can be counted.
    pub fn demand(&self, lines: &[(VariantId, i64)]) -> Result<BTreeMap<VariantId, i64>> {
        self.demand_where(lines, |_| true)
    }

    /// Like [`Self::demand`], of the lines whose variant promises nothing beyond stock.
    pub(super) fn strict_demand(&self, lines: &[(VariantId, i64)]) -> Result<BTreeMap<VariantId, i64>> {
        self.demand_where(lines, |variant| variant.inventory_policy == InventoryPolicy::Deny)
    }

    fn demand_where(
        &self,
        lines: &[(VariantId, i64)],
        wanted: impl Fn(&variant::Model) -> bool,
    ) -> Result<BTreeMap<VariantId, i64>> {
        let beyond = || Error::invalid(crate::ErrorCode::InvalidQuantity, "quantity");
        let mut demand: BTreeMap<VariantId, i64> = BTreeMap::new();
        for (id, quantity) in lines {
            if !self.variants.get(id).is_some_and(&wanted) {
                continue;
            }
            for (part, per_unit) in self.parts(*id) {
                let units = quantity.checked_mul(per_unit).ok_or_else(beyond)?;
                let sum = demand.entry(part).or_default();
                *sum = sum.checked_add(units).ok_or_else(beyond)?;
            }
        }
        Ok(demand)
    }

    /// Every counted variant on which the promise of some variants depends.
    #[must_use]
    pub fn counted(&self) -> BTreeSet<VariantId> {
        self.variants
            .values()
            .filter(|variant| variant.tracked && !variant.is_bundle)
            .map(|variant| variant.id)
            .collect()
    }
}

async fn read(db: &impl ConnectionTrait, ids: BTreeSet<VariantId>) -> Result<HashMap<VariantId, variant::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = variant::Entity::find().filter(variant::Column::Id.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}
