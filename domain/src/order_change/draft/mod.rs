//! Orders that staff prepare, on the phone or for later: a cart with a number. It is quoted, its stock can be held for a
//! time, and it becomes an order by the same way as any cart, once.
//!
//! The cart of a draft belongs to nobody and no secret opens it: the customer's own carts stay apart, and nobody takes
//! up a discount that was not offered yet. Must not: price, route or take stock itself.

mod change;
mod complete;
mod create;
mod end;
mod lock;
pub mod query;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{draft_order, order};

use crate::cart::CartView;
use crate::kernel::{Error, ErrorCode, Result};

pub use change::{UpdateDraft, give_by_hand, reserve, update};
pub use complete::{CompleteDraft, complete};
pub use create::{CreateDraft, create};
pub use end::{discard, expire_due};

/// How long a draft waits when nobody says.
const USUAL: TimeDelta = TimeDelta::days(30);
/// The longest that a draft waits.
const LONGEST: TimeDelta = TimeDelta::days(365);
/// The longest that stock is held for a draft.
const LONGEST_HOLD: TimeDelta = TimeDelta::days(30);

/// A draft with what it comes to now.
#[derive(Clone, Debug)]
pub struct DraftOrder {
    /// The draft.
    pub draft: draft_order::Model,
    /// Its cart, priced for that customer.
    pub view: CartView,
    /// The order that it became.
    pub order: Option<order::Model>,
}

/// A moment ahead, at most so far. Error: `INVALID_DATE`.
fn ahead(path: &str, at: DateTime<Utc>, now: DateTime<Utc>, longest: TimeDelta) -> Result<DateTime<Utc>> {
    if at > now && at <= now + longest { Ok(at) } else { Err(Error::invalid(ErrorCode::InvalidDate, path)) }
}
