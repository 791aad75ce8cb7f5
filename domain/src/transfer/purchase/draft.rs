//! Writing a purchase order: what shall come from whom, and at what cost.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::id::{LocationId, PurchaseOrderId, PurchaseOrderLineId, SupplierId, VariantId};
use entity::money::{Currency, Money};
use entity::status::PurchaseOrderAction;
use entity::words::PurchaseOrderStatus;
use entity::{purchase_order, purchase_order_line, supplier};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::Serialize;
use serde_json::json;

use super::lock::{Begun, Locked, begin, save_lines};
use crate::kernel::{code, text};
use crate::transfer::command::{Ask, Done, check_goods, check_lines};
use crate::transfer::number::{self, Series};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// What a purchase order asks for.
#[derive(Debug, Clone, Serialize)]
pub struct PurchaseContent {
    /// Currency of all costs.
    pub currency: Currency,
    /// How many percent of a line's units may arrive beyond what is ordered, 0 to 100.
    pub over_delivery_percent: i32,
    /// When it should arrive.
    pub expected_at: Option<DateTime<Utc>>,
    /// Id in another system.
    pub external_reference: Option<String>,
    /// For the supplier and the people who receive.
    pub note: String,
    /// What, 1 to 500 lines.
    pub lines: Vec<PurchaseLine>,
}

/// Units of one variant to order.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PurchaseLine {
    /// What.
    pub variant_id: VariantId,
    /// Units.
    pub quantity: i64,
    /// Cost of one unit, in the currency of the purchase order.
    pub unit_cost: Option<Money>,
}

