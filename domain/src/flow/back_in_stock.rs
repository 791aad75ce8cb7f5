//! TEMPORARY: stands in for the owner's version, so that the pages compile.

use entity::back_in_stock;
use entity::id::BackInStockId;
use sea_orm::{ActiveModelTrait, ActiveValue, EntityTrait, IntoActiveModel};

use crate::kernel::{Ctx, Error, Result};

/// What somebody waits for; the link is the permission. Error: `NOT_FOUND`.
pub async fn look(ctx: &Ctx, id: BackInStockId) -> Result<back_in_stock::Model> {
    back_in_stock::Entity::find_by_id(id).one(&ctx.db()).await?.ok_or(Error::not_found("backInStock"))
}

/// Gives it up; again changes nothing. Error: `NOT_FOUND`.
pub async fn cancel(ctx: &Ctx, id: BackInStockId) -> Result<()> {
    let row = &look(ctx, id).await?;
    ctx.write(|tx| async move {
        if row.canceled_at.is_none() {
            let mut changed = row.clone().into_active_model();
            changed.canceled_at = ActiveValue::Set(Some(tx.now()));
            changed.update(&tx).await?;
        }
        Ok(())
    })
    .await
}
