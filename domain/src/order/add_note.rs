//! A staff note on an order.

use entity::id::{OrderId, OrderNoteId};
use entity::{order, order_note};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use super::access::lock_readable;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, Permission, Result, text};

/// Writes a note. Errors: `FORBIDDEN`, `NOT_FOUND`, `REQUIRED`, `TEXT_TOO_LONG`.
pub async fn add_note(ctx: &Ctx, id: OrderId, body: &str) -> Result<order::Model> {
    ctx.require(Permission::OrdersWrite)?;
    let body = text::note("input.body", body, text::NOTE)?;
    if body.is_empty() {
        return Err(Error::invalid(crate::ErrorCode::Required, "input.body"));
    }
    let body = &body;
    ctx.write(|tx| async move {
        let tx = &tx;
        let order = lock_readable(tx, id).await?;
        let staff_id = tx.ctx().actor.staff_id();
        let note = order_note::Model {
            id: OrderNoteId(tx.new_uuid()),
            order_id: id,
            staff_id,
            body: body.clone(),
            created_at: tx.now(),
        };
        order_note::Entity::insert(note.into_active_model().reset_all()).exec_without_returning(tx).await?;
        tx.event(NewEvent::new("order_note_added", "order", id.uuid()).customer(order.customer_id));
        Ok(order)
    })
    .await
}
