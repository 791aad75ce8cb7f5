//! What staff do with customers: make records, add identifiers, tag.

use std::collections::BTreeSet;

use entity::id::CustomerId;
use entity::words::IdentifierKind;
use entity::{customer, customer_tag};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::guest_orders::attach_guest_orders;
use super::save::{self, Names};
use super::{identifier, query};
use crate::kernel::event::NewEvent;
use crate::kernel::language::is_locale;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, text};

/// Most tags of one customer.
const MAX_TAGS: usize = 50;
/// Most identifiers of one customer.
const MAX_IDENTIFIERS: usize = 50;

/// Something that identifies a customer, as typed or scanned. `Debug` does not show it.
#[derive(Clone)]
pub struct AddIdentifier {
    /// What kind.
    pub kind: IdentifierKind,
    /// The value.
    pub value: String,
    /// Country of a national phone number (ISO 3166-1 alpha-2).
    pub country: String,
}

impl std::fmt::Debug for AddIdentifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddIdentifier").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A customer to add. `Debug` shows nothing of the person.
#[derive(Clone)]
pub struct CreateCustomer {
    /// Names.
    pub names: Names,
    /// Preferred language (BCP 47).
    pub locale: String,
    /// How the person is known.
    pub identifiers: Vec<AddIdentifier>,
    /// Staff's note.
    pub note: String,
    /// Tags.
    pub tags: Vec<String>,
}

impl std::fmt::Debug for CreateCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CreateCustomer")
    }
}

/// The tags that a customer shall have.
#[derive(Debug, Clone)]
pub struct SetTags {
    /// Who.
    pub customer_id: CustomerId,
    /// Tags to add.
    pub add: Vec<String>,
    /// Tags to take away.
    pub remove: Vec<String>,
}

/// Adds a customer. What staff type is not verified, except a loyalty card that is handed over at a till.
/// Errors: `FORBIDDEN`, `IDENTIFIER_TAKEN`, `REQUIRED` without a name and an identifier, those of names and identifiers.
pub async fn create_customer(ctx: &Ctx, input: CreateCustomer) -> Result<customer::Model> {
    ctx.require(Permission::CustomersWrite)?;
    let names = &input.names.checked()?;
    if !is_locale(&input.locale) {
        return Err(Error::invalid(ErrorCode::InvalidLocale, "locale"));
    }
    let note = &text::note("note", &input.note, text::NOTE)?;
    let tags = &checked_tags("tags", &input.tags)?;
    if input.identifiers.len() > MAX_IDENTIFIERS {
        return Err(Error::invalid_with(ErrorCode::TooMany, "identifiers", vec![("max", MAX_IDENTIFIERS.to_string())]));
    }
    let normal = |(index, given): (usize, &AddIdentifier)| {
        let path = format!("identifiers.{index}.value");
        identifier::normalize(&path, given.kind, &given.value, &given.country).map(|value| (path, given.kind, value))
    };
    let identifiers = &input.identifiers.iter().enumerate().map(normal).collect::<Result<Vec<_>>>()?;
    if names.family_name.is_empty() && names.given_name.is_empty() && identifiers.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "familyName"));
    }
    let locale = &input.locale;
    ctx.write(|tx| async move {
        let mut row = save::new_row(&tx, names, locale, None);
        row.note.clone_from(note);
        save::insert(&tx, &row).await?;
        for (path, kind, value) in identifiers {
            attach(&tx, row.id, *kind, value, path).await?;
        }
        insert_tags(&tx, row.id, tags).await?;
        tx.event(NewEvent::new("customer_created", "customer", row.id.uuid()).customer(Some(row.id)));
        save::store(&tx, row).await
    })
    .await
}

