//! What happens at the counter and the till.

use chrono::TimeDelta;
use domain::fulfillment::parking::{self, Release};
use domain::kernel::random::Random;
use domain::payment::tender::TenderInput;
use domain::pickup::choose::{Choose, choose};
use domain::pickup::collect::{Collect, Proof, collect};
use domain::pickup::ready::{MakeReady, ShortLine, fall_short, make_ready};
use domain::pickup::reservation::{self, Create, ReserveLine};
use domain::pickup::{cancel, code, expire, prepare};
use domain::register::sell::{SaleLine, Sell, sell};
use domain::{Error, Result};
use entity::id::PickupId;
use entity::words::{
    DeliveryMethod, Gateway, PickupChoice, PickupStatus, RejectionEffect, RejectionReason, StoreReservationStatus,
    TestOutcome,
};
use entity::{pickup, store_reservation};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::acts::{one, units};
use super::floor::Floor;
use crate::fulfillment::shop::{buy, yen};

async fn some_pickup(floor: &Floor, random: &Random, status: PickupStatus) -> Option<pickup::Model> {
    let found = pickup::Entity::find().filter(pickup::Column::Status.eq(status)).order_by_asc(pickup::Column::Id);
    one(random, &found.all(floor.world().db()).await.unwrap()).cloned()
}

/// An order to collect in the store.
pub(super) async fn order(floor: &Floor, random: &Random, key: &str) -> Result<()> {
    let Some(variant) = one(random, &floor.goods) else { return Ok(()) };
    let (wanted, store) = (units(random, 3), Some(floor.shop.store.id));
    let (cart, ctx) = floor.shop.cart(&[(*variant, wanted, DeliveryMethod::Pickup, store)]).await;
    buy(&ctx, cart, wanted * 1_000, key).await.map(|_| ())
}

pub(super) async fn start(floor: &Floor, random: &Random) -> Result<()> {
    let Some(found) = some_pickup(floor, random, PickupStatus::Assigned).await else { return Ok(()) };
    prepare::start(&floor.clerk, found.id, None).await.map(|_| ())
}

fn ready_input(pickup_id: PickupId, key: String) -> MakeReady {
    MakeReady {
        pickup_id,
        short: Vec::new(),
        units: Vec::new(),
        missing_units: Vec::new(),
        expected_version: None,
        idempotency_key: key,
    }
}

/// Makes a pickup ready, all of it or without a unit; or tells that nothing of it is there.
pub(super) async fn ready(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let Some(found) = some_pickup(floor, random, PickupStatus::Picking).await else { return Ok(()) };
    let mut input = ready_input(found.id, key);
    if random.below(4) == 0 {
        let lines = domain::order::query::lines(floor.world().db(), &[found.order_id]).await?;
        let effect = if random.below(2) == 0 { RejectionEffect::Nothing } else { RejectionEffect::Quantity };
        input.short = lines
            .iter()
            .map(|line| ShortLine {
                order_line_id: line.id,
                quantity: 1,
                reason: RejectionReason::NotFound,
                stock_effect: Some(effect),
                note: None,
            })
            .collect();
        if random.below(4) == 0 {
            return fall_short(&floor.clerk, input).await.map(|_| ());
        }
    } else {
        input.units = floor.numbers_of(random, found.fulfillment_order_id, found.location_id).await;
    }
    make_ready(&floor.clerk, input).await.map(|_| ())
}

pub(super) async fn unready(floor: &Floor, random: &Random) -> Result<()> {
    let status = if random.below(2) == 0 { PickupStatus::Ready } else { PickupStatus::Picking };
    let Some(found) = some_pickup(floor, random, status).await else { return Ok(()) };
    if status == PickupStatus::Ready {
        return prepare::unready(&floor.clerk, found.id, None).await.map(|_| ());
    }
    prepare::put_back(&floor.clerk, found.id, None).await.map(|_| ())
}

/// Hands over all of a pickup, or a unit of it.
pub(super) async fn hand_over(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let Some(found) = some_pickup(floor, random, PickupStatus::Ready).await else { return Ok(()) };
    let Some(code) = code::of(&floor.world().services().secrets, &found) else { return Ok(()) };
    let lines = domain::order::query::lines(floor.world().db(), &[found.order_id]).await?;
    let part = random.below(3) == 0;
    let input = Collect {
        pickup_id: None,
        location_id: Some(found.location_id),
        proof: Proof::Code(code),
        lines: if part { lines.iter().map(|line| (line.id, 1)).collect() } else { Vec::new() },
        units: Vec::new(),
        idempotency_key: key,
    };
    collect(&floor.clerk, input).await.map(|_| ())
}

