//! All rows of the history, and writing them in the order that foreign keys need.

use domain::{Result, Tx};
use entity::id::{EventId, RegisterId};
use entity::words::ActorKind;
use entity::{
    event, event_delivery, fulfillment_order, fulfillment_order_line, order, order_discount, order_discount_share,
    order_line, order_shipping, order_tax, payment, payment_event, pickup, receipt, register, routing_decision,
    shipment, shipment_line, stock_level, stock_movement, survey_alert_hit, survey_answer, survey_invitation,
    tracking_event,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;

use super::super::people::Person;
use super::super::write;
use super::Shop;

/// Rows in the making.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) events: Vec<event::Model>,
    pub(super) deliveries: Vec<event_delivery::Model>,
    pub(super) orders: Vec<order::Model>,
    pub(super) lines: Vec<order_line::Model>,
    pub(super) discounts: Vec<order_discount::Model>,
    pub(super) shares: Vec<order_discount_share::Model>,
    pub(super) taxes: Vec<order_tax::Model>,
    pub(super) shippings: Vec<order_shipping::Model>,
    pub(super) decisions: Vec<routing_decision::Model>,
    pub(super) work: Vec<fulfillment_order::Model>,
    pub(super) work_lines: Vec<fulfillment_order_line::Model>,
    pub(super) pickups: Vec<pickup::Model>,
    pub(super) parcels: Vec<shipment::Model>,
    pub(super) parcel_lines: Vec<shipment_line::Model>,
    pub(super) tracking: Vec<tracking_event::Model>,
    pub(super) invitations: Vec<survey_invitation::Model>,
    pub(super) answers: Vec<survey_answer::Model>,
    pub(super) alarms: Vec<survey_alert_hit::Model>,
    pub(super) payments: Vec<payment::Model>,
    pub(super) payment_events: Vec<payment_event::Model>,
    pub(super) movements: Vec<stock_movement::Model>,
    pub(super) levels: Vec<stock_level::Model>,
    pub(super) receipts: Vec<receipt::Model>,
    /// Last receipt number per till.
    pub(super) last_numbers: Vec<(RegisterId, i64)>,
}

/// What an event tells, beside when.
pub(super) struct Told<'a> {
    pub(super) kind: &'static str,
    pub(super) aggregate_kind: &'static str,
    pub(super) aggregate_id: uuid::Uuid,
    pub(super) customer_id: Option<entity::id::CustomerId>,
    pub(super) staff: Option<&'a entity::staff::Model>,
    pub(super) payload: Value,
}

impl Books {
    /// How many orders.
    pub(super) fn orders(&self) -> usize {
        self.orders.len()
    }

    /// Adds an event.
    pub(super) fn tell(&mut self, shop: &Shop<'_>, at: chrono::DateTime<chrono::Utc>, told: Told<'_>) -> EventId {
        let id = EventId(shop.id(at));
        let (actor_kind, actor_id) = match (told.staff, told.customer_id) {
            (Some(staff), _) => (ActorKind::Staff, Some(staff.id.uuid())),
            (None, Some(customer)) => (ActorKind::Customer, Some(customer.uuid())),
            (None, None) => (ActorKind::Guest, None),
        };
        self.events.push(event::Model {
            id,
            kind: told.kind.to_owned(),
            aggregate_kind: told.aggregate_kind.to_owned(),
            aggregate_id: told.aggregate_id,
            customer_id: told.customer_id,
            actor_kind,
            actor_id,
            device_id: None,
            request_id: "demo".to_owned(),
            payload: told.payload,
            occurred_at: at,
        });
        id
    }

    /// Writes everything.
    pub(super) async fn write(&self, tx: &Tx, people: &[Person]) -> Result<()> {
        write_people(tx, people).await?;
        write::all(tx, &self.events).await?;
        write::all(tx, &self.deliveries).await?;
        write::all(tx, &self.orders).await?;
        write::all(tx, &self.lines).await?;
        write::all(tx, &self.discounts).await?;
        write::all(tx, &self.shares).await?;
        write::all(tx, &self.taxes).await?;
        write::all(tx, &self.shippings).await?;
        write::all(tx, &self.decisions).await?;
        write::all(tx, &self.work).await?;
        write::all(tx, &self.work_lines).await?;
        write::all(tx, &self.pickups).await?;
        write::all(tx, &self.parcels).await?;
        write::all(tx, &self.parcel_lines).await?;
        write::all(tx, &self.tracking).await?;
        write::all(tx, &self.invitations).await?;
        write::all(tx, &self.answers).await?;
        write::all(tx, &self.alarms).await?;
        write::all(tx, &self.payments).await?;
        write::all(tx, &self.payment_events).await?;
        write::all(tx, &self.levels).await?;
        write::all(tx, &self.movements).await?;
        write::all(tx, &self.receipts).await?;
        for (register_id, number) in &self.last_numbers {
            register::Entity::update_many()
                .col_expr(register::Column::LastReceiptNumber, Expr::value(*number))
                .filter(register::Column::Id.eq(*register_id))
                .exec(tx)
                .await?;
        }
        Ok(())
    }
}

async fn write_people(tx: &Tx, people: &[Person]) -> Result<()> {
    let rows: Vec<_> = people.iter().map(|person| person.row.clone()).collect();
    write::all(tx, &rows).await?;
    let rows: Vec<_> = people.iter().flat_map(|person| person.identifiers.iter().cloned()).collect();
    write::all(tx, &rows).await?;
    let rows: Vec<_> = people.iter().map(|person| person.address.clone()).collect();
    write::all(tx, &rows).await?;
    let rows: Vec<_> = people.iter().flat_map(|person| person.consents.iter().cloned()).collect();
    write::all(tx, &rows).await
}
