//! A movement of stock: so many units of one variant at one location from one state into another, with its cause.

use entity::id::{EventId, LocationId, VariantId};
use entity::words::{CauseKind, MovementKind, StockState};
use uuid::Uuid;

use crate::{Error, Result};

/// Most units of one movement.
pub const MAX_QUANTITY: i64 = 1_000_000_000;

/// Why stock moved: exactly one cause, or a person's reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What kind of thing caused it.
    pub kind: CauseKind,
    /// Which one; `None` only for `MANUAL`.
    pub id: Option<Uuid>,
    /// The person's reason; needed for `MANUAL`.
    pub reason: Option<String>,
}

impl Cause {
    /// Caused by a thing.
    #[must_use]
    pub const fn of(kind: CauseKind, id: Uuid) -> Self {
        Self { kind, id: Some(id), reason: None }
    }

    /// Caused by a person, who says why.
    #[must_use]
    pub fn manual(reason: impl Into<String>) -> Self {
        Self { kind: CauseKind::Manual, id: None, reason: Some(reason.into()) }
    }

    const fn is_given(&self) -> bool {
        match self.kind {
            CauseKind::Manual => self.reason.is_some(),
            CauseKind::FulfillmentOrderLine
            | CauseKind::ReturnLine
            | CauseKind::TransferLine
            | CauseKind::PurchaseOrderLine
            | CauseKind::CountLine
            | CauseKind::Hold => self.id.is_some(),
        }
    }
}

/// One movement to post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Where.
    pub location_id: LocationId,
    /// What; a tracked variant that is no bundle.
    pub variant_id: VariantId,
    /// Why.
    pub kind: MovementKind,
    /// The state it leaves; `None` comes from outside.
    pub from: Option<StockState>,
    /// The state it enters; `None` goes outside.
    pub to: Option<StockState>,
    /// Units, 1 to [`MAX_QUANTITY`].
    pub quantity: i64,
    /// What caused it.
    pub cause: Cause,
    /// The event it belongs to.
    pub event_id: EventId,
}

impl Movement {
    /// Whether its parts fit together. A movement that does not is a bug of the caller, never of a client.
    pub(super) fn check(&self) -> Result<()> {
        let quantity = (1..=MAX_QUANTITY).contains(&self.quantity);
        if quantity && self.cause.is_given() && fits(self.kind, self.from, self.to) {
            return Ok(());
        }
        Err(Error::Bug(format!(
            "impossible movement {} {:?} → {:?} of {}",
            self.kind, self.from, self.to, self.quantity
        )))
    }
}

/// Whether a kind of movement goes between these states.
fn fits(kind: MovementKind, from: Option<StockState>, to: Option<StockState>) -> bool {
    use StockState::{Available, Committed};
    match kind {
        MovementKind::Received | MovementKind::TransferIn => from.is_none() && to.is_some(),
        MovementKind::TransferOut => from.is_some() && to.is_none(),
        MovementKind::Committed => (from, to) == (Some(Available), Some(Committed)),
        MovementKind::Released => (from, to) == (Some(Committed), Some(Available)),
        // A till hands over what lies on the counter without committing it first.
        MovementKind::Dispatched => matches!(from, Some(Committed | Available)) && to.is_none(),
        MovementKind::Adjusted => from.is_some() != to.is_some(),
        MovementKind::Moved => from.is_some() && to.is_some() && from != to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn movements_go_only_where_their_kind_goes() {
        let states: Vec<Option<StockState>> =
            std::iter::once(None).chain(StockState::ALL.iter().copied().map(Some)).collect();
        for kind in MovementKind::ALL {
            for from in &states {
                for to in &states {
                    let possible = fits(*kind, *from, *to);
                    assert!(!possible || from != to, "{kind} {from:?} → {to:?} moves nothing");
                    let crosses = from.is_none() || to.is_none();
                    let outside =
                        !matches!(kind, MovementKind::Committed | MovementKind::Released | MovementKind::Moved);
                    assert!(!possible || crosses == outside, "{kind} {from:?} → {to:?}");
                }
            }
        }
    }
}
