//! What a person may do next.

use domain::fulfillment::accept::accept;
use domain::fulfillment::desk::WorkRef;
use domain::fulfillment::move_work::{MoveWork, move_work};
use domain::fulfillment::pick::{PickWork, pick};
use domain::fulfillment::reject::{Reject, reject};
use domain::inventory::{ReceiveLine, ReceiveStock, receive};
use domain::kernel::random::Random;
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::shipping::dispatch::{Dispatch, dispatch};
use domain::shipping::pack::{Pack, pack};
use domain::shipping::parcel::Label;
use domain::shipping::ship::{Ship, ship};
use domain::stock_count::{
    AcceptCount, CreateCount, Goods, NewEntry, RecordEntries, Selection, StartSession, SubmitCount,
};
use domain::transfer::{
    CancelTransfer, CreateTransfer, DispatchTransfer, Numbers, ReceiveTransfer, ReceivedUnits, TransferContent,
    TransferStep,
};
use domain::{Error, Result, stock_count, transfer};
use entity::id::FulfillmentOrderId;
use entity::words::{
    Carrier, CountSource, FulfillmentOrderStatus, OrderStatus, RejectionReason, StockState, TransferCancelOutcome,
    TransferStatus,
};
use entity::{fulfillment_order, order, shipment};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::floor::Floor;
use super::{counter, supply};
use crate::fulfillment::shop::buy;

pub(super) fn one<'a, T>(random: &Random, of: &'a [T]) -> Option<&'a T> {
    if of.is_empty() {
        return None;
    }
    of.get(usize::try_from(random.below(of.len().try_into().unwrap())).unwrap())
}

pub(super) fn units(random: &Random, most: u64) -> i64 {
    i64::try_from(1 + random.below(most)).unwrap()
}

/// What a person does at a step: decided by the seed alone, whatever the others do meanwhile. What it is done to depends
/// on what is there.
pub(super) fn plan(seed: u64, person: u64, step: u64) -> (u64, Random) {
    let mut mixed = seed ^ person.rotate_left(20) ^ step.rotate_left(40);
    // Neighbors must not resemble each other (the finalizer of SplitMix64).
    for factor in [0xbf58_476d_1ce4_e5b9_u64, 0x94d0_49bb_1331_11eb] {
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(factor);
    }
    let random = Random::seeded(mixed ^ (mixed >> 31));
    (random.below(DEEDS), random)
}

/// Kinds of deeds, some of which come up more often.
const DEEDS: u64 = 46;

/// Does one thing. Nothing to do is done, too.
pub(super) async fn act(floor: &Floor, deed: u64, random: &Random) -> Result<()> {
    let key = format!("{:032x}", random.uuid(floor.world().now()));
    match deed {
        0..=3 => place(floor, random, &key).await,
        4..=5 => ship_at_once(floor, random, key).await,
        6 => accept_some(floor, random).await,
        7 => pick_some(floor, random, key).await,
        8 => pack_some(floor, random, key).await,
        9 => dispatch_some(floor, random, key).await,
        10..=11 => reject_some(floor, random, key).await,
        12 => move_some(floor, random, key).await,
        13..=14 => cancel_some(floor, random, key).await,
        15..=18 => truck(floor, random, key).await,
        19 => count_some(floor, random, &key).await,
        20 => receive_some(floor, random, key).await,
        21..=22 => supply::purchase(floor, random, key).await,
        23 => supply::tell_change(floor, random, key).await,
        24..=26 => counter::order(floor, random, &key).await,
        27..=29 => counter::start(floor, random).await,
        30..=32 => counter::ready(floor, random, key).await,
        33..=35 => counter::hand_over(floor, random, key).await,
        36 => counter::unready(floor, random).await,
        37 => counter::choose_again(floor, random).await,
        38 => counter::give_up(floor, random).await,
        39 => counter::expire_some(floor, random).await,
        40 => counter::reserve(floor, random, key).await,
        41 => counter::free_reservation(floor, random).await,
        42..=44 => counter::sell_some(floor, random, key).await,
        _ => counter::release(floor).await,
    }
}

async fn place(floor: &Floor, random: &Random, key: &str) -> Result<()> {
    let Some(variant) = one(random, &floor.goods) else { return Ok(()) };
    let wanted = units(random, 4);
    let (cart, ctx) = floor.shop.cart_of(*variant, wanted).await;
    buy(&ctx, cart, wanted * 1_000 + 550, key).await.map(|_| ())
}

async fn some_work(floor: &Floor, random: &Random, status: FulfillmentOrderStatus) -> Option<FulfillmentOrderId> {
    let open = fulfillment_order::Entity::find()
        .filter(fulfillment_order::Column::Status.eq(status))
        .order_by_asc(fulfillment_order::Column::Id);
    let open = open.all(floor.world().db()).await.unwrap();
    one(random, &open).map(|work| work.id)
}

