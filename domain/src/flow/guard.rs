//! What must hold at the moment something is sent: looked at in the same transaction, under the lock of the order.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::id::{CustomerId, OrderId, VariantId};
use entity::words::{CartStatus, OrderReturnStatus, OrderStatus, ProductStatus, TrackingStatus};
use entity::{flow_run, order, order_line, shipment};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::definition::Guard;
use super::facts::is_received;
use super::subject::RunContext;
use crate::kernel::{Result, Tx};
use crate::{cart, catalog, inventory, order as orders, shipping};

/// The order was given up.
pub(super) const CANCELED: &str = "ORDER_CANCELED";
/// Something of the order comes back, or came.
pub(super) const RETURNED: &str = "RETURNED";
/// A parcel of the order did not arrive.
pub(super) const FAILED: &str = "DELIVERY_FAILED";

/// Why nothing may be sent any more; `None` when it may. Locks the order of the run.
pub(super) async fn refusal(
    tx: &Tx,
    run: &flow_run::Model,
    context: &RunContext,
    guards: &[Guard],
) -> Result<Option<&'static str>> {
    if let Some(id) = run.order_id {
        let order = orders::lock_one(tx, id).await?;
        let parcels = shipping::contents::of_orders(tx, &[id]).await?.remove(&id).unwrap_or_default();
        if let Some(reason) = of_order(&order, &parcels) {
            return Ok(Some(reason));
        }
        if guards.contains(&Guard::Received) && !is_received(&order, &parcels, tx.now()) {
            return Ok(Some("NOT_RECEIVED"));
        }
    }
    for guard in guards {
        if let Some(reason) = one(tx, *guard, run, context).await? {
            return Ok(Some(reason));
        }
    }
    Ok(None)
}

/// What always ends what follows a purchase.
pub(super) fn of_order(order: &order::Model, parcels: &[shipment::Model]) -> Option<&'static str> {
    let failed = |parcel: &shipment::Model| {
        parcel.returned_at.is_some()
            || matches!(parcel.tracking_status, TrackingStatus::Failed | TrackingStatus::ReturnToSender)
    };
    if order.status == OrderStatus::Canceled {
        Some(CANCELED)
    } else if order.return_status != OrderReturnStatus::None {
        Some(RETURNED)
    } else {
        parcels.iter().any(failed).then_some(FAILED)
    }
}

async fn one(tx: &Tx, guard: Guard, run: &flow_run::Model, context: &RunContext) -> Result<Option<&'static str>> {
    let since = context.since.unwrap_or(run.created_at);
    let refused = match guard {
        // Of the order, looked at above.
        Guard::Received => None,
        Guard::Sold => (!all_sold(tx, &context.variant_ids).await?).then_some("NOT_SOLD"),
        Guard::InStock => (!in_stock(tx, run, &context.variant_ids).await?).then_some("NOT_IN_STOCK"),
        Guard::NotBoughtSince => match run.customer_id {
            Some(id) => bought_since(tx, id, since, run.order_id).await?.then_some("BOUGHT_SINCE"),
            None => None,
        },
        Guard::SameNotBoughtSince => match run.customer_id {
            Some(id) => same_bought(tx, id, since, &context.variant_ids).await?.then_some("BOUGHT_SINCE"),
            None => None,
        },
        Guard::CartWaits => cart_left(tx, run, context, since).await?,
    };
    Ok(refused)
}

async fn all_sold(tx: &Tx, variants: &[VariantId]) -> Result<bool> {
    if variants.is_empty() {
        return Ok(true);
    }
    let found = catalog::query::variants_by_ids(tx, variants).await?;
    let ids: Vec<_> = found.iter().map(|variant| variant.product_id).collect();
    let products = catalog::query::products_by_ids(tx, &ids).await?;
    let wanted: BTreeSet<VariantId> = variants.iter().copied().collect();
    let whole = found.len() == wanted.len() && found.iter().all(|variant| variant.active);
    Ok(whole && products.iter().all(|product| product.status == ProductStatus::Active))
}

async fn in_stock(tx: &Tx, run: &flow_run::Model, variants: &[VariantId]) -> Result<bool> {
    let Some(channel) = run.channel_id.filter(|_| !variants.is_empty()) else { return Ok(true) };
    let there = inventory::availability::published(tx, channel, variants, tx.now()).await?;
    Ok(variants.iter().all(|id| there.get(id).is_some_and(|one| !one.tracked || one.in_stock > 0)))
}

/// Whether a customer bought anything after a moment, in any channel, beside one order.
pub(super) async fn bought_since(
    db: &impl ConnectionTrait,
    customer: CustomerId,
    since: DateTime<Utc>,
    but: Option<OrderId>,
) -> Result<bool> {
    let mut bought = order::Entity::find()
        .filter(order::Column::CustomerId.eq(customer))
        .filter(order::Column::Status.ne(OrderStatus::Canceled))
        .filter(order::Column::PlacedAt.gt(since));
    if let Some(but) = but {
        bought = bought.filter(order::Column::Id.ne(but));
    }
    Ok(bought.count(db).await? > 0)
}

async fn same_bought(tx: &Tx, customer: CustomerId, since: DateTime<Utc>, variants: &[VariantId]) -> Result<bool> {
    let bought = order_line::Entity::find()
        .inner_join(order::Entity)
        .filter(order::Column::CustomerId.eq(customer))
        .filter(order::Column::Status.ne(OrderStatus::Canceled))
        .filter(order::Column::PlacedAt.gt(since))
        .filter(order_line::Column::VariantId.is_in(variants.iter().copied()));
    Ok(bought.count(tx).await? > 0)
}

/// A cart that was taken up again, bought or emptied needs no reminder; nor one whose owner bought elsewhere, at a till
/// for example.
async fn cart_left(
    tx: &Tx,
    run: &flow_run::Model,
    context: &RunContext,
    since: DateTime<Utc>,
) -> Result<Option<&'static str>> {
    let Some(id) = context.cart_id else { return Ok(None) };
    let Some(found) = cart::query::by_id(tx, id).await? else { return Ok(Some("CART_GONE")) };
    if found.status != CartStatus::Active || cart::query::lines(tx, &[id]).await?.is_empty() {
        return Ok(Some("CART_GONE"));
    }
    if found.updated_at > since {
        return Ok(Some("CART_TAKEN_UP"));
    }
    let customer = match run.customer_id.or(found.customer_id) {
        Some(customer) => bought_since(tx, customer, since, None).await?,
        None => false,
    };
    let email = found.email.as_deref().map(|email| email.trim().to_lowercase());
    let guest = match email.filter(|email| !email.is_empty()) {
        Some(email) => {
            let bought = order::Entity::find()
                .filter(order::Column::Email.eq(email))
                .filter(order::Column::Status.ne(OrderStatus::Canceled))
                .filter(order::Column::PlacedAt.gt(since));
            bought.count(tx).await? > 0
        }
        None => false,
    };
    Ok((customer || guest).then_some("BOUGHT_SINCE"))
}
