//! Whom a rejection concerns: the work itself, and, when its goods are gone from the location, whatever else there still
//! has to fetch them.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{FulfillmentOrderId, LocationId, VariantId};
use entity::words::{DeliveryMethod, FulfillmentOrderStatus, RejectionEffect};
use entity::{fulfillment_order, fulfillment_order_line};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::desk::{self, Reached};
use super::progress::unpacked;
use super::query;
use super::reject::Refusal;
use crate::inventory::{self, level::Counters};
use crate::kernel::{Error, Permission, Result, Tx, version};

/// States in which work can be given back.
pub(super) const REJECTABLE: &[FulfillmentOrderStatus] =
    &[FulfillmentOrderStatus::Open, FulfillmentOrderStatus::InProgress, FulfillmentOrderStatus::OnHold];

/// Everything that a rejection changes, locked.
pub(super) struct Scene {
    pub(super) location: LocationId,
    pub(super) reached: Vec<Reached>,
    /// The goods that are gone; only for [`RejectionEffect::Zero`].
    pub(super) variants: BTreeSet<VariantId>,
    /// Their levels; only for [`RejectionEffect::Zero`].
    pub(super) levels: BTreeMap<VariantId, Counters>,
}

/// Locks the orders and the work that a rejection concerns, then the levels that it empties.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION` for work without a location; `Conflict` when
/// more work for the goods came meanwhile, which makes the transaction run again.
pub(super) async fn lock(tx: &Tx, refusal: &Refusal) -> Result<Scene> {
    let id = refusal.work.id;
    let scope = tx.ctx().require(Permission::FulfillmentWork)?;
    let seen = fulfillment_order::Entity::find_by_id(id).filter(desk::within(&scope)).one(tx).await?;
    let seen = seen.ok_or(Error::not_found("fulfillmentOrder"))?;
    let location = seen.location_id.ok_or_else(|| desk::refused(&seen, "REJECT"))?;
    let variants = gone(tx, refusal).await?;
    let others = waiting_for(tx, location, &variants).await?;
    let ids: BTreeSet<FulfillmentOrderId> = others.into_iter().chain([id]).collect();
    let reached = desk::reach(tx, ids.iter().copied()).await?;
    let first = reached.iter().find(|reached| reached.work.id == id);
    let first = first.ok_or(Error::not_found("fulfillmentOrder"))?;
    version::check(refusal.work.expected_version, first.work.version)?;
    if first.work.location_id != Some(location) {
        return Err(Error::Conflict("work"));
    }
    let keys: Vec<_> = variants.iter().map(|variant| (location, *variant)).collect();
    let levels = if keys.is_empty() { BTreeMap::new() } else { inventory::lock(tx, &keys).await? };
    // An order that took the goods before this held their level is committed by now.
    if waiting_for(tx, location, &variants).await?.iter().any(|other| !ids.contains(other)) {
        return Err(Error::Conflict("work"));
    }
    let reached = reached.into_iter().filter(|found| found.work.id == id || concerned(found, location)).collect();
    let levels = levels.into_iter().map(|((_, variant), level)| (variant, level)).collect();
    Ok(Scene { location, reached, variants, levels })
}

fn concerned(reached: &Reached, location: LocationId) -> bool {
    reached.work.location_id == Some(location) && REJECTABLE.contains(&reached.work.status)
}

/// The goods that the clerk says are gone.
async fn gone(tx: &Tx, refusal: &Refusal) -> Result<BTreeSet<VariantId>> {
    if refusal.effect != RejectionEffect::Zero {
        return Ok(BTreeSet::new());
    }
    let lines = query::lines(tx, &[refusal.work.id]).await?;
    let named = |line: &&fulfillment_order_line::Model| {
        if refusal.lines.is_empty() { unpacked(line) > 0 } else { refusal.lines.iter().any(|(id, _)| *id == line.id) }
    };
    Ok(lines.iter().filter(named).map(|line| line.variant_id).collect())
}

/// Parcels of a location for which some of the goods are still to be fetched. Of what customers collect there the pickup
/// area hears by the rejection's event, and asks them what to do instead.
async fn waiting_for(tx: &Tx, location: LocationId, variants: &BTreeSet<VariantId>) -> Result<Vec<FulfillmentOrderId>> {
    use fulfillment_order_line::Column as Line;
    if variants.is_empty() {
        return Ok(Vec::new());
    }
    let unpicked = Expr::col(Line::Quantity).sub(Expr::col(Line::Rejected)).gt(Expr::col(Line::Picked));
    let mut waiting = Query::select();
    waiting
        .column(Line::FulfillmentOrderId)
        .from(fulfillment_order_line::Entity)
        .and_where(Line::VariantId.is_in(variants.iter().copied()))
        .and_where(unpicked);
    let found = fulfillment_order::Entity::find()
        .filter(fulfillment_order::Column::LocationId.eq(location))
        .filter(fulfillment_order::Column::Status.is_in(REJECTABLE.iter().copied()))
        .filter(fulfillment_order::Column::Method.is_in([DeliveryMethod::Ship, DeliveryMethod::LocalDelivery]))
        .filter(fulfillment_order::Column::Id.in_subquery(waiting))
        .all(tx)
        .await?;
    Ok(found.into_iter().map(|work| work.id).collect())
}
