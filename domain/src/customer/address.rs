//! A customer's address book.

use entity::address::Address;
use entity::customer_address::{Column, Entity, Model};
use entity::id::{CustomerAddressId, CustomerId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};

use super::{address_format, save};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};

/// Most addresses of one customer.
const MAX_ADDRESSES: u64 = 50;

/// An address to keep. `Debug` does not show it.
#[derive(Clone)]
pub struct SaveAddress {
    /// Which to change; a new one when `None`.
    pub id: Option<CustomerAddressId>,
    /// The address.
    pub address: Address,
    /// Offer it first.
    pub is_default: bool,
}

impl std::fmt::Debug for SaveAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SaveAddress").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Adds or changes an address of the signed-in customer; the first one is the default. Errors: `UNAUTHENTICATED`,
/// `NOT_FOUND`, `TOO_MANY`, those of [`address_format::check`].
pub async fn save_address(ctx: &Ctx, input: SaveAddress) -> Result<Model> {
    let id = ctx.actor.customer_id().ok_or(Error::Unauthenticated)?;
    let address = &address_format::check("address", input.address)?;
    let (which, is_default) = (input.id, input.is_default);
    ctx.write(|tx| async move {
        let customer = save::lock(&tx, id).await?;
        let row = match which {
            Some(which) => change(&tx, customer.id, which, address, is_default).await?,
            None => add(&tx, customer.id, address, is_default).await?,
        };
        if row.is_default {
            clear_default(&tx, customer.id, row.id).await?;
        }
        tx.event(NewEvent::new("customer_address_saved", "customer", id.uuid()).customer(Some(id)));
        Ok(row)
    })
    .await
}

async fn add(tx: &Tx, customer_id: CustomerId, address: &Address, is_default: bool) -> Result<Model> {
    let count = Entity::find().filter(Column::CustomerId.eq(customer_id)).count(tx).await?;
    if count >= MAX_ADDRESSES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "address", vec![("max", MAX_ADDRESSES.to_string())]));
    }
    let row = Model {
        id: CustomerAddressId(tx.new_uuid()),
        customer_id,
        address: address.clone(),
        is_default: is_default || count == 0,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(row)
}

async fn change(
    tx: &Tx,
    customer_id: CustomerId,
    id: CustomerAddressId,
    address: &Address,
    is_default: bool,
) -> Result<Model> {
    let found = Entity::find_by_id(id).filter(Column::CustomerId.eq(customer_id)).one(tx).await?;
    let row = found.ok_or(Error::not_found("address"))?;
    let is_default = is_default || row.is_default;
    let row = Model { address: address.clone(), is_default, updated_at: tx.now(), ..row };
    Entity::update(row.clone().into_active_model().reset_all()).exec(tx).await?;
    Ok(row)
}

async fn clear_default(tx: &Tx, customer_id: CustomerId, keep: CustomerAddressId) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::IsDefault, Expr::value(false))
        .filter(Column::CustomerId.eq(customer_id))
        .filter(Column::Id.ne(keep))
        .filter(Column::IsDefault.eq(true))
        .exec(tx)
        .await?;
    Ok(())
}

/// Deletes an address of the signed-in customer. Errors: `UNAUTHENTICATED`, `NOT_FOUND`.
pub async fn delete_address(ctx: &Ctx, id: CustomerAddressId) -> Result<CustomerAddressId> {
    let customer_id = ctx.actor.customer_id().ok_or(Error::Unauthenticated)?;
    ctx.write(|tx| async move {
        let deleted = Entity::delete_many()
            .filter(Column::Id.eq(id))
            .filter(Column::CustomerId.eq(customer_id))
            .exec(&tx)
            .await?;
        if deleted.rows_affected == 0 {
            return Err(Error::not_found("address"));
        }
        let event = NewEvent::new("customer_address_deleted", "customer", customer_id.uuid());
        tx.event(event.customer(Some(customer_id)));
        Ok(id)
    })
    .await
}
