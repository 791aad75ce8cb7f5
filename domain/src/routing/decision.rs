//! Keeping why routing decided as it did.

use entity::id::{FulfillmentOrderId, OrderId, RoutingDecisionId};
use entity::routing_decision;
use entity::words::RoutingOccasion;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Plan;
use super::allocation::{Assignment, Tried, Verdict};
use crate::kernel::Tx;

/// Most stock figures that a decision keeps: 50 locations with 40 lines. Larger ones keep none.
const MAX_FIGURES: usize = 2_000;

/// Stores a plan with every candidate and why it lost, last in the transaction. `work` is what was routed again.
pub(crate) fn store(
    tx: &Tx,
    order_id: OrderId,
    plan: &Plan,
    occasion: RoutingOccasion,
    work: Option<FulfillmentOrderId>,
) {
    let figures: usize = plan.verdicts.iter().map(|verdict| verdict.available.len()).sum();
    let mut verdicts = plan.verdicts.clone();
    if figures > MAX_FIGURES {
        verdicts.iter_mut().for_each(|verdict| verdict.available.clear());
    }
    let row = routing_decision::Model {
        id: RoutingDecisionId(tx.new_uuid()),
        order_id,
        rule: plan.rule.to_string(),
        outcome: json!({
            "assignments": plan.assignments,
            "canceled": plan.canceled,
            "candidates": verdicts,
            "tried": plan.tried,
        }),
        decided_at: tx.now(),
        occasion,
        rule_id: plan.rule_id,
        fulfillment_order_id: work,
    };
    tx.insert_last(&[row]);
}

/// The candidates of a stored decision, best first; none for a row that cannot be read.
#[must_use]
pub fn verdicts(row: &routing_decision::Model) -> Vec<Verdict> {
    part(row, "candidates")
}

/// The rules that a stored decision tried; none for a row that cannot be read.
#[must_use]
pub fn tried(row: &routing_decision::Model) -> Vec<Tried> {
    part(row, "tried")
}

/// What a stored decision assigned; none for a row that cannot be read.
#[must_use]
pub fn assignments(row: &routing_decision::Model) -> Vec<Assignment> {
    part(row, "assignments")
}

fn part<T: DeserializeOwned + Default>(row: &routing_decision::Model, name: &str) -> T {
    let found = row.outcome.get(name).cloned().unwrap_or_default();
    serde_json::from_value(found).unwrap_or_default()
}
