//! Postal addresses.

use async_graphql::{InputObject, Object};
use domain::location::GeoPoint;

use super::map_point::{MapPoint, MapPointInput};

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(pub entity::address::Address);

/// A postal address; parts that were not given are empty.
#[Object]
impl Address {
    /// Family name of the recipient.
    async fn family_name(&self) -> &str {
        &self.0.family_name
    }

    /// Given name of the recipient.
    async fn given_name(&self) -> &str {
        &self.0.given_name
    }

    /// Reading of the family name (furigana).
    async fn family_name_kana(&self) -> &str {
        &self.0.family_name_kana
    }

    /// Reading of the given name (furigana).
    async fn given_name_kana(&self) -> &str {
        &self.0.given_name_kana
    }

    /// Company.
    async fn company(&self) -> &str {
        &self.0.company
    }

    /// ISO 3166-1 alpha-2 country.
    async fn country(&self) -> &str {
        &self.0.country
    }

    /// Postal code in the country's own form.
    async fn postal_code(&self) -> &str {
        &self.0.postal_code
    }

    /// Prefecture, state or province.
    async fn region(&self) -> &str {
        &self.0.region
    }

    /// City, ward or town.
    async fn city(&self) -> &str {
        &self.0.city
    }

    /// Street and number, or chome-banchi-go.
    async fn line1(&self) -> &str {
        &self.0.line1
    }

    /// Building and room.
    async fn line2(&self) -> &str {
        &self.0.line2
    }

    /// Phone of the recipient in E.164.
    async fn phone(&self) -> &str {
        &self.0.phone
    }

    /// Where it is, when whoever gave it knew; a location has its own `point`.
    async fn point(&self) -> Option<MapPoint> {
        GeoPoint::of_address(&self.0).map(MapPoint::from)
    }
}

/// A postal address that a client gives. Which parts are needed depends on the country.
#[derive(Clone, Debug, Default, InputObject)]
pub struct AddressInput {
    /// Family name of the recipient.
    #[graphql(default)]
    pub family_name: String,
    /// Given name of the recipient.
    #[graphql(default)]
    pub given_name: String,
    /// Reading of the family name (furigana), asked for in Japan.
    #[graphql(default)]
    pub family_name_kana: String,
    /// Reading of the given name (furigana), asked for in Japan.
    #[graphql(default)]
    pub given_name_kana: String,
    /// Company.
    #[graphql(default)]
    pub company: String,
    /// ISO 3166-1 alpha-2 country.
    pub country: String,
    /// Postal code.
    #[graphql(default)]
    pub postal_code: String,
    /// Prefecture, state or province.
    #[graphql(default)]
    pub region: String,
    /// City, ward or town.
    #[graphql(default)]
    pub city: String,
    /// Street and number, or chome-banchi-go.
    #[graphql(default)]
    pub line1: String,
    /// Building and room.
    #[graphql(default)]
    pub line2: String,
    /// Phone of the recipient.
    #[graphql(default)]
    pub phone: String,
    /// Where it is, as the client's own geocoding says; routing then measures distances instead of guessing them from
    /// the postal code. Ignored in the address of a location, which has its own `point`.
    pub point: Option<MapPointInput>,
}

impl From<AddressInput> for entity::address::Address {
    fn from(input: AddressInput) -> Self {
        let point = input.point.map(|point| point.unchecked());
        Self {
            family_name: input.family_name,
            given_name: input.given_name,
            family_name_kana: input.family_name_kana,
            given_name_kana: input.given_name_kana,
            company: input.company,
            country: input.country,
            postal_code: input.postal_code,
            region: input.region,
            city: input.city,
            line1: input.line1,
            line2: input.line2,
            phone: input.phone,
            latitude_e6: point.map(|point| point.latitude_e6),
            longitude_e6: point.map(|point| point.longitude_e6),
        }
    }
}
