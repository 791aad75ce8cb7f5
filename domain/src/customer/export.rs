//! Everything that is kept about a person, for the person (GDPR Art. 15 and 20), as JSON.

use std::collections::BTreeMap;

use entity::id::{CustomerId, OrderId};
use entity::{customer_consent, order, order_line};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
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
        "events": events.iter().map(|row| json!({ "kind": row.kind, "occurred_at": row.occurred_at })).collect::<Vec<_>>(),
    }))
}

/// Lines of a customer's orders, by order and position.
async fn lines_of(db: &impl ConnectionTrait, id: CustomerId) -> Result<BTreeMap<OrderId, Vec<order_line::Model>>> {
    let orders = Query::select()
        .column(order::Column::Id)
        .from(order::Entity)
        .and_where(Expr::col(order::Column::CustomerId).eq(id))
        .to_owned();
    let rows = order_line::Entity::find()
        .filter(order_line::Column::OrderId.in_subquery(orders))
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