/// Adds an identifier to a customer; one that the customer has already changes nothing. A loyalty card that is handed
/// over at a till is verified by possession. Errors: `FORBIDDEN`, `NOT_FOUND`, `IDENTIFIER_TAKEN`, `TOO_MANY`, those of
/// identifiers.
pub async fn add_identifier(ctx: &Ctx, id: CustomerId, input: AddIdentifier) -> Result<customer::Model> {
    ctx.require(Permission::CustomersWrite)?;
    let kind = input.kind;
    let value = &identifier::normalize("value", kind, &input.value, &input.country)?;
    ctx.write(|tx| async move {
        let row = save::lock(&tx, id).await?;
        let has = query::identifiers_of(&tx, &[row.id]).await?;
        if has.iter().any(|identifier| identifier.kind == kind && identifier.value == *value) {
            return Ok(row);
        }
        if has.len() >= MAX_IDENTIFIERS {
            return Err(Error::invalid_with(ErrorCode::TooMany, "value", vec![("max", MAX_IDENTIFIERS.to_string())]));
        }
        attach(&tx, row.id, kind, value, "value").await?;
        save::store(&tx, row).await
    })
    .await
}

async fn attach(tx: &Tx, id: CustomerId, kind: IdentifierKind, value: &str, path: &str) -> Result<()> {
    let in_hand = kind == IdentifierKind::LoyaltyCard && tx.ctx().actor.till().is_some();
    let verified_at = in_hand.then(|| tx.now());
    if !save::add_identifier(tx, id, kind, value, verified_at).await? {
        return Err(Error::invalid(ErrorCode::IdentifierTaken, path));
    }
    let event = NewEvent::new("customer_identifier_added", "customer", id.uuid()).customer(Some(id));
    tx.event(event.payload(json!({ "kind": kind, "verified": in_hand })));
    if in_hand {
        attach_guest_orders(tx, id, kind, value).await?;
    }
    Ok(())
}

/// Adds and takes away tags. Errors: `FORBIDDEN`, `NOT_FOUND`, `TOO_MANY`, those of texts.
pub async fn set_tags(ctx: &Ctx, input: SetTags) -> Result<customer::Model> {
    ctx.require(Permission::CustomersWrite)?;
    let (add, remove) = (&checked_tags("add", &input.add)?, &checked_tags("remove", &input.remove)?);
    ctx.write(|tx| async move {
        let row = save::lock(&tx, input.customer_id).await?;
        let mut tags: BTreeSet<String> = query::tags(&tx, &[row.id]).await?.into_iter().map(|row| row.tag).collect();
        tags.extend(add.iter().cloned());
        tags.retain(|tag| !remove.contains(tag));
        if tags.len() > MAX_TAGS {
            return Err(Error::invalid_with(ErrorCode::TooMany, "add", vec![("max", MAX_TAGS.to_string())]));
        }
        customer_tag::Entity::delete_many().filter(customer_tag::Column::CustomerId.eq(row.id)).exec(&tx).await?;
        insert_tags(&tx, row.id, &tags).await?;
        let event = NewEvent::new("customer_tagged", "customer", row.id.uuid()).customer(Some(row.id));
        tx.event(event.payload(json!({ "added": add, "removed": remove })));
        save::store(&tx, row).await
    })
    .await
}

async fn insert_tags(tx: &Tx, id: CustomerId, tags: &BTreeSet<String>) -> Result<()> {
    if tags.is_empty() {
        return Ok(());
    }
    let rows = tags
        .iter()
        .map(|tag| customer_tag::Model { customer_id: id, tag: tag.clone() }.into_active_model().reset_all());
    customer_tag::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

fn checked_tags(path: &str, tags: &[String]) -> Result<BTreeSet<String>> {
    if tags.len() > MAX_TAGS {
        return Err(Error::invalid_with(ErrorCode::TooMany, path, vec![("max", MAX_TAGS.to_string())]));
    }
    let checked = |(index, tag): (usize, &String)| text::required_line(&format!("{path}.{index}"), tag, 50);
    tags.iter().enumerate().map(checked).collect()
}
