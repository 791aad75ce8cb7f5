//! Looking at a message before it is sent, or at what a customer would have got.

use entity::id::OrderId;

use super::order_context::order_context;
use super::render::{self, Rendered};
use super::template::OrderTemplate;
use crate::kernel::language::Language;
use crate::kernel::{Ctx, Error, Permission, Result};

/// Renders a template with an order that the actor may see, in the language of `locale` or of the order. Nothing is
/// sent or kept. Errors: `NOT_FOUND`, `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn preview(ctx: &Ctx, order_id: OrderId, template: OrderTemplate, locale: Option<&str>) -> Result<Rendered> {
    let scope = ctx.require(Permission::MessagesRead)?;
    let context = order_context(&ctx.db(), order_id).await?;
    let order = &context.order;
    let is_here = order.location_id.map_or_else(|| scope.locations().is_none(), |id| scope.allows_location(id));
    if !is_here || !scope.allows_channel(order.channel_id) {
        return Err(Error::not_found("order"));
    }
    let language = Language::of(locale.unwrap_or(&order.locale));
    render::order(template, language, &context)
}
