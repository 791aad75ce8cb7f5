//! How far the lines of work are: writing them back, and what their numbers make of the work.

use entity::status::FulfillmentOrderAction;
use entity::words::FulfillmentOrderStatus;
use entity::{fulfillment_order, fulfillment_order_line};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};

use super::work;
use crate::kernel::{Result, Tx};

/// Rows of one statement.
const CHUNK: usize = 1_000;

/// Units of a line that are neither given up nor picked.
#[must_use]
pub(crate) const fn unpicked(line: &fulfillment_order_line::Model) -> i64 {
    line.quantity - line.rejected - line.picked
}

/// Units of a line that are neither given up nor packed.
#[must_use]
pub(crate) const fn unpacked(line: &fulfillment_order_line::Model) -> i64 {
    line.quantity - line.rejected - line.packed
}

/// Writes lines, new ones and changed ones. One statement per 1,000.
pub(crate) async fn save(tx: &Tx, lines: &[fulfillment_order_line::Model]) -> Result<()> {
    use fulfillment_order_line::Column;
    for some in lines.chunks(CHUNK) {
        let rows = some.iter().cloned().map(|line| line.into_active_model().reset_all());
        let changed = OnConflict::column(Column::Id)
            .update_columns([
                Column::FulfillmentOrderId,
                Column::Quantity,
                Column::Picked,
                Column::Packed,
                Column::Fulfilled,
                Column::Rejected,
            ])
            .to_owned();
        fulfillment_order_line::Entity::insert_many(rows).on_conflict(changed).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// What the numbers of its lines make of work: ended when nothing is left to leave, packed when all that is left is.
#[must_use]
pub(crate) fn next_step(
    status: FulfillmentOrderStatus,
    lines: &[fulfillment_order_line::Model],
) -> Option<FulfillmentOrderAction> {
    let sum = |part: fn(&fulfillment_order_line::Model) -> i64| lines.iter().map(part).sum::<i64>();
    let wanted = sum(|line| line.quantity - line.rejected);
    let (packed, left) = (sum(|line| line.packed), sum(|line| line.fulfilled));
    match status {
        FulfillmentOrderStatus::Closed | FulfillmentOrderStatus::Canceled => None,
        _ if wanted == left && left > 0 => Some(FulfillmentOrderAction::Dispatch),
        _ if wanted == left => Some(FulfillmentOrderAction::Cancel),
        FulfillmentOrderStatus::InProgress if packed == wanted => Some(FulfillmentOrderAction::Pack),
        FulfillmentOrderStatus::Packed if packed < wanted => Some(FulfillmentOrderAction::Unpack),
        FulfillmentOrderStatus::Scheduled
        | FulfillmentOrderStatus::Open
        | FulfillmentOrderStatus::InProgress
        | FulfillmentOrderStatus::Packed
        | FulfillmentOrderStatus::OnHold => None,
    }
}

/// Writes the lines of locked work and moves the work on when they say so; its version grows in any case.
pub(crate) async fn settle(
    tx: &Tx,
    work: fulfillment_order::Model,
    lines: &[fulfillment_order_line::Model],
) -> Result<fulfillment_order::Model> {
    save(tx, lines).await?;
    match next_step(work.status, lines) {
        Some(action) => work::transition(tx, work, action).await,
        None => touch(tx, &work).await,
    }
}

/// Like [`settle`], for some work at once: two statements per 500, whatever the number of lines (one more per 1,000).
pub(crate) async fn settle_all(
    tx: &Tx,
    work: Vec<(fulfillment_order::Model, Vec<fulfillment_order_line::Model>)>,
) -> Result<Vec<fulfillment_order::Model>> {
    let lines: Vec<_> = work.iter().flat_map(|(_, lines)| lines.iter().cloned()).collect();
    save(tx, &lines).await?;
    let steps = work.into_iter().map(|(work, lines)| {
        let step = next_step(work.status, &lines);
        (work, step)
    });
    work::transition_all(tx, steps.collect()).await
}

/// Raises the version of locked work whose lines changed.
pub(crate) async fn touch(tx: &Tx, work: &fulfillment_order::Model) -> Result<fulfillment_order::Model> {
    let change = fulfillment_order::ActiveModel {
        id: Set(work.id),
        version: Set(work.version + 1),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    Ok(fulfillment_order::Entity::update(change).exec(tx).await?)
}

#[cfg(test)]
mod tests {
    use entity::id::{FulfillmentOrderId, FulfillmentOrderLineId, OrderLineId, VariantId};
    use entity::status::StateMachine;
    use uuid::Uuid;

    use super::*;

    fn line(quantity: i64, packed: i64, fulfilled: i64, rejected: i64) -> fulfillment_order_line::Model {
        fulfillment_order_line::Model {
            id: FulfillmentOrderLineId(Uuid::nil()),
            fulfillment_order_id: FulfillmentOrderId(Uuid::nil()),
            order_line_id: OrderLineId(Uuid::nil()),
            variant_id: VariantId(Uuid::nil()),
            quantity,
            picked: packed,
            packed,
            fulfilled,
            rejected,
        }
    }

    #[test]
    fn the_numbers_decide_what_becomes_of_work() {
        use FulfillmentOrderAction as A;
        use FulfillmentOrderStatus as S;
        for (status, lines, step) in [
            (S::InProgress, vec![line(2, 1, 0, 0)], None),
            (S::InProgress, vec![line(2, 2, 0, 0)], Some(A::Pack)),
            (S::InProgress, vec![line(2, 1, 0, 1)], Some(A::Pack)),
            (S::InProgress, vec![line(2, 2, 0, 0), line(1, 0, 0, 0)], None),
            (S::InProgress, vec![line(2, 0, 0, 2)], Some(A::Cancel)),
            (S::InProgress, vec![line(2, 1, 1, 1)], Some(A::Dispatch)),
            (S::InProgress, vec![line(2, 1, 1, 0)], None),
            (S::Packed, vec![line(2, 2, 2, 0)], Some(A::Dispatch)),
            (S::Packed, vec![line(2, 2, 1, 0)], None),
            (S::Packed, vec![line(2, 1, 0, 0)], Some(A::Unpack)),
            (S::Open, vec![line(2, 0, 0, 0)], None),
            (S::Open, vec![line(2, 0, 0, 2)], Some(A::Cancel)),
            (S::OnHold, vec![line(2, 0, 0, 2)], Some(A::Cancel)),
            (S::Closed, vec![line(2, 2, 2, 0)], None),
            (S::Canceled, vec![line(2, 0, 0, 2)], None),
        ] {
            assert_eq!(next_step(status, &lines), step, "{status} {lines:?}");
            assert!(step.is_none_or(|step| status.next(step).is_some()), "{status} has no {step:?}");
        }
    }
}
