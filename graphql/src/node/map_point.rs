//! Points on the map.

use async_graphql::{InputObject, SimpleObject};
use domain::location::GeoPoint;
use domain::{Error, ErrorCode, Result};

use crate::scalar::Decimal;

/// A point on the map (WGS 84).
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct MapPoint {
    /// Degrees north.
    pub latitude: Decimal,
    /// Degrees east.
    pub longitude: Decimal,
}

impl From<GeoPoint> for MapPoint {
    fn from(point: GeoPoint) -> Self {
        let degrees = |e6: i32| Decimal(rust_decimal::Decimal::new(i64::from(e6), 6).normalize());
        Self { latitude: degrees(point.latitude_e6), longitude: degrees(point.longitude_e6) }
    }
}

/// A point on the map (WGS 84), with at most six decimals that count.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct MapPointInput {
    /// Degrees north, −90 to 90.
    pub latitude: Decimal,
    /// Degrees east, −180 to 180.
    pub longitude: Decimal,
}

impl MapPointInput {
    /// As the domain has it; more decimals than six are rounded. Error: `INVALID` at `path` for a point not on Earth.
    pub fn point(&self, path: &str) -> Result<GeoPoint> {
        let point = self.unchecked();
        if point.is_valid() { Ok(point) } else { Err(Error::invalid(ErrorCode::Invalid, path)) }
    }

    /// As the domain has it, which checks it; degrees too large to hold become some that are not on Earth either.
    #[must_use]
    pub fn unchecked(&self) -> GeoPoint {
        let e6 = |degrees: rust_decimal::Decimal| {
            let scaled = degrees.checked_mul(rust_decimal::Decimal::from(1_000_000));
            scaled.and_then(|scaled| i32::try_from(scaled.round()).ok()).unwrap_or(i32::MAX)
        };
        GeoPoint { latitude_e6: e6(self.latitude.0), longitude_e6: e6(self.longitude.0) }
    }
}
