//! Who comes in, who is kept out.

mod everywhere;
mod grants;
mod roles;
mod sessions;
mod shops;
mod staff;
mod tills;

use domain::access::token::Audience;
use domain::access::{CreateAdmin, Credentials, create_admin};
use domain::{Actor, Result};
use support::World;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// An administrator with an account.
pub(crate) async fn admin(world: &World) -> entity::staff::Model {
    let input = CreateAdmin { email: "Admin@Example.com".into(), name: "Sato".into(), password: PASSWORD.into() };
    create_admin(&world.ctx(), input).await.unwrap()
}

/// Who acts with these credentials at the staff API.
pub(crate) async fn staff_actor(world: &World, bearer: Option<&str>, device: Option<&str>) -> Result<Actor> {
    let credentials = Credentials { audience: Audience::Staff, bearer, device, cart: None, order: None };
    domain::access::authenticate(&world.guest(), &credentials).await
}

/// Who acts with this bearer token at the shop API.
pub(crate) async fn shop_actor(world: &World, bearer: &str) -> Result<Actor> {
    let credentials =
        Credentials { audience: Audience::Shop, bearer: Some(bearer), device: None, cart: None, order: None };
    domain::access::authenticate(&world.guest(), &credentials).await
}
