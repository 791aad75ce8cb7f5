//! What a client says of suppliers and purchase orders.

use async_graphql::{Context, ID, InputObject};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::transfer::purchase::notice::Withdraw;
use domain::transfer::purchase::{
    Announce, ClosePurchaseOrder, CreatePurchaseOrder, DeliveredUnits, PurchaseContent, PurchaseLine, PurchaseStep,
    ReceivePurchaseOrder, UpdatePurchaseOrder, query,
};
use domain::transfer::supplier::UpsertSupplier;
use entity::words::{Carrier, PurchaseOrderStatus};

use crate::context::key_or_header;
use crate::scalar::{CurrencyCode, MoneyInput, parse_id, parse_optional_id};
use crate::staff::storage::StockUnitInput;
use crate::word::Word;

/// A supplier as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct SupplierUpsertInput {
    /// Which one to change; without it the one of this code, else a new one.
    pub id: Option<ID>,
    /// Stable code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Where orders go.
    pub email: Option<String>,
    /// Phone, as people write it.
    pub phone: Option<String>,
    /// Usual days until delivery, 0 to 730.
    pub lead_days: Option<i32>,
    /// Whether it may be ordered from.
    #[graphql(default = true)]
    pub active: bool,
    /// The version that you saw; `STALE_VERSION` when it is another one by now.
    pub expected_version: Option<i32>,
}

impl SupplierUpsertInput {
    pub(super) fn read(self) -> Result<UpsertSupplier> {
        Ok(UpsertSupplier {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            code: self.code,
            name: self.name,
            email: self.email,
            phone: self.phone,
            lead_days: self.lead_days,
            active: self.active,
            expected_version: self.expected_version,
        })
    }
}

/// Which purchase orders are wanted.
#[derive(Clone, Debug, Default, InputObject)]
pub struct PurchaseOrderFilter {
    /// Only for this location.
    pub location_id: Option<ID>,
    /// Only from this supplier.
    pub supplier_id: Option<ID>,
    /// Only in one of these states.
    pub statuses: Option<Vec<Word<PurchaseOrderStatus>>>,
}

impl PurchaseOrderFilter {
    pub(super) fn read(self) -> Result<query::PurchaseOrderFilter> {
        Ok(query::PurchaseOrderFilter {
            location_id: parse_optional_id(self.location_id.as_ref(), "filter.locationId")?,
            supplier_id: parse_optional_id(self.supplier_id.as_ref(), "filter.supplierId")?,
            statuses: self.statuses.map(|statuses| statuses.into_iter().map(|status| status.0).collect()),
        })
    }
}

/// Units of one variant to order.
#[derive(Clone, Debug, InputObject)]
pub struct PurchaseOrderLineInput {
    /// What.
    pub variant_id: ID,
    /// Units, 1 to 1,000,000,000.
    pub quantity: i64,
    /// Cost of one unit, in the currency of the purchase order.
    pub unit_cost: Option<MoneyInput>,
}

/// What a purchase order asks for.
#[derive(Clone, Debug, InputObject)]
pub struct PurchaseOrderContentInput {
    /// Currency of all costs.
    pub currency_code: CurrencyCode,
    /// How many percent of a line's units may arrive beyond what is ordered, 0 to 100.
    #[graphql(default)]
    pub over_delivery_percent: i32,
    /// When it should arrive.
    pub expected_at: Option<DateTime<Utc>>,
    /// Id in another system.
    pub external_reference: Option<String>,
    /// For the supplier and the people who receive.
    #[graphql(default)]
    pub note: String,
    /// What, 1 to 500 lines, each variant once.
    pub lines: Vec<PurchaseOrderLineInput>,
}

impl PurchaseOrderContentInput {
    fn read(self) -> Result<PurchaseContent> {
        let line = |(index, line): (usize, &PurchaseOrderLineInput)| {
            let path = format!("input.lines.{index}");
            let cost = line.unit_cost.map(|cost| cost.money(&format!("{path}.unitCost")));
            Ok(PurchaseLine {
                variant_id: parse_id(&line.variant_id, &format!("{path}.variantId"))?,
                quantity: line.quantity,
                unit_cost: cost.transpose()?,
            })
        };
        Ok(PurchaseContent {
            currency: self.currency_code.0,
            over_delivery_percent: self.over_delivery_percent,
            expected_at: self.expected_at,
            external_reference: self.external_reference,
            note: self.note,
            lines: self.lines.iter().enumerate().map(line).collect::<Result<_>>()?,
        })
    }
}

