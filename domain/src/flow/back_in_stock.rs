//! TEMPORARY: stands in for the owner's version, so that the pages compile.

use entity::back_in_stock;
use entity::id::{BackInStockId, ChannelId, VariantId};
use sea_orm::{ActiveModelTrait, ActiveValue, EntityTrait, IntoActiveModel};

use crate::kernel::{Ctx, Error, Result};
use crate::messaging::{PageLink, page_links};

/// Who wants to know of what.
#[derive(Debug, Clone)]
pub struct Subscribe {
    /// What.
    pub variant_id: VariantId,
    /// Where.
    pub channel_id: ChannelId,
    /// Where to write to.
    pub email: String,
    /// In which language.
    pub locale: Option<String>,
    /// How many are wanted.
    pub quantity: Option<i64>,
}

/// Who gives it up.
#[derive(Debug, Clone)]
pub enum Cancel {
    /// Whoever holds the secret of the link in the message.
    Link(String),
    /// The signed-in customer, by id.
    Own(BackInStockId),
}

/// Notes the wish.
pub async fn subscribe(ctx: &Ctx, input: Subscribe) -> Result<back_in_stock::Model> {
    let input = &input;
    ctx.write(|tx| async move {
        let row = back_in_stock::Model {
            id: BackInStockId(tx.new_uuid()),
            variant_id: input.variant_id,
            channel_id: input.channel_id,
            customer_id: None,
            email: input.email.clone(),
            locale: input.locale.clone().unwrap_or_else(|| "ja".to_owned()),
            quantity: input.quantity.unwrap_or(1),
            notified_at: None,
            canceled_at: None,
            created_at: tx.now(),
        };
        row.clone().into_active_model().reset_all().insert(&tx).await?;
        Ok(row)
    })
    .await
}

/// Gives it up; again changes nothing. Error: `NOT_FOUND`.
pub async fn cancel(ctx: &Ctx, by: Cancel) -> Result<back_in_stock::Model> {
    let id = match by {
        Cancel::Link(token) => BackInStockId(page_links::open(ctx, PageLink::BackInStock, &token)?),
        Cancel::Own(id) => id,
    };
    ctx.write(|tx| async move {
        let row = back_in_stock::Entity::find_by_id(id).one(&tx).await?.ok_or(Error::not_found("backInStock"))?;
        if row.canceled_at.is_some() {
            return Ok(row);
        }
        let mut changed = row.into_active_model();
        changed.canceled_at = ActiveValue::Set(Some(tx.now()));
        Ok(changed.update(&tx).await?)
    })
    .await
}
