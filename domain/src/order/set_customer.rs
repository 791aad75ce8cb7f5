//! Giving an order to a customer, when staff know whose it is.

use entity::id::{CustomerId, OrderId};
use entity::{customer, order};
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::access::lock_readable;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, Permission, Result, version};

/// Sets the customer of an order; an alias stands for the record it was merged into.
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`.
pub async fn set_customer(
    ctx: &Ctx,
    id: OrderId,
    customer_id: CustomerId,
    expected_version: Option<i32>,
) -> Result<order::Model> {
    ctx.require(Permission::OrdersWrite)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let order = lock_readable(tx, id).await?;
        version::check(expected_version, order.version)?;
        let found = customer::Entity::find_by_id(customer_id).one(tx).await?.ok_or(Error::not_found("customer"))?;
        let owner = found.merged_into_id.unwrap_or(found.id);
        let change = order::ActiveModel {
            id: Set(id),
            customer_id: Set(Some(owner)),
            version: Set(order.version + 1),
            updated_at: Set(tx.now()),
            ..Default::default()
        };
        let changed = order::Entity::update(change).exec(tx).await?;
        let before = serde_json::json!({ "before": order.customer_id });
        tx.event(NewEvent::new("order_customer_set", "order", id.uuid()).customer(Some(owner)).payload(before));
        Ok(changed)
    })
    .await
}
