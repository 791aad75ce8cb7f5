//! From the units that a customer bought to the parts that lie on the shelf, and back: a bundle is handed over whole.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{EventId, FulfillmentOrderLineId, LocationId, OrderLineId, VariantId};
use entity::words::{CauseKind, MovementKind, StockState};
use entity::{fulfillment_order_line, order_line};
use sea_orm::sea_query::CaseStatement;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::step::bad_quantity;
use crate::inventory::demand::Goods;
use crate::inventory::{Cause, Movement};
use crate::kernel::{Error, Result, Tx};
use crate::order as orders;

/// The parts of one line of the order within some work.
#[derive(Debug, Clone)]
pub(super) struct LineUnits {
    /// Units a customer knows that are open: neither left nor rejected.
    pub(super) open: i64,
    /// Units that the store could not give.
    pub(super) rejected: i64,
    /// Row, variant, parts per unit, whether stock is counted.
    parts: Vec<(FulfillmentOrderLineId, VariantId, i64, bool)>,
}

/// The lines of some work.
#[derive(Debug, Clone)]
pub(super) struct WorkUnits(pub(super) BTreeMap<OrderLineId, LineUnits>);

impl WorkUnits {
    /// Reads what the work is made of: two statements, more when there are bundles.
    pub(super) async fn read(tx: &Tx, work: &[fulfillment_order_line::Model]) -> Result<Self> {
        let Some(first) = work.first() else { return Ok(Self(BTreeMap::new())) };
        let order_line = order_line::Entity::find_by_id(first.order_line_id).one(tx).await?;
        let order_id = order_line.ok_or(Error::not_found("orderLine"))?.order_id;
        let lines: BTreeMap<OrderLineId, VariantId> =
            orders::query::lines(tx, &[order_id]).await?.into_iter().map(|line| (line.id, line.variant_id)).collect();
        let sold: Vec<VariantId> = work.iter().filter_map(|row| lines.get(&row.order_line_id)).copied().collect();
        let goods = Goods::load(tx, &sold).await?;
        let mut units: BTreeMap<OrderLineId, LineUnits> = BTreeMap::new();
        for row in work {
            let sold = lines.get(&row.order_line_id).copied().ok_or(Error::not_found("orderLine"))?;
            let each = per_unit(&goods, sold, row, work);
            let tracked = goods.variants.get(&row.variant_id).is_none_or(|variant| variant.tracked);
            let (open, rejected) = ((row.quantity - row.fulfilled - row.rejected) / each, row.rejected / each);
            let line = units.entry(row.order_line_id).or_insert(LineUnits { open, rejected, parts: Vec::new() });
            line.open = line.open.min(open);
            line.rejected = line.rejected.max(rejected);
            line.parts.push((row.id, row.variant_id, each, tracked));
        }
        Ok(Self(units))
    }

    /// Everything that is open.
    pub(super) fn open(&self) -> BTreeMap<OrderLineId, i64> {
        self.0.iter().filter(|(_, line)| line.open > 0).map(|(id, line)| (*id, line.open)).collect()
    }

    /// Everything that the store could not give.
    pub(super) fn rejected(&self) -> BTreeMap<OrderLineId, i64> {
        self.0.iter().filter(|(_, line)| line.rejected > 0).map(|(id, line)| (*id, line.rejected)).collect()
    }

    /// Everything that is neither gone nor given up: what the store has, and what it could not give.
    pub(super) fn left(&self) -> BTreeMap<OrderLineId, i64> {
        let left = self.0.iter().map(|(id, line)| (*id, line.open + line.rejected));
        left.filter(|(_, count)| *count > 0).collect()
    }

    /// Whole units of what is open that so many parts suffice for; one line after the other.
    pub(super) fn made_of(&self, mut parts: BTreeMap<VariantId, i64>) -> BTreeMap<OrderLineId, i64> {
        let mut made = BTreeMap::new();
        for (id, line) in &self.0 {
            let counted = || line.parts.iter().filter(|(.., tracked)| *tracked);
            let there = counted()
                .map(|(_, variant, each, _)| parts.get(variant).copied().unwrap_or(0).checked_div(*each).unwrap_or(0));
            let units = there.min().unwrap_or(line.open).min(line.open);
            if units > 0 {
                for (_, variant, each, _) in counted() {
                    *parts.entry(*variant).or_default() -= each * units;
                }
                made.insert(*id, units);
            }
        }
        made
    }

    /// Whole units of what is open of which pieces of some variants are not picked yet.
    pub(super) fn unpicked(
        &self,
        rows: &[fulfillment_order_line::Model],
        variants: &BTreeSet<VariantId>,
    ) -> BTreeMap<OrderLineId, i64> {
        let mut missing: BTreeMap<OrderLineId, i64> = BTreeMap::new();
        for row in rows.iter().filter(|row| variants.contains(&row.variant_id)) {
            let Some(line) = self.0.get(&row.order_line_id) else { continue };
            let each = line.parts.iter().find(|(id, ..)| *id == row.id).map_or(1, |(_, _, each, _)| *each);
            let pieces = row.quantity - row.rejected - row.picked;
            let units = (pieces / each + i64::from(pieces % each != 0)).min(line.open);
            if units > 0 {
                let most = missing.entry(row.order_line_id).or_default();
                *most = units.max(*most);
            }
        }
        missing
    }

