//! Routing what an order gets after its placement: like a placement, what nobody can serve is refused.

use entity::{fulfillment_order, order};

use super::plan;
use super::reroute::{Known, Reroute, open};
use crate::kernel::{Result, Tx};
use crate::routing::Shortfall;

/// Routes units that an order did not promise before, or promises elsewhere now: opens their work and pickups and commits
/// their stock, one request after the other. The caller has locked the order and written its lines; it refreshes the order
/// afterwards. Errors: `INSUFFICIENT_STOCK` per short variant, `NOT_FOUND` for a line of another order.
pub(crate) async fn route_added(
    tx: &Tx,
    order: &order::Model,
    requests: Vec<Reroute>,
) -> Result<Vec<fulfillment_order::Model>> {
    let requests: Vec<(order::Model, Reroute)> = requests.into_iter().map(|request| (order.clone(), request)).collect();
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let known = Known::read(tx, &requests).await?;
    let mut opened = Vec::new();
    for (order, request) in &requests {
        let (lines, mut ask) = known.ask(tx, order, request)?;
        ask.shortfall = Shortfall::Refuse;
        let routed = plan::route(tx, &ask).await?;
        opened.extend(open(tx, order, &lines, &routed, request).await?);
    }
    Ok(opened)
}
