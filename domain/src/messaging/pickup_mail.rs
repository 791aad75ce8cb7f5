//! Mails about what is collected in a store: each once per thing that happened, in the words of the committed state.

use entity::id::{OrderId, PickupId, StoreReservationId};
use entity::money::Money;
use entity::words::{PickupChoice, PickupStatus, StoreReservationStatus};
use entity::{
    event, fulfillment_order_line, location, order_line, pickup, refund, store_reservation, store_reservation_line,
    variant,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::dispatch::{Handled, Handler};
use super::order_context::{OrderContext, order_context};
use super::order_view::date_time;
use super::pickup_links as links;
use super::pickup_view::{PickupMail, map_url};
use super::render::{Draft, Seller, one_line, pickup as render};
use super::request::{Letter, letter};
use super::store_view::StoreView;
use super::{brand, inline, qr_table};
use crate::kernel::language::Language;
use crate::kernel::{Error, Result, Tx};

/// Writes about pickups.
pub const PICKUPS: Handler = Handler {
    name: "pickup_mail",
    kinds: &[
        "pickup_started",
        "pickup_ready",
        "pickup_code_renewed",
        "pickup_reminded",
        "pickup_expired",
        "pickup_collected",
        "pickup_short",
        "pickup_canceled",
    ],
    run: |tx, event| Box::pin(about_pickup(tx, event)),
};

/// Confirms reservations, reminds of them and tells of their end.
pub const RESERVATIONS: Handler = Handler {
    name: "store_reservation_mail",
    kinds: &["store_reservation_created", "store_reservation_reminded", "store_reservation_expired"],
    run: |tx, event| Box::pin(about_reservation(tx, event)),
};

/// The template of an event, and the state in which it is still true.
fn template(kind: &str) -> Option<(&'static str, PickupStatus)> {
    Some(match kind {
        "pickup_started" => ("pickup_preparing", PickupStatus::Picking),
        "pickup_ready" | "pickup_code_renewed" => ("pickup_ready", PickupStatus::Ready),
        "pickup_reminded" => ("pickup_reminder", PickupStatus::Ready),
        "pickup_expired" => ("pickup_expired", PickupStatus::Expired),
        "pickup_collected" => ("pickup_collected", PickupStatus::Collected),
        "pickup_short" => ("pickup_short", PickupStatus::Short),
        "pickup_canceled" => ("pickup_canceled", PickupStatus::Canceled),
        _ => return None,
    })
}

/// At most one message of each: a mail about a new code or another question is another message.
fn dedupe_key(template: &str, pickup: &pickup::Model) -> String {
    let nth = match template {
        "pickup_ready" => i64::from(pickup.code_number),
        "pickup_reminder" => i64::from(pickup.extensions),
        "pickup_short" => pickup.choice_expires_at.map_or(0, |until| until.timestamp()),
        _ => 0,
    };
    format!("{template}:{}:{nth}", pickup.id)
}

async fn about_pickup(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let Some((name, state)) = template(&event.kind) else { return Ok(Handled::Nothing("no mail")) };
    let found = pickup::Entity::find_by_id(PickupId(event.aggregate_id)).one(tx).await?;
    let Some(pickup) = found.filter(|pickup| pickup.status == state) else {
        return Ok(Handled::Nothing("not so any more"));
    };
    if name == "pickup_canceled" && matches!(pickup.choice, Some(PickupChoice::OtherStore | PickupChoice::Ship)) {
        return Ok(Handled::Nothing("its goods go another way"));
    }
    if name == "pickup_canceled" && told_with_the_order(tx, event, pickup.order_id).await? {
        return Ok(Handled::Nothing("told with the order"));
    }
    let context = order_context(tx, pickup.order_id).await?;
    let Some(recipient) = context.order.email.clone().filter(|email| !email.trim().is_empty()) else {
        return Ok(Handled::Nothing("no e-mail address"));
    };
    let language = Language::of(&context.order.locale);
    let seller = context.seller();
    let store = location::Entity::find_by_id(pickup.location_id).one(tx).await?.ok_or(Error::not_found("location"))?;
    let view = PickupMail {
        number: context.order.number.clone(),
        person: one_line(context.order.contact_name.as_deref().unwrap_or_default()),
        lines: goods(tx, &pickup).await?,
        refund: refunded(tx, event, &context).await?,
        ..shown(tx, &store, language)
    };
    let view = with_links(tx, name, &pickup, &store, language, view);
    let draft = render(name, language, &view, &seller);
    let letter = Letter {
        template: name,
        order_id: Some(pickup.order_id),
        recipient,
        locale: context.order.locale.clone(),
        dedupe_key: dedupe_key(name, &pickup),
        customer_id: context.order.customer_id,
        event_id: Some(event.id),
    };
    send(tx, letter, &seller, draft).await
}

/// Whether the mail about a canceled or changed order says it: nobody reads twice that the same goods are gone.
async fn told_with_the_order(tx: &Tx, event: &event::Model, order: OrderId) -> Result<bool> {
    const KINDS: [&str; 3] = ["order_canceled_by_request", "order_changed", "payment_overdue"];
    let found = event::Entity::find()
        .filter(event::Column::AggregateId.eq(order.uuid()))
        .filter(event::Column::RequestId.eq(event.request_id.as_str()))
        .filter(event::Column::OccurredAt.eq(event.occurred_at))
        .filter(event::Column::Kind.is_in(KINDS));
    Ok(found.one(tx).await?.is_some())
}

/// What goes back because the pickup ended.
async fn refunded(tx: &Tx, event: &event::Model, context: &OrderContext) -> Result<Option<String>> {
    if !matches!(event.kind.as_str(), "pickup_expired" | "pickup_canceled") {
        return Ok(None);
    }
    let found = refund::Entity::find()
        .filter(refund::Column::OrderId.eq(context.order.id))
        .filter(refund::Column::CreatedAt.eq(event.occurred_at))
        .filter(refund::Column::Amount.gt(0))
        .order_by_desc(refund::Column::Id);
    let money = |refund: refund::Model| Money::new(refund.amount, refund.currency).formatted(&context.order.locale);
    Ok(found.one(tx).await?.map(money))
}

async fn send(tx: &Tx, about: Letter, seller: &Seller, draft: Draft) -> Result<Handled> {
    Ok(match letter(tx, about, seller, draft).await? {
        Some(_) => Handled::Done,
        None => Handled::Nothing("message was requested before"),
    })
}

fn shown(tx: &Tx, store: &location::Model, language: Language) -> PickupMail {
    PickupMail { store: Some(StoreView::of(store, language, tx.now())), map: map_url(store), ..PickupMail::default() }
}

/// The code and the end of what waits, the links, each where it is needed.
fn with_links(
    tx: &Tx,
    name: &str,
    pickup: &pickup::Model,
    store: &location::Model,
    language: Language,
    mut view: PickupMail,
) -> PickupMail {
    let secrets = &tx.ctx().services.secrets;
    let zone = crate::location::query::time_zone(store);
    let base = format!("{}/p/{}", tx.ctx().services.settings.public_url, pickup.id);
    if matches!(name, "pickup_ready" | "pickup_reminder") {
        view = with_code(view, links::code(secrets, pickup.id, pickup.code_number));
        view.until = pickup.expires_at.map(|until| date_time(until, zone, language));
        view.link = Some(format!("{base}/{}", links::visit_token(secrets, pickup.id)));
    }
    if let Some(until) = pickup.choice_expires_at.filter(|_| name == "pickup_short") {
        view.until = Some(date_time(until, zone, language));
        view.link = Some(format!("{base}/{}", links::choice_token(secrets, pickup.id, until)));
    }
    view
}

/// The code in letters and as a picture: an image where one can be made, which is shorter, else a table.
pub(super) fn with_code(view: PickupMail, code: String) -> PickupMail {
    let qr = inline::qr_source(&code);
    let table = if qr.is_none() { qr_table(&code) } else { None };
    PickupMail { qr, qr_table: table, code: Some(code), ..view }
}

/// What a pickup is about: `title × units`, as it was sold. Two statements.
pub async fn goods(db: &impl ConnectionTrait, pickup: &pickup::Model) -> Result<Vec<String>> {
    let rows = fulfillment_order_line::Entity::find()
        .filter(fulfillment_order_line::Column::FulfillmentOrderId.eq(pickup.fulfillment_order_id))
        .order_by_asc(fulfillment_order_line::Column::Id)
        .all(db)
        .await?;
    let ids: Vec<_> = rows.iter().map(|row| row.order_line_id).collect();
    let sold = order_line::Entity::find().filter(order_line::Column::Id.is_in(ids)).all(db).await?;
    let mut told = Vec::new();
    for line in &sold {
        let mine: Vec<_> = rows.iter().filter(|row| row.order_line_id == line.id).collect();
        let title = one_line(&format!("{} {}", line.title, line.variant_title));
        match mine.as_slice() {
            [only] if only.variant_id == line.variant_id => told.push(format!("{title} × {}", only.quantity)),
            // A bundle goes by its own name.
            _ => told.push(title),
        }
    }
    Ok(told)
}

async fn about_reservation(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let id = StoreReservationId(event.aggregate_id);
    let Some((row, Some(store))) =
        store_reservation::Entity::find_by_id(id).find_also_related(location::Entity).one(tx).await?
    else {
        return Ok(Handled::Nothing("no reservation"));
    };
    let (name, state) = match event.kind.as_str() {
        "store_reservation_reminded" => ("store_reservation_reminder", StoreReservationStatus::Open),
        "store_reservation_expired" => ("store_reservation_expired", StoreReservationStatus::Expired),
        _ => ("store_reservation", row.status),
    };
    if row.status != state {
        return Ok(Handled::Nothing("not so any more"));
    }
    let Some(recipient) = row.email.clone().filter(|email| !email.trim().is_empty()) else {
        return Ok(Handled::Nothing("no e-mail address"));
    };
    let channel =
        entity::channel::Entity::find_by_id(row.channel_id).one(tx).await?.ok_or(Error::not_found("channel"))?;
    let (language, seller) = (Language::of(&row.locale), brand::seller(tx, &channel).await?);
    let waits = name != "store_reservation_expired";
    let code = waits.then(|| links::reservation_code(&tx.ctx().services.secrets, id));
    let until = date_time(row.expires_at, crate::location::query::time_zone(&store), language);
    let view = PickupMail {
        person: one_line(&row.name),
        lines: reserved(tx, id).await?,
        until: waits.then_some(until),
        ..shown(tx, &store, language)
    };
    let view = match code {
        Some(code) => with_code(view, code),
        None => view,
    };
    let draft = render(name, language, &view, &seller);
    let letter = Letter {
        template: name,
        order_id: None::<OrderId>,
        recipient,
        locale: row.locale.clone(),
        dedupe_key: format!("{name}:{id}"),
        customer_id: row.customer_id,
        event_id: Some(event.id),
    };
    send(tx, letter, &seller, draft).await
}

async fn reserved(tx: &Tx, id: StoreReservationId) -> Result<Vec<String>> {
    let rows = store_reservation_line::Entity::find()
        .filter(store_reservation_line::Column::StoreReservationId.eq(id))
        .find_also_related(variant::Entity)
        .order_by_asc(store_reservation_line::Column::Id)
        .all(tx)
        .await?;
    let products: Vec<_> = rows.iter().filter_map(|(_, variant)| variant.as_ref()).map(|it| it.product_id).collect();
    let products = entity::product::Entity::find().filter(entity::product::Column::Id.is_in(products)).all(tx).await?;
    let told = rows.iter().filter_map(|(line, variant)| {
        let product = products.iter().find(|product| Some(product.id) == variant.as_ref().map(|it| it.product_id))?;
        Some(format!("{} × {}", one_line(&product.title), line.quantity))
    });
    Ok(told.collect())
}
