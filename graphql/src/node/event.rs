//! Events: what happened to what, by whom.

use async_graphql::{ID, Object};
use chrono::{DateTime, Utc};
use entity::event;
use entity::words::ActorKind;

use crate::connection;
use crate::scalar::id;
use crate::word::Word;

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event(pub event::Model);

connection!(EventConnection, EventEdge, Event, "events");

/// Something that happened. Events are never changed.
#[Object]
impl Event {
    /// Id; later events have greater ones.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// What happened, in the past tense, such as `order_placed`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Kind of the thing it happened to, such as `order`.
    async fn aggregate_kind(&self) -> &str {
        &self.0.aggregate_kind
    }

    /// Which one, as a UUID.
    async fn aggregate_id(&self) -> ID {
        id(self.0.aggregate_id)
    }

    /// The customer it concerns.
    async fn customer_id(&self) -> Option<ID> {
        self.0.customer_id.map(id)
    }

    /// Who caused it.
    async fn actor_kind(&self) -> Word<ActorKind> {
        Word(self.0.actor_kind)
    }

    /// Which one, as a UUID.
    async fn actor_id(&self) -> Option<ID> {
        self.0.actor_id.map(id)
    }

    /// On which till, as a UUID.
    async fn device_id(&self) -> Option<ID> {
        self.0.device_id.map(id)
    }

    /// In which request.
    async fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// Its facts, as a JSON text.
    async fn payload(&self) -> String {
        self.0.payload.to_string()
    }

    /// When.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.occurred_at
    }
}
