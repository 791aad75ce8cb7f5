//! A shop that may write to its customers, orders that are told of by hand, and a mail server that takes everything.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::flow::save::SaveFlow;
use domain::flow::switch::SwitchFlow;
use domain::flow::{attend, save, switch};
use domain::kernel::event::NewEvent;
use domain::kernel::job::{NewJob, claim_of};
use domain::messaging::request::SEND_ASKED_JOB;
use domain::messaging::{MessageTransport, OutgoingMail, SendError, dispatch};
use entity::id::*;
use entity::words::*;
use entity::*;
use sea_orm::sea_query::Expr;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use support::{Sku, World, order_row};

macro_rules! insert {
    ($world:expr, $entity:ident, $row:expr) => {
        $entity::Entity::insert($row.into_active_model().reset_all()).exec_without_returning($world.db()).await.unwrap()
    };
}

/// The shop.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) world: World,
    pub(super) channel: channel::Model,
    pub(super) store: location::Model,
    pub(super) tea: Sku,
}

impl Desk {
    /// Opens it with the built-in flows planted, a wording of consent and a guide for its tea.
    pub(super) async fn open(world: &World) -> Self {
        // Orders are written by hand and are no whole orders; what flows promise is checked by `done`.
        world.without_audit();
        domain::flow::plant(&world.ctx()).await.unwrap();
        let store = world.store("shibuya").await;
        let channel = world.channel("web").served_by(&store).create().await;
        let tea = world.product("tea").price(&channel, 1_080).stock(&store, 100).create().await;
        let guide = product_guide::Model {
            product_id: tea.product.id,
            texts: json!({ "title": { "ja": "淹れ方" }, "text": { "ja": "70℃で1分" } }),
            url: None,
            version: 1,
            created_at: world.now(),
            updated_at: world.now(),
        };
        insert!(world, product_guide, guide);
        let desk = Self { world: world.clone(), channel, store, tea };
        desk.policy(100, 7, "00:00", "00:00").await;
        desk
    }

    /// When and how often the channel may write.
    pub(super) async fn policy(&self, cap_count: i32, cap_days: i32, quiet_from: &str, quiet_until: &str) {
        let world = &self.world;
        message_policy::Entity::delete_many().exec(world.db()).await.unwrap();
        let row = message_policy::Model {
            channel_id: self.channel.id,
            quiet_from: quiet_from.to_owned(),
            quiet_until: quiet_until.to_owned(),
            time_zone: "Asia/Tokyo".to_owned(),
            cap_count,
            cap_days,
            consent_wording: json!({ "ja": "お知らせを受け取る" }),
            wording_version: "1".to_owned(),
            track_opens: true,
            version: 1,
            created_at: world.now(),
            updated_at: world.now(),
        };
        insert!(world, message_policy, row);
    }

    /// The channel says where the shop is.
    pub(super) async fn storefront(&self) {
        let row = channel_brand::Model {
            channel_id: self.channel.id,
            color: "#1f2937".to_owned(),
            text_color: "#ffffff".to_owned(),
            logo_url: None,
            logo_width: 120,
            sender_name: None,
            reply_to: None,
            footer: json!({}),
            storefront_url: Some("https://shop.example".to_owned()),
            version: 1,
            created_at: self.world.now(),
            updated_at: self.world.now(),
        };
        insert!(self.world, channel_brand, row);
    }

    /// Somebody who agrees to everything, with a proved address.
    pub(super) async fn person(&self, name: &str) -> customer::Model {
        self.person_with(name, |_| {}, true).await
    }

    pub(super) async fn person_with(
        &self,
        name: &str,
        change: impl FnOnce(&mut customer::Model),
        agrees: bool,
    ) -> customer::Model {
        let email = format!("{name}@example.jp");
        let person = self.world.new_customer("佐藤", name).verified(IdentifierKind::Email, &email);
        let person = person.with(change).create().await;
        if agrees {
            self.consent(person.id, true).await;
        }
        person
    }

    /// Says yes or no to everything by mail.
    pub(super) async fn consent(&self, customer_id: CustomerId, granted: bool) {
        self.consent_by(ConsentChannel::Email, customer_id, granted).await;
    }

    /// Says yes or no to everything by a channel.
    pub(super) async fn consent_by(&self, channel: ConsentChannel, customer_id: CustomerId, granted: bool) {
        for purpose in [ConsentPurpose::Marketing, ConsentPurpose::Survey] {
            let row = customer_consent::Model {
                id: CustomerConsentId(self.world.new_uuid()),
                customer_id,
                channel,
                purpose,
                granted,
                source: "test".to_owned(),
                text_version: "1".to_owned(),
                recorded_at: self.world.now(),
            };
            insert!(self.world, customer_consent, row);
        }
    }

