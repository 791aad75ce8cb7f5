//! Goods that a store keeps for somebody without payment: put aside, shown by a code, sold at a till or given up.

mod create;
mod end;
pub mod query;
pub mod remind;

pub use create::{Create, ReserveLine, create};
pub(crate) use end::sell;
pub use end::{attend_due, cancel};

use entity::id::{LocationId, StoreReservationId};
use entity::store_reservation;
use entity::words::StoreReservationStatus;

use crate::kernel::secret::Secrets;
use crate::kernel::text;

/// Most units of one reservation.
pub const MAX_UNITS: i64 = 10;
/// Most open reservations of one person.
pub const MAX_OPEN: u64 = 3;
/// Days that goods are kept, until closing time of the last one.
pub const KEEP_DAYS: u64 = 2;

/// The code to show in the store; `None` when the reservation is over.
#[must_use]
pub fn code(secrets: &Secrets, reservation: &store_reservation::Model) -> Option<String> {
    (reservation.status == StoreReservationStatus::Open).then(|| make_code(secrets, reservation.id))
}

fn make_code(secrets: &Secrets, id: StoreReservationId) -> String {
    crate::messaging::pickup_links::reservation_code(secrets, id)
}

fn hash(secrets: &Secrets, location: LocationId, code: &str) -> String {
    secrets.code_hash("reservation-code-hash", &format!("{location}:{}", text::fold_code(code)))
}
