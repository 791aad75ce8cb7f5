//! Suppliers, purchase orders and shipping notices.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::import::export_purchase_order::export_purchase_order;
use domain::transfer::{purchase, supplier as suppliers};
use domain::{Error, Result};
use entity::id::{PurchaseOrderId, ShippingNoticeId, SupplierId, VariantId};
use entity::money::Currency;
use entity::status::{PurchaseOrderAction, StateMachine};
use entity::words::{Carrier, PurchaseOrderStatus};
use entity::{purchase_order, purchase_order_line, shipping_notice, supplier};

use super::location::{Location, location_of};
use super::variant::Variant;
use crate::context::ctx_of;
use crate::loader::{Rows, load};
use crate::scalar::{CurrencyCode, Money, id};
use crate::word::{Word, words};

/// A supplier.
#[derive(Clone, Debug)]
pub struct Supplier(pub supplier::Model);

impl From<supplier::Model> for Supplier {
    fn from(row: supplier::Model) -> Self {
        Self(row)
    }
}

/// Who sells to the retailer.
#[Object]
impl Supplier {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Stable code.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where orders go.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// Phone.
    async fn phone(&self) -> Option<&str> {
        self.0.phone.as_deref()
    }

    /// Usual days until delivery.
    async fn lead_days(&self) -> Option<i32> {
        self.0.lead_days
    }

    /// Whether it may be ordered from.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

crate::connection!(SupplierConnection, SupplierEdge, Supplier, "suppliers");

impl Loader<SupplierId> for Rows {
    type Value = Supplier;
    type Error = Error;

    async fn load(&self, keys: &[SupplierId]) -> Result<HashMap<SupplierId, Supplier>> {
        let rows = suppliers::by_ids(&self.ctx.db(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, Supplier(row))).collect())
    }
}

/// A purchase order.
#[derive(Clone, Debug)]
pub struct PurchaseOrder(pub purchase_order::Model);

impl From<purchase_order::Model> for PurchaseOrder {
    fn from(row: purchase_order::Model) -> Self {
        Self(row)
    }
}

/// Goods ordered from a supplier.
#[Object]
impl PurchaseOrder {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Number for people, such as `PO-000123`.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Who sells.
    async fn supplier(&self, ctx: &Context<'_>) -> Result<Supplier> {
        load(ctx, self.0.supplier_id).await?.ok_or_else(|| Error::Bug("the supplier is missing".to_owned()))
    }

    /// Where it is delivered.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location> {
        location_of(ctx, self.0.location_id).await
    }

    /// Lifecycle.
    async fn status(&self) -> Word<PurchaseOrderStatus> {
        Word(self.0.status)
    }

    /// What may be done to it now.
    async fn supported_actions(&self) -> Vec<Word<PurchaseOrderAction>> {
        words(self.0.status.supported_actions())
    }

    /// Currency of the costs.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency)
    }

    /// How many percent of a line's units may arrive beyond what was ordered.
    async fn over_delivery_percent(&self) -> i32 {
        self.0.over_delivery_percent
    }

    /// What was ordered.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<PurchaseOrderLine>> {
        let rows = load(ctx, PurchaseLinesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.iter().map(|row| line(row, self.0.currency)).collect())
    }

    /// What it costs in all; null while the cost of a line is not known.
    async fn total_cost(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        let rows = load(ctx, PurchaseLinesOf(self.0.id)).await?.unwrap_or_default();
        let costs = rows.iter().map(|row| row.unit_cost.and_then(|cost| cost.checked_mul(row.quantity)));
        let total = costs.sum::<Option<i64>>();
        Ok(total.map(|total| Money::new(total, self.0.currency)))
    }

    /// What the supplier announced, oldest first.
    async fn shipping_notices(&self, ctx: &Context<'_>) -> Result<Vec<ShippingNotice>> {
        Ok(load(ctx, NoticesOf(self.0.id)).await?.unwrap_or_default())
    }

    /// The purchase order as a CSV file for the supplier; cells are safe to open in a spreadsheet.
    async fn csv(&self, ctx: &Context<'_>) -> Result<String> {
        let bytes = export_purchase_order(ctx_of(ctx), self.0.id).await?;
        String::from_utf8(bytes).map_err(|error| Error::Bug(error.to_string()))
    }

    /// Id in another system.
    async fn external_reference(&self) -> Option<&str> {
        self.0.external_reference.as_deref()
    }

    /// For the supplier and the people who receive.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// When it should arrive.
    async fn expected_at(&self) -> Option<DateTime<Utc>> {
        self.0.expected_at
    }

    /// When it was sent to the supplier.
    async fn ordered_at(&self) -> Option<DateTime<Utc>> {
        self.0.ordered_at
    }

    /// When it ended.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

crate::connection!(PurchaseOrderConnection, PurchaseOrderEdge, PurchaseOrder, "purchase orders");

