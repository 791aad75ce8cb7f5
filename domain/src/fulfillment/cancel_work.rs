//! Giving work up because its units are canceled.

use std::collections::BTreeMap;

use entity::id::OrderLineId;
use entity::order;
use entity::words::{DeliveryMethod, FulfillmentOrderStatus};

use super::desk::Reached;
use super::give_up::{GivenUp, give_up, released};
use super::makeup::Makeup;
use super::progress::{self, unpacked};
use super::{pick_list, work};
use crate::inventory;
use crate::kernel::event::NewEvent;
use crate::kernel::{Result, Tx};

/// Takes whole units of a locked order out of its parcels and frees their stock: what waits for stock first, then what
/// nobody has begun, then what is being picked. Returns the units that are left: packed, or collected in a store. The
/// caller cancels the units and refreshes the order.
pub(crate) async fn give_up_units(
    tx: &Tx,
    order: &order::Model,
    units: BTreeMap<OrderLineId, i64>,
) -> Result<BTreeMap<OrderLineId, i64>> {
    if units.is_empty() {
        return Ok(units);
    }
    let makeup = Makeup::read(tx, &[order.id]).await?;
    let mut reached: Vec<Reached> = work::lock_of_order(tx, order.id)
        .await?
        .into_iter()
        .map(|(work, lines)| Reached { order: order.clone(), work, lines })
        .filter(|reached| reached.work.method != DeliveryMethod::Pickup && rank(reached.work.status).is_some())
        .collect();
    reached.sort_by_key(|reached| (rank(reached.work.status), reached.work.id));
    let payload = serde_json::json!({ "order_id": order.id, "units": units.iter().collect::<Vec<_>>() });
    let event = NewEvent::new("order_work_given_up", "order", order.id.uuid()).customer(order.customer_id);
    let event_id = tx.event(event.payload(payload));
    let (mut left, mut movements) = (units, Vec::new());
    for mut reached in reached {
        let given = take(&mut reached, &makeup, &mut left)?;
        if given.pieces.is_empty() {
            continue;
        }
        if let Some(location) = reached.work.location_id {
            let keep = reached.lines.iter().map(|line| (line.id, line.quantity - line.rejected));
            inventory::unit::return_surplus(tx, location, &keep.collect::<Vec<_>>()).await?;
            movements.extend(released(&makeup, location, event_id, &[given]));
        }
        pick_list::trim(tx, &reached.lines).await?;
        progress::settle(tx, reached.work, &reached.lines).await?;
    }
    inventory::post(tx, &movements).await?;
    left.retain(|_, units| *units > 0);
    Ok(left)
}

/// In which order work is given up; `None` for work that ended.
const fn rank(status: FulfillmentOrderStatus) -> Option<u8> {
    match status {
        FulfillmentOrderStatus::Scheduled => Some(0),
        FulfillmentOrderStatus::Open => Some(1),
        FulfillmentOrderStatus::OnHold => Some(2),
        FulfillmentOrderStatus::InProgress => Some(3),
        FulfillmentOrderStatus::Packed => Some(4),
        FulfillmentOrderStatus::Closed | FulfillmentOrderStatus::Canceled => None,
    }
}

/// Takes from one fulfillment order what it can give of the units that are left to give up.
fn take(reached: &mut Reached, makeup: &Makeup, left: &mut BTreeMap<OrderLineId, i64>) -> Result<GivenUp> {
    let mut mine = BTreeMap::new();
    for (line, wanted) in left.iter_mut().filter(|(_, wanted)| **wanted > 0) {
        let units = makeup.whole_units(*line, &reached.lines, unpacked)?.min(*wanted);
        if units > 0 {
            *wanted -= units;
            mine.insert(*line, units);
        }
    }
    give_up(reached, makeup, mine)
}
