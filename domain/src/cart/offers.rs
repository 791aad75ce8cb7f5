//! The ways to ship a cart that its channel offers, with what each would cost.

use entity::shipping_method;
use sea_orm::ConnectionTrait;

use super::view::CartView;
use crate::Result;
use crate::catalog::display;
use crate::pricing::{shipping_method as methods, shipping_rate};

/// A way to ship this cart.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The method.
    pub method: shipping_method::Model,
    /// Its name in the cart's language.
    pub name: String,
    /// What it costs in minor units, as priced.
    pub amount: i64,
}

/// The methods that take the cart as it is, in the channel's order; none when nothing is shipped. Two statements.
pub async fn offers(db: &impl ConnectionTrait, view: &CartView) -> Result<Vec<Offer>> {
    let Some(parcel) = &view.priced.parcel else { return Ok(Vec::new()) };
    let methods = methods::of_channel(db, view.priced.channel.id, true).await?;
    let offer = |(method, tiers): methods::Method| {
        let amount = shipping_rate::charge(&method, &tiers, parcel)?;
        let name = display::name(&view.cart.locale, &method.name, &method.translations).to_owned();
        Some(Offer { method, name, amount })
    };
    Ok(methods.into_iter().filter_map(offer).collect())
}
