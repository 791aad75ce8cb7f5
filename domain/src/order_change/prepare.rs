//! Preparing a change: what it would do, stored; nothing of the order is touched.

use entity::address::Address;
use entity::id::{OrderChangeId, OrderId, OrderLineId};
use entity::money::Currency;
use entity::status::{OrderAction, StateMachine};
use entity::words::{DeliveryMethod, FulfillmentOrderStatus, OrderChangeSettlement, OrderChangeStatus};
use entity::{channel, order, order_change, order_line};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QuerySelect};
use serde_json::json;

use super::operation::{self, NewContact, Operation, Plan};
use super::preview::{AddedLine, MovedUnits, Preview, RemovedUnits, Worth};
use super::{apply, quote, worth};
use crate::customer::{address_format, identifier};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Scope, Tx, text, version};
use crate::order::access::lock_readable;
use crate::order::refund::books::Books;
use crate::order::refund::{Coming, Terms, claw_back};
use crate::{channel as channels, fulfillment, order as orders};

/// A change to prepare.
#[derive(Clone, Debug)]
pub struct PrepareChange {
    /// Of which order.
    pub order_id: OrderId,
    /// What changes.
    pub operations: Vec<Operation>,
    /// Why.
    pub reason: String,
    /// The version of the order that staff saw.
    pub expected_version: Option<i32>,
    /// Whether the customer keeps discounts that what stays does not earn any more.
    pub waive_claw_back: bool,
}

/// A change, with the currency of its order.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The change.
    pub change: order_change::Model,
    /// Of all its amounts.
    pub currency: Currency,
}

/// Works out what a change of an open order comes to and keeps it, so that exactly that can be confirmed. Neither the
/// order nor its stock is touched; shipping is not priced anew.
///
/// Errors: `FORBIDDEN` without `orders.edit`, `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION` for an order that is not
/// open, what [`operation::plan`] and [`quote::quote`] refuse, `ALREADY_DISPATCHED` and `UNPACK_FIRST` for the address of
/// parcels that left or are packed, `SHIPPING_ADDRESS_REQUIRED`, `CONTACT_REQUIRED`, `PICKUP_UNAVAILABLE`.
pub async fn prepare(ctx: &Ctx, input: PrepareChange) -> Result<Prepared> {
    let scope = &ctx.require(Permission::OrdersEdit)?;
    let reason = &text::note("input.reason", &input.reason, text::NOTE)?;
    if reason.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "input.reason"));
    }
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let order = lock_readable(tx, input.order_id).await?;
        if !scope.allows(order.channel_id, order.location_id) {
            return Err(Error::not_found("order"));
        }
        version::check(input.expected_version, order.version)?;
        check_open(&order)?;
        let preview = Box::pin(preview(tx, &order, &input.operations, !input.waive_claw_back)).await?;
        let change = row(tx, &order, &input.operations, (&preview, reason))?;
        order_change::Entity::insert(change.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
        let event = NewEvent::new("order_change_prepared", "order", order.id.uuid()).customer(order.customer_id);
        tx.event(event.payload(json!({ "order_change_id": change.id, "difference": change.difference })));
        Ok(Prepared { change, currency: order.currency })
    })
    .await
}

/// Error: `INVALID_TRANSITION` for an order that is not open.
pub(super) fn check_open(order: &order::Model) -> Result<()> {
    // What can be canceled can be changed.
    let is_open = order.status.next(OrderAction::Cancel).is_some();
    if is_open { Ok(()) } else { Err(Error::transition("order", order.status, OrderAction::Cancel)) }
}

/// Locks a change behind its order. Error: `NOT_FOUND`.
pub(super) async fn lock(tx: &Tx, scope: &Scope, id: OrderChangeId) -> Result<(order::Model, order_change::Model)> {
    let missing = || Error::not_found("orderChange");
    let known = order_change::Entity::find_by_id(id).one(tx).await?.ok_or_else(missing)?;
    let order = lock_readable(tx, known.order_id).await;
    let order = order.map_err(|error| if error.code() == ErrorCode::NotFound { missing() } else { error })?;
    if !scope.allows(order.channel_id, order.location_id) {
        return Err(missing());
    }
    let change = order_change::Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or_else(missing)?;
    Ok((order, change))
}

