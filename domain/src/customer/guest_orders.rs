//! Orders that were placed without an account join the customer who proves the contact.
//!
//! The order area stands above this one, so only the column that says whom an order belongs to is written here.

use entity::customer_identifier;
use entity::id::{CustomerId, OrderId};
use entity::order::{Column, Entity};
use entity::words::IdentifierKind;
use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use crate::kernel::event::NewEvent;
use crate::kernel::{Result, Tx};

/// Most rows of one statement: databases bound the number of parameters.
const CHUNK: usize = 500;

/// Gives a customer all orders without an owner that have this contact; one `order_joined_customer` event each.
/// Orders keep contacts normalized, so they are compared as they are. Returns how many joined.
///
/// Numbers are mistyped and change hands: by a number only orders join that name no e-mail address, or one that the customer
/// proved.
pub async fn attach_guest_orders(tx: &Tx, customer_id: CustomerId, kind: IdentifierKind, value: &str) -> Result<usize> {
    let contact = match kind {
        IdentifierKind::Email => Condition::all().add(Column::Email.eq(value)),
        IdentifierKind::Phone => Condition::all().add(Column::Phone.eq(value)).add(
            Condition::any()
                .add(Column::Email.is_null())
                .add(Column::Email.is_in(verified_emails(tx, customer_id).await?)),
        ),
        IdentifierKind::LoyaltyCard | IdentifierKind::Line | IdentifierKind::External => return Ok(0),
    };
    let ids: Vec<OrderId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::CustomerId.is_null())
        .filter(contact)
        .order_by_asc(Column::Id)
        .lock(LockType::Update)
        .into_tuple()
        .all(tx)
        .await?;
    for chunk in ids.chunks(CHUNK) {
        join(tx, customer_id, Condition::all().add(Column::Id.is_in(chunk.iter().copied()))).await?;
    }
    for id in &ids {
        joined(tx, *id, customer_id);
    }
    Ok(ids.len())
}

/// The e-mail addresses that a customer proved.
pub(super) async fn verified_emails(db: &impl ConnectionTrait, id: CustomerId) -> Result<Vec<String>> {
    use customer_identifier as identifier;
    let rows = identifier::Entity::find()
        .filter(identifier::Column::CustomerId.eq(id))
        .filter(identifier::Column::Kind.eq(IdentifierKind::Email))
        .filter(identifier::Column::VerifiedAt.is_not_null())
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}

/// Gives ownerless orders to a customer; says how many it were.
pub(super) async fn join(tx: &Tx, customer_id: CustomerId, which: Condition) -> Result<u64> {
    let changed = Entity::update_many()
        .col_expr(Column::CustomerId, Expr::value(customer_id))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(tx.now()))
        .filter(which)
        .filter(Column::CustomerId.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected)
}

/// Records that an order joined a customer.
pub(super) fn joined(tx: &Tx, id: OrderId, customer_id: CustomerId) {
    let event = NewEvent::new("order_joined_customer", "order", id.uuid()).customer(Some(customer_id));
    tx.event(event.payload(json!({ "order_id": id, "customer_id": customer_id })));
}
