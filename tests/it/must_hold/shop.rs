//! A small shop, and buyers who come through the web.

use entity::{channel, location};
use serde_json::{Value, json};
use support::{Sku, World};

use crate::harness::Caller;

/// Creates a cart.
pub(crate) const CART_CREATE: &str = "mutation($input: CartCreateInput!) { cartCreate(input: $input) {
    cart { id total { amount currencyCode } } cartToken errors { code message path } } }";
/// Completes a cart.
pub(crate) const CART_COMPLETE: &str = "mutation($input: CartCompleteInput!) { cartComplete(input: $input) {
    order { id number } replayed errors { __typename code message path } } }";

/// A store that sells one thing for ¥1,100, on the web and over the counter.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) store: location::Model,
    pub(crate) online: channel::Model,
    pub(crate) pos: channel::Model,
    pub(crate) sku: Sku,
}

/// Opens the shop with so many units.
pub(crate) async fn open(world: &World, units: i64) -> Shop {
    let store = world.store("shibuya").await;
    let online = world.channel("online-jp").served_by(&store).create().await;
    let pos = world.channel("pos-jp").pos().served_by(&store).create().await;
    let sku = world.product("tote").price(&online, 1_100).price(&pos, 1_100).stock(&store, units).create().await;
    Shop { store, online, pos, sku }
}

/// A buyer with a cart that only waits to be completed.
#[derive(Clone, Debug)]
pub(crate) struct Buyer {
    pub(crate) caller: Caller,
    pub(crate) cart_id: String,
    pub(crate) total: Value,
}

impl Shop {
    /// What a buyer asks for: so many units, to be picked up.
    pub(crate) fn cart(&self, email: &str, quantity: i64) -> Value {
        json!({
            "email": email,
            "contactName": "山田 花子",
            "lines": [{
                "variantId": self.sku.id().to_string(),
                "quantity": quantity,
                "delivery": "PICKUP",
                "pickupLocationId": self.store.id.to_string(),
            }],
        })
    }

    /// Somebody who put one unit in a cart.
    pub(crate) async fn buyer(&self, shop: &Caller, email: &str) -> Buyer {
        let shop = shop.header("x-channel", &self.online.code);
        let created = shop.run("cartCreate", CART_CREATE, self.cart(email, 1)).await;
        Buyer {
            caller: shop.header("x-cart-token", created["cartToken"].as_str().unwrap()),
            cart_id: created["cart"]["id"].as_str().unwrap().to_owned(),
            total: created["cart"]["total"].clone(),
        }
    }
}

impl Buyer {
    /// What completes the cart.
    pub(crate) fn completion(&self, key: &str) -> Value {
        json!({
            "cartId": self.cart_id,
            "expectedTotal": self.total,
            "payments": [{ "gateway": "TEST" }],
            "idempotencyKey": key,
        })
    }
}
