//! Goods that a store keeps for somebody without payment.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::pickup::reservation::query;
use domain::{Error, Result};
use entity::id::StoreReservationId;
use entity::status::{StateMachine, StoreReservationAction};
use entity::words::StoreReservationStatus;
use entity::{store_reservation, store_reservation_line};

use super::location::Location;
use super::refund::of_parent;
use crate::connection;
use crate::loader::{self, Rows};
use crate::scalar::id;
use crate::word::{Word, words};

/// Goods that a store keeps for somebody.
#[derive(Clone, Debug)]
pub struct StoreReservation(pub store_reservation::Model);

impl From<store_reservation::Model> for StoreReservation {
    fn from(row: store_reservation::Model) -> Self {
        Self(row)
    }
}

connection!(StoreReservationConnection, StoreReservationEdge, StoreReservation, "reservations");

/// Units kept.
#[derive(Clone, Debug, SimpleObject)]
pub struct StoreReservationLine {
    /// What.
    pub variant_id: ID,
    /// Units.
    pub quantity: i64,
}

/// Goods that a store keeps for somebody without payment.
#[Object]
impl StoreReservation {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The store.
    async fn location(&self, ctx: &Context<'_>) -> Result<Option<Location>> {
        loader::load(ctx, self.0.location_id).await
    }

    /// Lifecycle.
    async fn status(&self) -> Word<StoreReservationStatus> {
        Word(self.0.status)
    }

    /// What may be done to it now.
    async fn supported_actions(&self) -> Vec<Word<StoreReservationAction>> {
        words(self.0.status.supported_actions())
    }

    /// Name to ask for.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What is kept.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<StoreReservationLine>> {
        let rows = loader::load(ctx, ReservationLinesOf(self.0.id)).await?.unwrap_or_default();
        let line = |row: store_reservation_line::Model| StoreReservationLine {
            variant_id: id(row.variant_id),
            quantity: row.quantity,
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// Until when it is kept.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// When it ended.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }

    /// The sale it became.
    async fn order_id(&self) -> Option<ID> {
        self.0.order_id.map(id)
    }

    /// Note for the store.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

of_parent!(
    /// The lines of a reservation.
    ReservationLinesOf(StoreReservationId), store_reservation_line::Model, query::lines,
    |row: &store_reservation_line::Model| Some(row.store_reservation_id)
);
