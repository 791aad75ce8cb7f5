//! Sound books: an open order, and two sales at a till that left the shop.

mod deeds;
mod rows;
mod voices;

use entity::id::RegisterId;
use entity::words::*;
use entity::{channel, idempotency_key, location, register};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;
use support::{Sku, World};

use deeds::{
    bring_back, cancel, card, changed, collectable, count, drawer, exchange, flow, letter, parcel, reserve, sync,
};
use rows::place;

macro_rules! insert {
    ($world:expr, $entity:ident, $row:expr) => {
        $entity::Entity::insert($row.into_active_model().reset_all()).exec_without_returning($world.db()).await.unwrap()
    };
}
use insert;

struct Shop {
    channel: channel::Model,
    store: location::Model,
    tea: Sku,
    register: RegisterId,
}

/// Writes the books.
pub(super) async fn keep(world: &World) {
    let store = world.store("shibuya").await;
    let channel = world.channel("pos").pos().served_by(&store).create().await;
    let tea = world.product("tea").price(&channel, 110).stock(&store, 10).create().await;
    world.product("set").component(&tea, 2).create().await;
    let customer = world.new_customer("佐藤", "花").verified(IdentifierKind::Email, "hana@example.com").create().await;
    world.new_customer("佐藤", "はな").with(|row| row.merged_into_id = Some(customer.id)).create().await;
    let register = RegisterId(world.new_uuid());
    let row = register::Model {
        id: register,
        code: "till-1".to_owned(),
        name: "Till 1".to_owned(),
        location_id: store.id,
        channel_id: channel.id,
        last_receipt_number: 2,
        active: true,
        created_at: world.now(),
        last_z_number: 0,
        requires_session: false,
        cash_limit: None,
    };
    insert!(world, register, row);
    let shop = Shop { channel, store, tea, register };
    let open = place(world, &shop, "P-1", 2, false, None).await;
    let (mut first, mut sold) = (open, open);
    for number in [1, 2] {
        first = sold;
        sold = place(world, &shop, &format!("P-{}", number + 1), 1, true, Some(number)).await;
        world.advance(chrono::TimeDelta::minutes(1));
    }
    drawer(world, &shop).await;
    let clerk = world.staff(&[domain::Permission::StockHold]).await;
    let aside = domain::inventory::hold::PutAside {
        location_id: shop.store.id,
        variant_id: shop.tea.id(),
        quantity: 1,
        note: None,
        expires_at: world.now() + chrono::TimeDelta::days(1),
        idempotency_key: "aside".to_owned(),
    };
    domain::inventory::hold::put_aside(&clerk, aside).await.unwrap();
    let given_up = place(world, &shop, "P-4", 1, false, None).await;
    cancel(world, &shop, given_up).await;
    count(world, &shop).await;
    collectable(world, &shop, given_up).await;
    reserve(world, &shop).await;
    super::supply::on_their_way(world, &shop.store, shop.tea.id()).await;
    sync(world, &shop).await;
    card(world, &shop).await;
    letter(world, open).await;
    flow(world).await;
    changed(world, open).await;
    parcel(world, &shop, open).await;
    bring_back(world, &shop, sold).await;
    exchange(world, &shop, first).await;
    voices::asked(world, open).await;
    voices::reviewed(world, &shop, sold).await;
    let key = idempotency_key::Model {
        actor_key: "SYSTEM".to_owned(),
        operation: "cartComplete".to_owned(),
        key: "k1".to_owned(),
        request_hash: "hash".to_owned(),
        resource_id: open.uuid(),
        response: json!({}),
        created_at: world.now(),
    };
    insert!(world, idempotency_key, key);
    // Long enough ago that every event must have been delivered.
    world.advance(chrono::TimeDelta::hours(1));
}
