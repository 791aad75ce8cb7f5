//! Suppliers and what is ordered from them.

mod input;

use async_graphql::{Context, ID, Object};
use domain::Result;
use domain::transfer::{Done, purchase, supplier};
use entity::id::PurchaseOrderId;
use entity::purchase_order::Model;

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::purchase_order::{PurchaseOrder, PurchaseOrderConnection, Supplier, SupplierConnection};
use crate::payload;
use crate::scalar::parse_id;

pub use input::{
    PurchaseOrderCloseInput, PurchaseOrderCreateInput, PurchaseOrderFilter, PurchaseOrderReceiveInput,
    PurchaseOrderStepInput, PurchaseOrderUpdateInput, ShippingNoticeAnnounceInput, ShippingNoticeCancelInput,
    SupplierUpsertInput,
};

payload! {
    /// The supplier after the change.
    pub struct SupplierPayload {
        /// The supplier.
        supplier: Supplier,
    }
}

payload! {
    /// The purchase order after the change.
    pub struct PurchaseOrderPayload {
        /// The purchase order, as it is now.
        purchase_order: PurchaseOrder,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

fn shown(done: Done<Model>) -> (PurchaseOrder, bool) {
    (PurchaseOrder(done.row), done.replayed)
}

/// Queries about purchases.
#[derive(Debug, Default)]
pub struct PurchasingQuery;

#[Object]
impl PurchasingQuery {
    /// Suppliers, newest first.
    async fn suppliers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<SupplierConnection> {
        let request = page_request(first, after, last, before)?;
        let page = supplier::page(ctx_of(ctx), &request).await?;
        let all = count(ctx_of(ctx).clone(), |ctx| async move { supplier::count(&ctx).await });
        Ok(SupplierConnection::new(page.map(Supplier), all))
    }

    /// A purchase order of one of your places; null when there is none.
    async fn purchase_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the purchase order.")] id: ID,
    ) -> Result<Option<PurchaseOrder>> {
        let id: PurchaseOrderId = parse_id(&id, "id")?;
        Ok(purchase::query::get(ctx_of(ctx), id).await?.map(PurchaseOrder))
    }

    /// Purchase orders of your places, newest first.
    async fn purchase_orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.", default)] filter: PurchaseOrderFilter,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<PurchaseOrderConnection> {
        let request = page_request(first, after, last, before)?;
        let (ctx, filter) = (ctx_of(ctx).clone(), filter.read()?);
        let page = purchase::query::page(&ctx, &filter, &request).await?;
        let all = count((ctx, filter), |(ctx, filter)| async move { purchase::query::count(&ctx, &filter).await });
        Ok(PurchaseOrderConnection::new(page.map(PurchaseOrder), all))
    }
}

/// Changes of purchases.
#[derive(Debug, Default)]
pub struct PurchasingMutation;

#[Object]
impl PurchasingMutation {
    /// Creates a supplier or changes it as a whole. Found by id, else by code. Needs the permission everywhere.
    async fn supplier_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The supplier as it should be.")] input: SupplierUpsertInput,
    ) -> Result<SupplierPayload> {
        let done = match input.read() {
            Ok(input) => supplier::upsert(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        SupplierPayload::of(ctx, done)
    }

    /// Writes a draft: what shall come from whom, and at what cost; once per key.
    async fn purchase_order_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The purchase order.")] input: PurchaseOrderCreateInput,
    ) -> Result<PurchaseOrderPayload> {
        let done = match input.read(ctx) {
            Ok(input) => purchase::create(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        PurchaseOrderPayload::of(ctx, done.map(shown))
    }

    /// Writes a draft again as a whole; once per key.
    async fn purchase_order_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The draft as it should be.")] input: PurchaseOrderUpdateInput,
    ) -> Result<PurchaseOrderPayload> {
        let done = match input.read(ctx) {
            Ok(input) => purchase::update(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        PurchaseOrderPayload::of(ctx, done.map(shown))
    }

    /// It was sent to the supplier: its units are expected; once per key.
    async fn purchase_order_place(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: PurchaseOrderStepInput,
    ) -> Result<PurchaseOrderPayload> {
        let done = match input.read(ctx) {
            Ok(input) => purchase::order(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        PurchaseOrderPayload::of(ctx, done.map(shown))
    }

    /// Receives units at the location, all or some, by a shipping notice or without; once per key.
    async fn purchase_order_receive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What arrived.")] input: PurchaseOrderReceiveInput,
    ) -> Result<PurchaseOrderPayload> {
        let done = match input.read(ctx) {
            Ok(input) => purchase::receive(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        PurchaseOrderPayload::of(ctx, done.map(shown))
    }

    /// What has not come is not expected any more; once per key.
    async fn purchase_order_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and why.")] input: PurchaseOrderCloseInput,
    ) -> Result<PurchaseOrderPayload> {
        let done = match input.read(ctx) {
            Ok(input) => purchase::close_rest(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        PurchaseOrderPayload::of(ctx, done.map(shown))
    }

    /// Cancels a draft, or an order of which nothing has come yet; once per key.
    async fn purchase_order_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: PurchaseOrderStepInput,
    ) -> Result<PurchaseOrderPayload> {
        let done = match input.read(ctx) {
            Ok(input) => purchase::cancel(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        PurchaseOrderPayload::of(ctx, done.map(shown))
    }

    /// Records what a supplier says is under way; several at a time; once per key.
    async fn shipping_notice_announce(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the supplier says.")] input: ShippingNoticeAnnounceInput,
    ) -> Result<PurchaseOrderPayload> {
        let done = match input.read(ctx) {
            Ok(input) => purchase::announce(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        PurchaseOrderPayload::of(ctx, done.map(shown))
    }

    /// Takes a shipping notice back that has not arrived; once per key.
    async fn shipping_notice_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ShippingNoticeCancelInput,
    ) -> Result<PurchaseOrderPayload> {
        let done = match input.read(ctx) {
            Ok(input) => purchase::withdraw(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        PurchaseOrderPayload::of(ctx, done.map(shown))
    }
}