async fn preview(tx: &Tx, order: &order::Model, operations: &[Operation], keep: bool) -> Result<Preview> {
    let lines = orders::query::lines(tx, &[order.id]).await?;
    let plan = operation::plan(operations, &lines, order.currency)?;
    let channel = channels::query::get(tx, order.channel_id).await?;
    let shipping_address = address(tx, order, &lines, plan.address.as_ref()).await?;
    let contact = plan.contact.as_ref().map(|contact| checked(order, &channel, contact)).transpose()?;
    check_stores(tx, order, &plan.moved).await?;
    let order = &order::Model {
        shipping_address: shipping_address.clone().or_else(|| order.shipping_address.clone()),
        ..order.clone()
    };
    let added = quote::quote(tx, order, &orders::query::taxes(tx, &[order.id]).await?, &plan.added).await?;
    let ships = |line: &AddedLine| matches!(line.delivery, DeliveryMethod::Ship | DeliveryMethod::LocalDelivery);
    if added.iter().any(ships) && order.shipping_address.is_none() {
        return Err(Error::invalid(ErrorCode::ShippingAddressRequired, "input.operations"));
    }
    let removed = removed(&lines, &plan)?;
    let books = Books::read(tx, order.id).await?;
    let claw_back = claw_back(tx, order, &books, (&removed, &added), keep).await?;
    let (before, after) = worths(tx, order, &books, (&plan, &added, claw_back))?;
    Ok(Preview { added, removed, moved: plan.moved, shipping_address, contact, before, after, claw_back })
}

fn removed(lines: &[order_line::Model], plan: &Plan) -> Result<Vec<RemovedUnits>> {
    let of = |id: &OrderLineId| lines.iter().find(|line| line.id == *id).ok_or(Error::not_found("orderLine"));
    let units = plan.removed.iter().map(|(id, quantity)| {
        let amount = worth::of_units(of(id)?, *quantity)?;
        Ok(RemovedUnits { order_line_id: *id, quantity: *quantity, amount })
    });
    units.collect()
}

/// Discounts that are kept of what is taken away, at most what it is worth, or given back.
async fn claw_back(
    tx: &Tx,
    order: &order::Model,
    books: &Books,
    (removed, added): (&[RemovedUnits], &[AddedLine]),
    keep: bool,
) -> Result<i64> {
    let units = removed.iter().map(|units| (units.order_line_id, units.quantity)).collect();
    let coming =
        |line: &AddedLine| Coming { variant_id: line.variant_id, quantity: line.quantity, unit_price: line.unit_price };
    let coming: Vec<Coming> = added.iter().map(coming).collect();
    let amount = claw_back::of(tx, order, books, &units, Terms { keep, coming: &coming }).await?;
    Ok(amount.min(removed.iter().map(|units| units.amount).sum()))
}

fn worths(
    tx: &Tx,
    order: &order::Model,
    books: &Books,
    (plan, added, claw_back): (&Plan, &[AddedLine], i64),
) -> Result<(Worth, Worth)> {
    let (shipping, refunded, kept) = (&books.shipping, books.shipping_back(), books.clawed_back());
    let before = worth::worth(&books.lines, shipping, (refunded, kept))?;
    let mut after = books.lines.clone();
    for line in &mut after {
        line.canceled += plan.removed.get(&line.id).copied().unwrap_or(0);
    }
    after.extend(apply::rows(tx, order.id, added, (0, 0)));
    Ok((before, worth::worth(&after, shipping, (refunded, kept + claw_back))?))
}

