//! Telling customers what is different of their order now.

use std::collections::HashMap;

use entity::id::{LocationId, OrderChangeId, OrderId, OrderLineId, PaymentLinkId, RefundId};
use entity::money::Money;
use entity::words::{OrderChangeSettlement, OrderStatus};
use entity::{event, location, order_change, order_line, payment_link, refund};
use sea_orm::EntityTrait;
use serde::de::DeserializeOwned;

use super::query;
use crate::kernel::language::Language;
use crate::kernel::{Error, Result, Tx};
use crate::location::query::name_in;
use crate::messaging::change_view::ChangeMail;
use crate::messaging::dispatch::{Handled, Handler};
use crate::messaging::order_context::{OrderContext, order_context};
use crate::messaging::order_view::{address_lines, date_time, zone};
use crate::messaging::payment_links;
use crate::messaging::render::{self, one_line};
use crate::messaging::request::{Letter, letter};
use crate::order::refund::told::told;
use crate::payment as payments;

/// Writes about changes, cancellations and what is still to be paid.
pub const HANDLER: Handler = Handler {
    name: "order_change_mail",
    kinds: &["order_changed", "order_canceled_by_request", "order_payment_requested"],
    run: |tx, event| Box::pin(tell(tx, event)),
};

async fn tell(tx: &Tx, event: &event::Model) -> Result<Handled> {
    if event.payload.get("notify") != Some(&serde_json::Value::Bool(true)) {
        return Ok(Handled::Nothing("nobody is to be told"));
    }
    let order_id = OrderId(event.aggregate_id);
    let context = order_context(tx, order_id).await?;
    if payment_links::is_confirmed(tx, &context.channel, event).await? {
        return Ok(Handled::Nothing("the confirmation has the link"));
    }
    let Some(recipient) = context.order.email.clone().filter(|email| !email.trim().is_empty()) else {
        return Ok(Handled::Nothing("no e-mail address"));
    };
    let (template, mail) = match event.kind.as_str() {
        "order_changed" => ("order_changed", changed(tx, &context, event).await?),
        "order_canceled_by_request" if context.order.status == OrderStatus::Canceled => {
            ("order_canceled", canceled(tx, &context, event).await?)
        }
        "order_canceled_by_request" => ("order_units_canceled", canceled(tx, &context, event).await?),
        _ => {
            let mail = requested(tx, &context, event).await?;
            (if mail.reserves { "exchange_reserve_requested" } else { "order_payment_requested" }, mail)
        }
    };
    let (language, seller) = (Language::of(&context.order.locale), context.seller());
    let rendered = render::order_change(template, language, &mail, &seller)?;
    let about = Letter {
        template,
        order_id: Some(order_id),
        recipient,
        locale: context.order.locale.clone(),
        dedupe_key: format!("{template}:{}", event.id),
        customer_id: context.order.customer_id,
        event_id: Some(event.id),
    };
    Ok(match letter(tx, about, &seller, rendered).await? {
        Some(_) => Handled::Done,
        None => Handled::Nothing("message was requested before"),
    })
}

fn part<T: DeserializeOwned>(event: &event::Model, name: &str) -> Result<T> {
    let value = event.payload.get(name).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|error| Error::Bug(format!("{name} of {}: {error}", event.kind)))
}

fn empty(context: &OrderContext) -> ChangeMail {
    let person = one_line(context.order.contact_name.as_deref().unwrap_or_default());
    ChangeMail { number: context.order.number.clone(), person, ..ChangeMail::default() }
}

fn money(context: &OrderContext, minor: i64) -> String {
    Money::new(minor, context.order.currency).formatted(&context.order.locale)
}

fn named(title: &str, variant: &str, quantity: i64) -> String {
    let title = one_line(title);
    if variant.is_empty() {
        format!("{title} × {quantity}")
    } else {
        format!("{title} {} × {quantity}", one_line(variant))
    }
}

