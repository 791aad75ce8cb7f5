//! Writing a confirmed change into a locked order: new lines and sums, units away, units added, units elsewhere.

use std::collections::BTreeMap;

use entity::id::{LocationId, OrderId, OrderLineId};
use entity::words::{DeliveryMethod, RefundDestination, RefundReason, RoutingOccasion};
use entity::{order, order_line, order_tax, refund};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::operation::open;
use super::preview::{AddedLine, MovedUnits, Preview};
use super::quote;
use crate::fulfillment::added::route_added;
use crate::fulfillment::reroute::Reroute;
use crate::kernel::{Error, Result, Tx};
use crate::order as orders;
use crate::order::cancel_units::{CancelTerms, ClawBack, cancel_units_on};
use crate::pickup::cancel_order::take_out;
use crate::pricing::totals::Totals;

/// The rows of added lines; `(revision, positions before)`.
pub(super) fn rows(
    tx: &Tx,
    order_id: OrderId,
    added: &[AddedLine],
    (revision, positions): (i32, i32),
) -> Vec<order_line::Model> {
    let numbered = added.iter().zip(positions + 1..);
    numbered
        .map(|(line, position)| order_line::Model {
            id: OrderLineId(tx.new_uuid()),
            order_id,
            position,
            variant_id: line.variant_id,
            title: line.title.clone(),
            variant_title: line.variant_title.clone(),
            sku: line.sku.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            subtotal: line.subtotal,
            discount: 0,
            tax_class_id: line.tax_class_id,
            tax_rate_ppm: line.tax_rate_ppm,
            tax: line.tax,
            total: line.total,
            delivery: line.delivery,
            pickup_location_id: line.pickup_location_id,
            fulfilled: 0,
            canceled: 0,
            return_requested: 0,
            received_back: 0,
            metadata: json!({}),
            revision,
        })
        .collect()
}

/// Carries a change out; the refund of what was taken away. The order is locked; the caller settles and refreshes it.
///
/// New lines and sums are written first, so that what goes back is reckoned from what the order is worth afterwards; units
/// are taken out of their work before others are routed, so that they can serve again. Statements are bounded by the
/// number of pickups and of places, whatever the number of lines. Errors: `UNPACK_FIRST`, `INVALID_QUANTITY`,
/// `INSUFFICIENT_STOCK`.
pub(super) async fn apply(
    tx: &Tx,
    order: order::Model,
    preview: &Preview,
    (revision, reason): (i32, &str),
) -> Result<(order::Model, Option<refund::Model>)> {
    let before = orders::query::lines(tx, &[order.id]).await?;
    let positions = before.iter().map(|line| line.position).max().unwrap_or(0);
    let added = rows(tx, order.id, &preview.added, (revision, positions));
    let order = write(tx, order, preview, &added).await?;
    let removed: Vec<(OrderLineId, i64)> =
        preview.removed.iter().map(|units| (units.order_line_id, units.quantity)).collect();
    let moved = preview.moved.iter().map(|units| (units.order_line_id, units.quantity));
    let away: BTreeMap<OrderLineId, i64> = removed.iter().copied().chain(moved).collect();
    Box::pin(take_out(tx, &order, away)).await?;
    let terms = CancelTerms {
        reason: RefundReason::OrderChanged,
        note: Some(reason.to_owned()),
        fee: 0,
        destination: RefundDestination::Original,
        session: None,
        claw_back: ClawBack::Agreed(preview.claw_back),
    };
    let refund = cancel_units_on(tx, &order, &removed, terms).await?;
    bind(tx, &before, &preview.moved).await?;
    Box::pin(route_added(tx, &order, requests(&added, &preview.moved))).await?;
    Ok((order, refund))
}

