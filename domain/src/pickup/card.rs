//! Pickups as the page of their order shows them: where, until when, and the code to show.

use std::collections::{BTreeSet, HashMap};

use entity::id::{FulfillmentOrderId, LocationId, OrderId};
use entity::words::PickupStatus;
use entity::{fulfillment_order_line, location, order_line, pickup};

use super::{code, query};
use crate::kernel::language::Language;
use crate::kernel::{Ctx, Result};
use crate::location as locations;
use crate::messaging::order_view::date_time;
use crate::messaging::render::one_line;
use crate::messaging::store_view::StoreView;
use crate::messaging::{map_url, qr_table};

/// A pickup to show.
#[derive(Debug, Clone)]
pub struct PickupCard {
    /// The pickup.
    pub pickup: pickup::Model,
    /// The store: name, address and opening hours.
    pub store: StoreView,
    /// A map of it, when it has a point.
    pub map: Option<String>,
    /// What, one line each.
    pub goods: Vec<String>,
    /// The code to show in the store, while the goods wait there.
    pub code: Option<String>,
    /// The same as a picture: an HTML table of our own making.
    pub qr: Option<String>,
    /// Until when, on the store's clock: to collect, or to choose again when the store fell short.
    pub until: Option<String>,
    /// Secret of its own page: to choose again when the store fell short, else to say "I am here" and to extend.
    pub token: String,
}

/// The pickups of an order, oldest first; who may read the order may read them. `sold` are the order's lines. Three
/// statements at most.
pub async fn of_order(
    ctx: &Ctx,
    id: OrderId,
    sold: &[order_line::Model],
    language: Language,
) -> Result<Vec<PickupCard>> {
    let db = ctx.db();
    let found = query::of_orders(&db, &[id]).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let places: BTreeSet<LocationId> = found.iter().map(|pickup| pickup.location_id).collect();
    let places = locations::query::by_ids(&db, &places.into_iter().collect::<Vec<_>>()).await?;
    let places: HashMap<LocationId, location::Model> = places.into_iter().map(|row| (row.id, row)).collect();
    let work: Vec<FulfillmentOrderId> = found.iter().map(|pickup| pickup.fulfillment_order_id).collect();
    let pieces = crate::fulfillment::query::lines(&db, &work).await?;
    let card = |pickup: pickup::Model| {
        let store = places.get(&pickup.location_id)?;
        let goods = goods(&pickup, sold, &pieces);
        Some(of(ctx, pickup, store, goods, language))
    };
    Ok(found.into_iter().filter_map(card).collect())
}

/// One pickup to show, at a store and with what is known of it.
#[must_use]
pub fn of(
    ctx: &Ctx,
    pickup: pickup::Model,
    store: &location::Model,
    goods: Vec<String>,
    language: Language,
) -> PickupCard {
    let secrets = &ctx.services.secrets;
    let is_short = pickup.status == PickupStatus::Short;
    let shown = code::of(secrets, &pickup);
    let until = if is_short { pickup.choice_expires_at } else { pickup.expires_at };
    let choice = if is_short { code::choice_token(secrets, &pickup) } else { None };
    PickupCard {
        store: StoreView::of(store, language, ctx.now()),
        map: map_url(store),
        goods,
        qr: shown.as_deref().and_then(qr_table),
        code: shown,
        until: until.map(|at| date_time(at, locations::query::time_zone(store), language)),
        token: choice.unwrap_or_else(|| code::visit_token(secrets, pickup.id)),
        pickup,
    }
}

/// `title × units`, as it was sold; a bundle goes by its own name.
fn goods(pickup: &pickup::Model, sold: &[order_line::Model], pieces: &[fulfillment_order_line::Model]) -> Vec<String> {
    let told = |line: &order_line::Model| {
        let mut mine = pieces.iter().filter(|piece| {
            piece.fulfillment_order_id == pickup.fulfillment_order_id && piece.order_line_id == line.id
        });
        let first = mine.next()?;
        let plain = line.variant_title.is_empty() || line.variant_title == line.title;
        let title =
            if plain { one_line(&line.title) } else { one_line(&format!("{} {}", line.title, line.variant_title)) };
        let is_whole = first.variant_id == line.variant_id && mine.next().is_none();
        Some(if is_whole { format!("{title} × {}", first.quantity) } else { title })
    };
    sold.iter().filter_map(told).collect()
}