/// A customer chooses again.
pub(super) async fn choose_again(floor: &Floor, random: &Random) -> Result<()> {
    let Some(found) = some_pickup(floor, random, PickupStatus::Short).await else { return Ok(()) };
    let choices = [PickupChoice::Ship, PickupChoice::Wait, PickupChoice::Cancel, PickupChoice::OtherStore];
    let input = Choose {
        pickup_id: found.id,
        token: code::choice_token(&floor.world().services().secrets, &found),
        choice: *one(random, &choices).unwrap(),
        location_id: Some(floor.shop.warehouse.id),
        address: None,
    };
    choose(&floor.world().guest(), input).await.map(|_| ())
}

pub(super) async fn give_up(floor: &Floor, random: &Random) -> Result<()> {
    let statuses = [PickupStatus::Assigned, PickupStatus::Picking, PickupStatus::Short, PickupStatus::Ready];
    let Some(found) = some_pickup(floor, random, *one(random, &statuses).unwrap()).await else { return Ok(()) };
    cancel::cancel(&floor.clerk, found.id, None).await.map(|_| ())
}

/// Some days pass, and the job ends what nobody collected.
pub(super) async fn expire_some(floor: &Floor, random: &Random) -> Result<()> {
    let Some(found) = some_pickup(floor, random, PickupStatus::Ready).await else { return Ok(()) };
    floor.world().advance(TimeDelta::days(2));
    expire::expire(&floor.world().ctx(), found.id).await.map(|_| ())
}

/// Puts goods aside for somebody who did not pay.
pub(super) async fn reserve(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let Some(variant_id) = one(random, &floor.goods).copied() else { return Ok(()) };
    let input = Create {
        location_id: floor.shop.store.id,
        channel_id: floor.shop.online.id,
        lines: vec![ReserveLine { variant_id, quantity: units(random, 3) }],
        name: "山田".to_owned(),
        email: Some(format!("someone-{}@example.jp", random.below(1_000))),
        phone: None,
        locale: Some("ja".to_owned()),
        note: String::new(),
        idempotency_key: key,
    };
    reservation::create(&floor.world().guest(), input).await.map(|_| ())
}

async fn some_reservation(floor: &Floor, random: &Random) -> Option<store_reservation::Model> {
    let active = store_reservation::Column::Status.eq(StoreReservationStatus::Open);
    let found = store_reservation::Entity::find().filter(active).order_by_asc(store_reservation::Column::Id);
    one(random, &found.all(floor.world().db()).await.unwrap()).cloned()
}

/// Gives a reservation up.
pub(super) async fn free_reservation(floor: &Floor, random: &Random) -> Result<()> {
    let Some(found) = some_reservation(floor, random).await else { return Ok(()) };
    reservation::cancel(&floor.clerk, found.id).await.map(|_| ())
}

/// Sells something at the till, or what was put aside.
pub(super) async fn sell_some(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let Some(variant_id) = one(random, &floor.goods).copied() else { return Ok(()) };
    let mut input = Sell {
        register_id: Some(floor.shop.register),
        cart_id: None,
        lines: vec![SaleLine { variant_id, quantity: units(random, 2) }],
        units: Vec::new(),
        reservation_code: None,
        customer_id: None,
        email: None,
        locale: None,
        discounts: domain::register::sale_discounts::SaleDiscounts::default(),
        expected_total: None,
        payments: vec![TenderInput {
            gateway: Gateway::Cash,
            amount: None,
            tendered: Some(yen(100_000)),
            reference: None,
            test_outcome: TestOutcome::Approve,
            code: None,
            method: None,
        }],
        idempotency_key: key,
    };
    if random.below(2) == 0
        && let Some(found) = some_reservation(floor, random).await
    {
        input.reservation_code = reservation::code(&floor.world().services().secrets, &found);
        input.lines.clear();
    }
    if variant_id == floor.camera && !input.lines.is_empty() {
        let wanted = input.lines[0].quantity;
        input.units = floor.some_numbers(random, floor.shop.store.id, wanted).await;
    }
    sell(&floor.clerk, input).await.map(|_| ())
}

/// The job that serves waiting work.
pub(super) async fn release(floor: &Floor) -> Result<()> {
    let all = Release { variant_ids: floor.goods.iter().copied().collect(), after: None };
    match parking::run(&floor.world().ctx(), &all).await {
        Ok(_) | Err(Error::InsufficientStock { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
