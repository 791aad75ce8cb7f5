//! The customer chooses again after a store fell short: another store, shipping, waiting, or the money back. Who does not
//! choose in time gets the money back.

use std::collections::BTreeMap;

use entity::address::Address;
use entity::id::{LocationId, OrderLineId, PickupId};
use entity::status::{FulfillmentOrderAction, PickupAction};
use entity::words::{
    DeliveryMethod, MovementKind, ParkingReason, PickupChoice, PickupStatus, RefundReason, RoutingOccasion, StockState,
};
use entity::{fulfillment_order, fulfillment_order_line, fulfillment_rejection, location, order, order_line, pickup};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::expire::give_up;
use super::step::{Locked, lock};
use super::units::{self, WorkUnits};
use super::{access, code};
use crate::customer::address_format;
use crate::fulfillment::reroute::{self, Reroute, reroute};
use crate::fulfillment::work;
use crate::inventory;
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};
use crate::{channel as channels, location as locations, order as orders};

/// Pickups looked at in one go.
const AT_ONCE: u64 = 100;

/// What the customer chooses.
#[derive(Clone, Debug)]
pub struct Choose {
    /// About which pickup.
    pub pickup_id: PickupId,
    /// The secret of the link; none for the signed-in customer and who holds the order's secret.
    pub token: Option<String>,
    /// The choice.
    pub choice: PickupChoice,
    /// The other store.
    pub location_id: Option<LocationId>,
    /// Where to ship; the order's address when `None`.
    pub address: Option<Address>,
}

/// Carries the choice out, once. Errors: `NOT_FOUND`, `INVALID_CODE` for a wrong link or after the time to choose,
/// `INVALID_TRANSITION` when there is nothing to choose (any more), `REQUIRED` for the store, `PICKUP_UNAVAILABLE` and
/// `INSUFFICIENT_STOCK` for a store that cannot, `SHIPPING_ADDRESS_REQUIRED`, `ADDRESS_INCOMPLETE` and what addresses must be.
pub async fn choose(ctx: &Ctx, input: Choose) -> Result<pickup::Model> {
    access::hands(ctx, input.pickup_id, input.token.as_deref()).await?;
    let address = input.address.clone().map(|given| address_format::check("input.address", given)).transpose()?;
    let (input, address) = (&input, &address);
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = lock(tx, input.pickup_id).await?;
        if locked.pickup.status != PickupStatus::Short {
            return Err(locked.refuse("CHOOSE"));
        }
        let in_time = locked.pickup.choice_expires_at.is_some_and(|until| until > tx.now());
        let link = input.token.as_deref().is_none_or(|token| code::is_choice(tx.ctx(), &locked.pickup, token));
        if !in_time || !link {
            return Err(Error::invalid(ErrorCode::InvalidCode, "input.token"));
        }
        Box::pin(carry_out(tx, &mut locked, input, address.as_ref())).await?;
        Ok(locked.pickup)
    })
    .await
}

async fn carry_out(tx: &Tx, locked: &mut Locked, input: &Choose, address: Option<&Address>) -> Result<()> {
    locked.pickup.choice = Some(input.choice);
    match input.choice {
        PickupChoice::Cancel => Box::pin(give_up(tx, locked, PickupAction::Cancel, RefundReason::Canceled)).await,
        PickupChoice::Wait => Box::pin(wait(tx, locked)).await,
        PickupChoice::Ship => {
            set_address(tx, locked, address).await?;
            Box::pin(go_elsewhere(tx, locked, DeliveryMethod::Ship, None)).await
        }
        PickupChoice::OtherStore => {
            let store = input.location_id.ok_or_else(|| Error::invalid(ErrorCode::Required, "input.locationId"))?;
            check_store(tx, locked, store).await?;
            Box::pin(go_elsewhere(tx, locked, DeliveryMethod::Pickup, Some(store))).await
        }
    }
}

/// Error: `PICKUP_UNAVAILABLE`.
async fn check_store(tx: &Tx, locked: &Locked, store: LocationId) -> Result<()> {
    let serving = channels::query::locations(tx, locked.order.channel_id).await?;
    let offered =
        serving.iter().any(|(location, _)| location.id == store && location.active && location.pickup_enabled);
    let same = store == locked.pickup.location_id;
    if offered && !same { Ok(()) } else { Err(Error::invalid(ErrorCode::PickupUnavailable, "input.locationId")) }
}

