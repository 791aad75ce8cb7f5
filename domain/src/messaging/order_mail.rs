//! The handler of `order_placed`: the confirmation of an order, or the receipt of a sale at a till.

use entity::id::OrderId;
use entity::words::{ChannelKind, OrderStatus};
use entity::{channel, event, order};
use sea_orm::EntityTrait;

use super::dispatch::{Handled, Handler};
use super::request::{MessageRequest, request};
use super::template::{OrderTemplate, Template};
use crate::kernel::{Error, Result, Tx};

/// Sends the first mail about an order.
pub const HANDLER: Handler =
    Handler { name: "order_mail", kinds: &["order_placed"], run: |tx, event| Box::pin(order_placed(tx, event)) };

/// Requests the mail, or tells why there is none.
async fn order_placed(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let order_id = OrderId(event.aggregate_id);
    let (order, channel) = order::Entity::find_by_id(order_id)
        .find_also_related(channel::Entity)
        .one(tx)
        .await?
        .and_then(|(order, channel)| Some((order, channel?)))
        .ok_or_else(|| Error::not_found("order"))?;
    let template = match channel.kind {
        // Policy keeps the one of a marketplace back, as everything about such an order.
        ChannelKind::Online | ChannelKind::Phone | ChannelKind::Marketplace => OrderTemplate::OrderConfirmation,
        ChannelKind::Pos => OrderTemplate::PosReceipt,
    };
    // The handler sees the committed state: nobody is thanked for what they do not get. The cancellation has its own mail.
    if order.status == OrderStatus::Canceled {
        return Ok(Handled::Nothing("canceled meanwhile"));
    }
    let Some(recipient) = order.email.clone().filter(|email| !email.trim().is_empty()) else {
        return Ok(Handled::Nothing("no e-mail address"));
    };
    let message = MessageRequest {
        template: Template::Order { template, order_id },
        recipient,
        locale: order.locale.clone(),
        dedupe_key: format!("order_placed:{order_id}"),
        channel_id: Some(order.channel_id),
        customer_id: order.customer_id,
        event_id: Some(event.id),
    };
    Ok(match request(tx, message).await? {
        Some(_) => Handled::Done,
        None => Handled::Nothing("message was requested before"),
    })
}
