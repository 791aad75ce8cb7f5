//! What sold units are made of in the work of their orders: one piece of the variant itself, or the parts of a bundle.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::{FulfillmentOrderId, OrderId, OrderLineId, VariantId};
use entity::words::FulfillmentOrderStatus;
use entity::{bundle_component, fulfillment_order_line, order_line, variant};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::query;
use crate::kernel::{Error, Result, Tx};
use crate::order;

/// Pieces of each variant in one sold unit.
pub(crate) type PerUnit = BTreeMap<VariantId, i64>;

/// A line of work with the status of its work.
type Piece = (FulfillmentOrderStatus, fulfillment_order_line::Model);

/// The lines of orders, all their work, and what their units are made of. Read it before the work is changed.
#[derive(Debug)]
pub(crate) struct Makeup {
    lines: BTreeMap<OrderLineId, order_line::Model>,
    pieces: Vec<Piece>,
    per_unit: HashMap<OrderLineId, PerUnit>,
    tracked: BTreeSet<VariantId>,
}

impl Makeup {
    /// Reads the lines and work of locked orders: four statements, one more when there are bundles.
    pub(crate) async fn read(tx: &Tx, orders: &[OrderId]) -> Result<Self> {
        let lines = order::query::lines(tx, orders).await?;
        let heads = query::of_orders(tx, orders).await?;
        let status: HashMap<FulfillmentOrderId, FulfillmentOrderStatus> =
            heads.iter().map(|work| (work.id, work.status)).collect();
        let ids: Vec<FulfillmentOrderId> = heads.iter().map(|work| work.id).collect();
        let pieces: Vec<Piece> = query::lines(tx, &ids)
            .await?
            .into_iter()
            .filter_map(|line| status.get(&line.fulfillment_order_id).map(|status| (*status, line)))
            .collect();
        let variants: BTreeSet<VariantId> = pieces.iter().map(|(_, piece)| piece.variant_id).collect();
        let tracked = variant::Entity::find()
            .filter(variant::Column::Id.is_in(variants))
            .filter(variant::Column::Tracked.eq(true))
            .all(tx)
            .await?;
        let components = components(tx, &lines, &pieces).await?;
        let mut per_unit = HashMap::new();
        for line in &lines {
            let mine: Vec<&Piece> = pieces.iter().filter(|(_, piece)| piece.order_line_id == line.id).collect();
            let parts: Vec<&bundle_component::Model> =
                components.iter().filter(|part| part.bundle_variant_id == line.variant_id).collect();
            let made = made_of(line, &mine, &parts)
                .ok_or_else(|| Error::Bug(format!("order line {} is made of no whole units", line.id)))?;
            per_unit.insert(line.id, made);
        }
        Ok(Self {
            lines: lines.into_iter().map(|line| (line.id, line)).collect(),
            pieces,
            per_unit,
            tracked: tracked.into_iter().map(|variant| variant.id).collect(),
        })
    }

    /// Whether stock of a variant is counted.
    pub(crate) fn is_tracked(&self, variant: VariantId) -> bool {
        self.tracked.contains(&variant)
    }

    /// The order's line.
    pub(crate) fn line(&self, id: OrderLineId) -> Result<&order_line::Model> {
        self.lines.get(&id).ok_or_else(|| Error::Bug(format!("order line {id} is missing")))
    }

    /// Pieces of each variant in one unit of a line.
    pub(crate) fn per_unit(&self, id: OrderLineId) -> Result<&PerUnit> {
        self.per_unit.get(&id).ok_or_else(|| Error::Bug(format!("order line {id} is missing")))
    }

    /// Whole units of a line that some of its work can still give, when `free` says how much of a piece is.
    pub(crate) fn whole_units(
        &self,
        id: OrderLineId,
        lines: &[fulfillment_order_line::Model],
        free: fn(&fulfillment_order_line::Model) -> i64,
    ) -> Result<i64> {
        let units = self.per_unit(id)?.iter().map(|(variant, per)| {
            let mine = lines.iter().filter(|line| line.order_line_id == id && line.variant_id == *variant);
            mine.map(free).sum::<i64>() / per
        });
        Ok(units.min().unwrap_or(0))
    }

    /// Takes note of changed work.
    pub(crate) fn update(&mut self, changed: &[fulfillment_order_line::Model]) {
        for line in changed {
            if let Some((_, piece)) = self.pieces.iter_mut().find(|(_, piece)| piece.id == line.id) {
                piece.clone_from(line);
            }
        }
    }

    /// Units of a line that left as a whole, over all its work.
    pub(crate) fn fulfilled(&self, id: OrderLineId) -> Result<i64> {
        let units = self.per_unit(id)?.iter().map(|(variant, per)| {
            let mine = self.pieces.iter().filter(|(_, line)| line.order_line_id == id && line.variant_id == *variant);
            mine.map(|(_, line)| line.fulfilled).sum::<i64>() / per
        });
        Ok(units.min().unwrap_or(0))
    }
}

