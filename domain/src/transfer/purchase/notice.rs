//! Shipping notices: what a supplier says is under way.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::{PurchaseOrderId, PurchaseOrderLineId, ShippingNoticeId, VariantId};
use entity::status::PurchaseOrderAction;
use entity::words::Carrier;
use entity::{purchase_order, purchase_order_line, shipping_notice, shipping_notice_line};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde::Serialize;
use serde_json::json;

use super::lock::{Begun, Locked, acceptable, begin};
use super::query;
use crate::kernel::text;
use crate::transfer::command::{Ask, Done, check_lines, optional_line};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// A supplier's word that goods are under way.
#[derive(Debug, Clone, Serialize)]
pub struct Announce {
    /// Of which purchase order.
    pub purchase_order_id: PurchaseOrderId,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
    /// The supplier's number; unique in the purchase order.
    pub reference: String,
    /// Who carries it.
    pub carrier: Option<Carrier>,
    /// The carrier's number.
    pub tracking_number: Option<String>,
    /// When it should arrive.
    pub expected_at: Option<DateTime<Utc>>,
    /// Units of each variant.
    pub lines: Vec<(VariantId, i64)>,
    /// The client's key: the same key announces once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A notice that is taken back.
#[derive(Debug, Clone, Serialize)]
pub struct Withdraw {
    /// Of which purchase order.
    pub purchase_order_id: PurchaseOrderId,
    /// Which notice.
    pub shipping_notice_id: ShippingNoticeId,
    /// The client's key: the same key takes it back once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Records a shipping notice; there may be several at a time. What is expected at the location stays the same: it was
/// expected since the order.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_TRANSITION` for an order that receives nothing, `STALE_VERSION`,
/// `ALREADY_EXISTS` for the reference, `INVALID` for a variant that was not ordered, `INVALID_QUANTITY` beyond what may
/// still arrive, what lines must be, `IDEMPOTENCY_KEY_REUSED`.
pub async fn announce(ctx: &Ctx, input: Announce) -> Result<Done<purchase_order::Model>> {
    let scope = ctx.require(Permission::PurchasingWork)?;
    let ask = Ask::new("shippingNoticeAnnounce", &input.idempotency_key, &input)?;
    check_lines(&input.lines)?;
    let input = Announce {
        reference: text::required_line("reference", &input.reference, text::LINE)?,
        tracking_number: optional_line("trackingNumber", input.tracking_number.as_deref())?,
        ..input
    };
    let (scope, ask, input) = (&scope, &ask, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let locked = match begin(tx, ask, scope, input.purchase_order_id, input.expected_version).await? {
            Begun::Replayed(done) => return Ok(done),
            Begun::Fresh(locked) => locked,
        };
        locked.next(PurchaseOrderAction::ReceivePart)?;
        let announced = check_units(tx, &locked, input).await?;
        let id = insert(tx, input, announced).await?;
        locked.tell(tx, "shipping_notice_announced", &json!({ "shipping_notice_id": id }));
        let status = locked.head.status;
        locked.save(tx, status).await
    })
    .await
}

/// Takes a notice back that has not arrived.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID` for one that arrived or was taken back, `IDEMPOTENCY_KEY_REUSED`.
pub async fn withdraw(ctx: &Ctx, input: Withdraw) -> Result<Done<purchase_order::Model>> {
    let scope = ctx.require(Permission::PurchasingWork)?;
    let ask = Ask::new("shippingNoticeCancel", &input.idempotency_key, &input)?;
    let (scope, ask, input) = (&scope, &ask, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let locked = match begin(tx, ask, scope, input.purchase_order_id, None).await? {
            Begun::Replayed(done) => return Ok(done),
            Begun::Fresh(locked) => locked,
        };
        let (notice, _) = open(tx, locked.head.id, input.shipping_notice_id).await?;
        let row = shipping_notice::Model { canceled_at: Some(tx.now()), ..notice };
        row.into_active_model().reset_all().update(tx).await?;
        let facts = json!({ "shipping_notice_id": input.shipping_notice_id });
        locked.tell(tx, "shipping_notice_canceled", &facts);
        let status = locked.head.status;
        locked.save(tx, status).await
    })
    .await
}

/// A notice of an order that has neither arrived nor been taken back, with its units by line. The order is locked.
/// Errors: `NOT_FOUND`, `INVALID`.
pub(super) async fn open(
    tx: &Tx,
    order: PurchaseOrderId,
    id: ShippingNoticeId,
) -> Result<(shipping_notice::Model, BTreeMap<PurchaseOrderLineId, i64>)> {
    let notice = shipping_notice::Entity::find_by_id(id).one(tx).await?;
    let notice = notice.filter(|notice| notice.purchase_order_id == order).ok_or(Error::not_found("shippingNotice"))?;
    if !is_open(&notice) {
        return Err(Error::invalid(ErrorCode::Invalid, "shippingNoticeId"));
    }
    let lines = query::notice_lines(tx, &[id]).await?;
    Ok((notice, lines.into_iter().map(|line| (line.purchase_order_line_id, line.quantity)).collect()))
}

const fn is_open(notice: &shipping_notice::Model) -> bool {
    notice.received_at.is_none() && notice.canceled_at.is_none()
}

/// All open notices together announce no more than may still arrive. Three statements.
async fn check_units(tx: &Tx, locked: &Locked, input: &Announce) -> Result<Vec<(PurchaseOrderLineId, i64)>> {
    let notices = query::notices(tx, &[locked.head.id]).await?;
    let waiting: Vec<ShippingNoticeId> =
        notices.iter().filter(|notice| is_open(notice)).map(|notice| notice.id).collect();
    let mut announced: BTreeMap<PurchaseOrderLineId, i64> = BTreeMap::new();
    for line in query::notice_lines(tx, &waiting).await? {
        *announced.entry(line.purchase_order_line_id).or_default() += line.quantity;
    }
    let lines: BTreeMap<VariantId, &purchase_order_line::Model> =
        locked.lines.iter().map(|line| (line.variant_id, line)).collect();
    let check = |(index, (variant, quantity)): (usize, &(VariantId, i64))| {
        let line =
            lines.get(variant).ok_or_else(|| Error::invalid(ErrorCode::Invalid, format!("lines.{index}.variantId")))?;
        let before = announced.get(&line.id).copied().unwrap_or_default();
        if before.saturating_add(*quantity) > acceptable(&locked.head, line) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("lines.{index}.quantity")));
        }
        Ok((line.id, *quantity))
    };
    input.lines.iter().enumerate().map(check).collect()
}

async fn insert(tx: &Tx, input: &Announce, lines: Vec<(PurchaseOrderLineId, i64)>) -> Result<ShippingNoticeId> {
    let id = ShippingNoticeId(tx.new_uuid());
    let row = shipping_notice::Model {
        id,
        purchase_order_id: input.purchase_order_id,
        reference: input.reference.clone(),
        carrier: input.carrier,
        tracking_number: input.tracking_number.clone(),
        expected_at: input.expected_at,
        received_at: None,
        canceled_at: None,
        created_at: tx.now(),
    };
    shipping_notice::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    let rows = lines.into_iter().map(|(purchase_order_line_id, quantity)| {
        shipping_notice_line::Model { shipping_notice_id: id, purchase_order_line_id, quantity }
            .into_active_model()
            .reset_all()
    });
    shipping_notice_line::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(id)
}