async fn ship_at_once(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let Some(id) = some_work(floor, random, FulfillmentOrderStatus::Open).await else { return Ok(()) };
    let work = WorkRef { id, expected_version: None };
    let place = fulfillment_order::Entity::find_by_id(id).one(floor.world().db()).await.unwrap().unwrap().location_id;
    let units = match place {
        Some(place) => floor.numbers_of(random, id, place).await,
        None => Vec::new(),
    };
    let input = Ship { units, work, label: label(), tracking_number: None, idempotency_key: key };
    ship(&floor.clerk, input).await.map(|_| ())
}

fn label() -> Label {
    Label { carrier: Some(Carrier::Yamato), ..Label::default() }
}

async fn accept_some(floor: &Floor, random: &Random) -> Result<()> {
    let Some(id) = some_work(floor, random, FulfillmentOrderStatus::Open).await else { return Ok(()) };
    accept(&floor.clerk, &[WorkRef { id, expected_version: None }]).await.map(|_| ())
}

async fn pick_some(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let Some(id) = some_work(floor, random, FulfillmentOrderStatus::InProgress).await else { return Ok(()) };
    let input = PickWork { fulfillment_order_id: id, lines: Vec::new(), expected_version: None, idempotency_key: key };
    pick(&floor.clerk, input).await.map(|_| ())
}

async fn pack_some(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let Some(id) = some_work(floor, random, FulfillmentOrderStatus::InProgress).await else { return Ok(()) };
    let input = Pack { work: vec![id], lines: Vec::new(), label: label(), expected: Vec::new(), idempotency_key: key };
    pack(&floor.clerk, input).await.map(|_| ())
}

async fn dispatch_some(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let waiting = shipment::Entity::find().filter(shipment::Column::ShippedAt.is_null());
    let waiting = waiting.all(floor.world().db()).await.unwrap();
    let Some(parcel) = one(random, &waiting) else { return Ok(()) };
    let input =
        Dispatch { shipment_id: parcel.id, tracking_number: None, expected_version: None, idempotency_key: key };
    dispatch(&floor.clerk, input).await.map(|_| ())
}

async fn reject_some(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let status = if random.below(2) == 0 { FulfillmentOrderStatus::Open } else { FulfillmentOrderStatus::InProgress };
    let Some(id) = some_work(floor, random, status).await else { return Ok(()) };
    let reasons =
        [RejectionReason::TooBusy, RejectionReason::TooBusy, RejectionReason::Damaged, RejectionReason::NotFound];
    let input = Reject {
        units: Vec::new(),
        fulfillment_order_id: id,
        lines: Vec::new(),
        reason: *one(random, &reasons).unwrap(),
        effect: None,
        note: None,
        expected_version: None,
        idempotency_key: key,
    };
    reject(&floor.clerk, input).await.map(|_| ())
}

async fn move_some(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let Some(id) = some_work(floor, random, FulfillmentOrderStatus::Open).await else { return Ok(()) };
    let Some(place) = one(random, &floor.places) else { return Ok(()) };
    let input =
        MoveWork { fulfillment_order_id: id, location_id: *place, expected_version: None, idempotency_key: key };
    move_work(&floor.clerk, input).await.map(|_| ())
}

async fn cancel_some(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let open = order::Entity::find().filter(order::Column::Status.eq(OrderStatus::Open));
    let open = open.all(floor.world().db()).await.unwrap();
    let Some(order) = one(random, &open) else { return Ok(()) };
    let input = CancelOrder {
        order_id: order.id,
        lines: Vec::new(),
        reason: entity::words::CancelReason::Customer,
        notify: false,
        note: None,
        expected_version: None,
        idempotency_key: key,
    };
    cancel_order(&floor.clerk, input).await.map(|_| ())
}

/// Sends a truck, or does the next thing to one that is there.
async fn truck(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let all = entity::transfer::Entity::find().all(floor.world().db()).await.unwrap();
    let open: Vec<_> = all
        .into_iter()
        .filter(|row| !matches!(row.status, TransferStatus::Received | TransferStatus::Canceled))
        .collect();
    let row = match one(random, &open) {
        Some(row) if open.len() > 3 || random.below(2) == 0 => row,
        _ => return load(floor, random, key).await,
    };
    let clerk = &floor.clerk;
    let done = match row.status {
        _ if random.below(8) == 0 => {
            let outcome = [TransferCancelOutcome::WriteBack, TransferCancelOutcome::WriteOff];
            let input = CancelTransfer {
                transfer_id: row.id,
                expected_version: None,
                outcome: one(random, &outcome).copied(),
                reason: Some("the truck broke down".to_owned()),
                idempotency_key: key,
            };
            transfer::cancel(clerk, input).await
        }
        TransferStatus::Draft => {
            let input = TransferStep { transfer_id: row.id, expected_version: None, idempotency_key: key };
            transfer::make_ready(clerk, input).await
        }
        TransferStatus::Ready => {
            let lines = transfer::query::lines(floor.world().db(), &[row.id]).await.unwrap();
            let cameras = lines.iter().filter(|line| line.variant_id == floor.camera).map(|line| line.quantity).sum();
            let input = DispatchTransfer {
                units: floor.some_numbers(random, row.from_location_id, cameras).await,
                transfer_id: row.id,
                expected_version: None,
                lines: None,
                carrier: None,
                tracking_number: None,
                idempotency_key: key,
            };
            transfer::dispatch(clerk, input).await
        }
        TransferStatus::InTransit
        | TransferStatus::PartlyReceived
        | TransferStatus::Received
        | TransferStatus::Canceled => {
            let (lines, numbers) = arrival(floor, random, row).await;
            let input =
                ReceiveTransfer { transfer_id: row.id, expected_version: None, lines, numbers, idempotency_key: key };
            transfer::receive(clerk, input).await
        }
    };
    done.map(|_| ())
}

