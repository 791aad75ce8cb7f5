//! Goods that customers collect.

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::pickup::{choose, code, query};
use domain::{Actor, Error, Result};
use entity::id::OrderId;
use entity::pickup;
use entity::status::{PickupAction, StateMachine};
use entity::words::{PickupChoice, PickupProof, PickupStatus};
use std::collections::HashMap;

use super::location::Location;
use super::order::Order;
use super::refund::of_parent;
use crate::connection;
use crate::context::ctx_of;
use crate::loader::{self, Rows};
use crate::scalar::id;
use crate::word::{Word, words};

/// Goods that a customer collects.
#[derive(Clone, Debug)]
pub struct Pickup(pub pickup::Model);

impl From<pickup::Model> for Pickup {
    fn from(row: pickup::Model) -> Self {
        Self(row)
    }
}

connection!(PickupConnection, PickupEdge, Pickup, "pickups");

/// Goods that a customer collects in a store.
#[Object]
impl Pickup {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The order.
    async fn order_id(&self) -> ID {
        id(self.0.order_id)
    }

    /// The order; null when the viewer may not read it.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        // Whoever has only the link of a mail reads no order.
        if matches!(ctx_of(ctx).actor, Actor::Guest { order_id: None, .. }) {
            return Ok(None);
        }
        Ok(loader::load(ctx, self.0.order_id).await?.map(Order))
    }

    /// The work behind it.
    async fn fulfillment_order_id(&self) -> ID {
        id(self.0.fulfillment_order_id)
    }

    /// The store.
    async fn location(&self, ctx: &Context<'_>) -> Result<Option<Location>> {
        loader::load(ctx, self.0.location_id).await
    }

    /// Lifecycle.
    async fn status(&self) -> Word<PickupStatus> {
        Word(self.0.status)
    }

    /// What the store may do to it now.
    async fn supported_actions(&self) -> Vec<Word<PickupAction>> {
        words(self.0.status.supported_actions())
    }

    /// The one-time code to show in the store: only while it waits, and only for its customer or who holds the order's
    /// secret.
    async fn code(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let ctx_of = ctx_of(ctx);
        let mine = match &ctx_of.actor {
            Actor::Guest { order_id, .. } => *order_id == Some(self.0.order_id),
            Actor::Customer { .. } => loader::load(ctx, self.0.order_id).await?.is_some(),
            Actor::System | Actor::Staff { .. } | Actor::Device(_) | Actor::App { .. } => false,
        };
        Ok(code::of(&ctx_of.services.secrets, &self.0).filter(|_| mine))
    }

    /// When it became ready.
    async fn ready_at(&self) -> Option<DateTime<Utc>> {
        self.0.ready_at
    }

    /// Until when it waits in the store; then goods and money go back.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// How often that was prolonged.
    async fn extensions(&self) -> i32 {
        self.0.extensions
    }

    /// When the customer said to be there.
    async fn arrived_at(&self) -> Option<DateTime<Utc>> {
        self.0.arrived_at
    }

    /// Parking space, color of the car.
    async fn arrival_note(&self) -> Option<&str> {
        self.0.arrival_note.as_deref()
    }

    /// When the last unit was collected.
    async fn collected_at(&self) -> Option<DateTime<Utc>> {
        self.0.collected_at
    }

    /// How who collected proved it.
    async fn proof(&self) -> Option<Word<PickupProof>> {
        self.0.proof.map(Word)
    }

    /// Until when the customer may choose again after the store fell short.
    async fn choice_expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.choice_expires_at
    }

    /// What was chosen.
    async fn choice(&self) -> Option<Word<PickupChoice>> {
        self.0.choice.map(Word)
    }

    /// The stores that have all of it now; empty unless the store fell short.
    async fn other_stores(&self, ctx: &Context<'_>) -> Result<Vec<Location>> {
        let is_short = self.0.status == PickupStatus::Short;
        let stores = if is_short { choose::other_stores(ctx_of(ctx), &self.0).await? } else { Vec::new() };
        Ok(stores.into_iter().map(Location).collect())
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

of_parent!(
    /// The pickups of an order.
    PickupsOf(OrderId), pickup::Model, query::of_orders, |row: &pickup::Model| Some(row.order_id)
);
