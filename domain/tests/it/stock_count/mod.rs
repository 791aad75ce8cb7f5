//! Cycle counts: sessions, rounds, variance, tags, and what the machine of a count refuses.

mod accepting;
mod counting;
mod machine;
mod races;
mod tags;

use domain::stock_count::{
    AcceptCount, Accepted, CreateCount, Goods, NewEntry, RecordEntries, Recorded, Selection, StartSession, SubmitCount,
    accept, create, record, start, submit,
};
use domain::{Ctx, Permission, Result};
use entity::id::{LocationId, StockCountId, StockCountSessionId, VariantId};
use entity::words::CountSource;
use entity::{stock_count, stock_count_line, stock_level};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use support::World;

const COUNTER: &[Permission] = &[Permission::CountsWork];
const ACCEPTOR: &[Permission] = &[Permission::CountsAccept];

fn begin(location_id: LocationId, selection: Option<Selection>, key: &str) -> CreateCount {
    CreateCount { location_id, selection, blind: false, note: String::new(), idempotency_key: key.to_owned() }
}

/// A count that is being counted by `ctx`, and its session.
async fn begun(
    ctx: &Ctx,
    place: LocationId,
    selection: Option<Selection>,
    key: &str,
) -> (stock_count::Model, StockCountSessionId) {
    let count = create(ctx, begin(place, selection, key)).await.unwrap();
    let session = start(ctx, StartSession { count_id: count.id, storage_area_id: None }).await.unwrap();
    (count, session.id)
}

fn scan(variant: VariantId, quantity: i64) -> NewEntry {
    NewEntry { goods: Goods::Variant(variant), quantity, source: CountSource::Scan }
}

async fn found(ctx: &Ctx, session_id: StockCountSessionId, entries: Vec<NewEntry>, key: &str) -> Result<Recorded> {
    record(ctx, RecordEntries { session_id, entries, idempotency_key: key.to_owned() }).await
}

async fn submitted(ctx: &Ctx, count_id: StockCountId, uncounted_as_zero: bool) -> Result<stock_count::Model> {
    submit(ctx, SubmitCount { count_id, uncounted_as_zero, expected_version: None }).await
}

/// A directed count in which this was found, submitted.
pub(crate) async fn counted(ctx: &Ctx, place: LocationId, goods: &[(VariantId, i64)]) -> stock_count::Model {
    let variants = goods.iter().map(|(variant, _)| *variant).collect();
    let key = format!("{place}-{goods:?}");
    let (count, session) = begun(ctx, place, Some(Selection::Variants(variants)), &key).await;
    let entries = goods.iter().map(|(variant, quantity)| scan(*variant, *quantity)).collect();
    found(ctx, session, entries, &key).await.unwrap();
    submitted(ctx, count.id, false).await.unwrap()
}

pub(crate) async fn accept_it(ctx: &Ctx, count_id: StockCountId, key: &str) -> Result<Accepted> {
    let input = AcceptCount {
        found_units: Vec::new(),
        count_id,
        missing_units: Vec::new(),
        expected_version: None,
        idempotency_key: key.to_owned(),
    };
    accept(ctx, input).await
}

async fn lines(world: &World, count: StockCountId) -> Vec<stock_count_line::Model> {
    stock_count_line::Entity::find()
        .filter(stock_count_line::Column::StockCountId.eq(count))
        .order_by_asc(stock_count_line::Column::VariantId)
        .all(world.db())
        .await
        .unwrap()
}

async fn line_of(world: &World, count: StockCountId, variant: VariantId) -> stock_count_line::Model {
    lines(world, count).await.into_iter().find(|line| line.variant_id == variant).unwrap()
}

async fn on_hand(world: &World, place: LocationId, variant: VariantId) -> i64 {
    stock_level::Entity::find_by_id((place, variant)).one(world.db()).await.unwrap().map_or(0, |level| level.on_hand)
}