/// A purchase order to write.
#[derive(Debug, Clone, Serialize)]
pub struct CreatePurchaseOrder {
    /// Who sells.
    pub supplier_id: SupplierId,
    /// Where it is delivered.
    pub location_id: LocationId,
    /// What.
    pub content: PurchaseContent,
    /// The client's key: the same key writes once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A draft to write again, as a whole.
#[derive(Debug, Clone, Serialize)]
pub struct UpdatePurchaseOrder {
    /// Which.
    pub purchase_order_id: PurchaseOrderId,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
    /// What.
    pub content: PurchaseContent,
    /// The client's key: the same key changes once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Writes a draft; nothing is expected yet.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND` for a place out of reach, an unknown supplier and unknown goods, `INVALID` for a
/// supplier that is not active, a bundle, goods that are not counted or a percentage out of range, what lines must be,
/// `INVALID_AMOUNT`, `CURRENCY_MISMATCH`, `ALREADY_EXISTS` for an external reference, `IDEMPOTENCY_KEY_REUSED`.
pub async fn create(ctx: &Ctx, input: CreatePurchaseOrder) -> Result<Done<purchase_order::Model>> {
    if !ctx.require(Permission::PurchasingWork)?.allows_location(input.location_id) {
        return Err(Error::not_found("location"));
    }
    let ask = Ask::new("purchaseOrderCreate", &input.idempotency_key, &input)?;
    let content = checked(&input.content)?;
    let (ask, content, input) = (&ask, &content, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = PurchaseOrderId(tx.new_uuid());
        if let Some(first) = ask.claim(tx, id.uuid()).await? {
            let row = purchase_order::Entity::find_by_id(PurchaseOrderId(first)).one(tx).await?;
            return Ok(Done { row: row.ok_or(Error::not_found("purchaseOrder"))?, replayed: true });
        }
        check_supplier(tx, input.supplier_id).await?;
        check_goods(tx, &[input.location_id], &variants(content)).await?;
        let head = row(tx, id, input, content).await?;
        let mut lines: Vec<purchase_order_line::Model> =
            content.lines.iter().map(|line| new_line(tx, id, line)).collect();
        lines.sort_unstable_by_key(|line| line.variant_id);
        purchase_order::Entity::insert(head.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
        save_lines(tx, lines.clone()).await?;
        let locked = Locked { head, lines };
        locked.tell(tx, "purchase_order_created", &json!({ "supplier_id": input.supplier_id }));
        Ok(Done { row: locked.head, replayed: false })
    })
    .await
}

/// Writes a draft again: lines that are left out are gone, everything else is as given.
///
/// Errors: as [`create`], `INVALID_TRANSITION` for what is no draft, `STALE_VERSION`.
pub async fn update(ctx: &Ctx, input: UpdatePurchaseOrder) -> Result<Done<purchase_order::Model>> {
    let scope = ctx.require(Permission::PurchasingWork)?;
    let ask = Ask::new("purchaseOrderUpdate", &input.idempotency_key, &input)?;
    let content = checked(&input.content)?;
    let (scope, ask, content, input) = (&scope, &ask, &content, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = match begin(tx, ask, scope, input.purchase_order_id, input.expected_version).await? {
            Begun::Replayed(done) => return Ok(done),
            Begun::Fresh(locked) => locked,
        };
        if locked.head.status != PurchaseOrderStatus::Draft {
            // A draft is what can be ordered; the refusal names what is possible instead.
            return Err(Error::transition("purchaseOrder", locked.head.status, PurchaseOrderAction::Order));
        }
        check_goods(tx, &[locked.head.location_id], &variants(content)).await?;
        locked.lines = replace_lines(tx, &locked, &content.lines).await?;
        locked.head.currency = content.currency;
        locked.head.over_delivery_percent = content.over_delivery_percent;
        locked.head.expected_at = content.expected_at;
        locked.head.external_reference.clone_from(&content.external_reference);
        locked.head.note.clone_from(&content.note);
        locked.tell(tx, "purchase_order_changed", &json!({}));
        locked.save(tx, PurchaseOrderStatus::Draft).await
    })
    .await
}

fn variants(content: &PurchaseContent) -> Vec<VariantId> {
    content.lines.iter().map(|line| line.variant_id).collect()
}

fn checked(content: &PurchaseContent) -> Result<PurchaseContent> {
    check_lines(&content.lines.iter().map(|line| (line.variant_id, line.quantity)).collect::<Vec<_>>())?;
    if !(0..=100).contains(&content.over_delivery_percent) {
        return Err(Error::invalid(ErrorCode::Invalid, "overDeliveryPercent"));
    }
    let mut total = 0_i64;
    for (index, line) in content.lines.iter().enumerate() {
        let path = format!("lines.{index}.unitCost");
        let Some(cost) = line.unit_cost else { continue };
        if cost.currency != content.currency {
            return Err(Error::invalid(ErrorCode::CurrencyMismatch, path));
        }
        let sum = cost.minor.checked_mul(line.quantity).and_then(|cost| total.checked_add(cost));
        total = sum.filter(|_| cost.minor >= 0).ok_or_else(|| Error::invalid(ErrorCode::InvalidAmount, path))?;
    }
    Ok(PurchaseContent {
        external_reference: code::external_reference("externalReference", content.external_reference.as_deref())?,
        note: text::note("note", &content.note, text::NOTE)?,
        ..content.clone()
    })
}

async fn check_supplier(tx: &Tx, id: SupplierId) -> Result<()> {
    let supplier = supplier::Entity::find_by_id(id).one(tx).await?.ok_or(Error::not_found("supplier"))?;
    if supplier.active { Ok(()) } else { Err(Error::invalid(ErrorCode::Invalid, "supplierId")) }
}

async fn row(
    tx: &Tx,
    id: PurchaseOrderId,
    input: &CreatePurchaseOrder,
    content: &PurchaseContent,
) -> Result<purchase_order::Model> {
    Ok(purchase_order::Model {
        id,
        number: number::next(tx, Series::PurchaseOrder).await?,
        supplier_id: input.supplier_id,
        location_id: input.location_id,
        status: PurchaseOrderStatus::Draft,
        currency: content.currency,
        over_delivery_percent: content.over_delivery_percent,
        expected_at: content.expected_at,
        external_reference: content.external_reference.clone(),
        note: content.note.clone(),
        ordered_at: None,
        closed_at: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    })
}

fn new_line(tx: &Tx, purchase_order_id: PurchaseOrderId, line: &PurchaseLine) -> purchase_order_line::Model {
    purchase_order_line::Model {
        id: PurchaseOrderLineId(tx.new_uuid()),
        purchase_order_id,
        variant_id: line.variant_id,
        quantity: line.quantity,
        unit_cost: line.unit_cost.map(|cost| cost.minor),
        received: 0,
        damaged: 0,
        closed: 0,
        discrepancy_reason: None,
    }
}

/// The lines as they should be; the caller writes them, what is gone is deleted here.
async fn replace_lines(tx: &Tx, locked: &Locked, wanted: &[PurchaseLine]) -> Result<Vec<purchase_order_line::Model>> {
    let known: BTreeMap<VariantId, PurchaseOrderLineId> =
        locked.lines.iter().map(|line| (line.variant_id, line.id)).collect();
    let kept: BTreeSet<VariantId> = wanted.iter().map(|line| line.variant_id).collect();
    let gone: Vec<PurchaseOrderLineId> =
        locked.lines.iter().filter(|line| !kept.contains(&line.variant_id)).map(|line| line.id).collect();
    if !gone.is_empty() {
        purchase_order_line::Entity::delete_many().filter(purchase_order_line::Column::Id.is_in(gone)).exec(tx).await?;
    }
    let mut lines: Vec<purchase_order_line::Model> = wanted
        .iter()
        .map(|line| {
            let new = new_line(tx, locked.head.id, line);
            purchase_order_line::Model { id: known.get(&line.variant_id).copied().unwrap_or(new.id), ..new }
        })
        .collect();
    lines.sort_unstable_by_key(|line| line.variant_id);
    Ok(lines)
}
