//! Two records of one person become one: what identifies and describes the person, and what they agreed to.

use entity::id::{CustomerConsentId, CustomerId};
use entity::{customer, customer_address, customer_consent, customer_identifier, customer_tag};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::{code, query, save};
use crate::access::session;
use crate::kernel::{Error, Result, Tx};

/// Where a consent came from that one of two records had.
const SOURCE: &str = "merge";

/// Locks two records, the lower id first, so that merges that cross wait for each other. Rows that point to them need
/// not wait. Error: `NOT_FOUND`.
pub(crate) async fn lock_pair(
    tx: &Tx,
    from: CustomerId,
    into: CustomerId,
) -> Result<(customer::Model, customer::Model)> {
    let rows = customer::Entity::find()
        .filter(customer::Column::Id.is_in([from, into]))
        .order_by_asc(customer::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(tx)
        .await?;
    let of = |id: CustomerId| rows.iter().find(|row| row.id == id).cloned().ok_or(Error::not_found("customer"));
    Ok((of(from)?, of(into)?))
}

/// Makes a record an alias of another: identifiers, addresses, tags and earlier aliases go over, what the other record
/// lacks is taken from it, and its sessions, codes and password are void. Both rows are locked by [`lock_pair`].
pub(crate) async fn absorb(tx: &Tx, from: customer::Model, into: customer::Model) -> Result<customer::Model> {
    let (lost, kept) = (from.id, into.id);
    let into = filled(into, &from);
    follow(tx, lost, kept).await?;
    consents(tx, lost, kept).await?;
    customer::Entity::update_many()
        .col_expr(customer::Column::MergedIntoId, Expr::value(kept))
        .filter(customer::Column::MergedIntoId.eq(lost))
        .exec(tx)
        .await?;
    let alias = customer::Model {
        merged_into_id: Some(kept),
        password_hash: None,
        search_text: String::new(),
        version: from.version + 1,
        updated_at: tx.now(),
        ..from
    };
    customer::Entity::update(alias.into_active_model().reset_all()).exec(tx).await?;
    save::store(tx, into).await
}

/// Moves what belongs to an alias to the record that stays, also what was written beside the merge.
pub(crate) async fn follow(tx: &Tx, lost: CustomerId, kept: CustomerId) -> Result<()> {
    session::end_of_customer(tx, lost).await?;
    code::give_up(tx, lost).await?;
    customer_identifier::Entity::update_many()
        .col_expr(customer_identifier::Column::CustomerId, Expr::value(kept))
        .filter(customer_identifier::Column::CustomerId.eq(lost))
        .exec(tx)
        .await?;
    addresses(tx, lost, kept).await?;
    tags(tx, lost, kept).await
}

/// The record that stays, with what only the other one says.
fn filled(into: customer::Model, from: &customer::Model) -> customer::Model {
    // Family and given names go together: half of one record and half of the other is nobody's name.
    let nameless = into.family_name.is_empty() && into.given_name.is_empty();
    let unread = into.family_name_kana.is_empty() && into.given_name_kana.is_empty();
    let pick = |own: &String, other: &String, lacks: bool| if lacks { other.clone() } else { own.clone() };
    let notes: Vec<&str> =
        [into.note.as_str(), from.note.as_str()].into_iter().filter(|note| !note.is_empty()).collect();
    customer::Model {
        family_name: pick(&into.family_name, &from.family_name, nameless),
        given_name: pick(&into.given_name, &from.given_name, nameless),
        family_name_kana: pick(&into.family_name_kana, &from.family_name_kana, nameless || unread),
        given_name_kana: pick(&into.given_name_kana, &from.given_name_kana, nameless || unread),
        time_zone: into.time_zone.clone().or_else(|| from.time_zone.clone()),
        birth_on: into.birth_on.or(from.birth_on),
        password_hash: into.password_hash.clone().or_else(|| from.password_hash.clone()),
        note: notes.join("\n"),
        ..into
    }
}

/// Addresses that the other record has too are not kept twice; its default stays the default.
async fn addresses(tx: &Tx, lost: CustomerId, kept: CustomerId) -> Result<()> {
    let (moving, known): (Vec<_>, Vec<_>) =
        query::addresses(tx, &[lost, kept]).await?.into_iter().partition(|row| row.customer_id == lost);
    let twice: Vec<_> =
        moving.iter().filter(|row| known.iter().any(|own| own.address == row.address)).map(|row| row.id).collect();
    if !twice.is_empty() {
        customer_address::Entity::delete_many().filter(customer_address::Column::Id.is_in(twice)).exec(tx).await?;
    }
    if moving.is_empty() {
        return Ok(());
    }
    let mut change = customer_address::Entity::update_many()
        .col_expr(customer_address::Column::CustomerId, Expr::value(kept))
        .filter(customer_address::Column::CustomerId.eq(lost));
    if known.iter().any(|own| own.is_default) {
        change = change.col_expr(customer_address::Column::IsDefault, Expr::value(false));
    }
    change.exec(tx).await?;
    Ok(())
}

async fn tags(tx: &Tx, lost: CustomerId, kept: CustomerId) -> Result<()> {
    let (moving, known): (Vec<_>, Vec<_>) =
        query::tags(tx, &[lost, kept]).await?.into_iter().partition(|row| row.customer_id == lost);
    if moving.is_empty() {
        return Ok(());
    }
    customer_tag::Entity::delete_many().filter(customer_tag::Column::CustomerId.eq(lost)).exec(tx).await?;
    let new: Vec<_> = moving
        .into_iter()
        .filter(|row| !known.iter().any(|own| own.tag == row.tag))
        .map(|row| customer_tag::Model { customer_id: kept, tag: row.tag }.into_active_model().reset_all())
        .collect();
    if !new.is_empty() {
        customer_tag::Entity::insert_many(new).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Who said no to one of two records said no. Rows are history: those of the alias stay as proof, what differs is
/// written anew.
async fn consents(tx: &Tx, lost: CustomerId, kept: CustomerId) -> Result<()> {
    let own = query::consents(tx, kept).await?;
    let mut rows = Vec::new();
    for other in query::consents(tx, lost).await? {
        let known = own.iter().find(|row| row.channel == other.channel && row.purpose == other.purpose);
        if known.is_some_and(|row| row.granted == (row.granted && other.granted)) {
            continue;
        }
        let row = customer_consent::Model {
            id: CustomerConsentId(tx.new_uuid()),
            customer_id: kept,
            source: SOURCE.to_owned(),
            recorded_at: tx.now(),
            ..other
        };
        rows.push(row.into_active_model().reset_all());
    }
    if !rows.is_empty() {
        customer_consent::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}
