//! Orders to write about, and a mail server of the imagination.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::jobs::{Adapters, run_due};
use domain::kernel::event::NewEvent;
use domain::messaging::request::Note;
use domain::messaging::{MessageRequest, MessageTransport, OutgoingMail, SendError, Template, request};
use entity::id::{EventId, MessageId, OrderId, OrderLineId};
use entity::words::{CodePurpose, DeliveryMethod, MessageChannel};
use entity::{message, order, order_line, order_tax};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder};
use serde_json::json;
use support::{World, order_row};

/// An order of one line, changed as the story needs.
pub(crate) async fn order(world: &World, change: impl FnOnce(&mut order::Model)) -> order::Model {
    let code = format!("c{}", world.new_uuid().simple());
    let channel = world.channel(&code).create().await;
    let sku = world.product(&code).price(&channel, 1_080).create().await;
    let mut row = order::Model {
        number: format!("N-{code}"),
        email: Some("hanako@example.jp".into()),
        contact_name: Some("髙﨑 花子".into()),
        subtotal: 1_080,
        tax_total: 80,
        total: 1_080,
        ..order_row(OrderId(world.new_uuid()), &channel, world.now())
    };
    change(&mut row);
    order::Entity::insert(row.clone().into_active_model().reset_all())
        .exec_without_returning(world.db())
        .await
        .unwrap();
    let line = order_line::Model {
        id: OrderLineId(world.new_uuid()),
        order_id: row.id,
        position: 1,
        variant_id: sku.id(),
        title: "静岡深蒸し茶".into(),
        variant_title: "100g".into(),
        sku: None,
        quantity: 1,
        unit_price: 1_080,
        subtotal: 1_080,
        discount: 0,
        tax_class_id: world.tax_classes().await.reduced,
        tax_rate_ppm: 80_000,
        tax: 80,
        total: 1_080,
        delivery: DeliveryMethod::Ship,
        pickup_location_id: None,
        fulfilled: 0,
        canceled: 0,
        return_requested: 0,
        received_back: 0,
        metadata: json!({}),
        revision: 1,
    };
    order_line::Entity::insert(line.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
    let tax =
        order_tax::Model { order_id: row.id, rate_ppm: 80_000, name: "消費税".into(), taxable: 1_000, tax: 80 };
    order_tax::Entity::insert(tax.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
    row
}

/// Tells that the order was placed; the handlers have not seen it yet.
pub(super) async fn placed(world: &World, order: &order::Model) -> EventId {
    let id = order.id;
    world
        .ctx()
        .write(|tx| async move { Ok(tx.event(NewEvent::new("order_placed", "order", id.uuid()))) })
        .await
        .unwrap()
}

/// Asks for a message with a code.
pub(super) async fn code(world: &World, to: &str, key: &str) -> Option<MessageId> {
    let wanted = MessageRequest {
        template: Template::Code { purpose: CodePurpose::SignIn, code: "482913".into(), valid_minutes: 10 },
        recipient: to.into(),
        locale: "ja".into(),
        dedupe_key: key.into(),
        channel_id: None,
        customer_id: None,
        event_id: None,
    };
    world
        .ctx()
        .write(|tx| {
            let wanted = wanted.clone();
            async move { request(&tx, wanted).await }
        })
        .await
        .unwrap()
}

/// A mail about a purchase, which is worth as much a day later.
pub(super) fn parcel(to: &str, key: &str) -> Note {
    Note {
        template: "shipment_shipped",
        channel: MessageChannel::Email,
        recipient: to.into(),
        locale: "ja".into(),
        dedupe_key: key.into(),
        subject: "お荷物を発送しました".into(),
        text: "お荷物を発送しました。".into(),
        channel_id: None,
        customer_id: None,
        order_id: None,
        event_id: None,
        step: None,
    }
}

/// Asks for a message.
pub(super) async fn note(world: &World, wanted: Note) -> MessageId {
    let asked = world.ctx();
    let asked = asked.write(|tx| {
        let wanted = wanted.clone();
        async move { request::note(&tx, wanted).await }
    });
    asked.await.unwrap().unwrap()
}

/// All messages, oldest first.
pub(super) async fn messages(world: &World) -> Vec<message::Model> {
    message::Entity::find().order_by_asc(message::Column::Id).all(world.db()).await.unwrap()
}

/// Hand-made orders are no whole orders: what the audit would say of them is another story.
pub(super) async fn clear(world: &World) {
    let db = world.db();
    entity::job::Entity::delete_many().exec(db).await.unwrap();
    message::Entity::delete_many().exec(db).await.unwrap();
    order::Entity::delete_many().exec(db).await.unwrap();
    entity::message_template::Entity::delete_many().exec(db).await.unwrap();
    entity::idempotency_key::Entity::delete_many().exec(db).await.unwrap();
}

/// A mail server that answers as it is told and keeps what it accepted.
#[derive(Debug, Default)]
pub(super) struct Server {
    pub(super) accepted: Mutex<Vec<OutgoingMail>>,
    pub(super) answers: Mutex<VecDeque<SendError>>,
    /// Refuses everything to this address, for good.
    pub(super) unknown: Option<&'static str>,
}

impl Server {
    pub(super) fn adapters(self: &Arc<Self>) -> Adapters {
        Adapters { mail: Arc::<Self>::clone(self) }
    }

    /// Runs everything that is due with this server.
    pub(super) async fn work(self: &Arc<Self>, world: &World) {
        run_due(&world.ctx(), &self.adapters()).await.unwrap();
    }

    pub(super) fn busy(&self, times: usize) {
        let busy = || SendError::Temporary("SMTP 451".to_owned());
        self.answers.lock().unwrap().extend(std::iter::repeat_with(busy).take(times));
    }

    pub(super) fn mails(&self) -> Vec<OutgoingMail> {
        self.accepted.lock().unwrap().clone()
    }
}

#[async_trait]
impl MessageTransport for Server {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        if self.unknown == Some(mail.to.as_str()) {
            return Err(SendError::Permanent("SMTP 550".to_owned()));
        }
        if let Some(answer) = self.answers.lock().unwrap().pop_front() {
            return Err(answer);
        }
        self.accepted.lock().unwrap().push(mail.clone());
        Ok(())
    }
}