/// The new lines, the sums of the order over all revisions, and its address and contact.
async fn write(tx: &Tx, order: order::Model, preview: &Preview, added: &[order_line::Model]) -> Result<order::Model> {
    let sums = quote::sums(&order, &preview.added)?;
    let mut order = order::Model {
        subtotal: order.subtotal + sums.subtotal,
        tax_total: order.tax_total + sums.tax_total,
        total: order.total + sums.total,
        ..order
    };
    if let Some(address) = &preview.shipping_address {
        order.shipping_address = Some(address.clone());
    }
    if let Some(contact) = &preview.contact {
        let part = |new: &Option<String>, old: Option<String>| match new {
            None => old,
            Some(new) => Some(new.clone()).filter(|new| !new.is_empty()),
        };
        order.email = part(&contact.email, order.email);
        order.phone = part(&contact.phone, order.phone);
        order.contact_name = part(&contact.name, order.contact_name);
    }
    let mut change = order::Entity::update_many()
        .col_expr(order::Column::Subtotal, Expr::value(order.subtotal))
        .col_expr(order::Column::TaxTotal, Expr::value(order.tax_total))
        .col_expr(order::Column::Total, Expr::value(order.total))
        .col_expr(order::Column::Email, Expr::value(order.email.clone()))
        .col_expr(order::Column::Phone, Expr::value(order.phone.clone()))
        .col_expr(order::Column::ContactName, Expr::value(order.contact_name.clone()));
    if let Some(address) = &preview.shipping_address {
        change = change.col_expr(order::Column::ShippingAddress, Expr::value(json!(address)));
    }
    change.filter(order::Column::Id.eq(order.id)).exec(tx).await?;
    if !added.is_empty() {
        insert(tx, &order, preview, (added, &sums)).await?;
    }
    Ok(order)
}

/// Inserts the lines of a revision and adds their tax to that of the order.
async fn insert(
    tx: &Tx,
    order: &order::Model,
    preview: &Preview,
    (added, sums): (&[order_line::Model], &Totals),
) -> Result<()> {
    let lines = added.iter().map(|line| line.clone().into_active_model().reset_all());
    order_line::Entity::insert_many(lines).exec_without_returning(tx).await?;
    let name =
        |rate: i32| preview.added.iter().find(|line| line.tax_rate_ppm == rate).map(|line| line.tax_name.clone());
    let taxes = sums.taxes.iter().map(|rate| order_tax::Model {
        order_id: order.id,
        rate_ppm: rate.rate_ppm,
        name: name(rate.rate_ppm).unwrap_or_default(),
        taxable: rate.net(order.prices_include_tax),
        tax: rate.tax,
    });
    let excluded =
        |column: order_tax::Column| Expr::col((order_tax::Entity, column)).add(Expr::col(("excluded", column)));
    let conflict = OnConflict::columns([order_tax::Column::OrderId, order_tax::Column::RatePpm])
        .value(order_tax::Column::Taxable, excluded(order_tax::Column::Taxable))
        .value(order_tax::Column::Tax, excluded(order_tax::Column::Tax))
        .to_owned();
    order_tax::Entity::insert_many(taxes.map(|row| row.into_active_model().reset_all()))
        .on_conflict(conflict)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Lines of which all that is left is collected elsewhere are bound to that store.
async fn bind(tx: &Tx, before: &[order_line::Model], moved: &[MovedUnits]) -> Result<()> {
    let mut by_store: BTreeMap<LocationId, Vec<OrderLineId>> = BTreeMap::new();
    for units in moved {
        let line = before.iter().find(|line| line.id == units.order_line_id).ok_or(Error::not_found("orderLine"))?;
        // What was collected before was collected there.
        if open(line) == units.quantity && line.fulfilled == 0 {
            by_store.entry(units.location_id).or_default().push(line.id);
        }
    }
    for (store, lines) in by_store {
        order_line::Entity::update_many()
            .col_expr(order_line::Column::PickupLocationId, Expr::value(store))
            .filter(order_line::Column::Id.is_in(lines))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Units that reach the customer in one way.
type Group = (DeliveryMethod, Vec<(OrderLineId, i64)>);

/// One question for each way to the customer.
fn requests(added: &[order_line::Model], moved: &[MovedUnits]) -> Vec<Reroute> {
    let mut groups: BTreeMap<(&'static str, Option<LocationId>), Group> = BTreeMap::new();
    let new = added.iter().map(|line| (line.delivery, line.pickup_location_id, line.id, line.quantity));
    let elsewhere = moved
        .iter()
        .map(|units| (DeliveryMethod::Pickup, Some(units.location_id), units.order_line_id, units.quantity));
    for (method, store, line, quantity) in new.chain(elsewhere) {
        groups.entry((method.as_str(), store)).or_insert((method, Vec::new())).1.push((line, quantity));
    }
    let request = |((_, store), (method, units))| Reroute {
        units,
        method,
        pickup_location_id: store,
        occasion: RoutingOccasion::Change,
        replaces: None,
        collector_name: None,
    };
    groups.into_iter().map(request).collect()
}
