//! The pieces that several commands share: names, the locked record, its identifiers and its search text.

use chrono::{DateTime, Utc};
use entity::id::{CustomerId, CustomerIdentifierId};
use entity::words::IdentifierKind;
use entity::{customer, customer_identifier};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;

use super::{address_format, query};
use crate::kernel::{Error, Result, Tx, text};

/// A person's name and its reading.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Family name.
    pub family_name: String,
    /// Given name.
    pub given_name: String,
    /// Reading of the family name, in kana.
    pub family_name_kana: String,
    /// Reading of the given name, in kana.
    pub given_name_kana: String,
}

impl Names {
    /// Trimmed and checked; readings in katakana. Errors: `INVALID_TEXT`, `TEXT_TOO_LONG`, `INVALID` for a reading.
    pub(super) fn checked(self) -> Result<Self> {
        let kana = |path: &str, reading: &str| address_format::furigana(path, &text::line(path, reading, 100)?);
        Ok(Self {
            family_name: text::line("familyName", &self.family_name, 100)?,
            given_name: text::line("givenName", &self.given_name, 100)?,
            family_name_kana: kana("familyNameKana", &self.family_name_kana)?,
            given_name_kana: kana("givenNameKana", &self.given_name_kana)?,
        })
    }
}

/// A new record; not yet written.
pub(super) fn new_row(tx: &Tx, names: &Names, locale: &str, password_hash: Option<&str>) -> customer::Model {
    customer::Model {
        id: CustomerId(tx.new_uuid()),
        family_name: names.family_name.clone(),
        given_name: names.given_name.clone(),
        family_name_kana: names.family_name_kana.clone(),
        given_name_kana: names.given_name_kana.clone(),
        locale: locale.to_owned(),
        time_zone: None,
        birth_on: None,
        password_hash: password_hash.map(str::to_owned),
        search_text: String::new(),
        merged_into_id: None,
        erased_at: None,
        note: String::new(),
        metadata: json!({}),
        private_metadata: json!({}),
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

/// Writes a new record.
pub(super) async fn insert(tx: &Tx, row: &customer::Model) -> Result<()> {
    customer::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// The record itself, locked; an alias locks the one it was merged into. Error: `NOT_FOUND`, also when erased.
pub(super) async fn lock(tx: &Tx, id: CustomerId) -> Result<customer::Model> {
    let mut id = id;
    // One hop: merging repoints the aliases of the loser.
    for _ in 0..2 {
        let found = customer::Entity::find_by_id(id).lock(LockType::Update).one(tx).await?;
        let row = found.ok_or(Error::not_found("customer"))?;
        match row.merged_into_id {
            Some(target) => id = target,
            None if row.erased_at.is_some() => return Err(Error::not_found("customer")),
            None => return Ok(row),
        }
    }
    Err(Error::Bug("an alias of an alias".to_owned()))
}

/// Writes a changed record with its next version and a search text that fits its names and identifiers.
pub(super) async fn store(tx: &Tx, row: customer::Model) -> Result<customer::Model> {
    let identifiers = query::identifiers_of(tx, &[row.id]).await?;
    let search_text = search_text(&row, &identifiers);
    let row = customer::Model { search_text, version: row.version + 1, updated_at: tx.now(), ..row };
    customer::Entity::update(row.clone().into_active_model().reset_all()).exec(tx).await?;
    Ok(row)
}

/// What staff's search looks through: names in both orders of habit, readings, identifiers.
fn search_text(row: &customer::Model, identifiers: &[customer_identifier::Model]) -> String {
    let names = [
        format!("{} {}", row.family_name, row.given_name),
        format!("{}{}", row.family_name, row.given_name),
        format!("{} {}", row.given_name, row.family_name),
        format!("{}{}", row.family_name_kana, row.given_name_kana),
    ];
    let values = identifiers.iter().map(|identifier| match identifier.kind {
        // Staff type the number as they read it, without the country.
        IdentifierKind::Phone => format!("{} 0{}", identifier.value, identifier.value.get(3..).unwrap_or_default()),
        IdentifierKind::Email | IdentifierKind::LoyaltyCard | IdentifierKind::Line | IdentifierKind::External => {
            identifier.value.clone()
        }
    });
    text::fold(&names.into_iter().chain(values).collect::<Vec<_>>().join(" "))
}

/// Adds an identifier unless somebody has it; says whether it was added.
pub(super) async fn add_identifier(
    tx: &Tx,
    customer_id: CustomerId,
    kind: IdentifierKind,
    value: &str,
    verified_at: Option<DateTime<Utc>>,
) -> Result<bool> {
    use customer_identifier::Column;
    let row = customer_identifier::Model {
        id: CustomerIdentifierId(tx.new_uuid()),
        customer_id,
        kind,
        value: value.to_owned(),
        verified_at,
        created_at: tx.now(),
    };
    let inserted = customer_identifier::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(OnConflict::columns([Column::Kind, Column::Value]).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(inserted == 1)
}

/// The row of an identifier, locked.
pub(super) async fn lock_identifier(
    tx: &Tx,
    kind: IdentifierKind,
    value: &str,
) -> Result<Option<customer_identifier::Model>> {
    Ok(customer_identifier::Entity::find()
        .filter(customer_identifier::Column::Kind.eq(kind))
        .filter(customer_identifier::Column::Value.eq(value))
        .lock(LockType::Update)
        .one(tx)
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_become_katakana_and_nonsense_is_refused() {
        let names = Names { family_name_kana: "さとう".to_owned(), ..Names::default() };
        assert_eq!(names.checked().expect("valid").family_name_kana, "サトウ");
        let names = Names { given_name_kana: "花子".to_owned(), ..Names::default() };
        assert_eq!(names.checked().expect_err("refused").path(), "givenNameKana");
        let names = Names { family_name: "a\r\nb".to_owned(), ..Names::default() };
        assert!(names.checked().is_err());
    }
}
