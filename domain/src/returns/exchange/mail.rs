//! Telling customers of exchanges that did not go as they hoped. What was ordered anew, sent and refunded is told by the
//! messages of the new order and of the refund.

use entity::id::ExchangeId;
use entity::words::ExchangeStatus;
use entity::{event, exchange, returns};
use sea_orm::EntityTrait;

use crate::kernel::language::Language;
use crate::kernel::{Result, Tx};
use crate::messaging::dispatch::{Handled, Handler};
use crate::messaging::order_context::order_context;
use crate::messaging::render::{self, one_line};
use crate::messaging::request::{Letter, letter};

/// Tells of exchanges that were given up, and of reserved money that was taken.
pub const HANDLER: Handler = Handler {
    name: "exchange_mail",
    kinds: &["exchange_canceled", "exchange_defaulted"],
    run: |tx, event| Box::pin(tell(tx, event)),
};

async fn tell(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let found =
        exchange::Entity::find_by_id(ExchangeId(event.aggregate_id)).find_also_related(returns::Entity).one(tx).await?;
    let Some((row, Some(back))) = found else { return Ok(Handled::Nothing("no exchange")) };
    let name = match row.status {
        ExchangeStatus::Canceled => "exchange_canceled",
        ExchangeStatus::Defaulted => "exchange_defaulted",
        ExchangeStatus::AwaitingReturn | ExchangeStatus::Placed | ExchangeStatus::Completed => {
            return Ok(Handled::Nothing("not so any more"));
        }
    };
    let Some(order_id) = back.order_id else { return Ok(Handled::Nothing("no order")) };
    let context = order_context(tx, order_id).await?;
    let Some(recipient) = context.order.email.clone().filter(|email| !email.trim().is_empty()) else {
        return Ok(Handled::Nothing("no e-mail address"));
    };
    let (language, seller) = (Language::of(&context.order.locale), context.seller());
    let person = one_line(context.order.contact_name.as_deref().unwrap_or_default());
    let draft = render::notice(name, language, &person, &context.order.number, &seller);
    let about = Letter {
        template: name,
        order_id: Some(order_id),
        recipient,
        locale: context.order.locale.clone(),
        dedupe_key: format!("{name}:{}", row.id),
        customer_id: context.order.customer_id,
        event_id: Some(event.id),
    };
    Ok(match letter(tx, about, &seller, draft).await? {
        Some(_) => Handled::Done,
        None => Handled::Nothing("message was requested before"),
    })
}
