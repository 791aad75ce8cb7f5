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
    CancelTransfer, CreateTransfer, DispatchTransfer, ReceiveTransfer, TransferContent, TransferStep,
};
use domain::{Error, Result, stock_count, transfer};
use entity::id::FulfillmentOrderId;
use entity::words::{
    Carrier, CountSource, FulfillmentOrderStatus, OrderStatus, RejectionReason, StockState, TransferCancelOutcome,
    TransferStatus,
};
use entity::{fulfillment_order, order, shipment};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::floor::Floor;
use crate::fulfillment::shop::buy;

fn one<'a, T>(random: &Random, of: &'a [T]) -> Option<&'a T> {
    of.get(usize::try_from(random.below(of.len().try_into().unwrap())).unwrap())
}

fn units(random: &Random, most: u64) -> i64 {
    i64::try_from(1 + random.below(most)).unwrap()
}

/// Does one thing. Nothing to do is done, too.
pub(super) async fn act(floor: &Floor, random: &Random) -> Result<()> {
    let key = format!("{:032x}", random.uuid(floor.world().now()));
    match random.below(20) {
        0..=4 => place(floor, random, &key).await,
        5..=6 => ship_at_once(floor, random, key).await,
        7 => accept_some(floor, random).await,
        8 => pick_some(floor, random, key).await,
        9 => pack_some(floor, random, key).await,
        10 => dispatch_some(floor, random, key).await,
        11..=12 => reject_some(floor, random, key).await,
        13 => move_some(floor, random, key).await,
        14 => cancel_some(floor, random, key).await,
        15..=17 => truck(floor, random, key).await,
        18 => count_some(floor, random, &key).await,
        _ => receive_some(floor, random, key).await,
    }
}

async fn place(floor: &Floor, random: &Random, key: &str) -> Result<()> {
    let Some(variant) = one(random, &floor.goods) else { return Ok(()) };
    let wanted = units(random, 4);
    let (cart, ctx) = floor.shop.cart_of(*variant, wanted).await;
    buy(&ctx, cart, wanted * 1_000 + 550, key).await.map(|_| ())
}

async fn some_work(floor: &Floor, random: &Random, status: FulfillmentOrderStatus) -> Option<FulfillmentOrderId> {
    let open = fulfillment_order::Entity::find().filter(fulfillment_order::Column::Status.eq(status));
    let open = open.all(floor.world().db()).await.unwrap();
    one(random, &open).map(|work| work.id)
}

async fn ship_at_once(floor: &Floor, random: &Random, key: String) -> Result<()> {
    let Some(id) = some_work(floor, random, FulfillmentOrderStatus::Open).await else { return Ok(()) };
    let work = WorkRef { id, expected_version: None };
    let input = Ship { units: Vec::new(), work, label: label(), tracking_number: None, idempotency_key: key };
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
    let input =
        CancelOrder { order_id: order.id, lines: Vec::new(), note: None, expected_version: None, idempotency_key: key };
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
            let input = DispatchTransfer {
                units: Vec::new(),
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
            let input = ReceiveTransfer {
                numbers: domain::transfer::Numbers::default(),
                transfer_id: row.id,
                expected_version: None,
                lines: None,
                idempotency_key: key,
            };
            transfer::receive(clerk, input).await
        }
    };
    done.map(|_| ())
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
    let line = ReceiveLine { variant_id: *variant, quantity: units(random, 6), state: StockState::Available };
    let input = ReceiveStock {
        location_id: *place,
        lines: vec![line],
        reason: "delivery".to_owned(),
        reason_code: None,
        units: Vec::new(),
        idempotency_key: key,
    };
    receive(&floor.clerk, input).await.map(|_| ())
}
