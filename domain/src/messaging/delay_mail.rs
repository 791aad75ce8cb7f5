//! Telling customers that goods which were to be sent are not there: a place gave the work back and no other has them.

use entity::id::FulfillmentOrderId;
use entity::words::{DeliveryMethod, FulfillmentOrderStatus, ParkingReason};
use entity::{event, fulfillment_order, fulfillment_order_line, order_line};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::change_view::ChangeMail;
use super::dispatch::{Handled, Handler};
use super::order_context::order_context;
use super::render::{self, one_line};
use super::request::{Letter, letter};
use crate::kernel::language::Language;
use crate::kernel::{Result, Tx};

/// Tells of orders that have to wait.
pub const HANDLER: Handler = Handler {
    name: "delay_mail",
    kinds: &["fulfillment_order_rejected"],
    run: |tx, event| Box::pin(delayed(tx, event)),
};

async fn delayed(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let id = FulfillmentOrderId(event.aggregate_id);
    let Some(given) = fulfillment_order::Entity::find_by_id(id).one(tx).await? else {
        return Ok(Handled::Nothing("no work"));
    };
    // The handler sees the committed state: what another place took over does not wait.
    let waiting = fulfillment_order::Entity::find()
        .filter(fulfillment_order::Column::OrderId.eq(given.order_id))
        .filter(fulfillment_order::Column::LocationId.is_null())
        .filter(fulfillment_order::Column::ParkedAs.eq(ParkingReason::Unfillable))
        .filter(fulfillment_order::Column::Method.eq(DeliveryMethod::Ship))
        .filter(
            fulfillment_order::Column::Status
                .is_not_in([FulfillmentOrderStatus::Closed, FulfillmentOrderStatus::Canceled]),
        )
        .order_by_asc(fulfillment_order::Column::Id)
        .one(tx)
        .await?;
    let Some(work) = waiting else { return Ok(Handled::Nothing("nothing waits")) };
    let context = order_context(tx, work.order_id).await?;
    let Some(recipient) = context.order.email.clone().filter(|email| !email.trim().is_empty()) else {
        return Ok(Handled::Nothing("no e-mail address"));
    };
    let (language, seller) = (Language::of(&context.order.locale), context.seller());
    let mail = ChangeMail {
        number: context.order.number.clone(),
        person: one_line(context.order.contact_name.as_deref().unwrap_or_default()),
        added: goods(tx, &work, &context.lines).await?,
        ..ChangeMail::default()
    };
    let draft = render::order_change("order_delayed", language, &mail, &seller)?;
    let about = Letter {
        template: "order_delayed",
        order_id: Some(work.order_id),
        recipient,
        locale: context.order.locale.clone(),
        dedupe_key: format!("order_delayed:{}", work.id),
        customer_id: context.order.customer_id,
        event_id: Some(event.id),
    };
    Ok(match letter(tx, about, &seller, draft).await? {
        Some(_) => Handled::Done,
        None => Handled::Nothing("message was requested before"),
    })
}

async fn goods(tx: &Tx, work: &fulfillment_order::Model, sold: &[order_line::Model]) -> Result<Vec<String>> {
    let rows = fulfillment_order_line::Entity::find()
        .filter(fulfillment_order_line::Column::FulfillmentOrderId.eq(work.id))
        .order_by_asc(fulfillment_order_line::Column::Id)
        .all(tx)
        .await?;
    let told = rows.iter().filter_map(|row| {
        let line = sold.iter().find(|line| line.id == row.order_line_id)?;
        let variant = if line.variant_title == line.title { "" } else { &line.variant_title };
        Some(format!("{} × {}", one_line(&format!("{} {variant}", line.title)), row.quantity))
    });
    Ok(told.collect())
}
