//! Goods that come back.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::returns::{query, slip_pdf};
use domain::{Error, Result};
use entity::id::{OrderId, ReturnId};
use entity::status::{ReturnAction, StateMachine};
use entity::words::{ClaimResolution, Disposition, RefundDestination, ReturnKind, ReturnMethod, ReturnStatus};
use entity::{return_item, return_line, returns};

use super::exchange::{Exchange, ExchangesOfReturn};
use super::location::Location;
use super::order::{Order, for_staff};
use super::refund::of_parent;
use super::return_rules::ReturnReason;
use crate::context::ctx_of;
use crate::loader::{self, Rows};
use crate::scalar::{Money, id};
use crate::word::{Word, words};

/// A return or claim.
#[derive(Clone, Debug)]
pub struct Return(pub returns::Model);

impl From<returns::Model> for Return {
    fn from(row: returns::Model) -> Self {
        Self(row)
    }
}

crate::connection!(ReturnConnection, ReturnEdge, Return, "returns");

/// Goods that come back, or about which a customer complains.
#[Object]
impl Return {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Number that people say, such as `R-000123`.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// What for.
    async fn kind(&self) -> Word<ReturnKind> {
        Word(self.0.kind)
    }

    /// Lifecycle.
    async fn status(&self) -> Word<ReturnStatus> {
        Word(self.0.status)
    }

    /// What may be done to it now.
    async fn supported_actions(&self) -> Vec<Word<ReturnAction>> {
        words(self.0.status.supported_actions())
    }

    /// Id of the order; null of a return without one.
    async fn order_id(&self) -> Option<ID> {
        self.0.order_id.map(id)
    }

    /// The order; null when there is none, or the viewer may not read it.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        match (self.0.order_id, ctx_of(ctx).actor.clone()) {
            (None, _) | (_, domain::Actor::Guest { order_id: None, .. }) => Ok(None),
            (Some(id), _) => Ok(loader::load(ctx, id).await?.map(Order)),
        }
    }

    /// How the goods come.
    async fn method(&self) -> Word<ReturnMethod> {
        Word(self.0.method)
    }

    /// Where they were handed in.
    async fn lodged_location(&self, ctx: &Context<'_>) -> Result<Option<Location>> {
        match self.0.lodged_location_id {
            Some(id) => loader::load(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Where they shall lie in the end.
    async fn destination_location(&self, ctx: &Context<'_>) -> Result<Option<Location>> {
        match self.0.destination_location_id {
            Some(id) => loader::load(ctx, id).await,
            None => Ok(None),
        }
    }

    /// What the customer wrote.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// What staff wrote; null for customers.
    async fn staff_note(&self, ctx: &Context<'_>) -> Option<&str> {
        Some(self.0.staff_note.as_str()).filter(|_| for_staff(ctx))
    }

    /// Why it was refused.
    async fn decline_reason(&self) -> Option<&str> {
        self.0.decline_reason.as_deref()
    }

    /// Why staff went beyond the rules; null for customers.
    async fn override_reason(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.override_reason.as_deref().filter(|_| for_staff(ctx))
    }

    /// What is kept for taking it back, when all of it is accepted.
    async fn restocking_fee(&self) -> Money {
        Money::new(self.0.restocking_fee, self.0.currency)
    }

    /// What is kept for sending it back.
    async fn return_shipping_fee(&self) -> Money {
        Money::new(self.0.return_shipping_fee, self.0.currency)
    }

    /// Where the money goes.
    async fn refund_to(&self) -> Word<RefundDestination> {
        Word(self.0.refund_to)
    }

    /// Who carries it.
    async fn carrier(&self) -> Option<&str> {
        self.0.carrier.as_deref()
    }

    /// The carrier's number.
    async fn tracking_number(&self) -> Option<&str> {
        self.0.tracking_number.as_deref()
    }

    /// What a claim gives.
    async fn resolution(&self) -> Option<Word<ClaimResolution>> {
        self.0.resolution.map(Word)
    }

    /// What comes back.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<ReturnLine>> {
        let rows = loader::load(ctx, ReturnLinesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| ReturnLine { row, currency: self.0.currency }).collect())
    }

    /// What was found, oldest first.
    async fn items(&self, ctx: &Context<'_>) -> Result<Vec<ReturnItem>> {
        let rows = loader::load(ctx, ReturnItemsOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|(_, row)| ReturnItem(row)).collect())
    }

    /// The exchange of which it is the first half, or the replacement for a claim; null when there is none.
    async fn exchange(&self, ctx: &Context<'_>) -> Result<Option<Exchange>> {
        let rows = loader::load(ctx, ExchangesOfReturn(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().next().map(|row| Exchange { row, currency: self.0.currency }))
    }

    /// Where its slip is as PDF, with the address for the parcel, without signing in, until 90 days after the return ended;
    /// null then, and of a return without an order.
    async fn slip_url(&self, ctx: &Context<'_>) -> Option<String> {
        slip_pdf::url(ctx_of(ctx), &self.0)
    }

    /// When it was asked for.
    async fn requested_at(&self) -> DateTime<Utc> {
        self.0.requested_at
    }

    /// When it was approved or declined.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.decided_at
    }

    /// Until when the goods are expected.
    async fn expected_by(&self) -> Option<DateTime<Utc>> {
        self.0.expected_by
    }

    /// When it ended.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