/// Units of lines as people read them.
fn units(context: &OrderContext, units: impl IntoIterator<Item = (OrderLineId, i64)>) -> Vec<String> {
    let lines: HashMap<OrderLineId, &order_line::Model> = context.lines.iter().map(|line| (line.id, line)).collect();
    let rows = units.into_iter().filter_map(|(id, quantity)| {
        let line = lines.get(&id)?;
        Some(named(&line.title, &line.variant_title, quantity))
    });
    rows.collect()
}

async fn changed(tx: &Tx, context: &OrderContext, event: &event::Model) -> Result<ChangeMail> {
    let id: OrderChangeId = part(event, "order_change_id")?;
    let change = order_change::Entity::find_by_id(id).one(tx).await?.ok_or(Error::not_found("orderChange"))?;
    let preview = query::preview(&change)?;
    let language = Language::of(&context.order.locale);
    let mut mail = empty(context);
    mail.removed = units(context, preview.removed.iter().map(|units| (units.order_line_id, units.quantity)));
    mail.added = preview.added.iter().map(|line| named(&line.title, &line.variant_title, line.quantity)).collect();
    mail.store = store(tx, context, preview.moved.first().map(|moved| moved.location_id)).await?;
    mail.address = preview.shipping_address.iter().flat_map(|address| address_lines(address, language)).collect();
    if change.difference != 0 {
        mail.total = Some(money(context, preview.after.total));
    }
    if change.settlement == OrderChangeSettlement::Charge {
        mail.charged = Some(money(context, change.difference));
    }
    let mail = refunded(tx, context, change.refund_id, mail).await?;
    due(tx, context, change.payment_link_id, mail).await
}

async fn canceled(tx: &Tx, context: &OrderContext, event: &event::Model) -> Result<ChangeMail> {
    let gone: Vec<(OrderLineId, i64)> = part(event, "units")?;
    let mail = ChangeMail { removed: units(context, gone), ..empty(context) };
    refunded(tx, context, part(event, "refund_id")?, mail).await
}

async fn requested(tx: &Tx, context: &OrderContext, event: &event::Model) -> Result<ChangeMail> {
    let lines = units(context, context.lines.iter().map(|line| (line.id, line.quantity)));
    let link: Option<PaymentLinkId> = part(event, "payment_link_id")?;
    let mut by_it = context.payments.iter().filter(|payment| payment_links::of(payment) == link && link.is_some());
    let reserves = by_it.any(payments::is_guarantee);
    due(tx, context, link, ChangeMail { added: lines, reserves, ..empty(context) }).await
}

async fn store(tx: &Tx, context: &OrderContext, id: Option<LocationId>) -> Result<Option<String>> {
    let Some(id) = id else { return Ok(None) };
    let store = location::Entity::find_by_id(id).one(tx).await?;
    Ok(store.map(|store| name_in(&store, &context.order.locale).to_owned()))
}

/// What goes back, to which means, and what to expect when.
async fn refunded(tx: &Tx, context: &OrderContext, id: Option<RefundId>, mail: ChangeMail) -> Result<ChangeMail> {
    let Some(id) = id else { return Ok(mail) };
    let Some(refund) = refund::Entity::find_by_id(id).one(tx).await? else { return Ok(mail) };
    let told = told(tx, &refund, &context.order.locale).await?;
    Ok(ChangeMail {
        // What is kept may be all there is.
        refund: (refund.amount > 0).then_some(told.amount),
        refund_parts: told.parts,
        credit_note: told.credit_note,
        fee: told.fee,
        claw_back: told.claw_back,
        given_back: told.given_back,
        ..mail
    })
}

/// What is to be paid by a link, if there is one.
async fn due(tx: &Tx, context: &OrderContext, link: Option<PaymentLinkId>, mail: ChangeMail) -> Result<ChangeMail> {
    let Some(id) = link else { return Ok(mail) };
    let link = payment_link::Entity::find_by_id(id).one(tx).await?.ok_or(Error::not_found("paymentLink"))?;
    Ok(ChangeMail {
        due: Some(money(context, link.amount)),
        until: Some(date_time(link.expires_at, zone(context), Language::of(&context.order.locale))),
        link: Some(payment_links::url(&tx.ctx().services, id)),
        ..mail
    })
}
