//! The transfers that work waits for: what they brought, and what becomes of them when nobody waits any more.
//!
//! Who ends the waiting of work locks its transfers: where arrivals go is decided under that lock.

use std::collections::BTreeMap;

use entity::id::{FulfillmentOrderId, TransferId, VariantId};
use entity::status::TransferAction;
use entity::transfer;
use entity::words::TransferStatus;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::lock::{Locked, Way};
use super::query;
use super::ready::freed;
use crate::inventory::{Movement, post};
use crate::{Result, Tx};

/// Every transfer for some work, locked.
#[derive(Debug)]
pub(crate) struct Awaited(Vec<Locked>);

/// Locks the transfers for some work, by id; the work is locked before. Two statements.
pub(crate) async fn lock(tx: &Tx, work: FulfillmentOrderId) -> Result<Awaited> {
    let found = transfer::Entity::find()
        .filter(transfer::Column::FulfillmentOrderId.eq(work))
        .order_by_asc(transfer::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    let ids: Vec<TransferId> = found.iter().map(|transfer| transfer.id).collect();
    let lines = query::lines(tx, &ids).await?;
    let with_lines = |transfer: transfer::Model| {
        let lines = lines.iter().filter(|line| line.transfer_id == transfer.id).cloned().collect();
        Locked { transfer, lines }
    };
    Ok(Awaited(found.into_iter().map(with_lines).collect()))
}

impl Awaited {
    /// Whether nothing more will come.
    pub(crate) fn is_over(&self) -> bool {
        self.0
            .iter()
            .all(|locked| matches!(locked.transfer.status, TransferStatus::Received | TransferStatus::Canceled))
    }

    /// Units that arrived in order, per variant.
    pub(crate) fn brought(&self) -> BTreeMap<VariantId, i64> {
        let mut brought = BTreeMap::new();
        for line in self.0.iter().flat_map(|locked| &locked.lines).filter(|line| line.received > 0) {
            *brought.entry(line.variant_id).or_default() += line.received;
        }
        brought
    }

    /// The movements that free what arrived and was kept for the work.
    pub(crate) fn freed(&self, tx: &Tx) -> Vec<Movement> {
        let arrived = self.0.iter().filter(|locked| locked.lines.iter().any(|line| line.received > 0));
        let freed = arrived.flat_map(|locked| {
            let event_id = locked.tell(tx, "transfer_released", &json!({}));
            let here = Way::free(locked.transfer.to_location_id);
            locked.lines.iter().filter_map(move |line| here.of(line, line.received, event_id))
        });
        freed.collect()
    }

    /// Nobody waits any more: what has not left is canceled and free again, what arrived is free, and what is under way
    /// arrives as anybody's. The caller ends the work in the same transaction. Three statements, two more for each
    /// transfer that has not left.
    pub(crate) async fn give_up(self, tx: &Tx) -> Result<()> {
        let mut movements = self.freed(tx);
        let stays = |locked: &Locked| matches!(locked.transfer.status, TransferStatus::Draft | TransferStatus::Ready);
        let staying: Vec<Locked> = self.0.into_iter().filter(stays).collect();
        for locked in &staying {
            if locked.transfer.status == TransferStatus::Ready {
                movements.extend(freed(tx, locked, "transfer_canceled"));
            } else {
                locked.tell(tx, "transfer_canceled", &json!({}));
            }
        }
        post(tx, &movements).await?;
        for locked in staying {
            let status = locked.next(TransferAction::Cancel)?;
            locked.save(tx, status).await?;
        }
        Ok(())
    }
}
