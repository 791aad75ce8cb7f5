//! Orders and what hangs on them.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::kernel::Actor;
use domain::messaging::query::Filter;
use domain::{Error, Result, order as orders};
use entity::id::OrderId;
use entity::status::{OrderAction, StateMachine};
use entity::words::{OrderFulfillmentStatus, OrderPaymentStatus, OrderPickupStatus, OrderReturnStatus, OrderStatus};
use entity::{order, order_line, order_note, order_shipping, order_tax};

use super::address::Address;
use super::credit_note::{CreditNote, CreditNotesOf};
use super::discount::{self, DiscountsOf, OrderDiscount};
use super::exchange::{Exchange, ExchangesOfOrder};
use super::fulfillment_order::{FulfillmentOrder, WorkOf};
use super::message::MessageConnection;
use super::message_list::{MessageFilterInput, listed};
use super::order_line::OrderLine;
use super::payment::{Payment, PaymentsOf};
use super::pickup::{Pickup, PickupsOf};
use super::receipt::{Receipt, ReceiptOf};
use super::refund::{Refund, RefundsOf};
use super::returns::{Return, ReturnsOf};
use super::shipment::{Shipment, ShipmentsOf};
use crate::connection;
use crate::connection::page_request;
use crate::context::ctx_of;
use crate::loader::{self, Rows};
use crate::metadata::{MetadataEntry, metadata};
use crate::scalar::{CurrencyCode, Date, Locale, Money, id};
use crate::word::{Word, words};

/// An order.
#[derive(Clone, Debug)]
pub struct Order(pub order::Model);

impl From<order::Model> for Order {
    fn from(row: order::Model) -> Self {
        Self(row)
    }
}

connection!(OrderConnection, OrderEdge, Order, "orders");

/// Tax of an order at one rate.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrderTax {
    /// Name on documents.
    pub name: String,
    /// The rate in parts per million: 100000 is 10 %.
    pub rate_ppm: i32,
    /// What the rate applies to, without tax.
    pub taxable: Money,
    /// The tax, rounded once per order.
    pub tax: Money,
}

/// What an order pays for shipping.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrderShipping {
    /// Name of the method when bought.
    pub name: String,
    /// As priced in the channel.
    pub amount: Money,
    /// Its discount.
    pub discount: Money,
    /// With its discount and tax.
    pub total: Money,
    /// The day the customer asked for.
    pub delivery_on: Option<Date>,
    /// The time of day the customer asked for.
    pub delivery_slot: Option<String>,
}

/// A staff note on an order.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrderNote {
    /// Id.
    pub id: ID,
    /// The note.
    pub body: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// What was agreed: lines, prices, taxes and delivery choices.
#[Object]
impl Order {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Number for people.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Lifecycle.
    async fn status(&self) -> Word<OrderStatus> {
        Word(self.0.status)
    }

    /// What was paid.
    async fn payment_status(&self) -> Word<OrderPaymentStatus> {
        Word(self.0.payment_status)
    }

    /// What left.
    async fn fulfillment_status(&self) -> Word<OrderFulfillmentStatus> {
        Word(self.0.fulfillment_status)
    }

    /// What was collected.
    async fn pickup_status(&self) -> Word<OrderPickupStatus> {
        Word(self.0.pickup_status)
    }

    /// What came back.
    async fn return_status(&self) -> Word<OrderReturnStatus> {
        Word(self.0.return_status)
    }

    /// What may be done to its lifecycle now.
    async fn supported_actions(&self) -> Vec<Word<OrderAction>> {
        words(self.0.status.supported_actions())
    }

