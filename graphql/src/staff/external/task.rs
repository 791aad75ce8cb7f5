//! Work as those see it who pick and ship elsewhere.

use async_graphql::{ID, SimpleObject};
use chrono::{DateTime, Utc};
use domain::shipping::feed::{Feed, Service, Task, TaskLine};
use domain::shipping::recipient::Recipient;
use entity::shipment;
use entity::words::{Carrier, DeliveryMethod, FulfillmentOrderStatus};

use crate::node::address::Address;
use crate::scalar::{Date, id};
use crate::word::Word;

/// Work that changed at a location.
#[derive(Clone, Debug, SimpleObject)]
pub struct FulfillmentOrderFeed {
    /// The work, in the order of its changes.
    pub tasks: Vec<FulfillmentTask>,
    /// Ask with it as `after`: at once when there is more, else next time. Keep it between polls.
    pub cursor: String,
    /// Whether more is there already.
    pub has_more: bool,
}

impl From<Feed> for FulfillmentOrderFeed {
    fn from(feed: Feed) -> Self {
        Self { tasks: feed.tasks.into_iter().map(Into::into).collect(), cursor: feed.cursor, has_more: feed.has_more }
    }
}

/// A fulfillment order with all that is needed to pick and ship it, and nothing else about the customer.
#[derive(Clone, Debug, SimpleObject)]
pub struct FulfillmentTask {
    /// Id of the fulfillment order.
    pub id: ID,
    /// Its id in the other system; null until it was acknowledged.
    pub external_reference: Option<String>,
    /// Lifecycle: pick `OPEN` and `IN_PROGRESS`, leave all else alone.
    pub status: Word<FulfillmentOrderStatus>,
    /// Why it is on hold.
    pub hold_reason: Option<String>,
    /// Who works on it.
    pub location_id: Option<ID>,
    /// How the goods reach the customer.
    pub method: Word<DeliveryMethod>,
    /// The promise: when it shall leave.
    pub fulfill_by: Option<DateTime<Utc>>,
    /// The order's number, for the packing slip.
    pub order_number: String,
    /// What to pick.
    pub lines: Vec<FulfillmentTaskLine>,
    /// To whom it goes; null once it left or was canceled.
    pub recipient: Option<FulfillmentTaskRecipient>,
    /// How it goes; null when no way was bought.
    pub shipping: Option<FulfillmentTaskShipping>,
    /// What was packed or left already.
    pub parcels: Vec<FulfillmentTaskParcel>,
    /// Grows with each change: the same version again is nothing new.
    pub version: i32,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<Task> for FulfillmentTask {
    fn from(task: Task) -> Self {
        let work = task.work;
        Self {
            id: id(work.id),
            external_reference: work.external_reference,
            status: Word(work.status),
            hold_reason: work.hold_reason,
            location_id: work.location_id.map(id),
            method: Word(work.method),
            fulfill_by: work.fulfill_by,
            order_number: task.order_number,
            lines: task.lines.into_iter().map(Into::into).collect(),
            recipient: task.recipient.map(Into::into),
            shipping: task.service.map(Into::into),
            parcels: task.parcels.into_iter().map(Into::into).collect(),
            version: work.version,
            updated_at: work.updated_at,
        }
    }
}

/// Units to pick.
#[derive(Clone, Debug, SimpleObject)]
pub struct FulfillmentTaskLine {
    /// Id of the line of work.
    pub id: ID,
    /// Id of the variant.
    pub variant_id: ID,
    /// What was sold.
    pub title: String,
    /// The variant's code here.
    pub sku: Option<String>,
    /// The variant's barcode.
    pub barcode: Option<String>,
    /// The variant's id in the other system.
    pub external_reference: Option<String>,
    /// Units in all.
    pub quantity: i64,
    /// Units that were given back.
    pub rejected: i64,
    /// Units that left.
    pub fulfilled: i64,
    /// Units to pick and ship still.
    pub remaining: i64,
}

impl From<TaskLine> for FulfillmentTaskLine {
    fn from(line: TaskLine) -> Self {
        let row = line.line;
        Self {
            id: id(row.id),
            variant_id: id(row.variant_id),
            title: line.title,
            sku: line.sku,
            barcode: line.barcode,
            external_reference: line.external_reference,
            quantity: row.quantity,
            rejected: row.rejected,
            fulfilled: row.fulfilled,
            remaining: row.quantity - row.rejected - row.fulfilled,
        }
    }
}

/// To whom a parcel goes.
#[derive(Clone, Debug, SimpleObject)]
pub struct FulfillmentTaskRecipient {
    /// Whom to hand it to.
    pub name: String,
    /// Phone for the carrier; empty when none is known.
    pub phone: String,
    /// Where.
    pub address: Address,
}

impl From<Recipient> for FulfillmentTaskRecipient {
    fn from(recipient: Recipient) -> Self {
        Self { name: recipient.name, phone: recipient.phone, address: Address(recipient.address) }
    }
}

/// How a parcel goes.
#[derive(Clone, Debug, SimpleObject)]
pub struct FulfillmentTaskShipping {
    /// The name that the customer bought.
    pub name: String,
    /// Who usually carries it.
    pub carrier: Option<Word<Carrier>>,
    /// The carrier's service code.
    pub service: Option<String>,
    /// The day the customer asked for.
    pub delivery_on: Option<Date>,
    /// The time of day the customer asked for.
    pub delivery_slot: Option<String>,
}

impl From<Service> for FulfillmentTaskShipping {
    fn from(service: Service) -> Self {
        Self {
            name: service.name,
            carrier: service.carrier.map(Word),
            service: service.service,
            delivery_on: service.delivery_on.map(Date),
            delivery_slot: service.delivery_slot,
        }
    }
}

/// A parcel of work.
#[derive(Clone, Debug, SimpleObject)]
pub struct FulfillmentTaskParcel {
    /// Id of the shipment.
    pub shipment_id: ID,
    /// Its id in the other system.
    pub external_reference: Option<String>,
    /// Who carries it.
    pub carrier: Word<Carrier>,
    /// The carrier's number.
    pub tracking_number: Option<String>,
    /// When it left, as it was told; null while it is here.
    pub shipped_at: Option<DateTime<Utc>>,
}

impl From<shipment::Model> for FulfillmentTaskParcel {
    fn from(row: shipment::Model) -> Self {
        Self {
            shipment_id: id(row.id),
            external_reference: row.external_reference,
            carrier: Word(row.carrier),
            tracking_number: row.tracking_number,
            shipped_at: row.shipped_at,
        }
    }
}
