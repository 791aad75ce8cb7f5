//! Work for locations.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::fulfillment::queue::UNFINISHED;
use domain::{Error, Result, fulfillment as work};
use entity::id::{FulfillmentOrderId, OrderId, VariantId};
use entity::status::{FulfillmentOrderAction, StateMachine};
use entity::words::{DeliveryMethod, FulfillmentHoldReason, FulfillmentOrderStatus, ParkingReason};
use entity::{fulfillment_order, fulfillment_order_line};

use super::location::Location;
use super::order::{Order, for_staff};
use super::variant::Variant;
use crate::connection;
use crate::context::ctx_of;
use crate::loader::{self, Rows};
use crate::scalar::id;
use crate::word::{Word, words};

/// Work for one location by one method.
#[derive(Clone, Debug)]
pub struct FulfillmentOrder(pub fulfillment_order::Model);

connection!(FulfillmentOrderConnection, FulfillmentOrderEdge, FulfillmentOrder, "fulfillment orders");

/// Units to pick, with how far they are.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct FulfillmentOrderLine {
    /// Id.
    pub id: ID,
    /// The order's line that it serves.
    pub order_line_id: ID,
    /// What to pick; a part for bundles.
    pub variant_id: ID,
    /// Units to pick.
    pub quantity: i64,
    /// Units picked.
    pub picked: i64,
    /// Units packed.
    pub packed: i64,
    /// Units that left.
    pub fulfilled: i64,
    /// Units the location could not give.
    pub rejected: i64,
    #[graphql(skip)]
    key: VariantId,
}

#[ComplexObject]
impl FulfillmentOrderLine {
    /// What to pick; null for customers.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<Variant>> {
        if for_staff(ctx) { loader::load(ctx, self.key).await } else { Ok(None) }
    }
}

/// Work for one location by one method.
#[Object]
impl FulfillmentOrder {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The order.
    async fn order_id(&self) -> ID {
        id(self.0.order_id)
    }

    /// Who works on it; null while it waits for stock.
    async fn location_id(&self) -> Option<ID> {
        self.0.location_id.map(id)
    }

    /// The place that works on it; null while it waits for stock.
    async fn location(&self, ctx: &Context<'_>) -> Result<Option<Location>> {
        let Some(key) = self.0.location_id else { return Ok(None) };
        loader::load(ctx, key).await
    }

    /// How the goods reach the customer.
    async fn method(&self) -> Word<DeliveryMethod> {
        Word(self.0.method)
    }

    /// Lifecycle.
    async fn status(&self) -> Word<FulfillmentOrderStatus> {
        Word(self.0.status)
    }

    /// What may be done to it now.
    async fn supported_actions(&self) -> Vec<Word<FulfillmentOrderAction>> {
        words(self.0.status.supported_actions())
    }

    /// The order; null when you may not read it.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        Ok(loader::load(ctx, self.0.order_id).await?.map(Order))
    }

    /// Why it is on hold.
    async fn hold_reason(&self) -> Option<Word<FulfillmentHoldReason>> {
        let reason = self.0.hold_reason.as_deref()?;
        FulfillmentHoldReason::ALL.iter().find(|word| word.as_str() == reason).copied().map(Word)
    }

    /// Why it is on hold, in words; null for customers.
    async fn hold_note(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.hold_note.as_deref().filter(|_| for_staff(ctx))
    }

    /// Why it waits without a location.
    async fn parked_as(&self) -> Option<Word<ParkingReason>> {
        self.0.parked_as.map(Word)
    }

    /// Whether its promise is broken: unfinished work past `fulfillBy`.
    async fn late(&self, ctx: &Context<'_>) -> bool {
        UNFINISHED.contains(&self.0.status) && self.0.fulfill_by.is_some_and(|by| by < ctx_of(ctx).now())
    }

    /// When the location took it.
    async fn accepted_at(&self) -> Option<DateTime<Utc>> {
        self.0.accepted_at
    }

    /// When all of it was packed.
    async fn packed_at(&self) -> Option<DateTime<Utc>> {
        self.0.packed_at
    }

    /// When it ended.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }

    /// The promise.
    async fn fulfill_by(&self) -> Option<DateTime<Utc>> {
        self.0.fulfill_by
    }

    /// What to pick.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<FulfillmentOrderLine>> {
        let rows = loader::load(ctx, WorkLinesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.iter().map(line).collect())
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

fn line(row: &fulfillment_order_line::Model) -> FulfillmentOrderLine {
    FulfillmentOrderLine {
        id: id(row.id),
        order_line_id: id(row.order_line_id),
        variant_id: id(row.variant_id),
        quantity: row.quantity,
        picked: row.picked,
        packed: row.packed,
        fulfilled: row.fulfilled,
        rejected: row.rejected,
        key: row.variant_id,
    }
}

/// The work of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorkOf(pub OrderId);

impl Loader<WorkOf> for Rows {
    type Value = Vec<fulfillment_order::Model>;
    type Error = Error;

    async fn load(&self, keys: &[WorkOf]) -> Result<HashMap<WorkOf, Self::Value>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<WorkOf, Self::Value> = HashMap::new();
        for row in work::query::of_orders(&self.ctx.db(), &ids).await? {
            found.entry(WorkOf(row.order_id)).or_default().push(row);
        }
        Ok(found)
    }
}

/// Work, if the viewer may read its order.
impl Loader<FulfillmentOrderId> for Rows {
    type Value = FulfillmentOrder;
    type Error = Error;

    async fn load(&self, keys: &[FulfillmentOrderId]) -> Result<HashMap<FulfillmentOrderId, FulfillmentOrder>> {
        let found = work::query::readable_by_ids(&self.ctx, keys).await?;
        Ok(found.into_iter().map(|row| (row.id, FulfillmentOrder(row))).collect())
    }
}

/// The lines of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorkLinesOf(pub FulfillmentOrderId);

impl Loader<WorkLinesOf> for Rows {
    type Value = Vec<fulfillment_order_line::Model>;
    type Error = Error;

    async fn load(&self, keys: &[WorkLinesOf]) -> Result<HashMap<WorkLinesOf, Self::Value>> {
        let ids: Vec<FulfillmentOrderId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<WorkLinesOf, Self::Value> = HashMap::new();
        for row in work::query::lines(&self.ctx.db(), &ids).await? {
            found.entry(WorkLinesOf(row.fulfillment_order_id)).or_default().push(row);
        }
        Ok(found)
    }
}
