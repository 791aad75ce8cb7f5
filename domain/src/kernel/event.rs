//! The spine: append-only rows of what happened to what, by whom. Timeline, audit trail, mails and webhooks read it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::event;
use entity::id::{CustomerId, EventId, OrderId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::job::NewJob;
use super::{Result, Tx};

/// The job that hands committed events to their handlers.
pub const DISPATCH_JOB: &str = "dispatch_events";

/// Something that happened.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Past-tense name, such as `order_placed`.
    pub kind: &'static str,
    /// Kind of the thing it happened to, such as `order`.
    pub aggregate_kind: &'static str,
    /// Which one.
    pub aggregate_id: Uuid,
    /// The customer it concerns; feeds the timeline.
    pub customer_id: Option<CustomerId>,
    /// Facts that handlers need; never secrets, card data or more of a person than must be.
    pub payload: Value,
}

impl NewEvent {
    /// An event without customer and payload.
    #[must_use]
    pub fn new(kind: &'static str, aggregate_kind: &'static str, aggregate_id: Uuid) -> Self {
        Self { kind, aggregate_kind, aggregate_id, customer_id: None, payload: json!({}) }
    }

    /// Concerns this customer.
    #[must_use]
    pub fn customer(mut self, id: Option<CustomerId>) -> Self {
        self.customer_id = id;
        self
    }

    /// With these facts.
    #[must_use]
    pub fn payload(mut self, payload: Value) -> Self {
        self.payload = payload;
        self
    }
}

/// What happened to what, without the facts: enough to look again.
#[derive(Debug, Clone, PartialEq, Eq, sea_orm::FromQueryResult)]
pub struct Happening {
    /// Id of the event.
    pub id: EventId,
    /// Past-tense name.
    pub kind: String,
    /// Kind of the thing.
    pub aggregate_kind: String,
    /// Which one.
    pub aggregate_id: Uuid,
    /// When.
    pub occurred_at: DateTime<Utc>,
}

/// What happened since a moment, after an event, oldest first.
pub async fn since(
    db: &impl ConnectionTrait,
    at: DateTime<Utc>,
    after: Option<EventId>,
    limit: u64,
) -> Result<Vec<Happening>> {
    let columns = [
        event::Column::Id,
        event::Column::Kind,
        event::Column::AggregateKind,
        event::Column::AggregateId,
        event::Column::OccurredAt,
    ];
    let query = event::Entity::find().select_only().columns(columns).filter(event::Column::Id.gte(first_id_at(at)));
    let query = match after {
        Some(after) => query.filter(event::Column::Id.gt(after)),
        None => query,
    };
    Ok(query.order_by_asc(event::Column::Id).limit(limit).into_model().all(db).await?)
}

/// By how much ids may be ahead of the moment of their rows: those of a process never go back, though its clock may.
pub(crate) const IDS_AHEAD: TimeDelta = TimeDelta::hours(1);

/// The least id that an event of a moment can have: UUIDv7 begins with the milliseconds (RFC 9562 §5.7).
pub(crate) fn first_id_at(at: DateTime<Utc>) -> EventId {
    let millis = u128::try_from(at.timestamp_millis()).unwrap_or_default();
    EventId(Uuid::from_u128((millis << 80) | (0x7 << 76) | (0x2 << 62)))
}

/// The row of an event. An audit finds every event with an actor and a request.
pub(crate) fn row(tx: &Tx, id: EventId, event: NewEvent) -> event::Model {
    let actor = &tx.ctx().actor;
    event::Model {
        id,
        kind: event.kind.to_owned(),
        aggregate_kind: event.aggregate_kind.to_owned(),
        aggregate_id: event.aggregate_id,
        customer_id: event.customer_id,
        actor_kind: actor.kind(),
        actor_id: actor.id(),
        device_id: actor.till().map(|till| till.device_id.uuid()),
        request_id: tx.ctx().request_id.to_string(),
        payload: event.payload,
        occurred_at: tx.now(),
    }
}

/// The jobs that bring the events of a transaction to their handlers: one for each order that they tell of, so that what
/// happened to an order is handled in the order in which it happened. An event that tells of no order goes with the one
/// before it. Where none tells of an order, customers take its place; where none tells of anybody, nothing waits for
/// anything.
pub(crate) fn dispatch_jobs(events: &[event::Model]) -> Vec<NewJob> {
    let orders: Vec<Option<Uuid>> = events.iter().map(order_of).collect();
    let (kind, told) = if orders.iter().any(Option::is_some) {
        ("order", orders)
    } else {
        ("customer", events.iter().map(customer_of).collect())
    };
    let Some(mut about) = told.iter().find_map(|about| *about) else {
        let all: Vec<EventId> = events.iter().map(|event| event.id).collect();
        return if all.is_empty() { Vec::new() } else { vec![dispatch_job(&all)] };
    };
    let mut by_subject: BTreeMap<Uuid, Vec<EventId>> = BTreeMap::new();
    for (event, tells_of) in events.iter().zip(told) {
        about = tells_of.unwrap_or(about);
        by_subject.entry(about).or_default().push(event.id);
    }
    by_subject.iter().map(|(about, ids)| dispatch_job(ids).subject(format!("events:{kind}:{about}"))).collect()
}

