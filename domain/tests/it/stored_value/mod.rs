//! Gift cards, store credit and points: spent once, given back to where they came from, and never out of balance.

mod cards;
mod merging;
mod points;
pub(crate) mod spending;

use chrono::TimeDelta;
use domain::Permission;
use domain::fulfillment::desk::WorkRef;
use domain::messaging::dispatch;
use domain::order::refund::{CreateRefund, RefundWish, create_refund};
use domain::payment::tender::TenderInput;
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::returns::counter::{CounterLine, ReturnAtCounter, return_at_counter};
use domain::shipping::parcel::Label;
use domain::shipping::ship::{Ship, ship};
use domain::stored_value::staff::{GiveCustomer, IssueCard, issue_card, issue_credit};
use domain::stored_value::{account, card};
use entity::id::{ChannelId, CustomerId, OrderId, OrderLineId, StoredValueAccountId};
use entity::words::*;
use entity::{event, message, stored_value_account};
use sea_orm::{EntityTrait, QueryOrder};
use support::World;

use crate::fulfillment::shop::{Shop, yen};

/// A tender, open when no amount is named.
pub(crate) fn tender(gateway: Gateway, amount: Option<i64>, code: Option<&str>) -> TenderInput {
    TenderInput {
        gateway,
        amount: amount.map(yen),
        tendered: None,
        reference: None,
        test_outcome: TestOutcome::Approve,
        code: code.map(str::to_owned),
        method: None,
    }
}

/// A card of so many yen that staff gave away, with its code.
pub(crate) async fn card_of(world: &World, channel: ChannelId, amount: i64) -> (StoredValueAccountId, String) {
    let clerk = world.staff(&[Permission::StoredValueWrite]).await;
    let issued = issue_card(&clerk, gift(channel, amount, &format!("card-{}", world.new_uuid()))).await.unwrap();
    let id = issued.account.id;
    (id, card::code(&world.services().secrets, id))
}

pub(crate) fn gift(channel_id: ChannelId, amount: i64, key: &str) -> IssueCard {
    IssueCard {
        channel_id,
        amount: yen(amount),
        recipient_email: None,
        recipient_name: None,
        sender_name: None,
        message: None,
        locale: None,
        deliver_at: None,
        expires_at: None,
        reason: "a prize".to_owned(),
        idempotency_key: key.to_owned(),
    }
}

/// Store credit of so many yen.
pub(crate) async fn credit_of(
    world: &World,
    shop: &Shop,
    customer_id: CustomerId,
    amount: i64,
) -> StoredValueAccountId {
    let clerk = world.staff(&[Permission::StoredValueWrite]).await;
    let input = GiveCustomer {
        customer_id,
        channel_id: shop.online.id,
        currency: None,
        amount,
        reason: "an apology".to_owned(),
        idempotency_key: format!("credit-{}", world.new_uuid()),
    };
    issue_credit(&clerk, input).await.unwrap().account.id
}

pub(crate) async fn row(world: &World, id: StoredValueAccountId) -> stored_value_account::Model {
    account::by_id(world.db(), id).await.unwrap().unwrap()
}

pub(crate) async fn balance(world: &World, id: StoredValueAccountId) -> i64 {
    row(world, id).await.balance
}

/// Hands every event to the handlers of stored value, and what follows from it; returns all messages, oldest first.
pub(crate) async fn deliver(world: &World) -> Vec<message::Model> {
    use domain::fulfillment::digital;
    use domain::stored_value::{deliver, gift_card, points};
    let handlers = [digital::HANDLER, gift_card::HANDLER, points::HANDLER, deliver::HANDLER];
    let mut known = 0;
    loop {
        let events = event::Entity::find().order_by_asc(event::Column::Id).all(world.db()).await.unwrap();
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        if ids.len() == known {
            break;
        }
        known = ids.len();
        dispatch::run(&world.ctx(), &handlers, &ids).await.unwrap();
    }
    message::Entity::find().order_by_asc(message::Column::Id).all(world.db()).await.unwrap()
}

/// Staff give money of an order back: for units, for shipping, or out of kindness.
pub(crate) async fn give_back(
    world: &World,
    order_id: OrderId,
    units: &[(OrderLineId, i64)],
    (shipping, amount): (i64, i64),
) -> domain::Result<()> {
    let clerk = world.staff(&[Permission::RefundsIssue, Permission::OrdersRead]).await;
    let wish = RefundWish {
        order_id,
        units: units.to_vec(),
        shipping: Some(yen(shipping)),
        amount: Some(yen(amount)),
        fee: None,
        claw_back: false,
        reason: RefundReason::Goodwill,
    };
    let input = CreateRefund {
        wish,
        note: None,
        destination: RefundDestination::Original,
        register_id: None,
        expected_amount: None,
        refund_amount_available: None,
        idempotency_key: world.new_uuid().to_string(),
    };
    create_refund(&clerk, input).await.map(|_| ())
}

/// Sends all that an order still has to send.
pub(crate) async fn send(world: &World, order: OrderId) {
    let packer = world.staff(&[Permission::FulfillmentWork]).await;
    for work in domain::fulfillment::query::of_orders(world.db(), &[order]).await.unwrap() {
        let input = Ship {
            work: WorkRef { id: work.id, expected_version: None },
            label: Label { carrier: Some(Carrier::Yamato), ..Label::default() },
            tracking_number: None,
            units: Vec::new(),
            idempotency_key: format!("ship-{}", work.id),
        };
        ship(&packer, input).await.unwrap();
    }
}

/// A store takes units of an order back.
pub(crate) async fn hand_in(
    world: &World,
    shop: &Shop,
    order_id: OrderId,
    (line, quantity): (OrderLineId, i64),
) -> domain::Result<()> {
    let clerk = world.staff(&[Permission::ReturnsWork]).await;
    let line = CounterLine {
        order_line_id: Some(line),
        variant_id: None,
        quantity,
        reason: None,
        used: false,
        disposition: Disposition::Restock,
        note: String::new(),
        photo: None,
    };
    let input = ReturnAtCounter {
        register_id: None,
        location_id: Some(shop.store.id),
        order_id,
        lines: vec![line],
        units: vec![],
        refund_to: RefundDestination::Original,
        shipping: None,
        waive_fees: false,
        note: String::new(),
        destination_location_id: None,
        override_reason: None,
        approval: None,
        idempotency_key: world.new_uuid().to_string(),
    };
    return_at_counter(&clerk, input).await.map(|_| ())
}

/// Staff cancel units that have not left.
pub(crate) async fn cancel(world: &World, order_id: OrderId, lines: Vec<(OrderLineId, i64)>) -> domain::Result<()> {
    let clerk = world.staff(&[Permission::OrdersCancel, Permission::OrdersRead]).await;
    let input = CancelOrder {
        order_id,
        lines,
        reason: CancelReason::Customer,
        notify: false,
        note: None,
        expected_version: None,
        idempotency_key: world.new_uuid().to_string(),
    };
    cancel_order(&clerk, input).await.map(|_| ())
}

pub(crate) async fn line_of(world: &World, order: OrderId) -> OrderLineId {
    domain::order::query::lines(world.db(), &[order]).await.unwrap()[0].id
}

pub(crate) const fn days(count: i64) -> TimeDelta {
    TimeDelta::days(count)
}
