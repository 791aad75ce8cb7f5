//! The secrets that mails about pickups carry: derived from the server's secret and the object, so that none is stored.

use chrono::{DateTime, Utc};
use entity::id::{PickupId, StoreReservationId};

use crate::kernel::secret::Secrets;

/// Letters of a code.
const LENGTH: usize = 8;

/// The code of a pickup; the next number voids it.
#[must_use]
pub fn code(secrets: &Secrets, id: PickupId, number: i32) -> String {
    secrets.object_code("pickup-code", id.uuid(), number, LENGTH)
}

/// The code of a reservation.
#[must_use]
pub fn reservation_code(secrets: &Secrets, id: StoreReservationId) -> String {
    secrets.object_code("reservation-code", id.uuid(), 1, LENGTH)
}

/// The secret of the link that shows a pickup, says "I am here" and extends it once.
#[must_use]
pub fn visit_token(secrets: &Secrets, id: PickupId) -> String {
    secrets.object_token("pickup-visit", id.uuid())
}

/// The secret of the link by which a customer chooses again until a moment. The next question has another.
#[must_use]
pub fn choice_token(secrets: &Secrets, id: PickupId, until: DateTime<Utc>) -> String {
    let key = secrets.code_hash("pickup-choice", &format!("{id}:{}", until.timestamp_micros()));
    secrets.object_token(&key, id.uuid())
}
