//! Units leave: stock goes out, the work and the order's lines say so. Parcels and collections end here alike.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{EventId, FulfillmentOrderLineId, OrderId, OrderLineId};
use entity::words::{CauseKind, MovementKind, StockState};
use entity::{fulfillment_order, order, order_line};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use super::desk::{self, Reached};
use super::makeup::Makeup;
use super::progress;
use crate::inventory::{self, Cause, Movement};
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::order::capture_due::capture_due;

/// Hands over units of locked work: posts `DISPATCHED`, raises what left, ends work from which nothing is left, and
/// takes what is reserved for them, and brings the orders up to it. Statements: at most 5 reads, 2 writes, 2 per piece of work and 8 per order, and what
/// [`inventory::post`] needs. Error: `INVALID_QUANTITY` for more than there is to hand over.
pub(crate) async fn hand_over(
    tx: &Tx,
    reached: Vec<Reached>,
    units: &BTreeMap<FulfillmentOrderLineId, i64>,
    event_id: EventId,
) -> Result<Vec<fulfillment_order::Model>> {
    let heads: BTreeMap<OrderId, order::Model> =
        reached.iter().map(|reached| (reached.order.id, reached.order.clone())).collect();
    let (orders, heads): (BTreeSet<OrderId>, Vec<order::Model>) = heads.into_iter().unzip();
    let ids: Vec<OrderId> = orders.iter().copied().collect();
    let mut makeup = Makeup::read(tx, &ids).await?;
    let mut reached = reached;
    let (mut movements, mut touched) = (Vec::new(), BTreeSet::new());
    for Reached { work, lines, .. } in &mut reached {
        let location_id = work.location_id.ok_or_else(|| desk::refused(work, "DISPATCH"))?;
        for line in lines.iter_mut() {
            let Some(quantity) = units.get(&line.id).copied() else { continue };
            if quantity < 1 || line.fulfilled + line.rejected + quantity > line.quantity {
                return Err(Error::invalid(ErrorCode::InvalidQuantity, "input.lines"));
            }
            line.fulfilled += quantity;
            touched.insert(line.order_line_id);
            if makeup.is_tracked(line.variant_id) {
                movements.push(Movement {
                    location_id,
                    variant_id: line.variant_id,
                    kind: MovementKind::Dispatched,
                    from: Some(StockState::Committed),
                    to: None,
                    quantity,
                    cause: Cause::of(CauseKind::FulfillmentOrderLine, line.id.uuid()),
                    event_id,
                });
            }
        }
        makeup.update(lines);
    }
    let mut done = Vec::with_capacity(reached.len());
    for Reached { work, lines, .. } in reached {
        done.push(progress::settle(tx, work, &lines).await?);
    }
    raise(tx, &makeup, &touched).await?;
    inventory::post(tx, &movements).await?;
    Box::pin(capture_due(tx, &heads)).await?;
    desk::refresh(tx, orders).await?;
    Ok(done)
}

/// Writes how many units of the order's lines left.
async fn raise(tx: &Tx, makeup: &Makeup, touched: &BTreeSet<OrderLineId>) -> Result<()> {
    let mut rows = Vec::with_capacity(touched.len());
    for id in touched {
        let fulfilled = makeup.fulfilled(*id)?;
        let line = makeup.line(*id)?;
        if fulfilled != line.fulfilled {
            rows.push(order_line::Model { fulfilled, ..line.clone() }.into_active_model().reset_all());
        }
    }
    let changed = OnConflict::column(order_line::Column::Id).update_column(order_line::Column::Fulfilled).to_owned();
    for some in rows.chunks(500) {
        order_line::Entity::insert_many(some.iter().cloned())
            .on_conflict(changed.clone())
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}
