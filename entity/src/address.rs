//! A postal address, one shape for all countries; which parts are needed is decided in `domain`.

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

/// A postal address. Empty text means not given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
pub struct Address {
    /// Family name of the recipient.
    pub family_name: String,
    /// Given name of the recipient.
    pub given_name: String,
    /// Reading of the family name (furigana), asked for in Japan.
    pub family_name_kana: String,
    /// Reading of the given name (furigana), asked for in Japan.
    pub given_name_kana: String,
    /// Company.
    pub company: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Postal code in the country's own form; `150-0001` in Japan.
    pub postal_code: String,
    /// Prefecture, state or province; ISO 3166-2 code or the local name.
    pub region: String,
    /// City, ward or town.
    pub city: String,
    /// Street and number, or chome-banchi-go.
    pub line1: String,
    /// Building and room.
    pub line2: String,
    /// Phone of the recipient in E.164.
    pub phone: String,
    /// Latitude in millionths of a degree (WGS 84), when whoever gave the address knew it; given with the longitude.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude_e6: Option<i32>,
    /// Longitude in millionths of a degree (WGS 84).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude_e6: Option<i32>,
}