    /// An order of one tea, and the event that tells of it.
    pub(super) async fn order(&self, customer_id: Option<CustomerId>) -> order::Model {
        self.order_with(customer_id, |_| {}).await
    }

    pub(super) async fn order_with(
        &self,
        customer_id: Option<CustomerId>,
        change: impl FnOnce(&mut order::Model),
    ) -> order::Model {
        let world = &self.world;
        let mut row = order::Model {
            customer_id,
            payment_status: OrderPaymentStatus::Paid,
            subtotal: 1_080,
            tax_total: 80,
            total: 1_080,
            ..order_row(OrderId(world.new_uuid()), &self.channel, world.now())
        };
        change(&mut row);
        insert!(world, order, row.clone());
        let line = order_line::Model {
            id: OrderLineId(world.new_uuid()),
            order_id: row.id,
            position: 1,
            variant_id: self.tea.id(),
            title: "茶".into(),
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
            fulfilled: 1,
            canceled: 0,
            return_requested: 0,
            received_back: 0,
            metadata: json!({}),
            revision: 1,
        };
        insert!(world, order_line, line);
        let carried_out = row.fulfillment_status == OrderFulfillmentStatus::Fulfilled;
        self.tell("order_placed", &row, json!({ "carried_out": carried_out })).await;
        row
    }

    /// Somebody buys in a store and takes it along.
    pub(super) async fn carried_out(&self, customer_id: Option<CustomerId>) -> order::Model {
        self.order_with(customer_id, |row| row.fulfillment_status = OrderFulfillmentStatus::Fulfilled).await
    }

    /// Changes an order as its commands would.
    pub(super) async fn change(&self, id: OrderId, change: impl FnOnce(&mut order::Model)) -> order::Model {
        let mut row = order::Entity::find_by_id(id).one(self.world.db()).await.unwrap().unwrap();
        change(&mut row);
        row.into_active_model().reset_all().update(self.world.db()).await.unwrap()
    }

    /// All of it arrived.
    pub(super) async fn delivered(&self, id: OrderId) {
        let row = self.change(id, |row| row.fulfillment_status = OrderFulfillmentStatus::Fulfilled).await;
        self.tell("shipment_tracked", &row, json!({ "order_ids": [id], "to": "DELIVERED" })).await;
    }

    /// The customer wants to send it back.
    pub(super) async fn returned(&self, id: OrderId) {
        let row = self.change(id, |row| row.return_status = OrderReturnStatus::Requested).await;
        self.tell("return_requested", &row, json!({ "order_id": id })).await;
    }

    /// It was given up.
    pub(super) async fn canceled(&self, id: OrderId) {
        let row = self.change(id, |row| row.status = OrderStatus::Canceled).await;
        self.tell("order_canceled", &row, json!({})).await;
    }

    /// Tells of an order; flows hear it at once.
    pub(super) async fn tell(&self, kind: &'static str, order: &order::Model, payload: Value) -> EventId {
        let about = match kind {
            "shipment_tracked" => "shipment",
            "return_requested" => "return",
            _ => "order",
        };
        let event = NewEvent::new(kind, about, order.id.uuid()).customer(order.customer_id).payload(payload);
        self.say(event).await
    }

    /// Tells anything; flows hear it at once.
    pub(super) async fn say(&self, event: NewEvent) -> EventId {
        let id = self.say_unheard(event).await;
        self.hear(id).await;
        self.forget_dispatch().await;
        id
    }

    /// Tells anything while no worker runs.
    pub(super) async fn say_unheard(&self, event: NewEvent) -> EventId {
        let ctx = self.world.ctx();
        let written = ctx.write(|tx| {
            let event = event.clone();
            async move { Ok(tx.event(event)) }
        });
        written.await.unwrap()
    }

    /// Flows hear of an event, maybe again.
    pub(super) async fn hear(&self, id: EventId) {
        dispatch::run(&self.world.ctx(), &[domain::flow::HANDLER], &[id]).await.unwrap();
    }

    /// The other handlers know nothing of orders written by hand.
    async fn forget_dispatch(&self) {
        job::Entity::delete_many().exec(self.world.db()).await.unwrap();
    }

    /// Switches a flow on.
    pub(super) async fn on(&self, code: &str) {
        self.switched(code, FlowStatus::On).await;
    }

    pub(super) async fn switched(&self, code: &str, status: FlowStatus) {
        let input = SwitchFlow { code: code.to_owned(), status, expected_version: None };
        switch::switch(&self.world.ctx(), input).await.unwrap();
    }

    /// Writes a flow and switches it on.
    pub(super) async fn flow(&self, code: &str, definition: &Value) -> flow::Model {
        self.flow_with(code, definition, None).await
    }

    pub(super) async fn flow_with(&self, code: &str, definition: &Value, hold_out: Option<i32>) -> flow::Model {
        let input = SaveFlow {
            code: code.to_owned(),
            name: None,
            definition: definition.clone(),
            hold_out_percent: hold_out,
            expected_version: None,
        };
        let flow = save::save(&self.world.ctx(), input).await.unwrap();
        self.on(code).await;
        self.forget_dispatch().await;
        flow
    }