async fn set_address(tx: &Tx, locked: &mut Locked, address: Option<&Address>) -> Result<()> {
    if let Some(address) = address {
        locked.order.shipping_address = Some(address.clone());
        order::Entity::update_many()
            .col_expr(order::Column::ShippingAddress, Expr::value(serde_json::json!(address)))
            .filter(order::Column::Id.eq(locked.order.id))
            .exec(tx)
            .await?;
    }
    match locked.order.shipping_address {
        Some(_) => Ok(()),
        None => Err(Error::invalid(ErrorCode::ShippingAddressRequired, "input.address")),
    }
}

/// The old work ends, its units are routed again.
async fn go_elsewhere(tx: &Tx, locked: &mut Locked, method: DeliveryMethod, store: Option<LocationId>) -> Result<()> {
    let all = WorkUnits::read(tx, &locked.lines).await?;
    let units = all.rejected();
    locked.work = work::transition(tx, locked.work.clone(), FulfillmentOrderAction::Cancel).await?;
    locked.go(tx, PickupAction::Cancel).await?;
    bind(tx, locked, &units, (method, store)).await?;
    let request = Reroute {
        units: units.iter().map(|(line, count)| (*line, *count)).collect(),
        method,
        pickup_location_id: store,
        occasion: RoutingOccasion::Change,
        replaces: Some(locked.work.id),
        collector_name: locked.pickup.collector_name.clone(),
    };
    let opened = reroute(tx, &locked.order, request).await?;
    if let Some(short) = opened.iter().find(|work| store.is_some() && work.location_id.is_none()) {
        return Err(short_of(tx, short).await?);
    }
    orders::refresh(tx, locked.order.id).await?;
    Ok(())
}

/// Another store has it no longer.
async fn short_of(tx: &Tx, work: &fulfillment_order::Model) -> Result<Error> {
    let line = fulfillment_order_line::Entity::find()
        .filter(fulfillment_order_line::Column::FulfillmentOrderId.eq(work.id))
        .one(tx)
        .await?
        .ok_or(Error::not_found("fulfillmentOrder"))?;
    Ok(Error::InsufficientStock { variant_id: line.variant_id, requested: line.quantity, available: 0 })
}

/// A line of which nothing left and nothing else is under way now reaches the customer in the new way.
async fn bind(
    tx: &Tx,
    locked: &Locked,
    units: &BTreeMap<OrderLineId, i64>,
    (method, store): (DeliveryMethod, Option<LocationId>),
) -> Result<()> {
    let lines = orders::query::lines(tx, &[locked.order.id]).await?;
    let whole =
        lines.iter().filter(|line| units.get(&line.id).is_some_and(|count| *count == line.quantity - line.canceled));
    let whole: Vec<OrderLineId> = whole.map(|line| line.id).collect();
    if whole.is_empty() {
        return Ok(());
    }
    order_line::Entity::update_many()
        .col_expr(order_line::Column::Delivery, Expr::value(method))
        .col_expr(order_line::Column::PickupLocationId, Expr::value(store))
        .filter(order_line::Column::Id.is_in(whole))
        .exec(tx)
        .await?;
    Ok(())
}