fn dispatch_job(events: &[EventId]) -> NewJob {
    NewJob::new(DISPATCH_JOB, json!({ "events": events }))
}

/// The order that an event tells of. Of an exchange it is the order whose goods come back, from its beginning to its end;
/// of a parcel with goods of several the oldest, so that all that happens to the parcel stays in one line.
fn order_of(event: &event::Model) -> Option<Uuid> {
    if event.aggregate_kind == "order" {
        return Some(event.aggregate_id);
    }
    let read = |id: &Value| OrderId::deserialize(id).ok().map(OrderId::uuid);
    let named = ["returned_order_id", "order_id"];
    let named = named.into_iter().find_map(|name| event.payload.get(name).and_then(read));
    named.or_else(|| event.payload.get("order_ids").and_then(|all| all.get(0)).and_then(read))
}

/// The customer that an event tells of.
fn customer_of(event: &event::Model) -> Option<Uuid> {
    if event.aggregate_kind == "customer" {
        return Some(event.aggregate_id);
    }
    event.customer_id.map(CustomerId::uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_a_moment_begin_where_we_look() {
        // A generator never goes back in time, so the moment before has one of its own.
        let [earlier, random] = [3, 4].map(crate::kernel::random::Random::seeded);
        let at = DateTime::from_timestamp_millis(1_763_700_000_123).unwrap_or_default();
        let before = at - chrono::TimeDelta::milliseconds(1);
        for _ in 0..100 {
            assert!(EventId(random.uuid(at)) >= first_id_at(at));
            assert!(EventId(earlier.uuid(before)) < first_id_at(at));
        }
    }

    fn told(number: u128, (aggregate_kind, aggregate_id): (&str, Uuid), payload: Value) -> event::Model {
        event::Model {
            id: EventId(Uuid::from_u128(number)),
            kind: "tested".to_owned(),
            aggregate_kind: aggregate_kind.to_owned(),
            aggregate_id,
            customer_id: None,
            actor_kind: entity::words::ActorKind::System,
            actor_id: None,
            device_id: None,
            request_id: "test".to_owned(),
            payload,
            occurred_at: DateTime::UNIX_EPOCH,
        }
    }

    /// Subjects of the jobs, and the numbers of the events in each.
    fn lines(events: &[event::Model]) -> Vec<(Option<String>, Vec<u128>)> {
        let numbers = |job: &NewJob| {
            let ids = job.payload.get("events").cloned().unwrap_or_default();
            let ids: Vec<EventId> = serde_json::from_value(ids).unwrap_or_default();
            ids.into_iter().map(|id| id.uuid().as_u128()).collect()
        };
        dispatch_jobs(events).iter().map(|job| (job.subject.clone(), numbers(job))).collect()
    }

    #[test]
    fn what_tells_of_one_order_goes_in_one_line() {
        let [order, other, parcel] = [21, 22, 23].map(Uuid::from_u128);
        let id = OrderId(order);
        let line = |id: Uuid| Some(format!("events:order:{id}"));
        let events = [
            told(1, ("cart", parcel), json!({})),
            told(2, ("order", order), json!({})),
            told(3, ("fulfillment_order", parcel), json!({ "order_id": id })),
            told(4, ("location", parcel), json!({})),
            told(5, ("shipment", parcel), json!({ "order_ids": [id, OrderId(other)] })),
            told(6, ("exchange", parcel), json!({ "order_id": OrderId(other), "returned_order_id": id })),
            told(7, ("exchange", parcel), json!({ "order_id": null, "returned_order_id": null })),
        ];
        assert_eq!(lines(&events), [(line(order), vec![1, 2, 3, 4, 5, 6, 7])]);
        let events = [
            told(1, ("stock", parcel), json!({})),
            told(2, ("order", other), json!({})),
            told(3, ("stock", parcel), json!({})),
            told(4, ("return", parcel), json!({ "order_id": id })),
            told(5, ("stock", parcel), json!({})),
            told(6, ("order", other), json!({})),
        ];
        assert_eq!(lines(&events), [(line(order), vec![4, 5]), (line(other), vec![1, 2, 3, 6])]);
    }

    #[test]
    fn without_an_order_customers_have_their_line() {
        let [hanako, taro, thing] = [31, 32, 33].map(Uuid::from_u128);
        let line = |id: Uuid| Some(format!("events:customer:{id}"));
        let of_taro = event::Model { customer_id: Some(CustomerId(taro)), ..told(3, ("cart", thing), json!({})) };
        let events = [told(1, ("customer", hanako), json!({})), told(2, ("stock", thing), json!({})), of_taro];
        assert_eq!(lines(&events), [(line(hanako), vec![1, 2]), (line(taro), vec![3])]);
        assert_eq!(lines(&[told(1, ("location", thing), json!({}))]), [(None::<String>, vec![1])]);
        assert!(dispatch_jobs(&[]).is_empty());
    }
}
