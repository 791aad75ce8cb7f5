//! Keeping why routing decided as it did.

use entity::id::{OrderId, RoutingDecisionId};
use entity::routing_decision;
use entity::words::RoutingOccasion;
use serde_json::json;

use super::Plan;
use super::allocation::Verdict;
use crate::kernel::Tx;

/// Stores a plan with every candidate and why it lost, last in the transaction.
pub(crate) fn store(tx: &Tx, order_id: OrderId, plan: &Plan) {
    let row = routing_decision::Model {
        id: RoutingDecisionId(tx.new_uuid()),
        order_id,
        rule: plan.rule.to_owned(),
        outcome: json!({ "assignments": plan.assignments, "candidates": plan.verdicts }),
        decided_at: tx.now(),
        occasion: RoutingOccasion::Placement,
        rule_id: None,
        fulfillment_order_id: None,
    };
    tx.insert_last(&[row]);
}

/// The candidates of a stored decision, best first; none for a row that cannot be read.
#[must_use]
pub fn verdicts(row: &routing_decision::Model) -> Vec<Verdict> {
    let candidates = row.outcome.get("candidates").cloned().unwrap_or_default();
    serde_json::from_value(candidates).unwrap_or_default()
}
