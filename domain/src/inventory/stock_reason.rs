//! Why people change stock by hand, as data: a shop makes its own list, and stock commands take a code from it beside
//! words or instead of them.

use std::collections::BTreeMap;

use entity::id::StockReasonId;
use entity::stock_reason::{Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::{Value, json};

use crate::kernel::event::NewEvent;
use crate::kernel::paging::{Cursor, Page, PageRequest};
use crate::kernel::upsert::{self, Wanted};
use crate::kernel::{code, language, text, version};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Most translations of a name.
const MAX_TRANSLATIONS: usize = 50;

/// A stock reason as it should be.
#[derive(Debug, Clone)]
pub struct UpsertStockReason {
    /// Which one to change; without it the one of this code, else a new one.
    pub id: Option<StockReasonId>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
    /// Stable code, such as `DAMAGED_IN_STORE`.
    pub code: String,
    /// Name for staff.
    pub name: String,
    /// Names by language.
    pub translations: BTreeMap<String, String>,
    /// Whether it may be chosen.
    pub active: bool,
}

/// Creates or changes a stock reason. Reasons hold for all locations, so the permission is needed everywhere.
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `ALREADY_EXISTS`, `INVALID_LOCALE`, what codes and names must be.
pub async fn upsert(ctx: &Ctx, input: UpsertStockReason) -> Result<Model> {
    if ctx.require(Permission::StockAdjust)?.locations().is_some() {
        return Err(Error::Forbidden { permission: Permission::StockAdjust.as_str() });
    }
    let input = UpsertStockReason {
        code: code::checked("code", &input.code)?,
        name: text::required_line("name", &input.name, text::LINE)?,
        translations: checked_translations(input.translations)?,
        ..input
    };
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let wanted = match input.id {
            Some(id) => Wanted::Id(Column::Id.eq(id)),
            None => Wanted::Code(Column::Code.eq(input.code.as_str())),
        };
        match upsert::find::<Entity>(tx, "stockReason", wanted, |_| true).await? {
            Some(old) => change(tx, old, input).await,
            None => create(tx, input).await,
        }
    })
    .await
}

fn with_input(row: Model, input: &UpsertStockReason) -> Model {
    let translations: serde_json::Map<String, Value> =
        input.translations.iter().map(|(locale, name)| (locale.clone(), json!({ "name": name }))).collect();
    Model {
        code: input.code.clone(),
        name: input.name.clone(),
        translations: Value::Object(translations),
        active: input.active,
        ..row
    }
}

async fn create(tx: &Tx, input: &UpsertStockReason) -> Result<Model> {
    version::check(input.expected_version, 0)?;
    let blank = Model {
        id: StockReasonId(tx.new_uuid()),
        code: String::new(),
        name: String::new(),
        translations: json!({}),
        active: true,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let row = with_input(blank, input);
    Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    told(tx, "stock_reason_created", &row);
    Ok(row)
}

async fn change(tx: &Tx, old: Model, input: &UpsertStockReason) -> Result<Model> {
    version::check(input.expected_version, old.version)?;
    let mut row = with_input(old.clone(), input);
    if row == old {
        return Ok(old);
    }
    row.version += 1;
    row.updated_at = tx.now();
    row.clone().into_active_model().reset_all().update(tx).await?;
    told(tx, "stock_reason_updated", &row);
    Ok(row)
}

fn told(tx: &Tx, kind: &'static str, row: &Model) {
    let payload = json!({ "code": row.code, "active": row.active, "version": row.version });
    tx.event(NewEvent::new(kind, "stock_reason", row.id.uuid()).payload(payload));
}

fn checked_translations(translations: BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    if translations.len() > MAX_TRANSLATIONS {
        let max = vec![("max", MAX_TRANSLATIONS.to_string())];
        return Err(Error::invalid_with(ErrorCode::TooMany, "translations", max));
    }
    let checked = |(locale, name): (String, String)| {
        if !language::is_locale(&locale) {
            return Err(Error::invalid(ErrorCode::InvalidLocale, "translations"));
        }
        Ok((locale, text::required_line("translations", &name, text::LINE)?))
    };
    translations.into_iter().map(checked).collect()
}

/// What movements keep of a person's words and a code, as `CODE: words`, and the code. One of both is needed.
/// Errors: `REQUIRED`, `INVALID_TEXT`, `TEXT_TOO_LONG` at `reason` or `reasonCode`.
pub(super) fn worded(words: &str, code: Option<&str>) -> Result<(String, Option<String>)> {
    let Some(code) = code else { return Ok((text::required_line("reason", words, text::LINE)?, None)) };
    let code = code::checked("reasonCode", code)?;
    let words = text::line("reason", words, text::LINE)?;
    let both = if words.is_empty() { code.clone() } else { format!("{code}: {words}") };
    Ok((both, Some(code)))
}

/// Whether a code may be chosen. Error: `NOT_FOUND` at `reasonCode`.
pub(super) async fn check(tx: &Tx, code: &str) -> Result<()> {
    let found = Entity::find().filter(Column::Code.eq(code)).filter(Column::Active.eq(true)).one(tx).await?;
    found.map(|_| ()).ok_or_else(|| Error::invalid(ErrorCode::NotFound, "reasonCode"))
}

/// Stock reasons by code; only those that may be chosen unless `all`.
pub async fn page(db: &impl ConnectionTrait, all: bool, request: &PageRequest) -> Result<Page<Model>> {
    let mut query = which(all).limit(request.size + 1);
    if let Some(after) = &request.after {
        query = query.filter(Column::Code.gt(after.key.as_str()));
    }
    if let Some(before) = &request.before {
        query = query.filter(Column::Code.lt(before.key.as_str()));
    }
    let query = if request.backwards { query.order_by_desc(Column::Code) } else { query.order_by_asc(Column::Code) };
    let rows = query.all(db).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor { key: row.code.clone(), id: row.id.uuid() }))
}

/// How many [`page`] walks through.
pub async fn count(db: &impl ConnectionTrait, all: bool) -> Result<u64> {
    Ok(which(all).count(db).await?)
}

fn which(all: bool) -> sea_orm::Select<Entity> {
    if all { Entity::find() } else { Entity::find().filter(Column::Active.eq(true)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_or_words_are_needed() {
        assert_eq!(worded("fell down", None).ok(), Some(("fell down".to_owned(), None)));
        assert_eq!(worded("", Some("BROKEN")).ok(), Some(("BROKEN".to_owned(), Some("BROKEN".to_owned()))));
        let both = worded(" at the till ", Some("BROKEN")).ok().map(|(words, _)| words);
        assert_eq!(both.as_deref(), Some("BROKEN: at the till"));
        let refused = worded(" ", None).expect_err("neither");
        assert_eq!((refused.code(), refused.path()), (ErrorCode::Required, "reason"));
        assert_eq!(worded("x", Some("a b")).expect_err("no code").path(), "reasonCode");
    }
}