/// Units of one variant ordered.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct PurchaseOrderLine {
    /// Id.
    pub id: ID,
    /// Id of the variant.
    pub variant_id: ID,
    /// Units ordered.
    pub quantity: i64,
    /// Cost of one unit.
    pub unit_cost: Option<Money>,
    /// Units that arrived in order; more than were ordered when more came.
    pub received: i64,
    /// Units that arrived damaged.
    pub damaged: i64,
    /// Units that are no longer expected.
    pub closed: i64,
    /// Why units were damaged or given up; the last reason given.
    pub discrepancy_reason: Option<String>,
    #[graphql(skip)]
    key: VariantId,
}

#[ComplexObject]
impl PurchaseOrderLine {
    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<Variant>> {
        load(ctx, self.key).await
    }
}

fn line(row: &purchase_order_line::Model, currency: Currency) -> PurchaseOrderLine {
    PurchaseOrderLine {
        id: id(row.id),
        variant_id: id(row.variant_id),
        quantity: row.quantity,
        unit_cost: row.unit_cost.map(|cost| Money::new(cost, currency)),
        received: row.received,
        damaged: row.damaged,
        closed: row.closed,
        discrepancy_reason: row.discrepancy_reason.clone(),
        key: row.variant_id,
    }
}

/// The lines of a purchase order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PurchaseLinesOf(pub PurchaseOrderId);

impl Loader<PurchaseLinesOf> for Rows {
    type Value = Vec<purchase_order_line::Model>;
    type Error = Error;

    async fn load(&self, keys: &[PurchaseLinesOf]) -> Result<HashMap<PurchaseLinesOf, Self::Value>> {
        let ids: Vec<PurchaseOrderId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<PurchaseLinesOf, Self::Value> = HashMap::new();
        for row in purchase::query::lines(&self.ctx.db(), &ids).await? {
            found.entry(PurchaseLinesOf(row.purchase_order_id)).or_default().push(row);
        }
        Ok(found)
    }
}

/// A shipping notice.
#[derive(Clone, Debug)]
pub struct ShippingNotice(pub shipping_notice::Model);

/// A supplier's word that goods are under way (advance shipping notice).
#[Object]
impl ShippingNotice {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The supplier's number.
    async fn reference(&self) -> &str {
        &self.0.reference
    }

    /// Who carries it.
    async fn carrier(&self) -> Option<Word<Carrier>> {
        self.0.carrier.map(Word)
    }

    /// The carrier's number.
    async fn tracking_number(&self) -> Option<&str> {
        self.0.tracking_number.as_deref()
    }

    /// What is in it.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<ShippingNoticeLine>> {
        Ok(load(ctx, NoticeLinesOf(self.0.id)).await?.unwrap_or_default())
    }

    /// When it should arrive.
    async fn expected_at(&self) -> Option<DateTime<Utc>> {
        self.0.expected_at
    }

    /// When it arrived.
    async fn received_at(&self) -> Option<DateTime<Utc>> {
        self.0.received_at
    }

    /// When it was taken back, or its purchase order ended without it.
    async fn canceled_at(&self) -> Option<DateTime<Utc>> {
        self.0.canceled_at
    }
}

/// Units that a supplier announced.
#[derive(Clone, Debug, SimpleObject)]
pub struct ShippingNoticeLine {
    /// Id of the purchase order's line.
    pub purchase_order_line_id: ID,
    /// Units.
    pub quantity: i64,
}

/// The shipping notices of a purchase order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoticesOf(pub PurchaseOrderId);

impl Loader<NoticesOf> for Rows {
    type Value = Vec<ShippingNotice>;
    type Error = Error;

    async fn load(&self, keys: &[NoticesOf]) -> Result<HashMap<NoticesOf, Self::Value>> {
        let ids: Vec<PurchaseOrderId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<NoticesOf, Self::Value> = HashMap::new();
        for row in purchase::query::notices(&self.ctx.db(), &ids).await? {
            found.entry(NoticesOf(row.purchase_order_id)).or_default().push(ShippingNotice(row));
        }
        Ok(found)
    }
}

/// The lines of a shipping notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoticeLinesOf(pub ShippingNoticeId);

impl Loader<NoticeLinesOf> for Rows {
    type Value = Vec<ShippingNoticeLine>;
    type Error = Error;

    async fn load(&self, keys: &[NoticeLinesOf]) -> Result<HashMap<NoticeLinesOf, Self::Value>> {
        let ids: Vec<ShippingNoticeId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<NoticeLinesOf, Self::Value> = HashMap::new();
        for row in purchase::query::notice_lines(&self.ctx.db(), &ids).await? {
            let line =
                ShippingNoticeLine { purchase_order_line_id: id(row.purchase_order_line_id), quantity: row.quantity };
            found.entry(NoticeLinesOf(row.shipping_notice_id)).or_default().push(line);
        }
        Ok(found)
    }
}