/// The components of the bundles among the lines; none are read when no line is one.
async fn components(tx: &Tx, lines: &[order_line::Model], pieces: &[Piece]) -> Result<Vec<bundle_component::Model>> {
    let is_bundle = |line: &&order_line::Model| {
        pieces.iter().any(|(_, piece)| piece.order_line_id == line.id && piece.variant_id != line.variant_id)
    };
    let bundles: BTreeSet<VariantId> = lines.iter().filter(is_bundle).map(|line| line.variant_id).collect();
    if bundles.is_empty() {
        return Ok(Vec::new());
    }
    let found = bundle_component::Entity::find().filter(bundle_component::Column::BundleVariantId.is_in(bundles));
    Ok(found.all(tx).await?)
}

/// What a unit of a line is made of. A bundle may have been changed since it was sold: then the work itself tells.
fn made_of(line: &order_line::Model, pieces: &[&Piece], parts: &[&bundle_component::Model]) -> Option<PerUnit> {
    if pieces.iter().all(|(_, piece)| piece.variant_id == line.variant_id) {
        return Some(PerUnit::from([(line.variant_id, 1)]));
    }
    let sold: PerUnit = parts.iter().map(|part| (part.component_variant_id, part.quantity)).collect();
    if fits(&sold, pieces) {
        return Some(sold);
    }
    let units = line.quantity - line.canceled;
    let mut sums = PerUnit::new();
    for (_, piece) in pieces.iter().filter(|(status, _)| *status != FulfillmentOrderStatus::Canceled) {
        *sums.entry(piece.variant_id).or_default() += piece.quantity - piece.rejected;
    }
    let whole = units > 0 && !sums.is_empty() && sums.values().all(|sum| *sum > 0 && sum % units == 0);
    whole.then(|| sums.into_iter().map(|(variant, sum)| (variant, sum / units)).collect())
}

/// Whether every piece of work holds whole units of these parts.
fn fits(per_unit: &PerUnit, pieces: &[&Piece]) -> bool {
    let mut units: HashMap<FulfillmentOrderId, BTreeSet<i64>> = HashMap::new();
    pieces.iter().all(|(_, piece)| match per_unit.get(&piece.variant_id) {
        Some(per) if *per > 0 && piece.quantity % per == 0 => {
            let of_work = units.entry(piece.fulfillment_order_id).or_default();
            of_work.insert(piece.quantity / per);
            of_work.len() == 1
        }
        Some(_) | None => false,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use entity::id::{FulfillmentOrderLineId, TaxClassId};
    use entity::words::DeliveryMethod;
    use uuid::Uuid;

    use super::*;

    const fn variant(number: u128) -> VariantId {
        VariantId(Uuid::from_u128(number))
    }

    fn sold(quantity: i64) -> order_line::Model {
        order_line::Model {
            id: OrderLineId(Uuid::nil()),
            order_id: OrderId(Uuid::nil()),
            position: 1,
            variant_id: variant(9),
            title: String::new(),
            variant_title: String::new(),
            sku: None,
            quantity,
            unit_price: 0,
            subtotal: 0,
            discount: 0,
            tax_class_id: TaxClassId(Uuid::nil()),
            tax_rate_ppm: 0,
            tax: 0,
            total: 0,
            delivery: DeliveryMethod::Ship,
            pickup_location_id: None,
            fulfilled: 0,
            canceled: 0,
            return_requested: 0,
            received_back: 0,
            metadata: serde_json::json!({}),
            revision: 1,
        }
    }

    fn piece(work: u128, of: u128, quantity: i64) -> Piece {
        let line = fulfillment_order_line::Model {
            id: FulfillmentOrderLineId(Uuid::nil()),
            fulfillment_order_id: FulfillmentOrderId(Uuid::from_u128(work)),
            order_line_id: OrderLineId(Uuid::nil()),
            variant_id: variant(of),
            quantity,
            picked: 0,
            packed: 0,
            fulfilled: 0,
            rejected: 0,
        };
        (FulfillmentOrderStatus::Open, line)
    }

    fn part(of: u128, quantity: i64) -> bundle_component::Model {
        bundle_component::Model { bundle_variant_id: variant(9), component_variant_id: variant(of), quantity }
    }

    #[test]
    fn a_unit_is_itself_or_its_parts() {
        let itself = piece(1, 9, 5);
        assert_eq!(made_of(&sold(5), &[&itself], &[]).unwrap(), PerUnit::from([(variant(9), 1)]));
        let (one, two) = (piece(1, 1, 4), piece(1, 2, 2));
        let parts = [part(1, 2), part(2, 1)];
        let parts: Vec<&bundle_component::Model> = parts.iter().collect();
        let wanted = PerUnit::from([(variant(1), 2), (variant(2), 1)]);
        assert_eq!(made_of(&sold(2), &[&one, &two], &parts).unwrap(), wanted);
    }

    #[test]
    fn work_tells_when_the_bundle_changed_since() {
        let (one, two) = (piece(1, 1, 4), piece(1, 2, 2));
        let changed = [part(1, 3), part(3, 1)];
        let changed: Vec<&bundle_component::Model> = changed.iter().collect();
        let wanted = PerUnit::from([(variant(1), 2), (variant(2), 1)]);
        assert_eq!(made_of(&sold(2), &[&one, &two], &changed).unwrap(), wanted);
        assert_eq!(made_of(&sold(3), &[&one, &two], &changed), None, "4 of 3 units are no whole number");
    }
}
