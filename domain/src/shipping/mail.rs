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

    /// Whether it is still true of the parcel. Handlers see the committed state, hours later after an outage: what is over
    /// by then is not told, and nothing is told after what followed it. Whatever followed is told by its own event.
    fn is_still_so(self, parcel: &shipment::Model) -> bool {
        let status = parcel.tracking_status;
        let is_out = parcel.voided_at.is_none() && parcel.returned_at.is_none();
        match self {
            Self::Shipped => {
                let no_news = matches!(status, TrackingStatus::PreTransit | TrackingStatus::InTransit);
                is_out && no_news && parcel.shipped_at.is_some()
            }
            Self::OutForDelivery => is_out && status == TrackingStatus::OutForDelivery,
            Self::Delayed => late::is_under_way(parcel),
            Self::Delivered => is_out && status == TrackingStatus::Delivered,
            Self::Failed => is_out && status == TrackingStatus::Failed,
            Self::Returned => {
                let comes_back = parcel.returned_at.is_some() || status == TrackingStatus::ReturnToSender;
                parcel.voided_at.is_none() && comes_back
            }
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
    if !step.is_still_so(&parcel) {
        return Ok(Handled::Nothing("not so any more"));
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
    use chrono::DateTime;
    use entity::id::LocationId;
    use entity::words::Carrier;
    use uuid::Uuid;

    use super::*;
    use crate::messaging::{TemplateName, samples};

    /// A parcel that left and of which this was said last.
    fn parcel(tracking_status: TrackingStatus) -> shipment::Model {
        let at = DateTime::UNIX_EPOCH;
        shipment::Model {
            id: ShipmentId(Uuid::from_u128(1)),
            location_id: LocationId(Uuid::from_u128(2)),
            carrier: Carrier::Yamato,
            carrier_name: None,
            service: None,
            tracking_number: None,
            tracking_url: None,
            tracking_status,
            recipient: json!({}),
            delivery_on: None,
            delivery_slot: None,
            weight_grams: None,
            external_reference: None,
            packed_at: at,
            shipped_at: Some(at),
            delivered_at: None,
            presumed_at: None,
            expected_on: None,
            delayed_at: None,
            returned_at: None,
            voided_at: None,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }

    fn still_so(parcel: &shipment::Model) -> Vec<Step> {
        Step::ALL.into_iter().filter(|step| step.is_still_so(parcel)).collect()
    }

    #[test]
    fn what_is_over_is_not_so() {
        let so = [
            (TrackingStatus::PreTransit, vec![Step::Shipped]),
            (TrackingStatus::InTransit, vec![Step::Shipped, Step::Delayed]),
            (TrackingStatus::OutForDelivery, vec![Step::OutForDelivery, Step::Delayed]),
            (TrackingStatus::Delivered, vec![Step::Delivered]),
            (TrackingStatus::Failed, vec![Step::Failed]),
            (TrackingStatus::ReturnToSender, vec![Step::Returned]),
        ];
        for (status, steps) in so {
            let left = parcel(status);
            assert_eq!(still_so(&left), steps, "{status}");
            let voided = shipment::Model { voided_at: left.shipped_at, ..left.clone() };
            assert!(still_so(&voided).is_empty(), "{status}, and opened again");
            let back = shipment::Model { returned_at: left.shipped_at, ..left.clone() };
            assert_eq!(still_so(&back), [Step::Returned], "{status}, and taken back");
            let waiting = shipment::Model { shipped_at: None, ..left };
            assert!(!still_so(&waiting).contains(&Step::Shipped), "{status}, and not sent yet");
        }
    }

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
