//! Reads of locations.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use entity::id::LocationId;
use entity::location::{self, Column, Entity, Model};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::{Error, Result, Tx};

/// The location of an id.
pub async fn by_id(db: &impl ConnectionTrait, id: LocationId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The location of an id. Error: `NOT_FOUND`.
pub async fn get(db: &impl ConnectionTrait, id: LocationId) -> Result<Model> {
    by_id(db, id).await?.ok_or(Error::not_found("location"))
}

/// The locations of some ids, in no order; missing ones are left out.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[LocationId]) -> Result<Vec<Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// Keeps others who ask the same waiting until the end of the transaction, so that what a location took today can be
/// counted and added to by one at a time; rows that point to a location are written meanwhile. By id; one statement.
pub(crate) async fn lock(tx: &Tx, ids: &BTreeSet<LocationId>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let rows = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).order_by_asc(Column::Id);
    rows.lock(LockType::NoKeyUpdate).all(tx).await?;
    Ok(())
}

/// The location of a code.
pub async fn by_code(db: &impl ConnectionTrait, code: &str) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::Code.eq(code)).one(db).await?)
}

/// All locations, by code; `active_only` leaves out the ones that take no part.
pub async fn list(db: &impl ConnectionTrait, active_only: bool) -> Result<Vec<Model>> {
    let mut query = Entity::find().order_by_asc(Column::Code);
    if active_only {
        query = query.filter(Column::Active.eq(true));
    }
    Ok(query.all(db).await?)
}

/// Locations newest first, only those of `scope` when it is limited.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: Option<&BTreeSet<LocationId>>,
    request: &PageRequest,
) -> Result<Page<Model>> {
    let rows = newest_first(within(scope), Column::Id, request).all(db).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many locations [`page`] walks through.
pub async fn count(db: &impl ConnectionTrait, scope: Option<&BTreeSet<LocationId>>) -> Result<u64> {
    Ok(within(scope).count(db).await?)
}

fn within(scope: Option<&BTreeSet<LocationId>>) -> sea_orm::Select<location::Entity> {
    match scope {
        Some(ids) => Entity::find().filter(Column::Id.is_in(ids.iter().copied())),
        None => Entity::find(),
    }
}

/// The time zone of a location; UTC when the stored name is not known to this build.
#[must_use]
pub fn time_zone(location: &Model) -> Tz {
    location.time_zone.parse().unwrap_or(Tz::UTC)
}

/// The name for a locale, else the plain one.
#[must_use]
pub fn name_in<'a>(location: &'a Model, locale: &str) -> &'a str {
    let tag = locale.split(['-', '_']).next().unwrap_or_default();
    location
        .translations
        .get(locale)
        .or_else(|| location.translations.get(tag))
        .and_then(|texts| texts.get("name"))
        .and_then(|name| name.as_str())
        .filter(|name| !name.is_empty())
        .unwrap_or(&location.name)
}
