//! Gift cards, store credit and points: spent once, given back to where they came from, and never out of balance.

mod cards;
mod points;
mod spending;

use chrono::TimeDelta;
use domain::Ctx;
use domain::Permission;
use domain::kernel::event::NewEvent;
use domain::messaging::dispatch;
use domain::payment::tender::TenderInput;
use domain::stored_value::staff::{GiveCustomer, IssueCard, issue_card, issue_credit};
use domain::stored_value::{SpentOn, account, card, give_back};
use entity::id::{ChannelId, CustomerId, StoredValueAccountId};
use entity::words::*;
use entity::{event, message, payment, stored_value_account};
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

/// Hands every event to the handlers of stored value; returns all messages, oldest first.
pub(crate) async fn deliver(world: &World) -> Vec<message::Model> {
    let events = event::Entity::find().order_by_asc(event::Column::Id).all(world.db()).await.unwrap();
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    use domain::stored_value::{deliver, gift_card, points};
    dispatch::run(&world.ctx(), &[gift_card::HANDLER, points::HANDLER, deliver::HANDLER], &ids).await.unwrap();
    message::Entity::find().order_by_asc(message::Column::Id).all(world.db()).await.unwrap()
}

/// Gives a part of a payment back to its account, with the refund's fact.
pub(crate) async fn refund(ctx: &Ctx, payment: &payment::Model, amount: i64) -> domain::Result<()> {
    let payment = payment.clone();
    ctx.write(move |tx| {
        let payment = payment.clone();
        async move {
            let order_id = payment.order_id.unwrap();
            let event_id = tx.event(NewEvent::new("test_refunded", "order", order_id.uuid()));
            let on = SpentOn { payment_id: payment.id, order_id, event_id };
            let fact = domain::payment::NewPaymentEvent {
                payment_id: payment.id,
                gateway: payment.gateway,
                kind: PaymentEventKind::Refund,
                outcome: PaymentOutcome::Success,
                amount,
                gateway_reference: None,
                error_code: None,
                event_id,
            };
            domain::payment::record(&tx, vec![fact]).await?;
            give_back(&tx, payment.stored_value_account_id.unwrap(), amount, on).await
        }
    })
    .await
}

pub(crate) const fn days(count: i64) -> TimeDelta {
    TimeDelta::days(count)
}
