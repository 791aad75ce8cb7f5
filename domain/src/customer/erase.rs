//! Erasure (GDPR Art. 17): the person goes, the books stay.
//!
//! Orders keep what tax law wants kept (GDPR Art. 17(3)(b); in Japan seven years); consents stay as proof that mails
//! were allowed. The record stays as an empty tombstone, so that orders still point to one and the same buyer.

use entity::id::CustomerId;
use entity::{back_in_stock, customer, customer_address, customer_identifier, customer_tag};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{code, notify, said, save};
use crate::access::session;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, Permission, Result, Tx};

/// Erases the signed-in customer, or for staff with `customers.write` the one that is named: identifiers, names,
/// birthday, addresses, tags, notes, metadata, password and sessions go for good, and so do comments of surveys and the
/// name under reviews.
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`, also for one who was erased before.
pub async fn erase(ctx: &Ctx, id: Option<CustomerId>) -> Result<CustomerId> {
    let id = match (ctx.actor.customer_id(), id) {
        (Some(own), None) => own,
        (Some(own), Some(id)) if own == id => own,
        (Some(_), Some(_)) => return Err(Error::not_found("customer")),
        (None, id) => {
            ctx.require(Permission::CustomersWrite)?;
            id.ok_or(Error::not_found("customer"))?
        }
    };
    ctx.write(|tx| async move {
        let mut row = save::lock(&tx, id).await?;
        session::end_of_customer(&tx, row.id).await?;
        code::give_up(&tx, row.id).await?;
        notify::farewell(&tx, &row).await?;
        delete_details(&tx, row.id).await?;
        blank_aliases(&tx, row.id).await?;
        said::erase(&tx, row.id).await?;
        for part in [
            &mut row.family_name,
            &mut row.given_name,
            &mut row.family_name_kana,
            &mut row.given_name_kana,
            &mut row.note,
        ] {
            part.clear();
        }
        row.time_zone = None;
        row.birth_on = None;
        row.password_hash = None;
        row.metadata = json!({});
        row.private_metadata = json!({});
        row.erased_at = Some(tx.now());
        let row = save::store(&tx, row).await?;
        tx.event(NewEvent::new("customer_erased", "customer", row.id.uuid()).customer(Some(row.id)));
        Ok(row.id)
    })
    .await
}

async fn delete_details(tx: &Tx, id: CustomerId) -> Result<()> {
    // Before the identifiers: wishes to be told of goods may know the person by the address alone.
    let addresses = Query::select()
        .column(customer_identifier::Column::Value)
        .from(customer_identifier::Entity)
        .and_where(Expr::col(customer_identifier::Column::CustomerId).eq(id))
        .to_owned();
    let wishes = back_in_stock::Column::CustomerId.eq(id).or(back_in_stock::Column::Email.in_subquery(addresses));
    back_in_stock::Entity::delete_many().filter(wishes).exec(tx).await?;
    customer_identifier::Entity::delete_many().filter(customer_identifier::Column::CustomerId.eq(id)).exec(tx).await?;
    customer_address::Entity::delete_many().filter(customer_address::Column::CustomerId.eq(id)).exec(tx).await?;
    customer_tag::Entity::delete_many().filter(customer_tag::Column::CustomerId.eq(id)).exec(tx).await?;
    Ok(())
}

/// Records that were merged into this one kept their names and notes until now.
async fn blank_aliases(tx: &Tx, id: CustomerId) -> Result<()> {
    use customer::Column;
    let mut change = customer::Entity::update_many().filter(Column::MergedIntoId.eq(id));
    for text in [Column::FamilyName, Column::GivenName, Column::FamilyNameKana, Column::GivenNameKana, Column::Note] {
        change = change.col_expr(text, Expr::value(""));
    }
    for metadata in [Column::Metadata, Column::PrivateMetadata] {
        change = change.col_expr(metadata, Expr::value(json!({})));
    }
    change
        .col_expr(Column::TimeZone, Expr::value(Option::<String>::None))
        .col_expr(Column::BirthOn, Expr::value(Option::<chrono::NaiveDate>::None))
        .col_expr(Column::ErasedAt, Expr::value(tx.now()))
        .exec(tx)
        .await?;
    Ok(())
}