of_parent!(
    /// The returns of an order.
    ReturnsOf(OrderId), returns::Model, query::of_orders, |row: &returns::Model| row.order_id
);

of_parent!(
    /// The lines of a return.
    ReturnLinesOf(ReturnId), return_line::Model, query::lines, |row: &return_line::Model| Some(row.return_id)
);

of_parent!(
    /// What was found of a return.
    ReturnItemsOf(ReturnId), (ReturnId, return_item::Model), query::items,
    |row: &(ReturnId, return_item::Model)| Some(row.0)
);

/// A line of a return.
#[derive(Clone, Debug)]
pub struct ReturnLine {
    row: return_line::Model,
    currency: entity::money::Currency,
}

/// Units of one line that come back.
#[Object]
impl ReturnLine {
    /// Id.
    async fn id(&self) -> ID {
        id(self.row.id)
    }

    /// Id of the line that sold them; null without an order.
    async fn order_line_id(&self) -> Option<ID> {
        self.row.order_line_id.map(id)
    }

    /// Id of the variant.
    async fn variant_id(&self) -> ID {
        id(self.row.variant_id)
    }

    /// Units asked for.
    async fn quantity(&self) -> i64 {
        self.row.quantity
    }

    /// Units that came, or that will not come.
    async fn received(&self) -> i64 {
        self.row.received
    }

    /// Units that were looked at.
    async fn inspected(&self) -> i64 {
        self.row.inspected
    }

    /// Why.
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<ReturnReason>> {
        match self.row.return_reason_id {
            Some(id) => Ok(loader::load(ctx, id).await?.map(ReturnReason)),
            None => Ok(None),
        }
    }

    /// In words.
    async fn note(&self) -> &str {
        &self.row.note
    }

    /// What one unit gave without an order.
    async fn unit_price(&self) -> Option<Money> {
        self.row.unit_price.map(|amount| Money::new(amount, self.currency))
    }
}

/// Units that were found.
#[derive(Clone, Debug)]
pub struct ReturnItem(pub return_item::Model);

/// Units that were looked at, and what happens to them.
#[Object]
impl ReturnItem {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Id of the line of the return.
    async fn return_line_id(&self) -> ID {
        id(self.0.return_line_id)
    }

    /// Units.
    async fn quantity(&self) -> i64 {
        self.0.quantity
    }

    /// What happens to them.
    async fn disposition(&self) -> Word<Disposition> {
        Word(self.0.disposition)
    }

    /// Where they are.
    async fn location_id(&self) -> ID {
        id(self.0.location_id)
    }

    /// What was seen; null for customers.
    async fn note(&self, ctx: &Context<'_>) -> Option<&str> {
        Some(self.0.note.as_str()).filter(|_| for_staff(ctx))
    }

    /// When.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.occurred_at
    }
}

/// A picture of goods that come back.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReturnPhoto {
    /// Id.
    pub id: ID,
    /// Its media type, as its bytes prove it.
    pub content_type: String,
    /// The picture in base64.
    pub data: String,
}
