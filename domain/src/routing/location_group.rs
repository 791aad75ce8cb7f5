//! Named sets of locations, which routing rules speak of.

use std::collections::BTreeSet;

use entity::id::{LocationGroupId, LocationId};
use entity::{location, location_group, location_group_member};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use serde_json::json;

use crate::kernel::event::NewEvent;
use crate::kernel::upsert::{self, Wanted};
use crate::kernel::{code, text, version};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Most locations of a group.
const MAX_MEMBERS: usize = 500;

/// A group as it should be.
#[derive(Debug, Clone)]
pub struct UpsertGroup {
    /// Which one to change; without it the one of this code, else a new one.
    pub id: Option<LocationGroupId>,
    /// Only if it still has this version.
    pub expected_version: Option<i32>,
    /// Stable name.
    pub code: String,
    /// Name shown to staff.
    pub name: String,
    /// All its locations.
    pub location_ids: BTreeSet<LocationId>,
}

/// Creates a group or changes it as a whole.
///
/// Errors: `FORBIDDEN` (needs the permission everywhere), `NOT_FOUND` (group, location), `STALE_VERSION`,
/// `ALREADY_EXISTS` for the code of another one, `TOO_MANY`.
pub async fn upsert(ctx: &Ctx, input: UpsertGroup) -> Result<location_group::Model> {
    let scope = ctx.require(Permission::RoutingWrite)?;
    if scope.locations().is_some() {
        return Err(Error::Forbidden { permission: Permission::RoutingWrite.as_str() });
    }
    if input.location_ids.len() > MAX_MEMBERS {
        return Err(Error::invalid_with(ErrorCode::TooMany, "locationIds", vec![("max", MAX_MEMBERS.to_string())]));
    }
    let input = UpsertGroup {
        code: code::checked("code", &input.code)?,
        name: text::required_line("name", &input.name, text::LINE)?,
        ..input
    };
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let wanted = match input.id {
            Some(id) => Wanted::Id(location_group::Column::Id.eq(id)),
            None => Wanted::Code(location_group::Column::Code.eq(input.code.as_str())),
        };
        let found = upsert::find::<location_group::Entity>(tx, "locationGroup", wanted, |_| true).await?;
        check_locations(tx, &input.location_ids).await?;
        write(tx, found, input).await
    })
    .await
}

/// Error: `NOT_FOUND`.
async fn check_locations(tx: &Tx, ids: &BTreeSet<LocationId>) -> Result<()> {
    let found = location::Entity::find().filter(location::Column::Id.is_in(ids.iter().copied())).count(tx).await?;
    if u64::try_from(ids.len()).is_ok_and(|wanted| wanted == found) {
        Ok(())
    } else {
        Err(Error::not_found("location"))
    }
}

async fn write(tx: &Tx, found: Option<location_group::Model>, input: &UpsertGroup) -> Result<location_group::Model> {
    let (code, name, now) = (input.code.clone(), input.name.clone(), tx.now());
    let (row, kind) = match found {
        Some(old) => {
            version::check(input.expected_version, old.version)?;
            let row = location_group::Model { code, name, version: old.version + 1, updated_at: now, ..old };
            row.clone().into_active_model().reset_all().update(tx).await?;
            (row, "location_group_updated")
        }
        None => {
            version::check(input.expected_version, 0)?;
            let id = LocationGroupId(tx.new_uuid());
            let row = location_group::Model { id, code, name, version: 1, created_at: now, updated_at: now };
            let insert = location_group::Entity::insert(row.clone().into_active_model().reset_all());
            insert.exec_without_returning(tx).await?;
            (row, "location_group_created")
        }
    };
    members(tx, row.id, &input.location_ids).await?;
    let payload = json!({ "code": row.code, "location_ids": input.location_ids });
    tx.event(NewEvent::new(kind, "location_group", row.id.uuid()).payload(payload));
    Ok(row)
}

async fn members(tx: &Tx, group: LocationGroupId, ids: &BTreeSet<LocationId>) -> Result<()> {
    use location_group_member::{Column, Entity, Model};
    Entity::delete_many().filter(Column::LocationGroupId.eq(group)).exec(tx).await?;
    if ids.is_empty() {
        return Ok(());
    }
    let rows = ids.iter().map(|id| Model { location_group_id: group, location_id: *id });
    Entity::insert_many(rows.map(|row| row.into_active_model().reset_all())).exec_without_returning(tx).await?;
    Ok(())
}
