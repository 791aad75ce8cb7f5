//! Goods that are gone from a store, as somebody found out over other work there: pickups that still have to fetch them
//! fall short, and their customers choose again.

use std::collections::BTreeSet;

use entity::fulfillment_order_line::{Column as Line, Entity as Lines};
use entity::id::{LocationId, OrderId, PickupId, VariantId};
use entity::words::{FulfillmentOrderStatus, PickupStatus, RejectionReason};
use entity::{event, fulfillment_order, pickup};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Deserialize;

use super::short::{self, Why};
use super::step::lock;
use super::units::WorkUnits;
use crate::fulfillment::pick_list;
use crate::kernel::{Result, Tx};
use crate::messaging::dispatch::{Handled, Handler};
use crate::order as orders;

/// Brings the pickups of a store up to what is gone there.
pub const HANDLER: Handler = Handler {
    name: "pickup_cascade",
    kinds: &["fulfillment_order_rejected"],
    run: |tx, event| Box::pin(rejected(tx, event)),
};

#[derive(Debug, Deserialize)]
struct Facts {
    location_id: LocationId,
    reason: RejectionReason,
    #[serde(default)]
    gone: BTreeSet<VariantId>,
}

async fn rejected(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let Ok(facts) = serde_json::from_value::<Facts>(event.payload.clone()) else {
        return Ok(Handled::Nothing("nothing is gone"));
    };
    let waiting = waiting_for(tx, &facts).await?;
    if waiting.is_empty() {
        return Ok(Handled::Nothing("no pickup waits for what is gone"));
    }
    orders::lock(tx, waiting.iter().map(|(order, _)| *order)).await?;
    for (_, pickup) in waiting {
        Box::pin(fall_short(tx, pickup, &facts)).await?;
    }
    Ok(Handled::Done)
}

/// Pickups at the store for which some of the goods are still to be fetched, by order.
async fn waiting_for(tx: &Tx, facts: &Facts) -> Result<Vec<(OrderId, PickupId)>> {
    use fulfillment_order::Column as Work;
    if facts.gone.is_empty() {
        return Ok(Vec::new());
    }
    let unpicked = Expr::col(Line::Quantity).sub(Expr::col(Line::Rejected)).gt(Expr::col(Line::Picked));
    let lines = Query::select()
        .column(Line::FulfillmentOrderId)
        .from(Lines)
        .and_where(Line::VariantId.is_in(facts.gone.iter().copied()))
        .and_where(unpicked)
        .to_owned();
    let work = Query::select()
        .column(Work::Id)
        .from(fulfillment_order::Entity)
        .and_where(Work::LocationId.eq(facts.location_id))
        .and_where(Work::Status.is_in([FulfillmentOrderStatus::Open, FulfillmentOrderStatus::InProgress]))
        .and_where(Work::Id.in_subquery(lines))
        .to_owned();
    let found = pickup::Entity::find()
        .filter(pickup::Column::FulfillmentOrderId.in_subquery(work))
        .order_by_asc(pickup::Column::OrderId)
        .order_by_asc(pickup::Column::Id)
        .all(tx)
        .await?;
    Ok(found.into_iter().map(|pickup| (pickup.order_id, pickup.id)).collect())
}

/// Whole units of what is gone leave the pickup, and the store's stock with them.
async fn fall_short(tx: &Tx, id: PickupId, facts: &Facts) -> Result<()> {
    let mut locked = lock(tx, id).await?;
    let begun = matches!(locked.pickup.status, PickupStatus::Assigned | PickupStatus::Arrived | PickupStatus::Picking);
    let open = matches!(locked.work.status, FulfillmentOrderStatus::Open | FulfillmentOrderStatus::InProgress);
    if !begun || !open || locked.work.location_id != Some(facts.location_id) {
        return Ok(());
    }
    let all = WorkUnits::read(tx, &locked.lines).await?;
    let missing = all.unpicked(&locked.lines, &facts.gone);
    let rows: Vec<_> = locked.lines.iter().map(|line| line.id).collect();
    let why = Why::Gone(&facts.gone, facts.reason);
    if missing == all.open() {
        short::all(tx, &mut locked, &all, &why).await?;
    } else {
        short::some(tx, &mut locked, &all, &missing, &why).await?;
    }
    pick_list::trim(tx, &Lines::find().filter(Line::Id.is_in(rows)).all(tx).await?).await?;
    orders::refresh(tx, locked.order.id).await?;
    Ok(())
}