    /// Currency of all its amounts.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency)
    }

    /// Language of its mails.
    async fn locale(&self) -> Locale {
        Locale(self.0.locale.clone())
    }

    /// Contact e-mail address.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// Contact phone in E.164.
    async fn phone(&self) -> Option<&str> {
        self.0.phone.as_deref()
    }

    /// Whom to ask for.
    async fn contact_name(&self) -> Option<&str> {
        self.0.contact_name.as_deref()
    }

    /// Where it is shipped.
    async fn shipping_address(&self) -> Option<Address> {
        self.0.shipping_address.clone().map(Address)
    }

    /// Who is billed.
    async fn billing_address(&self) -> Option<Address> {
        self.0.billing_address.clone().map(Address)
    }

    /// Whether line prices include tax.
    async fn prices_include_tax(&self) -> bool {
        self.0.prices_include_tax
    }

    /// Sum of the lines before discounts, as priced.
    async fn subtotal(&self) -> Money {
        Money::new(self.0.subtotal, self.0.currency)
    }

    /// Sum of the discounts.
    async fn discount_total(&self) -> Money {
        Money::new(self.0.discount_total, self.0.currency)
    }

    /// What makes it cheaper, in the order in which it was taken.
    async fn discounts(&self, ctx: &Context<'_>) -> Result<Vec<OrderDiscount>> {
        let rows = loader::load(ctx, DiscountsOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| discount::of_order(ctx, row, self.0.currency)).collect())
    }

    /// Shipping, as priced.
    async fn shipping_total(&self) -> Money {
        Money::new(self.0.shipping_total, self.0.currency)
    }

    /// Sum of the taxes.
    async fn tax_total(&self) -> Money {
        Money::new(self.0.tax_total, self.0.currency)
    }

    /// What the customer pays.
    async fn total(&self) -> Money {
        Money::new(self.0.total, self.0.currency)
    }

    /// Its lines, in order.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<OrderLine>> {
        let rows = loader::load(ctx, LinesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|line| OrderLine { line, currency: self.0.currency }).collect())
    }

    /// Tax per rate.
    async fn taxes(&self, ctx: &Context<'_>) -> Result<Vec<OrderTax>> {
        let rows = loader::load(ctx, TaxesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| self.tax(row)).collect())
    }

    /// What it pays for shipping; null when nothing is shipped.
    async fn shipping(&self, ctx: &Context<'_>) -> Result<Option<OrderShipping>> {
        let rows = loader::load(ctx, ShippingOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().next().map(|row| self.shipped(row)))
    }

    /// Its payments, oldest first.
    async fn payments(&self, ctx: &Context<'_>) -> Result<Vec<Payment>> {
        let rows = loader::load(ctx, PaymentsOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Payment).collect())
    }

    /// What is collected in stores, oldest first.
    async fn pickups(&self, ctx: &Context<'_>) -> Result<Vec<Pickup>> {
        let rows = loader::load(ctx, PickupsOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Pickup).collect())
    }

    /// Decisions to give money back, oldest first.
    async fn refunds(&self, ctx: &Context<'_>) -> Result<Vec<Refund>> {
        let rows = loader::load(ctx, RefundsOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Refund).collect())
    }

    /// The documents of what went back, oldest first.
    async fn credit_notes(&self, ctx: &Context<'_>) -> Result<Vec<CreditNote>> {
        let rows = loader::load(ctx, CreditNotesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(CreditNote).collect())
    }

    /// What comes back of it, and claims; oldest first.
    async fn returns(&self, ctx: &Context<'_>) -> Result<Vec<Return>> {
        let rows = loader::load(ctx, ReturnsOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Return).collect())
    }

    /// The exchange, or the claim, for which it was placed; null for other orders.
    async fn placed_for_exchange(&self, ctx: &Context<'_>) -> Result<Option<Exchange>> {
        let rows = loader::load(ctx, ExchangesOfOrder(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().next().map(|row| Exchange { row, currency: self.0.currency }))
    }

    /// The work it makes for locations.
    async fn fulfillment_orders(&self, ctx: &Context<'_>) -> Result<Vec<FulfillmentOrder>> {
        let rows = loader::load(ctx, WorkOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(FulfillmentOrder).collect())
    }

    /// Its parcels, oldest first.
    async fn shipments(&self, ctx: &Context<'_>) -> Result<Vec<Shipment>> {
        let rows = loader::load(ctx, ShipmentsOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Shipment).collect())
    }

    /// The receipt given out at the till; null for other orders.
    async fn receipt(&self, ctx: &Context<'_>) -> Result<Option<Receipt>> {
        Ok(loader::load(ctx, ReceiptOf(self.0.id)).await?.map(Receipt))
    }

    /// The customer's own note.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// The staff's notes, oldest first; empty for customers.
    async fn notes(&self, ctx: &Context<'_>) -> Result<Vec<OrderNote>> {
        let rows =
            if for_staff(ctx) { loader::load(ctx, NotesOf(self.0.id)).await?.unwrap_or_default() } else { Vec::new() };
        Ok(rows
            .into_iter()
            .map(|note| OrderNote { id: id(note.id), body: note.body, created_at: note.created_at })
            .collect())
    }

    /// What was written about it, newest first; for staff who may read messages.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them.", default)] filter: MessageFilterInput,
        #[graphql(desc = "How many; 20 when left out, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<MessageConnection> {
        let request = page_request(first, after, last, before)?;
        listed(ctx, Filter { order_id: Some(self.0.id), ..filter.filter()? }, &request).await
    }

    /// When it was placed.
    async fn placed_at(&self) -> Option<DateTime<Utc>> {
        self.0.placed_at
    }

    /// When it was canceled.
    async fn canceled_at(&self) -> Option<DateTime<Utc>> {
        self.0.canceled_at
    }

    /// When nothing was left to do.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }

    /// Its id in another system.
    async fn external_reference(&self) -> Option<&str> {
        self.0.external_reference.as_deref()
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Public metadata.
    async fn metadata(&self) -> Vec<MetadataEntry> {
        metadata(&self.0.metadata)
    }

    /// Metadata for staff and apps; empty for customers.
    async fn private_metadata(&self, ctx: &Context<'_>) -> Vec<MetadataEntry> {
        if for_staff(ctx) { metadata(&self.0.private_metadata) } else { Vec::new() }
    }
}