/// A purchase order to write.
#[derive(Clone, Debug, InputObject)]
pub struct PurchaseOrderCreateInput {
    /// Who sells.
    pub supplier_id: ID,
    /// Where it is delivered.
    pub location_id: ID,
    /// What.
    #[graphql(flatten)]
    pub content: PurchaseOrderContentInput,
    /// The same key writes once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl PurchaseOrderCreateInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<CreatePurchaseOrder> {
        Ok(CreatePurchaseOrder {
            supplier_id: parse_id(&self.supplier_id, "input.supplierId")?,
            location_id: parse_id(&self.location_id, "input.locationId")?,
            content: self.content.read()?,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A draft as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct PurchaseOrderUpdateInput {
    /// Which.
    pub purchase_order_id: ID,
    /// The version that you saw; `STALE_VERSION` when it is another one by now.
    pub expected_version: Option<i32>,
    /// What; lines that are left out are gone.
    #[graphql(flatten)]
    pub content: PurchaseOrderContentInput,
    /// The same key changes once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl PurchaseOrderUpdateInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<UpdatePurchaseOrder> {
        Ok(UpdatePurchaseOrder {
            purchase_order_id: parse_id(&self.purchase_order_id, "input.purchaseOrderId")?,
            expected_version: self.expected_version,
            content: self.content.read()?,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A purchase order that goes on a step.
#[derive(Clone, Debug, InputObject)]
pub struct PurchaseOrderStepInput {
    /// Which.
    pub purchase_order_id: ID,
    /// The version that you saw; `STALE_VERSION` when it is another one by now.
    pub expected_version: Option<i32>,
    /// The same key does it once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl PurchaseOrderStepInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<PurchaseStep> {
        Ok(PurchaseStep {
            purchase_order_id: parse_id(&self.purchase_order_id, "input.purchaseOrderId")?,
            expected_version: self.expected_version,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// What arrived of a purchase order.
#[derive(Clone, Debug, InputObject)]
pub struct PurchaseOrderReceiveInput {
    /// Which.
    pub purchase_order_id: ID,
    /// The version that you saw; `STALE_VERSION` when it is another one by now.
    pub expected_version: Option<i32>,
    /// The notice that it was announced by; it has arrived then, whatever was in it.
    pub shipping_notice_id: Option<ID>,
    /// What arrived. When left out: in order what the notice announced, or without one all that is expected.
    pub lines: Option<Vec<PurchaseOrderReceiveLineInput>>,
    /// Serial and lot numbers of what arrived, damaged or not; needed for goods whose units have numbers.
    #[graphql(default)]
    pub units: Vec<StockUnitInput>,
    /// The same key receives once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

/// Units of one variant that arrived: together at least one.
#[derive(Clone, Debug, InputObject)]
pub struct PurchaseOrderReceiveLineInput {
    /// Of what.
    pub variant_id: ID,
    /// Units that arrived in order.
    #[graphql(default)]
    pub received: i64,
    /// Units that arrived damaged; they lie here, but are not sold.
    #[graphql(default)]
    pub damaged: i64,
    /// Why units were damaged; needed when some were.
    pub reason: Option<String>,
}

impl PurchaseOrderReceiveInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<ReceivePurchaseOrder> {
        let line = |(index, line): (usize, PurchaseOrderReceiveLineInput)| {
            Ok(DeliveredUnits {
                variant_id: parse_id(&line.variant_id, &format!("input.lines.{index}.variantId"))?,
                received: line.received,
                damaged: line.damaged,
                reason: line.reason,
            })
        };
        let lines =
            self.lines.map(|lines| lines.into_iter().enumerate().map(line).collect::<Result<_>>()).transpose()?;
        Ok(ReceivePurchaseOrder {
            purchase_order_id: parse_id(&self.purchase_order_id, "input.purchaseOrderId")?,
            expected_version: self.expected_version,
            shipping_notice_id: parse_optional_id(self.shipping_notice_id.as_ref(), "input.shippingNoticeId")?,
            lines,
            units: StockUnitInput::read_all(self.units, "input.units")?,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A purchase order of which the rest will not come.
#[derive(Clone, Debug, InputObject)]
pub struct PurchaseOrderCloseInput {
    /// Which.
    pub purchase_order_id: ID,
    /// The version that you saw; `STALE_VERSION` when it is another one by now.
    pub expected_version: Option<i32>,
    /// Why the rest will not come.
    pub reason: String,
    /// The same key closes once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl PurchaseOrderCloseInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<ClosePurchaseOrder> {
        Ok(ClosePurchaseOrder {
            purchase_order_id: parse_id(&self.purchase_order_id, "input.purchaseOrderId")?,
            expected_version: self.expected_version,
            reason: self.reason,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A supplier's word that goods are under way.
#[derive(Clone, Debug, InputObject)]
pub struct ShippingNoticeAnnounceInput {
    /// Of which purchase order.
    pub purchase_order_id: ID,
    /// The version that you saw; `STALE_VERSION` when it is another one by now.
    pub expected_version: Option<i32>,
    /// The supplier's number; unique in the purchase order.
    pub reference: String,
    /// Who carries it.
    pub carrier: Option<Word<Carrier>>,
    /// The carrier's number.
    pub tracking_number: Option<String>,
    /// When it should arrive.
    pub expected_at: Option<DateTime<Utc>>,
    /// What is in it, 1 to 500 lines, each variant once.
    pub lines: Vec<ShippingNoticeLineInput>,
    /// The same key announces once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

/// Units of one variant under way.
#[derive(Clone, Debug, InputObject)]
pub struct ShippingNoticeLineInput {
    /// What.
    pub variant_id: ID,
    /// Units; with the other open notices no more than may still arrive.
    pub quantity: i64,
}

impl ShippingNoticeAnnounceInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<Announce> {
        let line = |(index, line): (usize, &ShippingNoticeLineInput)| {
            Ok((parse_id(&line.variant_id, &format!("input.lines.{index}.variantId"))?, line.quantity))
        };
        Ok(Announce {
            purchase_order_id: parse_id(&self.purchase_order_id, "input.purchaseOrderId")?,
            expected_version: self.expected_version,
            lines: self.lines.iter().enumerate().map(line).collect::<Result<_>>()?,
            reference: self.reference,
            carrier: self.carrier.map(|carrier| carrier.0),
            tracking_number: self.tracking_number,
            expected_at: self.expected_at,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A shipping notice to take back.
#[derive(Clone, Debug, InputObject)]
pub struct ShippingNoticeCancelInput {
    /// Of which purchase order.
    pub purchase_order_id: ID,
    /// Which notice.
    pub shipping_notice_id: ID,
    /// The same key takes it back once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl ShippingNoticeCancelInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<Withdraw> {
        Ok(Withdraw {
            purchase_order_id: parse_id(&self.purchase_order_id, "input.purchaseOrderId")?,
            shipping_notice_id: parse_id(&self.shipping_notice_id, "input.shippingNoticeId")?,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}
