//! Reads of purchase orders and shipping notices.

use entity::id::{LocationId, PurchaseOrderId, ShippingNoticeId, SupplierId};
use entity::words::PurchaseOrderStatus;
use entity::{purchase_order, purchase_order_line, shipping_notice, shipping_notice_line};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};

use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::{Ctx, Permission, Result, Scope};

/// Which purchase orders are wanted; what is left out asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct PurchaseOrderFilter {
    /// Delivered here.
    pub location_id: Option<LocationId>,
    /// From this supplier.
    pub supplier_id: Option<SupplierId>,
    /// In one of these states.
    pub statuses: Option<Vec<PurchaseOrderStatus>>,
}

/// A purchase order of a place where the actor may purchase. Error: `FORBIDDEN`.
pub async fn get(ctx: &Ctx, id: PurchaseOrderId) -> Result<Option<purchase_order::Model>> {
    let scope = ctx.require(Permission::PurchasingWork)?;
    Ok(purchase_order::Entity::find_by_id(id).filter(within(&scope)).one(&ctx.db()).await?)
}

/// Purchase orders of the actor's places, newest first. Error: `FORBIDDEN`.
pub async fn page(
    ctx: &Ctx,
    filter: &PurchaseOrderFilter,
    request: &PageRequest,
) -> Result<Page<purchase_order::Model>> {
    let rows = newest_first(filtered(ctx, filter)?, purchase_order::Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`page`] walks through.
pub async fn count(ctx: &Ctx, filter: &PurchaseOrderFilter) -> Result<u64> {
    Ok(filtered(ctx, filter)?.count(&ctx.db()).await?)
}

fn filtered(ctx: &Ctx, filter: &PurchaseOrderFilter) -> Result<Select<purchase_order::Entity>> {
    use purchase_order::Column;
    let scope = ctx.require(Permission::PurchasingWork)?;
    let wanted = Condition::all()
        .add_option(filter.location_id.map(|id| Column::LocationId.eq(id)))
        .add_option(filter.supplier_id.map(|id| Column::SupplierId.eq(id)))
        .add_option(filter.statuses.as_ref().map(|statuses| Column::Status.is_in(statuses.iter().copied())));
    Ok(purchase_order::Entity::find().filter(wanted).filter(within(&scope)))
}

fn within(scope: &Scope) -> Condition {
    let places = scope.locations();
    Condition::all().add_option(places.map(|places| purchase_order::Column::LocationId.is_in(places)))
}

/// The lines of purchase orders, by variant.
pub async fn lines(db: &impl ConnectionTrait, orders: &[PurchaseOrderId]) -> Result<Vec<purchase_order_line::Model>> {
    let rows = purchase_order_line::Entity::find()
        .filter(purchase_order_line::Column::PurchaseOrderId.is_in(orders.iter().copied()))
        .order_by_asc(purchase_order_line::Column::VariantId);
    Ok(rows.all(db).await?)
}

/// The shipping notices of purchase orders, oldest first.
pub async fn notices(db: &impl ConnectionTrait, orders: &[PurchaseOrderId]) -> Result<Vec<shipping_notice::Model>> {
    let rows = shipping_notice::Entity::find()
        .filter(shipping_notice::Column::PurchaseOrderId.is_in(orders.iter().copied()))
        .order_by_asc(shipping_notice::Column::Id);
    Ok(rows.all(db).await?)
}

/// The lines of shipping notices.
pub async fn notice_lines(
    db: &impl ConnectionTrait,
    notices: &[ShippingNoticeId],
) -> Result<Vec<shipping_notice_line::Model>> {
    use shipping_notice_line::Column;
    let rows = shipping_notice_line::Entity::find()
        .filter(Column::ShippingNoticeId.is_in(notices.iter().copied()))
        .order_by_asc(Column::ShippingNoticeId)
        .order_by_asc(Column::PurchaseOrderLineId);
    Ok(rows.all(db).await?)
}
