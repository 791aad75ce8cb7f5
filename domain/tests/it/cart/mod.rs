//! Carts: what shoppers and clerks do with them, alone and at once.

mod changes;
mod handover;
mod pricing;
mod races;
mod till;

use domain::cart::contact::Contact;
use domain::cart::create::{CreateCart, Created, create};
use domain::cart::{CartView, NewLine, Target};
use domain::kernel::actor::Till;
use domain::kernel::permission::Grant;
use domain::{Actor, Ctx, Permission};
use entity::id::{CartId, ChannelId, CustomerId, DeviceId, RegisterId, VariantId};
use entity::words::DeliveryMethod;
use entity::{channel, location, register};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;
use support::{Sku, World};

/// A web shop that a warehouse serves, with a tea at ¥1,080 (8 %) and a cup at ¥2,200 (10 %), ten of each.
pub(super) struct Shop {
    pub channel: channel::Model,
    pub store: location::Model,
    pub tea: Sku,
    pub cup: Sku,
}

impl Shop {
    pub(super) async fn open(world: &World) -> Self {
        let store = world.store("shibuya").await;
        let channel = world.channel("web").served_by(&store).create().await;
        let tea = world.product("tea").reduced_tax().price(&channel, 1_080).stock(&store, 10).create().await;
        let cup = world.product("cup").price(&channel, 2_200).stock(&store, 10).create().await;
        Self { channel, store, tea, cup }
    }
}

pub(super) fn of(variant_id: VariantId, quantity: i64) -> NewLine {
    NewLine { variant_id, quantity, delivery: None, pickup_location_id: None, metadata: json!({}) }
}

pub(super) fn empty(channel_id: ChannelId) -> CreateCart {
    CreateCart {
        channel_id,
        locale: None,
        lines: Vec::new(),
        contact: Contact::default(),
        shipping_address: None,
        billing_address: None,
        shipping_method_id: None,
        codes: Vec::new(),
        metadata: json!({}),
    }
}

/// A guest's new cart with these lines, and the guest who holds its secret.
pub(super) async fn guest_cart(world: &World, shop: &Shop, lines: Vec<NewLine>) -> (Ctx, CartId) {
    let input = CreateCart { lines, ..empty(shop.channel.id) };
    let Created { view, token } = create(&world.guest(), input).await.unwrap();
    assert!(token.is_some_and(|token| token.len() >= 43), "256 bits in base64url");
    (holder(world, view.cart.id), view.cart.id)
}

pub(super) fn holder(world: &World, cart: CartId) -> Ctx {
    world.ctx().with_actor(Actor::Guest { cart_id: Some(cart), order_id: None })
}

pub(super) fn signed_in(world: &World, id: CustomerId, cart: Option<CartId>) -> Ctx {
    world.ctx().with_actor(Actor::Customer { id, cart_id: cart })
}

pub(super) const fn target(cart_id: CartId) -> Target {
    Target { cart_id, expected_version: None }
}

/// Quantities of a cart's lines in their order.
pub(super) fn quantities(view: &CartView) -> Vec<i64> {
    view.priced.lines.iter().map(|line| line.line.quantity).collect()
}

pub(super) fn codes(view: &CartView) -> Vec<&'static str> {
    view.priced.problems.iter().map(|problem| problem.code.as_str()).collect()
}

/// A clerk at a till of a POS channel in the shop's store.
pub(super) async fn clerk(world: &World, shop: &Shop, channel: &channel::Model) -> Ctx {
    let register_id = RegisterId(world.new_uuid());
    let row = register::Model {
        id: register_id,
        code: register_id.to_string(),
        name: "Till".to_owned(),
        location_id: shop.store.id,
        channel_id: channel.id,
        last_receipt_number: 0,
        active: true,
        created_at: world.now(),
        last_z_number: 0,
        requires_session: false,
        cash_limit: None,
    };
    register::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
    let staff = world.staff(&[Permission::PosSell]).await;
    let Actor::Staff { id, .. } = staff.actor else { panic!("staff") };
    let permissions = [Permission::PosSell].into();
    let grants = [Grant { permissions, channel_id: None, location_id: Some(shop.store.id) }].into();
    let till = Some(Till { device_id: DeviceId(world.new_uuid()), register_id });
    world.ctx().with_actor(Actor::Staff { id, grants, till })
}

pub(super) fn pickup(shop: &Shop, variant_id: VariantId, quantity: i64) -> NewLine {
    NewLine {
        delivery: Some(DeliveryMethod::Pickup),
        pickup_location_id: Some(shop.store.id),
        ..of(variant_id, quantity)
    }
}
