//! Everything that is kept about a person, for the person (GDPR Art. 15 and 20), as JSON.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::{CustomerId, OrderId};
use entity::words::MessageChannel;
use entity::{back_in_stock, customer_consent, customer_identifier, message, order, order_line};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::{query, said};
use crate::kernel::{Ctx, Error, Result};

/// Most orders and events of one export; nobody's life as a customer is longer.
const MAX_ROWS: u64 = 10_000;

/// All data of the signed-in customer. Error: `UNAUTHENTICATED`.
pub async fn export(ctx: &Ctx) -> Result<Value> {
    let id = ctx.actor.customer_id().ok_or(Error::Unauthenticated)?;
    let db = ctx.db();
    let customer = query::by_id(&db, id).await?.ok_or(Error::not_found("customer"))?;
    let identifiers = query::identifiers_of(&db, &[id]).await?;
    let addresses = query::addresses(&db, &[id]).await?;
    let consents = customer_consent::Entity::find()
        .filter(customer_consent::Column::CustomerId.eq(id))
        .order_by_asc(customer_consent::Column::Id)
        .all(&db)
        .await?;
    let orders = order::Entity::find()
        .filter(order::Column::CustomerId.eq(id))
        .order_by_asc(order::Column::Id)
        .limit(MAX_ROWS)
        .all(&db)
        .await?;
    let lines = lines_of(&db, id).await?;
    let (answers, reviews) = said::exported(&db, id, MAX_ROWS).await?;
    let (messages, wishes) = (messages_of(&db, id).await?, wishes_of(&db, id).await?);
    let events = query::events_of(&db, id, MAX_ROWS).await?;
    Ok(json!({
        "exported_at": ctx.now(),
        "customer": {
            "id": customer.id, "family_name": customer.family_name, "given_name": customer.given_name,
            "family_name_kana": customer.family_name_kana, "given_name_kana": customer.given_name_kana,
            "locale": customer.locale, "time_zone": customer.time_zone, "birth_on": customer.birth_on,
            "metadata": customer.metadata, "created_at": customer.created_at,
        },
        "identifiers": identifiers.iter().map(|row| json!({ "kind": row.kind, "value": row.value,
            "verified_at": row.verified_at, "created_at": row.created_at })).collect::<Vec<_>>(),
        "addresses": addresses.iter().map(|row| json!({ "address": row.address, "is_default": row.is_default }))
            .collect::<Vec<_>>(),
        "consents": consents.iter().map(|row| json!({ "channel": row.channel, "purpose": row.purpose,
            "granted": row.granted, "source": row.source, "text_version": row.text_version,
            "recorded_at": row.recorded_at })).collect::<Vec<_>>(),
        "orders": orders.iter().map(|order| exported_order(order, &lines)).collect::<Vec<_>>(),
        "survey_answers": answers,
        "reviews": reviews,
        "messages": messages,
        "back_in_stock": wishes,
        "events": events.iter().map(|row| json!({ "kind": row.kind, "occurred_at": row.occurred_at })).collect::<Vec<_>>(),
    }))
}

/// The orders of a customer.
fn orders_of(id: CustomerId) -> SelectStatement {
    Query::select()
        .column(order::Column::Id)
        .from(order::Entity)
        .and_where(Expr::col(order::Column::CustomerId).eq(id))
        .to_owned()
}

/// Template, channel, recipient, subject, when written and when sent.
type Written = (String, MessageChannel, String, String, DateTime<Utc>, Option<DateTime<Utc>>);

/// What was written to a customer and about their orders: to which address, what about, when. Bodies repeat what stands
/// elsewhere in the export, and some hold codes.
async fn messages_of(db: &impl ConnectionTrait, id: CustomerId) -> Result<Vec<Value>> {
    // What was written to staff about an order is not the customer's.
    let addresses = Query::select()
        .column(order::Column::Email)
        .from(order::Entity)
        .and_where(Expr::col(order::Column::CustomerId).eq(id))
        .to_owned();
    let of_orders = Condition::all()
        .add(message::Column::OrderId.in_subquery(orders_of(id)))
        .add(message::Column::Recipient.in_subquery(addresses));
    let rows: Vec<Written> = message::Entity::find()
        .select_only()
        .columns([
            message::Column::Template,
            message::Column::Channel,
            message::Column::Recipient,
            message::Column::Subject,
            message::Column::CreatedAt,
            message::Column::SentAt,
        ])
        .filter(Condition::any().add(message::Column::CustomerId.eq(id)).add(of_orders))
        .order_by_asc(message::Column::Id)
        .limit(MAX_ROWS)
        .into_tuple()
        .all(db)
        .await?;
    let shown = |(template, channel, recipient, subject, created_at, sent_at): Written| {
        json!({ "template": template, "channel": channel, "recipient": recipient, "subject": subject,
            "created_at": created_at, "sent_at": sent_at })
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// What a customer wants to be told of, also what was wished for with an address that is proven to be theirs.
async fn wishes_of(db: &impl ConnectionTrait, id: CustomerId) -> Result<Vec<Value>> {
    let addresses = Query::select()
        .column(customer_identifier::Column::Value)
        .from(customer_identifier::Entity)
        .and_where(Expr::col(customer_identifier::Column::CustomerId).eq(id))
        .and_where(Expr::col(customer_identifier::Column::VerifiedAt).is_not_null())
        .to_owned();
    let rows = back_in_stock::Entity::find()
        .filter(back_in_stock::Column::CustomerId.eq(id).or(back_in_stock::Column::Email.in_subquery(addresses)))
        .order_by_asc(back_in_stock::Column::Id)
        .limit(MAX_ROWS)
        .all(db)
        .await?;
    let shown = |row: &back_in_stock::Model| {
        json!({ "variant_id": row.variant_id, "channel_id": row.channel_id, "email": row.email, "quantity": row.quantity,
            "created_at": row.created_at, "notified_at": row.notified_at, "canceled_at": row.canceled_at })
    };
    Ok(rows.iter().map(shown).collect())
}

/// Lines of a customer's orders, by order and position.
async fn lines_of(db: &impl ConnectionTrait, id: CustomerId) -> Result<BTreeMap<OrderId, Vec<order_line::Model>>> {
    let rows = order_line::Entity::find()
        .filter(order_line::Column::OrderId.in_subquery(orders_of(id)))
        .order_by_asc(order_line::Column::Position)
        .limit(MAX_ROWS * 10)
        .all(db)
        .await?;
    let mut by_order: BTreeMap<OrderId, Vec<order_line::Model>> = BTreeMap::new();
    for row in rows {
        by_order.entry(row.order_id).or_default().push(row);
    }
    Ok(by_order)
}

fn exported_order(order: &order::Model, lines: &BTreeMap<OrderId, Vec<order_line::Model>>) -> Value {
    let lines = lines.get(&order.id).map(Vec::as_slice).unwrap_or_default();
    json!({
        "number": order.number, "status": order.status, "placed_at": order.placed_at, "currency": order.currency.code(),
        "total": order.total, "email": order.email, "phone": order.phone, "contact_name": order.contact_name,
        "shipping_address": order.shipping_address, "billing_address": order.billing_address, "note": order.note,
        "lines": lines.iter().map(|line| json!({ "title": line.title, "variant_title": line.variant_title,
            "sku": line.sku, "quantity": line.quantity, "total": line.total })).collect::<Vec<_>>(),
    })
}
