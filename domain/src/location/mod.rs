//! Places that hold stock: stores, warehouses and partners, with their address, point on the map, opening hours and
//! the tills that stand in them.
//!
//! Deliberately absent: how much lies there (`inventory`) and which channel they serve (`channel`).

pub mod distance;
pub mod hours;
pub mod query;
pub mod register;
pub mod upsert;

pub use distance::{GeoPoint, distance_meters};
pub use upsert::{UpsertLocation, upsert};
