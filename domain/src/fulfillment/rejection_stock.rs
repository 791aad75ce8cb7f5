//! What a rejection does to stock.

use std::collections::BTreeMap;

use entity::id::{EventId, FulfillmentOrderLineId, LocationId, VariantId};
use entity::words::{CauseKind, MovementKind, RejectionEffect, RejectionReason, StockState};

use super::give_up::{GivenUp, released};
use super::makeup::Makeup;
use crate::inventory::level::Counters;
use crate::inventory::{Cause, Movement};

/// Pieces that a clerk could not give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) line: FulfillmentOrderLineId,
    pub(super) variant: VariantId,
    pub(super) quantity: i64,
}

/// What shall happen to the stock of the losses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effect<'a> {
    pub(super) reason: RejectionReason,
    pub(super) effect: RejectionEffect,
    pub(super) losses: &'a [Loss],
    /// The locked levels of what is gone; only for [`RejectionEffect::Zero`].
    pub(super) levels: &'a BTreeMap<VariantId, Counters>,
}

/// The movements of a rejection: everything given up is released; then the losses leave what can be sold.
pub(super) fn movements(
    makeup: &Makeup,
    (location, event): (LocationId, EventId),
    given: &[GivenUp],
    effect: Effect<'_>,
) -> Vec<Movement> {
    let mut movements: Vec<Movement> = released(makeup, location, event, given).collect();
    let mut freed: BTreeMap<VariantId, i64> = BTreeMap::new();
    for movement in &movements {
        *freed.entry(movement.variant_id).or_default() += movement.quantity;
    }
    let mut take = |loss: &Loss, from: StockState, quantity: i64| {
        // What is damaged still lies there; what cannot be found does not.
        let damaged = effect.reason == RejectionReason::Damaged;
        movements.push(Movement {
            location_id: location,
            variant_id: loss.variant,
            kind: if damaged { MovementKind::Moved } else { MovementKind::Adjusted },
            from: Some(from),
            to: damaged.then_some(StockState::Damaged),
            quantity,
            cause: Cause::of(CauseKind::FulfillmentOrderLine, loss.line.uuid()),
            event_id: event,
        });
    };
    let tracked = effect.losses.iter().filter(|loss| makeup.is_tracked(loss.variant));
    match effect.effect {
        RejectionEffect::Nothing => {}
        RejectionEffect::Quantity => tracked.for_each(|loss| take(loss, StockState::Available, loss.quantity)),
        RejectionEffect::Zero => {
            let by_variant: BTreeMap<VariantId, &Loss> = tracked.map(|loss| (loss.variant, loss)).collect();
            for (variant, loss) in by_variant {
                let level = effect.levels.get(&variant).copied().unwrap_or_default();
                let free = level.available() + freed.get(&variant).copied().unwrap_or(0);
                for (state, quantity) in [(StockState::Available, free), (StockState::SafetyStock, level.safety_stock)]
                {
                    if quantity > 0 {
                        take(loss, state, quantity);
                    }
                }
            }
        }
    }
    movements
}