/// Whether the one who asks works here.
pub(crate) fn for_staff(ctx: &Context<'_>) -> bool {
    matches!(ctx_of(ctx).actor, Actor::Staff { .. } | Actor::App { .. } | Actor::System)
}

impl Order {
    fn tax(&self, row: order_tax::Model) -> OrderTax {
        OrderTax {
            name: row.name,
            rate_ppm: row.rate_ppm,
            taxable: Money::new(row.taxable, self.0.currency),
            tax: Money::new(row.tax, self.0.currency),
        }
    }

    fn shipped(&self, row: order_shipping::Model) -> OrderShipping {
        OrderShipping {
            name: row.name,
            amount: Money::new(row.amount, self.0.currency),
            discount: Money::new(row.discount, self.0.currency),
            total: Money::new(row.total, self.0.currency),
            delivery_on: row.delivery_on.map(Date),
            delivery_slot: row.delivery_slot,
        }
    }
}

/// Declares a loader of what hangs on orders; who may read the order may read it.
macro_rules! of_order {
    ($(#[doc = $doc:literal])+ $key:ident, $row:ty, $read:path) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $key(pub OrderId);

        impl Loader<$key> for Rows {
            type Value = Vec<$row>;
            type Error = Error;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>> {
                let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
                let mut found: HashMap<$key, Self::Value> = HashMap::new();
                for row in $read(&self.ctx.db(), &ids).await? {
                    found.entry($key(row.order_id)).or_default().push(row);
                }
                Ok(found)
            }
        }
    };
}

of_order!(
    /// The lines of an order.
    LinesOf, order_line::Model, orders::query::lines
);
of_order!(
    /// The taxes of an order.
    TaxesOf, order_tax::Model, orders::query::taxes
);
of_order!(
    /// The shipping of an order.
    ShippingOf, order_shipping::Model, orders::query::shipping
);
of_order!(
    /// The notes on an order.
    NotesOf, order_note::Model, orders::query::notes
);

/// An order, if the viewer may read it.
impl Loader<OrderId> for Rows {
    type Value = order::Model;
    type Error = Error;

    async fn load(&self, keys: &[OrderId]) -> Result<HashMap<OrderId, order::Model>> {
        let found = orders::query::readable_by_ids(&self.ctx, keys).await?;
        Ok(found.into_iter().map(|row| (row.id, row)).collect())
    }
}