/// The checked address of what was not packed yet.
async fn address(
    tx: &Tx,
    order: &order::Model,
    lines: &[order_line::Model],
    wanted: Option<&Address>,
) -> Result<Option<Address>> {
    let Some(wanted) = wanted else { return Ok(None) };
    let address = address_format::check("input.operations.address", wanted.clone())?;
    let shipped: Vec<&order_line::Model> = lines.iter().filter(|line| worth::is_shipped(line)).collect();
    if !shipped.is_empty() && shipped.iter().all(|line| operation::open(line) == 0) {
        return Err(Error::invalid(ErrorCode::AlreadyDispatched, "input.operations.address"));
    }
    // Taxes and shipping were agreed for that country.
    if order.shipping_address.as_ref().is_some_and(|before| before.country != address.country) {
        return Err(Error::invalid(ErrorCode::InvalidCountry, "input.operations.address.country"));
    }
    let packed = fulfillment::query::of_orders(tx, &[order.id]).await?;
    let is_packed = |work: &entity::fulfillment_order::Model| {
        work.method != DeliveryMethod::Pickup && work.status == FulfillmentOrderStatus::Packed
    };
    if packed.iter().any(is_packed) {
        return Err(Error::invalid(ErrorCode::UnpackFirst, "input.operations.address"));
    }
    Ok(Some(address))
}

/// The contact in its one form. Error: `CONTACT_REQUIRED` when nothing is left, and those of e-mail, phone and name.
fn checked(order: &order::Model, channel: &channel::Model, contact: &NewContact) -> Result<NewContact> {
    let given = |part: &Option<String>, read: &dyn Fn(&str) -> Result<String>| {
        part.as_deref().map(|it| if it.trim().is_empty() { Ok(String::new()) } else { read(it) }).transpose()
    };
    let country = channel.tax_country.as_str();
    let checked = NewContact {
        email: given(&contact.email, &|email| identifier::normalize_email(email))?,
        phone: given(&contact.phone, &|phone| identifier::normalize_phone(phone, country))?,
        name: given(&contact.name, &|name| text::line("contactName", name, text::LINE))?,
    };
    let keeps =
        |new: &Option<String>, old: &Option<String>| new.as_ref().or(old.as_ref()).is_some_and(|it| !it.is_empty());
    if keeps(&checked.email, &order.email) || keeps(&checked.phone, &order.phone) {
        Ok(checked)
    } else {
        Err(Error::invalid(ErrorCode::ContactRequired, "input.operations.contact"))
    }
}

/// Error: `PICKUP_UNAVAILABLE` for a store that hands nothing over for the channel.
async fn check_stores(tx: &Tx, order: &order::Model, moved: &[MovedUnits]) -> Result<()> {
    if moved.is_empty() {
        return Ok(());
    }
    let serving = channels::query::locations(tx, order.channel_id).await?;
    let offers = |moved: &MovedUnits| {
        let store = serving.iter().find(|(store, _)| store.id == moved.location_id);
        store.is_some_and(|(store, _)| store.active && store.pickup_enabled)
    };
    if moved.iter().all(offers) {
        Ok(())
    } else {
        Err(Error::invalid(ErrorCode::PickupUnavailable, "input.operations.locationId"))
    }
}

fn row(
    tx: &Tx,
    order: &order::Model,
    operations: &[Operation],
    (preview, reason): (&Preview, &str),
) -> Result<order_change::Model> {
    let difference = preview.after.total - preview.before.total;
    let as_json = |error: serde_json::Error| Error::Bug(error.to_string());
    Ok(order_change::Model {
        id: OrderChangeId(tx.new_uuid()),
        order_id: order.id,
        order_version: order.version,
        revision: 0,
        status: OrderChangeStatus::Draft,
        operations: serde_json::to_value(operations).map_err(as_json)?,
        preview: serde_json::to_value(preview).map_err(as_json)?,
        difference,
        settlement: match difference {
            0 => OrderChangeSettlement::None,
            1.. => OrderChangeSettlement::BalanceDue,
            _ => OrderChangeSettlement::Refund,
        },
        reason: reason.to_owned(),
        staff_id: tx.ctx().actor.staff_id(),
        payment_link_id: None,
        refund_id: None,
        confirmed_at: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    })
}