    /// One look at the clock: what is due begins and goes on, and the mail server takes what may go.
    pub(super) async fn work(&self) {
        let ctx = self.world.ctx();
        attend::start_due(&ctx).await.unwrap();
        attend::attend_due(&ctx).await.unwrap();
        self.send().await;
    }

    /// The same while the mail server is out of order.
    pub(super) async fn work_without_mail(&self) {
        let ctx = self.world.ctx();
        attend::start_due(&ctx).await.unwrap();
        attend::attend_due(&ctx).await.unwrap();
        self.forget_dispatch().await;
    }

    async fn send(&self) {
        let (db, now) = (self.world.db(), self.world.now());
        message::Entity::update_many()
            .col_expr(message::Column::Status, Expr::value(MessageStatus::Sent))
            .col_expr(message::Column::SentAt, Expr::value(now))
            .filter(message::Column::Status.eq(MessageStatus::Queued))
            .filter(message::Column::SendAfter.is_null().or(message::Column::SendAfter.lte(now)))
            .exec(db)
            .await
            .unwrap();
        self.forget_dispatch().await;
    }

    /// The job that sends a message runs; policy decides for the last time.
    pub(super) async fn leaves(&self, id: MessageId) -> message::Model {
        let ctx = self.world.ctx();
        ctx.write(|tx| async move {
            tx.enqueue(NewJob::new(SEND_ASKED_JOB, json!({ "message_id": id })).desk(SEND_ASKED_JOB));
            Ok(())
        })
        .await
        .unwrap();
        let [job] = claim_of(&ctx, "worker", Some(SEND_ASKED_JOB), 2).await.unwrap().try_into().expect("one job");
        domain::messaging::send::send(&ctx, &Everything, id, &job).await.unwrap();
        self.forget_dispatch().await;
        message::Entity::find_by_id(id).one(self.world.db()).await.unwrap().unwrap()
    }

    /// Hours pass, with a look at the clock in each.
    pub(super) async fn hours(&self, hours: i64) {
        for _ in 0..hours {
            self.world.advance(TimeDelta::hours(1));
            self.work().await;
        }
    }

    /// Time passes while nobody looks; then somebody does.
    pub(super) async fn later(&self, by: TimeDelta) {
        self.world.advance(by);
        self.work().await;
    }

    /// All messages, oldest first.
    pub(super) async fn messages(&self) -> Vec<message::Model> {
        message::Entity::find().order_by_asc(message::Column::Id).all(self.world.db()).await.unwrap()
    }

    /// Names of the messages that went, oldest first.
    pub(super) async fn sent(&self) -> Vec<String> {
        let went = |row: &message::Model| row.status == MessageStatus::Sent;
        self.messages().await.into_iter().filter(went).map(|row| row.template).collect()
    }

    /// All runs, oldest first.
    pub(super) async fn runs(&self) -> Vec<flow_run::Model> {
        flow_run::Entity::find().order_by_asc(flow_run::Column::Id).all(self.world.db()).await.unwrap()
    }

    /// The runs as (status, reason), oldest first.
    pub(super) async fn ends(&self) -> Vec<(FlowRunStatus, Option<String>)> {
        self.runs().await.into_iter().map(|run| (run.status, run.reason)).collect()
    }

    /// The steps as (name, outcome, reason), oldest first.
    pub(super) async fn steps(&self) -> Vec<(String, FlowStepOutcome, Option<String>)> {
        let rows = flow_step::Entity::find().order_by_asc(flow_step::Column::Id).all(self.world.db()).await.unwrap();
        rows.into_iter().map(|row| (row.step, row.outcome, row.reason)).collect()
    }

    /// What flows promise holds.
    pub(super) async fn done(&self) {
        let report = domain::audit::run_at(self.world.db(), self.world.now()).await.unwrap();
        let broken: Vec<_> =
            report.results.iter().filter(|result| result.name.starts_with("flow_") && !result.holds()).collect();
        assert!(broken.is_empty(), "{broken:#?}");
    }
}

/// A provider that takes everything.
#[derive(Debug)]
struct Everything;

#[async_trait]
impl MessageTransport for Everything {
    async fn send(&self, _: &OutgoingMail) -> Result<(), SendError> {
        Ok(())
    }
}

/// A moment.
pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A flow of `order_placed` with these steps.
pub(super) fn after_order(steps: &Value) -> Value {
    json!({ "trigger": { "kind": "EVENT", "on": [{ "event": "order_placed" }] }, "steps": steps })
}

/// A step that thanks.
pub(super) fn thank(id: &str) -> Value {
    json!({ "kind": "SEND", "id": id, "template": "thanks" })
}
