//! Goods that nobody packs: gift cards leave by mail when they are paid, so their work ends by itself instead of waiting
//! in a warehouse.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{FulfillmentOrderLineId, OrderId, OrderLineId};
use entity::words::{FulfillmentOrderStatus, StoredValueStatus};
use entity::{event, gift_card_product, order_line, stored_value_account, variant};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::desk::{self, Reached};
use super::hand_over::hand_over;
use super::{pick_list, progress, work};
use crate::kernel::{Result, Tx};
use crate::messaging::dispatch::{Handled, Handler};
use crate::order as orders;

/// The money of cards is reserved and is taken as they leave: they leave now, and are activated when it is taken.
const RESERVED: &str = "gift_cards_reserved";

/// Hands cards over that were activated, or whose money is taken as they leave.
pub const HANDLER: Handler = Handler {
    name: "digital_work",
    kinds: &["gift_card_activated", RESERVED, "fulfillment_order_released", "fulfillment_order_resumed"],
    run: |tx, event| Box::pin(follow(tx, event)),
};

async fn follow(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let id = event.payload.get("order_id").cloned().and_then(|id| serde_json::from_value::<OrderId>(id).ok());
    let Some(id) = id else { return Ok(Handled::Nothing("no order")) };
    let lines = cards(tx, id, event.kind == RESERVED).await?;
    if lines.is_empty() {
        return Ok(Handled::Nothing("no gift cards"));
    }
    let order = orders::lock_one(tx, id).await?;
    let mut reached: Vec<Reached> = work::lock_of_order(tx, id)
        .await?
        .into_iter()
        .filter(|(head, lines_of_it)| {
            let has_cards = lines_of_it.iter().any(|line| lines.contains(&line.order_line_id));
            has_cards && head.location_id.is_some() && is_open(head.status) && desk::by_parcel(head).is_ok()
        })
        .map(|(work, lines)| Reached { order: order.clone(), work, lines })
        .collect();
    let mut units: BTreeMap<FulfillmentOrderLineId, i64> = BTreeMap::new();
    for reached in &mut reached {
        for line in reached.lines.iter_mut().filter(|line| lines.contains(&line.order_line_id)) {
            let rest = line.quantity - line.rejected - line.fulfilled;
            if rest > 0 {
                // Nobody touched them, but they count as worked on like all that left.
                line.picked = line.quantity - line.rejected;
                line.packed = line.picked;
                units.insert(line.id, rest);
            }
        }
        progress::save(tx, &reached.lines).await?;
        pick_list::trim(tx, &reached.lines).await?;
    }
    reached.retain(|reached| reached.lines.iter().any(|line| units.contains_key(&line.id)));
    if reached.is_empty() {
        return Ok(Handled::Nothing("left before"));
    }
    hand_over(tx, reached, &units, event.id).await?;
    Ok(Handled::Done)
}

/// Whether units may leave. Work on hold waits for its reason.
const fn is_open(status: FulfillmentOrderStatus) -> bool {
    match status {
        FulfillmentOrderStatus::Open | FulfillmentOrderStatus::InProgress | FulfillmentOrderStatus::Packed => true,
        FulfillmentOrderStatus::Scheduled
        | FulfillmentOrderStatus::OnHold
        | FulfillmentOrderStatus::Closed
        | FulfillmentOrderStatus::Canceled => false,
    }
}

/// The lines of an order that are gift cards, only those that were activated unless `all` are wanted.
async fn cards(tx: &Tx, order: OrderId, all: bool) -> Result<BTreeSet<OrderLineId>> {
    let products = gift_card_product::Entity::find().select_only().column(gift_card_product::Column::ProductId);
    let cards = variant::Entity::find()
        .select_only()
        .column(variant::Column::Id)
        .filter(variant::Column::ProductId.in_subquery(products.into_query()));
    let lines = order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(order))
        .filter(order_line::Column::VariantId.in_subquery(cards.into_query()))
        .all(tx)
        .await?;
    if all || lines.is_empty() {
        return Ok(lines.iter().map(|line| line.id).collect());
    }
    let accounts = stored_value_account::Entity::find()
        .filter(stored_value_account::Column::OrderLineId.is_in(lines.iter().map(|line| line.id)))
        .filter(stored_value_account::Column::Status.ne(StoredValueStatus::Inactive))
        .all(tx)
        .await?;
    Ok(accounts.iter().filter_map(|account| account.order_line_id).collect())
}
