//! Money that takes time: reserved and taken later, paid later, and taken by a gateway over the network.

pub(crate) mod bank;
mod disputes;
mod dispatching;
mod later;
mod links;
mod mails;
mod network;

use domain::Ctx;
use domain::fulfillment::complete_cart::{CompleteCart, Completed, complete_cart};
use domain::payment::tender::TenderInput;
use entity::id::{CartId, FulfillmentOrderId, OrderId};
use entity::words::{Carrier, Gateway, ManualMethod, TestOutcome};
use entity::{order, payment, payment_event};
use sea_orm::{EntityTrait, QueryOrder};
use support::World;

use crate::fulfillment::clerk::work_ref;
use crate::fulfillment::shop::yen;

fn manual(method: ManualMethod) -> Vec<TenderInput> {
    vec![TenderInput {
        gateway: Gateway::Manual,
        amount: None,
        tendered: None,
        reference: None,
        test_outcome: TestOutcome::Approve,
        code: None,
        method: Some(method),
    }]
}

async fn complete(ctx: &Ctx, cart_id: CartId, total: i64, payments: Vec<TenderInput>) -> domain::Result<Completed> {
    let idempotency_key = "complete".to_owned();
    complete_cart(ctx, CompleteCart { cart_id, expected_total: yen(total), payments, idempotency_key }).await
}

async fn order_now(world: &World, id: OrderId) -> order::Model {
    order::Entity::find_by_id(id).one(world.db()).await.unwrap().unwrap()
}

async fn the_payment(world: &World) -> payment::Model {
    payment::Entity::find().one(world.db()).await.unwrap().unwrap()
}

/// All facts as `KIND OUTCOME amount`, oldest first.
async fn facts(world: &World) -> Vec<String> {
    let rows = payment_event::Entity::find().order_by_asc(payment_event::Column::Id).all(world.db()).await.unwrap();
    rows.iter().map(|row| format!("{} {} {}", row.kind, row.outcome, row.amount)).collect()
}

fn label() -> domain::shipping::parcel::Label {
    domain::shipping::parcel::Label { carrier: Some(Carrier::Yamato), ..Default::default() }
}

async fn send(clerk: &Ctx, work: FulfillmentOrderId, key: &str) -> entity::shipment::Model {
    let input = domain::shipping::ship::Ship {
        work: work_ref(work),
        units: Vec::new(),
        label: label(),
        tracking_number: None,
        idempotency_key: key.to_owned(),
    };
    domain::shipping::ship::ship(clerk, input).await.unwrap().shipment
}
