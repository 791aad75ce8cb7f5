//! What proves a right to a pickup: the code that is shown in the store, and the links of mails. All are derived from
//! the server's secret, so that none is stored: of the code only a keyed hash, to find and to compare.

use chrono::{DateTime, Utc};
use entity::id::{LocationId, PickupId};
use entity::pickup;
use entity::words::PickupStatus;
use subtle::ConstantTimeEq;

use crate::kernel::Ctx;
use crate::kernel::secret::Secrets;
use crate::kernel::text;
use crate::messaging::{page_links, pickup_links as links};

/// The code of a pickup that waits in the store; `None` while it has none.
#[must_use]
pub fn of(secrets: &Secrets, pickup: &pickup::Model) -> Option<String> {
    let waits = pickup.status == PickupStatus::Ready && pickup.code_hash.is_some();
    waits.then(|| make(secrets, pickup.id, pickup.code_number))
}

/// The code of a number; the next number voids it.
pub(super) fn make(secrets: &Secrets, id: PickupId, number: i32) -> String {
    links::code(secrets, id, number)
}

/// What the database keeps of a code: keyed, and bound to the store, so that it is found there and nowhere else.
pub(super) fn hash(secrets: &Secrets, location: LocationId, code: &str) -> String {
    secrets.code_hash("pickup-code-hash", &format!("{location}:{}", text::fold_code(code)))
}

/// Compares in constant time.
pub(super) fn equal(left: &str, right: &str) -> bool {
    bool::from(left.as_bytes().ct_eq(right.as_bytes()))
}

/// The secret of the link that shows a pickup, says "I am here" and extends it once.
#[must_use]
pub fn visit_token(secrets: &Secrets, id: PickupId) -> String {
    links::visit_token(secrets, id)
}

/// The secret of the link by which a customer chooses again. It belongs to one question: the next one has another.
#[must_use]
pub fn choice_token(secrets: &Secrets, pickup: &pickup::Model) -> Option<String> {
    Some(links::choice_token(secrets, pickup.id, pickup.choice_expires_at?))
}

/// Until when the links of mails open a pickup: 90 days after it ended, and a year after it was ordered in any case.
#[must_use]
pub fn opens_until(pickup: &pickup::Model) -> DateTime<Utc> {
    page_links::follows(pickup.created_at, ended(pickup))
}

/// When a pickup ended. Nothing changes it afterwards.
fn ended(pickup: &pickup::Model) -> Option<DateTime<Utc>> {
    match pickup.status {
        PickupStatus::Collected => Some(pickup.collected_at.unwrap_or(pickup.updated_at)),
        PickupStatus::Expired | PickupStatus::Canceled => Some(pickup.updated_at),
        PickupStatus::AwaitingTransfer
        | PickupStatus::Arrived
        | PickupStatus::Assigned
        | PickupStatus::Picking
        | PickupStatus::Short
        | PickupStatus::Ready => None,
    }
}

/// Whether a secret is that of a link which opens the pickup, to visit it or to choose, now.
pub(super) fn opens(ctx: &Ctx, pickup: &pickup::Model, token: &str) -> bool {
    let is_ours = equal(&visit_token(&ctx.services.secrets, pickup.id), token) || is_choice(ctx, pickup, token);
    is_ours && ctx.now() <= opens_until(pickup)
}

/// Whether a secret is the pickup's link to choose, now.
#[must_use]
pub fn is_choice(ctx: &Ctx, pickup: &pickup::Model, token: &str) -> bool {
    choice_token(&ctx.services.secrets, pickup).is_some_and(|right| equal(&right, token))
}
