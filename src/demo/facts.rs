//! How to get in: what `hitotsu demo` prints.

use anyhow::{Context as _, Result};
use domain::Ctx;
use domain::access::create_pairing;
use entity::words::IdentifierKind;
use entity::{customer, customer_identifier};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use super::places::Places;
use super::{PASSWORD, PIN, offers, staff};

/// Everything a visitor of the demo needs. Ids are written as the API writes them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoFacts {
    /// Where one can buy.
    pub channels: Vec<ChannelFact>,
    /// Where goods lie.
    pub locations: Vec<LocationFact>,
    /// Members of staff.
    pub logins: Vec<Login>,
    /// Pairs the first till in Shibuya, once, within 15 minutes.
    pub device_pairing_code: String,
    /// A promotion's code: ten percent off.
    pub promotion_code: String,
    /// A gift card of ¥3,000 that nobody has spent yet, unless you did.
    pub gift_card_code: String,
    /// Some customers.
    pub customers: Vec<CustomerFact>,
}

/// A channel.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelFact {
    /// Id.
    pub id: String,
    /// For the `X-Channel` header.
    pub code: String,
    /// Name.
    pub name: String,
    /// `ONLINE` or `POS`.
    pub kind: String,
    /// ISO 4217.
    pub currency: String,
}

/// A location.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LocationFact {
    /// Id.
    pub id: String,
    /// Stable name.
    pub code: String,
    /// Name.
    pub name: String,
    /// `STORE` or `WAREHOUSE`.
    pub kind: String,
}

/// A member of staff.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Login {
    /// What the person may do.
    pub role: String,
    /// Sign-in address.
    pub email: String,
    /// Password.
    pub password: String,
    /// PIN at tills.
    pub pin: String,
}

/// A customer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerFact {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Sign-in address.
    pub email: String,
    /// Password.
    pub password: String,
    /// Loyalty card, to scan at a till.
    pub loyalty_card: Option<String>,
}

/// Gathers the facts and makes a fresh pairing code.
pub(super) async fn gather(ctx: &Ctx, places: &Places) -> Result<DemoFacts> {
    let till = places.registers.first().context("the demo has tills")?;
    let channels = [&places.online, &places.pos, &places.europe].map(|channel| ChannelFact {
        id: channel.id.to_string(),
        code: channel.code.clone(),
        name: channel.name.clone(),
        kind: channel.kind.to_string(),
        currency: channel.currency.to_string(),
    });
    let locations = places.stores.iter().chain([&places.warehouse]).map(|location| LocationFact {
        id: location.id.to_string(),
        code: location.code.clone(),
        name: location.name.clone(),
        kind: location.kind.to_string(),
    });
    let logins = staff::roles().map(|role| Login {
        role: role.to_owned(),
        email: staff::email(role),
        password: PASSWORD.to_owned(),
        pin: PIN.to_owned(),
    });
    Ok(DemoFacts {
        channels: channels.to_vec(),
        locations: locations.collect(),
        logins: logins.collect(),
        device_pairing_code: create_pairing(ctx, till.id).await?.code,
        promotion_code: offers::TEN_PERCENT.to_owned(),
        gift_card_code: offers::gift_card(ctx, places).await?,
        customers: customers(ctx).await?,
    })
}

async fn customers(ctx: &Ctx) -> Result<Vec<CustomerFact>> {
    let db = &ctx.db();
    let some = customer::Entity::find().order_by_asc(customer::Column::Id).limit(5).all(db).await?;
    let identifiers = customer_identifier::Entity::find()
        .filter(customer_identifier::Column::CustomerId.is_in(some.iter().map(|row| row.id)))
        .all(db)
        .await?;
    let of = |row: &customer::Model, kind: IdentifierKind| {
        let found = identifiers.iter().find(|identifier| identifier.customer_id == row.id && identifier.kind == kind);
        found.map(|identifier| identifier.value.clone())
    };
    Ok(some
        .iter()
        .map(|row| CustomerFact {
            id: row.id.to_string(),
            name: format!("{} {}", row.family_name, row.given_name),
            email: of(row, IdentifierKind::Email).unwrap_or_default(),
            password: PASSWORD.to_owned(),
            loyalty_card: of(row, IdentifierKind::LoyaltyCard),
        })
        .collect())
}
