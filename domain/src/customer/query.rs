//! Reads of customers. Aliases resolve: who was merged is found as the one it was merged into.

use entity::id::CustomerId;
use entity::words::IdentifierKind;
use entity::{customer, customer_identifier};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::kernel::Result;

/// A customer; an alias resolves to the record it was merged into.
pub async fn by_id(db: &impl ConnectionTrait, id: CustomerId) -> Result<Option<customer::Model>> {
    let found = customer::Entity::find_by_id(id).one(db).await?;
    resolve(db, found).await
}

/// Customers by id, as they are (aliases are not followed); for loaders.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[CustomerId]) -> Result<Vec<customer::Model>> {
    Ok(customer::Entity::find().filter(customer::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// The owner of an identifier in its normalized form, verified or not. Never lets anybody in on its own.
pub async fn by_identifier(
    db: &impl ConnectionTrait,
    kind: IdentifierKind,
    value: &str,
) -> Result<Option<customer::Model>> {
    let found = identifier(db, kind, value).await?;
    match found {
        Some(identifier) => by_id(db, identifier.customer_id).await,
        None => Ok(None),
    }
}

/// The owner of a verified identifier in its normalized form: whom a purchase may be linked to.
pub async fn by_verified_identifier(
    db: &impl ConnectionTrait,
    kind: IdentifierKind,
    value: &str,
) -> Result<Option<customer::Model>> {
    match identifier(db, kind, value).await?.filter(|identifier| identifier.verified_at.is_some()) {
        Some(identifier) => by_id(db, identifier.customer_id).await,
        None => Ok(None),
    }
}

/// The row of an identifier in its normalized form.
pub async fn identifier(
    db: &impl ConnectionTrait,
    kind: IdentifierKind,
    value: &str,
) -> Result<Option<customer_identifier::Model>> {
    Ok(customer_identifier::Entity::find()
        .filter(customer_identifier::Column::Kind.eq(kind))
        .filter(customer_identifier::Column::Value.eq(value))
        .one(db)
        .await?)
}

/// All identifiers of customers, oldest first.
pub async fn identifiers_of(
    db: &impl ConnectionTrait,
    ids: &[CustomerId],
) -> Result<Vec<customer_identifier::Model>> {
    Ok(customer_identifier::Entity::find()
        .filter(customer_identifier::Column::CustomerId.is_in(ids.iter().copied()))
        .order_by_asc(customer_identifier::Column::Id)
        .all(db)
        .await?)
}

async fn resolve(db: &impl ConnectionTrait, found: Option<customer::Model>) -> Result<Option<customer::Model>> {
    match found {
        // One hop: merging repoints the aliases of the loser.
        Some(customer::Model { merged_into_id: Some(target), .. }) => {
            Ok(customer::Entity::find_by_id(target).one(db).await?)
        }
        found => Ok(found),
    }
}