    /// Some of what is open; all of it when nothing is named. Errors: `INVALID_QUANTITY`, `NOT_FOUND`.
    pub(super) fn chosen(&self, wanted: &[(OrderLineId, i64)]) -> Result<BTreeMap<OrderLineId, i64>> {
        if wanted.is_empty() {
            return Ok(self.open());
        }
        let mut chosen: BTreeMap<OrderLineId, i64> = BTreeMap::new();
        for (index, (id, quantity)) in wanted.iter().enumerate() {
            let open = self.0.get(id).ok_or(Error::not_found("orderLine"))?.open;
            let sum = chosen.entry(*id).or_default();
            *sum = sum
                .checked_add(*quantity)
                .filter(|sum| *quantity > 0 && *sum <= open)
                .ok_or(bad_quantity(index, open))?;
        }
        Ok(chosen)
    }

    /// The rows of work that some units are, with the parts of each.
    pub(super) fn parts(
        &self,
        units: &BTreeMap<OrderLineId, i64>,
    ) -> Vec<(FulfillmentOrderLineId, VariantId, i64, bool)> {
        let mut parts = Vec::new();
        for (id, count) in units {
            for (row, variant, each, tracked) in self.0.get(id).map(|line| line.parts.as_slice()).unwrap_or_default() {
                parts.push((*row, *variant, each * count, *tracked));
            }
        }
        parts
    }

    /// The movements of some units: only what is counted moves.
    pub(super) fn movements(
        &self,
        units: &BTreeMap<OrderLineId, i64>,
        location_id: LocationId,
        step: (MovementKind, Option<StockState>, Option<StockState>),
        event_id: EventId,
    ) -> Vec<Movement> {
        let parts = self.parts(units).into_iter().filter(|(_, _, count, tracked)| *tracked && *count > 0);
        let (kind, from, to) = step;
        parts
            .map(|(row, variant_id, quantity, _)| Movement {
                location_id,
                variant_id,
                kind,
                from,
                to,
                quantity,
                cause: Cause::of(CauseKind::FulfillmentOrderLine, row.uuid()),
                event_id,
            })
            .collect()
    }
}

/// Parts per unit sold. A bundle's recipe may have changed since it was bought; then the parts that lie in this work say
/// how many bundles they are.
fn per_unit(
    goods: &Goods,
    sold: VariantId,
    row: &fulfillment_order_line::Model,
    work: &[fulfillment_order_line::Model],
) -> i64 {
    if sold == row.variant_id {
        return 1;
    }
    let siblings: Vec<_> = work.iter().filter(|other| other.order_line_id == row.order_line_id).collect();
    let recipe = goods.components.get(&sold).map(Vec::as_slice).unwrap_or_default();
    let each = |row: &fulfillment_order_line::Model| {
        recipe.iter().find(|part| part.component_variant_id == row.variant_id).map(|part| part.quantity)
    };
    let bundles = |row: &fulfillment_order_line::Model| {
        each(row).filter(|each| *each > 0 && row.quantity % each == 0).map(|each| row.quantity / each)
    };
    let first = siblings.first().and_then(|row| bundles(row));
    if first.is_some() && siblings.iter().all(|row| bundles(row) == first) {
        return each(row).unwrap_or(1);
    }
    let count = siblings.iter().fold(0, |sum, row| greatest_common_divisor(sum, row.quantity)).max(1);
    row.quantity / count
}

const fn greatest_common_divisor(mut left: i64, mut right: i64) -> i64 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

/// Sets a counter of rows of work, any number in one statement. The work is locked.
pub(super) async fn set(
    tx: &Tx,
    counter: fulfillment_order_line::Column,
    values: &[(FulfillmentOrderLineId, i64)],
) -> Result<()> {
    use fulfillment_order_line::{Column, Entity};
    if values.is_empty() {
        return Ok(());
    }
    let value = values
        .iter()
        .fold(CaseStatement::new(), |case, (row, value)| case.case(Column::Id.eq(*row), *value))
        .finally(0_i64);
    Entity::update_many()
        .col_expr(counter, value.into())
        .filter(Column::Id.is_in(values.iter().map(|(row, _)| *row)))
        .exec(tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::greatest_common_divisor;

    #[test]
    fn parts_of_three_bundles_share_three() {
        assert_eq!([6, 3, 9].into_iter().fold(0, greatest_common_divisor), 3);
        assert_eq!([5].into_iter().fold(0, greatest_common_divisor), 5);
    }
}
