//! How far two points on Earth are apart.

use entity::address::Address;
use entity::location;
use entity::words::DistanceBasis;

/// Mean radius of the Earth in meters (IUGG).
const EARTH_RADIUS_METERS: f64 = 6_371_008.8;
/// Millionths of a degree in half a turn.
const HALF_TURN_E6: f64 = 180_000_000.0;

/// A point on Earth in millionths of a degree (WGS 84).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeoPoint {
    /// North is positive; −90 000 000 to 90 000 000.
    pub latitude_e6: i32,
    /// East is positive; −180 000 000 to 180 000 000.
    pub longitude_e6: i32,
}

impl GeoPoint {
    /// The point of a location, when it is known.
    #[must_use]
    pub fn of(location: &location::Model) -> Option<Self> {
        Some(Self { latitude_e6: location.latitude_e6?, longitude_e6: location.longitude_e6? })
    }

    /// The point of an address, when whoever gave it knew it.
    #[must_use]
    pub const fn of_address(address: &Address) -> Option<Self> {
        match (address.latitude_e6, address.longitude_e6) {
            (Some(latitude_e6), Some(longitude_e6)) => Some(Self { latitude_e6, longitude_e6 }),
            (None | Some(_), None) | (None, Some(_)) => None,
        }
    }

    /// Whether an address names no point, or one on Earth with both of its coordinates.
    #[must_use]
    pub fn is_sound_in(address: &Address) -> bool {
        match Self::of_address(address) {
            Some(point) => point.is_valid(),
            None => address.latitude_e6.is_none() && address.longitude_e6.is_none(),
        }
    }

    /// Whether both coordinates lie on Earth.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.latitude_e6.unsigned_abs() <= 90_000_000 && self.longitude_e6.unsigned_abs() <= 180_000_000
    }
}

/// Great-circle distance in whole meters by the haversine formula; within 0.6 % of the ellipsoid.
#[must_use]
#[expect(clippy::float_arithmetic, clippy::as_conversions, reason = "trigonometry; the result is at most 20 015 114 m")]
#[expect(clippy::cast_possible_truncation, reason = "at most half the circumference of the Earth")]
pub fn distance_meters(a: GeoPoint, b: GeoPoint) -> i64 {
    let radians = |e6: i32| f64::from(e6) * std::f64::consts::PI / HALF_TURN_E6;
    let (latitude_a, latitude_b) = (radians(a.latitude_e6), radians(b.latitude_e6));
    let half_latitude = ((latitude_b - latitude_a) / 2.0).sin();
    let half_longitude = ((radians(b.longitude_e6) - radians(a.longitude_e6)) / 2.0).sin();
    let chord = half_latitude.powi(2) + latitude_a.cos() * latitude_b.cos() * half_longitude.powi(2);
    (2.0 * EARTH_RADIUS_METERS * chord.clamp(0.0, 1.0).sqrt().asin()).round() as i64
}

/// How far a location is from an address, in meters, and how that was found. Between two points it is the great-circle
/// distance. When one of them is not known the postal area tells: in the same postal code 0, in the same region 1 step,
/// in the same country 2, else 3; a step counts as 100 km. `None` when not even the countries are known.
#[must_use]
pub fn to_address(location: &location::Model, address: &Address) -> Option<(i64, DistanceBasis)> {
    const STEP_METERS: i64 = 100_000;
    if let Some((from, to)) = GeoPoint::of(location).zip(GeoPoint::of_address(address)) {
        return Some((distance_meters(from, to), DistanceBasis::Point));
    }
    let here = &location.address;
    if here.country.is_empty() || address.country.is_empty() {
        return None;
    }
    let steps = if here.country != address.country {
        3
    } else if !here.postal_code.is_empty() && here.postal_code == address.postal_code {
        0
    } else if !here.region.is_empty() && here.region == address.region {
        1
    } else {
        2
    };
    Some((steps * STEP_METERS, DistanceBasis::PostalArea))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKYO: GeoPoint = GeoPoint { latitude_e6: 35_681_236, longitude_e6: 139_767_125 };
    const OSAKA: GeoPoint = GeoPoint { latitude_e6: 34_702_485, longitude_e6: 135_495_951 };

    #[test]
    fn tokyo_to_osaka_is_four_hundred_kilometers() {
        let meters = distance_meters(TOKYO, OSAKA);
        assert!((402_000..405_000).contains(&meters), "{meters}");
        assert_eq!(meters, distance_meters(OSAKA, TOKYO));
        assert_eq!(distance_meters(TOKYO, TOKYO), 0);
    }

    #[test]
    fn the_date_line_and_the_poles_are_no_walls() {
        let east = GeoPoint { latitude_e6: 0, longitude_e6: 179_999_000 };
        let west = GeoPoint { latitude_e6: 0, longitude_e6: -179_999_000 };
        assert!(distance_meters(east, west) < 300);
        let north = GeoPoint { latitude_e6: 90_000_000, longitude_e6: 0 };
        let south = GeoPoint { latitude_e6: -90_000_000, longitude_e6: 0 };
        assert_eq!(distance_meters(north, south), 20_015_114);
        assert!(!GeoPoint { latitude_e6: 90_000_001, longitude_e6: 0 }.is_valid());
    }
}