/// The customer waits for this store: its stock serves again when it suffices now, else others bring what it lacks when
/// they can and the store takes it, else the work waits for stock there.
async fn wait(tx: &Tx, locked: &mut Locked) -> Result<()> {
    let all = WorkUnits::read(tx, &locked.lines).await?;
    let units = all.rejected();
    let store = locked.pickup.location_id;
    fulfillment_rejection::Entity::delete_many()
        .filter(fulfillment_rejection::Column::OrderLineId.is_in(units.keys().copied()))
        .filter(fulfillment_rejection::Column::LocationId.eq(store))
        .exec(tx)
        .await?;
    let event_id = locked.tell(tx, "pickup_wait_chosen", serde_json::json!({ "order_id": locked.order.id }));
    let step = (MovementKind::Committed, Some(StockState::Available), Some(StockState::Committed));
    let movements = all.movements(&units, store, step, event_id);
    let keys: Vec<_> = movements.iter().map(|movement| (store, movement.variant_id)).collect();
    let there = inventory::lock(tx, &keys).await?;
    let mut wanted: BTreeMap<_, i64> = BTreeMap::new();
    for movement in &movements {
        *wanted.entry((store, movement.variant_id)).or_default() += movement.quantity;
    }
    let suffices = wanted.iter().all(|(key, count)| there.get(key).is_some_and(|level| level.available() >= *count));
    let rows: Vec<_> = locked.lines.iter().map(|line| (line.id, 0)).collect();
    units::set(tx, fulfillment_order_line::Column::Rejected, &rows).await?;
    locked.work.hold_reason = None;
    locked.work.hold_note = None;
    locked.work = work::transition(tx, locked.work.clone(), FulfillmentOrderAction::Resume).await?;
    let mut action = PickupAction::Wait;
    if suffices {
        inventory::post(tx, &movements).await?;
    } else {
        let units: Vec<_> = units.into_iter().collect();
        let sent = Box::pin(reroute::send_for(tx, &locked.order, &mut locked.work, (store, &units))).await?;
        if sent {
            action = PickupAction::Await;
        } else {
            locked.work.location_id = None;
            locked.work.parked_as = Some(ParkingReason::Unfillable);
        }
        locked.work = work::transition(tx, locked.work.clone(), FulfillmentOrderAction::Park).await?;
    }
    locked.go(tx, action).await?;
    orders::refresh(tx, locked.order.id).await?;
    Ok(())
}

/// The stores that have all of a short pickup now, or get it from others, in the order in which they serve.
pub async fn other_stores(ctx: &Ctx, pickup: &pickup::Model) -> Result<Vec<location::Model>> {
    let db = &ctx.db();
    let Some(order) = orders::query::by_id(db, pickup.order_id).await? else { return Ok(Vec::new()) };
    let lines = crate::fulfillment::query::lines(db, &[pickup.fulfillment_order_id]).await?;
    let mut wanted: BTreeMap<_, i64> = BTreeMap::new();
    for line in &lines {
        *wanted.entry(line.variant_id).or_default() += line.quantity - line.fulfilled;
    }
    let variants: Vec<_> = wanted.keys().copied().collect();
    let offers = inventory::pickup::pickup(db, order.channel_id, &variants, ctx.now()).await?;
    let mut stores: Vec<location::Model> = Vec::new();
    for offer in &offers {
        if offer.location.id != pickup.location_id && !stores.iter().any(|store| store.id == offer.location.id) {
            stores.push(location::Model::clone(&offer.location));
        }
    }
    let can = |store: &location::Model| {
        wanted.iter().all(|(variant, count)| {
            let mut here = offers.iter().filter(|offer| offer.location.id == store.id && offer.variant_id == *variant);
            here.any(|offer| offer.ready_for(*count).is_some())
        })
    };
    Ok(stores.into_iter().filter(can).collect())
}

/// Gives the money back to everybody who did not choose in time, each in a transaction of its own; returns how many.
pub async fn time_out_due(ctx: &Ctx) -> Result<u64> {
    let mut ended = 0;
    loop {
        let due = pickup::Entity::find()
            .filter(pickup::Column::Status.eq(PickupStatus::Short))
            .filter(pickup::Column::ChoiceExpiresAt.lte(ctx.now()))
            .order_by_asc(pickup::Column::ChoiceExpiresAt)
            .limit(AT_ONCE)
            .all(&ctx.db())
            .await?;
        let mut some = 0;
        for pickup in due {
            some += u64::from(time_out(ctx, pickup.id).await?);
        }
        ended += some;
        if some == 0 {
            return Ok(ended);
        }
    }
}

async fn time_out(ctx: &Ctx, id: PickupId) -> Result<bool> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = lock(tx, id).await?;
        let over = locked.pickup.choice_expires_at.is_some_and(|until| until <= tx.now());
        if !over || locked.pickup.status != PickupStatus::Short {
            return Ok(false);
        }
        Box::pin(give_up(tx, &mut locked, PickupAction::Cancel, RefundReason::Unfillable)).await?;
        Ok(true)
    })
    .await
}

/// The name under which a store is shown.
#[must_use]
pub fn store_name<'a>(store: &'a location::Model, locale: &str) -> &'a str {
    locations::query::name_in(store, locale)
}
