//! Who sells to the retailer.

use entity::id::SupplierId;
use entity::supplier::{self, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use serde_json::json;

use super::command::optional_line;
use crate::kernel::event::NewEvent;
use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::kernel::upsert::{self, Wanted};
use crate::kernel::{code, email, text, version};
use crate::{Ctx, Error, ErrorCode, Permission, Result};

/// Most days that a delivery may take.
const MAX_LEAD_DAYS: i32 = 730;

/// A supplier as it should be.
#[derive(Debug, Clone)]
pub struct UpsertSupplier {
    /// Which one to change; without it the one of this code, else a new one.
    pub id: Option<SupplierId>,
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
    pub active: bool,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
}

/// Creates or changes a supplier. Errors: `FORBIDDEN` without `purchasing.work` everywhere, because all places share
/// suppliers; `NOT_FOUND`, `INVALID` for the days, `INVALID_EMAIL`, `ALREADY_EXISTS`, `STALE_VERSION`.
pub async fn upsert(ctx: &Ctx, input: UpsertSupplier) -> Result<Model> {
    if ctx.require(Permission::PurchasingWork)?.locations().is_some() {
        return Err(Error::Forbidden { permission: Permission::PurchasingWork.as_str() });
    }
    let input = checked(input)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let wanted = match input.id {
            Some(id) => Wanted::Id(Column::Id.eq(id)),
            None => Wanted::Code(Column::Code.eq(input.code.as_str())),
        };
        let old = upsert::find::<Entity>(tx, "supplier", wanted, |_| true).await?;
        // A new one has the version 0 before.
        version::check(input.expected_version, old.as_ref().map_or(0, |old| old.version))?;
        let row = Model {
            id: old.as_ref().map_or_else(|| SupplierId(tx.new_uuid()), |old| old.id),
            code: input.code.clone(),
            name: input.name.clone(),
            email: input.email.clone(),
            phone: input.phone.clone(),
            lead_days: input.lead_days,
            active: input.active,
            version: old.as_ref().map_or(1, |old| old.version + 1),
            created_at: old.as_ref().map_or(tx.now(), |old| old.created_at),
            updated_at: tx.now(),
        };
        let write = row.clone().into_active_model().reset_all();
        if old.is_some() {
            Entity::update(write).exec(tx).await?;
        } else {
            Entity::insert(write).exec_without_returning(tx).await?;
        }
        tx.event(NewEvent::new("supplier_saved", "supplier", row.id.uuid()).payload(json!({ "code": row.code })));
        Ok(row)
    })
    .await
}

fn checked(input: UpsertSupplier) -> Result<UpsertSupplier> {
    if input.lead_days.is_some_and(|days| !(0..=MAX_LEAD_DAYS).contains(&days)) {
        return Err(Error::invalid(ErrorCode::Invalid, "leadDays"));
    }
    let address = optional_line("email", input.email.as_deref())?;
    Ok(UpsertSupplier {
        code: code::checked("code", &input.code)?,
        name: text::required_line("name", &input.name, text::LINE)?,
        email: address.map(|address| email::normalize("email", &address)).transpose()?,
        phone: optional_line("phone", input.phone.as_deref())?,
        ..input
    })
}

/// Suppliers, newest first. Error: `FORBIDDEN`.
pub async fn page(ctx: &Ctx, request: &PageRequest) -> Result<Page<Model>> {
    ctx.require(Permission::PurchasingWork)?;
    let rows = newest_first(Entity::find(), Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`page`] walks through.
pub async fn count(ctx: &Ctx) -> Result<u64> {
    ctx.require(Permission::PurchasingWork)?;
    Ok(Entity::find().count(&ctx.db()).await?)
}

/// Suppliers of some ids, in no order; missing ones are left out.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[SupplierId]) -> Result<Vec<Model>> {
    Ok(supplier::Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await?)
}
