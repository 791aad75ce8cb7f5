//! Mails about a parcel: it left, is on the last mile, is late, arrived, or could not be delivered. One of each, whatever the
//! carrier repeats.

use std::collections::BTreeSet;

use entity::id::{OrderId, ShipmentId};
use entity::words::{DeliveryMethod, TrackingStatus};
use entity::{event, exchange, order, order_line, shipment};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;

use super::carriers::number;
use super::contents::{self, Content};
use super::documents::paper::slot;
use super::late;
use crate::kernel::language::Language;
use crate::kernel::{Error, Result, Tx};
use crate::messaging::dispatch::{Handled, Handler};
use crate::messaging::render::one_line;
use crate::messaging::request::{MessageRequest, request};
use crate::messaging::store_view::day;
use crate::messaging::template::Template;

/// Tells the customer of each step of a parcel.
pub const HANDLER: Handler = Handler {
    name: "shipment_mail",
    kinds: &["shipment_dispatched", "shipment_tracked", "shipment_delayed"],
    run: |tx, event| Box::pin(tell(tx, event)),
};

/// What a mail tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It left.
    Shipped,
    /// It comes today.
    OutForDelivery,
    /// It should have arrived.
    Delayed,
    /// It arrived.
    Delivered,
    /// It could not be delivered.
    Failed,
    /// It comes back.
    Returned,
}

impl Step {
    /// Every step that is told.
    pub const ALL: [Self; 6] =
        [Self::Shipped, Self::OutForDelivery, Self::Delayed, Self::Delivered, Self::Failed, Self::Returned];

    /// Name of the template.
    #[must_use]
    pub const fn template(self) -> &'static str {
        match self {
            Self::Shipped => "shipment_shipped",
            Self::OutForDelivery => "shipment_out_for_delivery",
            Self::Delayed => "shipment_delayed",
            Self::Delivered => "shipment_delivered",
            Self::Failed => "shipment_failed",
            Self::Returned => "shipment_returned",
        }
    }

    const fn of(status: TrackingStatus) -> Option<Self> {
        match status {
            TrackingStatus::OutForDelivery => Some(Self::OutForDelivery),
            TrackingStatus::Delivered => Some(Self::Delivered),
            TrackingStatus::Failed => Some(Self::Failed),
            TrackingStatus::ReturnToSender => Some(Self::Returned),
            TrackingStatus::PreTransit | TrackingStatus::InTransit => None,
        }
    }
}

/// A parcel as its mails show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParcelView {
    /// Who carries it.
    pub carrier: String,
    /// The carrier's number; empty while there is none.
    pub tracking_number: String,
    /// Where it can be followed; empty when nowhere.
    pub url: String,
    /// The wished day and time; empty without a wish.
    pub delivery: String,
    /// The wished day, `YYYY-MM-DD`; empty without a wish.
    pub day: String,
    /// What is in it, with quantities.
    pub lines: Vec<String>,
    /// Whether more of the order is still to be sent.
    pub more: bool,
}

async fn tell(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let step = match event.kind.as_str() {
        "shipment_dispatched" => Some(Step::Shipped),
        "shipment_delayed" => Some(Step::Delayed),
        _ => {
            let status = event.payload.get("to").and_then(serde_json::Value::as_str);
            status.and_then(|status| status.parse().ok()).and_then(Step::of)
        }
    };
    let Some(step) = step else { return Ok(Handled::Nothing("nothing to tell")) };
    let id = ShipmentId(event.aggregate_id);
    let parcel = shipment::Entity::find_by_id(id).one(tx).await?.ok_or(Error::not_found("shipment"))?;
    // The handler sees the committed state: what arrived meanwhile is not late any more.
    if step == Step::Delayed && !late::is_under_way(&parcel) {
        return Ok(Handled::Nothing("it is not under way any more"));
    }
    let contents = contents::contents(tx, &[id]).await?.remove(&id).unwrap_or_default();
    let orders: BTreeSet<OrderId> = contents.iter().map(|content| content.sold.order_id).collect();
    let mut told = Handled::Nothing("no order wants mail");
    for order_id in orders {
        if mail(tx, event, step, &parcel, order_id, &contents).await? {
            told = Handled::Done;
        }
    }
    Ok(told)
}

/// Requests the mail to the customer of one order in the parcel; `false` when nobody wants one.
async fn mail(
    tx: &Tx,
    event: &event::Model,
    step: Step,
    parcel: &shipment::Model,
    order_id: OrderId,
    contents: &[Content],
) -> Result<bool> {
    let Some(order) = order::Entity::find_by_id(order_id).one(tx).await? else { return Ok(false) };
    let recipient = order.email.clone().filter(|email| !email.trim().is_empty());
    let Some(recipient) = recipient else { return Ok(false) };
    let lines = crate::order::query::lines(tx, &[order_id]).await?;
    // What is collected has mails of its own.
    let is_sent = |line: &order_line::Model| line.delivery == DeliveryMethod::Ship;
    let more = lines.iter().any(|line| is_sent(line) && line.fulfilled + line.canceled < line.quantity);
    let mine: Vec<&Content> = contents.iter().filter(|content| content.sold.order_id == order_id).collect();
    let view = view(parcel, &mine, more, Language::of(&order.locale));
    let name =
        if step == Step::Shipped && is_exchange(tx, order_id).await? { "exchange_shipped" } else { step.template() };
    let message = MessageRequest {
        template: Template::Parcel { name, order_id, parcel: json!(view) },
        recipient,
        locale: order.locale.clone(),
        dedupe_key: format!("shipment:{}:{}:{order_id}", parcel.id, step.template()),
        channel_id: Some(order.channel_id),
        customer_id: order.customer_id,
        event_id: Some(event.id),
    };
    Ok(request(tx, message).await?.is_some())
}

/// Whether the order holds the new goods of an exchange.
async fn is_exchange(tx: &Tx, order_id: OrderId) -> Result<bool> {
    let found = exchange::Entity::find().filter(exchange::Column::OrderId.eq(order_id));
    Ok(found.one(tx).await?.is_some())
}

fn view(parcel: &shipment::Model, contents: &[&Content], more: bool, language: Language) -> ParcelView {
    let carrier = match &parcel.carrier_name {
        Some(name) => one_line(name),
        None => number::name(parcel.carrier, language).to_owned(),
    };
    let wish = [
        parcel.delivery_on.map(|on| day(on, language)),
        parcel.delivery_slot.as_deref().map(|wished| slot(wished, language)),
    ];
    let lines = contents.iter().map(|content| {
        let variant = if content.sold.variant_title == content.sold.title { "" } else { &content.sold.variant_title };
        let title = one_line(&format!("{} {variant}", content.sold.title));
        format!("{title} × {}", content.line.quantity)
    });
    ParcelView {
        carrier,
        tracking_number: parcel.tracking_number.clone().unwrap_or_default(),
        url: number::url(parcel, language).unwrap_or_default(),
        delivery: wish.into_iter().flatten().collect::<Vec<_>>().join(" "),
        day: parcel.delivery_on.map(|on| on.to_string()).unwrap_or_default(),
        lines: lines.collect(),
        more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::{TemplateName, samples};

    /// Wordings of merchants are checked against samples.
    #[test]
    fn samples_have_every_name() {
        let view = ParcelView {
            carrier: String::new(),
            tracking_number: String::new(),
            url: String::new(),
            delivery: String::new(),
            day: String::new(),
            lines: Vec::new(),
            more: false,
        };
        assert!(samples::same_names(TemplateName::ShipmentShipped, "parcel", &json!(view)));
    }
}
