//! The spine: append-only rows of what happened to what, by whom. Timeline, audit trail, mails and webhooks read it.

use chrono::{DateTime, TimeDelta, Utc};
use entity::event;
use entity::id::{CustomerId, EventId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
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

/// One job for all events of a transaction.
pub(crate) fn dispatch_job(events: &[event::Model]) -> Option<NewJob> {
    if events.is_empty() {
        return None;
    }
    let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
    Some(NewJob::new(DISPATCH_JOB, json!({ "events": ids })))
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
}