/// All of a transfer in order, or a unit of it, in order, damaged or missing.
async fn arrival(
    floor: &Floor,
    random: &Random,
    row: &entity::transfer::Model,
) -> (Option<Vec<ReceivedUnits>>, Numbers) {
    let lines = transfer::query::lines(floor.world().db(), &[row.id]).await.unwrap();
    let (Some(line), true) = (one(random, &lines), random.below(2) == 0) else { return (None, Numbers::default()) };
    let (received, damaged, missing) = *one(random, &[(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1)]).unwrap();
    let reason = (damaged + missing > 0).then(|| "a wet box".to_owned());
    let units = ReceivedUnits { variant_id: line.variant_id, received, damaged, missing, reason };
    let mut numbers = Numbers::default();
    if line.variant_id == floor.camera {
        let mut under_way = floor.under_way(random, row.id).await;
        let mut take = |count: i64| under_way.split_off(under_way.len().saturating_sub(count.try_into().unwrap()));
        numbers = Numbers { received: take(received), damaged: take(damaged), missing: take(missing) };
    }
    (Some(vec![units]), numbers)
}

async fn load(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let (Some(variant), [first, second]) = (one(random, &floor.goods), floor.places.as_slice()) else { return Ok(()) };
    let (from, to) = if random.below(2) == 0 { (first, second) } else { (second, first) };
    let content = TransferContent {
        lines: vec![(*variant, units(random, 5))],
        expected_at: None,
        external_reference: None,
        note: String::new(),
    };
    let input = CreateTransfer { from_location_id: *from, to_location_id: *to, content, idempotency_key: key };
    transfer::create(&floor.clerk, input).await.map(|_| ())
}

/// Counts one kind of goods, a unit more or less than the ledger says, and lets the manager accept it.
async fn count_some(floor: &Floor, random: &Random, key: &str) -> Result<()> {
    let (Some(variant), Some(place)) = (one(random, &floor.goods), one(random, &floor.places)) else { return Ok(()) };
    let create = CreateCount {
        location_id: *place,
        selection: Some(Selection::Variants(vec![*variant])),
        blind: true,
        note: String::new(),
        idempotency_key: key.to_owned(),
    };
    let count = stock_count::create(&floor.clerk, create).await?;
    let session = stock_count::start(&floor.clerk, StartSession { count_id: count.id, storage_area_id: None }).await?;
    let place = if *place == floor.shop.store.id { &floor.shop.store } else { &floor.shop.warehouse };
    let (on_hand, _) = floor.shop.level(place, *variant).await;
    let found = (on_hand + i64::try_from(random.below(3)).unwrap() - 1).max(0);
    let entry = NewEntry { goods: Goods::Variant(*variant), quantity: found, source: CountSource::Manual };
    let entries = RecordEntries { session_id: session.id, entries: vec![entry], idempotency_key: key.to_owned() };
    if found > 0 {
        stock_count::record(&floor.clerk, entries).await?;
    }
    let submit = SubmitCount { count_id: count.id, uncounted_as_zero: true, expected_version: None };
    stock_count::submit(&floor.clerk, submit).await?;
    let accept = AcceptCount {
        found_units: Vec::new(),
        count_id: count.id,
        missing_units: Vec::new(),
        expected_version: None,
        idempotency_key: key.to_owned(),
    };
    match stock_count::accept(&floor.manager, accept).await {
        // What is promised cannot be counted away; the line says so and nothing is posted.
        Ok(_) | Err(Error::InsufficientStock { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn receive_some(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let (Some(variant), Some(place)) = (one(random, &floor.goods), one(random, &floor.places)) else { return Ok(()) };
    let quantity = units(random, 6);
    let line = ReceiveLine { variant_id: *variant, quantity, state: StockState::Available };
    let input = ReceiveStock {
        location_id: *place,
        lines: vec![line],
        reason: "delivery".to_owned(),
        reason_code: None,
        units: floor.new_numbers(random, *variant, quantity),
        idempotency_key: key,
    };
    receive(&floor.clerk, input).await.map(|_| ())
}
