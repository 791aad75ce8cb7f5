//! Tills: where sales are rung up.

use std::collections::BTreeSet;

use entity::id::{ChannelId, LocationId, RegisterId};
use entity::register::{self, Column, Entity, Model};
use entity::words::ChannelKind;
use entity::{channel, location};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use serde_json::json;

use crate::kernel::event::NewEvent;
use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::kernel::upsert::{self, Wanted};
use crate::kernel::{code, text};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// A till as it should be.
#[derive(Debug, Clone)]
pub struct UpsertRegister {
    /// Which one to change; without it the one of this code, else a new one.
    pub id: Option<RegisterId>,
    /// Stable name.
    pub code: String,
    /// Name shown to staff.
    pub name: String,
    /// Where it stands.
    pub location_id: LocationId,
    /// The channel it sells for, of kind `POS`.
    pub channel_id: ChannelId,
    /// Whether it may sell.
    pub active: bool,
    /// Whether it sells only while its drawer is open; as it is when `None`.
    pub requires_session: Option<bool>,
    /// Cash that staff may take out alone at once, minor units of the channel's currency; `Some(None)` any amount, as it
    /// is when `None`.
    pub cash_limit: Option<Option<i64>>,
}

/// Creates or changes a till. Errors: `FORBIDDEN`, `NOT_FOUND` for the till, location or channel, `INVALID` for a
/// channel that is no till's, `ALREADY_EXISTS` for a code of another one.
pub async fn upsert(ctx: &Ctx, input: UpsertRegister) -> Result<Model> {
    let scope = ctx.require(Permission::PlacesWrite)?;
    if !scope.allows_location(input.location_id) {
        return Err(Error::not_found("location"));
    }
    let input = UpsertRegister {
        code: code::checked("code", &input.code)?,
        name: text::required_line("name", &input.name, text::LINE)?,
        cash_limit: match input.cash_limit {
            Some(Some(limit)) if limit < 0 => return Err(Error::invalid(ErrorCode::InvalidAmount, "cashLimit")),
            limit => limit,
        },
        ..input
    };
    let (scope, input) = (&scope, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        check_place(tx, input).await?;
        let wanted = match input.id {
            Some(id) => Wanted::Id(Column::Id.eq(id)),
            None => Wanted::Code(Column::Code.eq(input.code.as_str())),
        };
        let reaches = |register: &Model| scope.allows_location(register.location_id);
        match upsert::find::<Entity>(tx, "register", wanted, reaches).await? {
            Some(old) => change(tx, old, input).await,
            None => create(tx, input).await,
        }
    })
    .await
}

async fn check_place(tx: &Tx, input: &UpsertRegister) -> Result<()> {
    location::Entity::find_by_id(input.location_id).one(tx).await?.ok_or(Error::not_found("location"))?;
    let channel = channel::Entity::find_by_id(input.channel_id).one(tx).await?.ok_or(Error::not_found("channel"))?;
    if channel.kind == ChannelKind::Pos { Ok(()) } else { Err(Error::invalid(ErrorCode::Invalid, "channelId")) }
}

async fn create(tx: &Tx, input: &UpsertRegister) -> Result<Model> {
    let row = Model {
        id: RegisterId(tx.new_uuid()),
        code: input.code.clone(),
        name: input.name.clone(),
        location_id: input.location_id,
        channel_id: input.channel_id,
        last_receipt_number: 0,
        active: input.active,
        created_at: tx.now(),
        last_z_number: 0,
        requires_session: input.requires_session.unwrap_or(false),
        cash_limit: input.cash_limit.flatten(),
    };
    Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    tx.event(NewEvent::new("register_created", "register", row.id.uuid()).payload(json!({ "code": row.code })));
    Ok(row)
}

async fn change(tx: &Tx, old: Model, input: &UpsertRegister) -> Result<Model> {
    let row = Model {
        code: input.code.clone(),
        name: input.name.clone(),
        location_id: input.location_id,
        channel_id: input.channel_id,
        active: input.active,
        requires_session: input.requires_session.unwrap_or(old.requires_session),
        cash_limit: input.cash_limit.unwrap_or(old.cash_limit),
        ..old.clone()
    };
    if row != old {
        row.clone().into_active_model().reset_all().update(tx).await?;
        tx.event(NewEvent::new("register_updated", "register", row.id.uuid()).payload(json!({ "code": row.code })));
    }
    Ok(row)
}

/// The till of an id.
pub async fn by_id(db: &impl ConnectionTrait, id: RegisterId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The tills of some ids, in no order.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[RegisterId]) -> Result<Vec<Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// Tills newest first, only those at the locations of `scope` when it is limited.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: Option<&BTreeSet<LocationId>>,
    request: &PageRequest,
) -> Result<Page<Model>> {
    let rows = newest_first(within(scope), Column::Id, request).all(db).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many tills [`page`] walks through.
pub async fn count(db: &impl ConnectionTrait, scope: Option<&BTreeSet<LocationId>>) -> Result<u64> {
    Ok(within(scope).count(db).await?)
}

fn within(scope: Option<&BTreeSet<LocationId>>) -> sea_orm::Select<register::Entity> {
    match scope {
        Some(ids) => Entity::find().filter(Column::LocationId.is_in(ids.iter().copied())),
        None => Entity::find(),
    }
}
