//! Every state machine of the system: which action leads from which state to which.
//!
//! One exhaustive function per machine; `supportedActions`, the diagrams in the docs, the tests and
//! the audit all derive from it.

mod counting;
mod pickup;
mod replenishment;
mod returns;
mod reviews;

pub use counting::{PickListAction, StockCountAction};
pub use pickup::{PickupAction, StoreReservationAction};
pub use replenishment::{PurchaseOrderAction, TransferAction};
pub use returns::{ExchangeAction, OrderChangeAction, RegisterSessionAction, ReturnAction};
pub use reviews::ReviewAction;

use crate::word::word;
use crate::words::{CartStatus, FulfillmentOrderStatus, OrderStatus};

/// A status that changes only by named actions.
pub trait StateMachine: Copy + Eq + Ord + std::fmt::Debug + std::fmt::Display + 'static {
    /// What may be done to it.
    type Action: Copy + Eq + std::fmt::Display + 'static;
    /// Every state.
    const STATES: &'static [Self];
    /// Every action.
    const ACTIONS: &'static [Self::Action];
    /// States in which a new row may begin.
    const INITIAL: &'static [Self];

    /// Where an action leads, or `None` when it is not allowed.
    fn next(self, action: Self::Action) -> Option<Self>;

    /// What may be done now.
    fn supported_actions(self) -> Vec<Self::Action> {
        Self::ACTIONS.iter().copied().filter(|action| self.next(*action).is_some()).collect()
    }
}

word! {
    /// What may be done to an order.
    pub enum OrderAction {
        /// Place a draft.
        Place = "PLACE",
        /// Cancel it.
        Cancel = "CANCEL",
        /// Nothing is left to do.
        Close = "CLOSE",
        /// Something came up again, such as a return.
        Reopen = "REOPEN",
    }
}

impl StateMachine for OrderStatus {
    type Action = OrderAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [OrderAction] = OrderAction::ALL;
    const INITIAL: &'static [Self] = &[Self::Draft, Self::Open];

    fn next(self, action: OrderAction) -> Option<Self> {
        use OrderAction as A;
        match (self, action) {
            (Self::Draft, A::Place) => Some(Self::Open),
            (Self::Draft | Self::Open, A::Cancel) => Some(Self::Canceled),
            (Self::Open, A::Close) => Some(Self::Closed),
            (Self::Closed, A::Reopen) => Some(Self::Open),
            (Self::Draft, A::Close | A::Reopen)
            | (Self::Open, A::Place | A::Reopen)
            | (Self::Closed, A::Place | A::Cancel | A::Close)
            | (Self::Canceled, _) => None,
        }
    }
}

word! {
    /// What may be done to a cart.
    pub enum CartAction {
        /// Set aside at a till.
        Park = "PARK",
        /// Take up again.
        Resume = "RESUME",
        /// Turn into an order.
        Complete = "COMPLETE",
        /// Move its lines to another cart.
        Merge = "MERGE",
    }
}

impl StateMachine for CartStatus {
    type Action = CartAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [CartAction] = CartAction::ALL;
    const INITIAL: &'static [Self] = &[Self::Active];

    fn next(self, action: CartAction) -> Option<Self> {
        use CartAction as A;
        match (self, action) {
            (Self::Active, A::Park) => Some(Self::Parked),
            (Self::Parked, A::Resume) => Some(Self::Active),
            (Self::Active, A::Complete) => Some(Self::Completed),
            (Self::Active | Self::Parked, A::Merge) => Some(Self::Merged),
            (Self::Active, A::Resume) | (Self::Parked, A::Park | A::Complete) | (Self::Completed | Self::Merged, _) => {
                None
            }
        }
    }
}

word! {
    /// What may be done to a fulfillment order.
    pub enum FulfillmentOrderAction {
        /// Stock or the date has come.
        Release = "RELEASE",
        /// The location takes the work.
        Accept = "ACCEPT",
        /// All units are packed.
        Pack = "PACK",
        /// All units left.
        Dispatch = "DISPATCH",
        /// Stop with a reason.
        Hold = "HOLD",
        /// Go on after a hold.
        Resume = "RESUME",
        /// Back into the queue, not begun.
        PutBack = "PUT_BACK",
        /// Open the parcel again.
        Unpack = "UNPACK",
        /// Without a location, until stock arrives.
        Park = "PARK",
        /// Give the work up.
        Cancel = "CANCEL",
    }
}

impl StateMachine for FulfillmentOrderStatus {
    type Action = FulfillmentOrderAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [FulfillmentOrderAction] = FulfillmentOrderAction::ALL;
    const INITIAL: &'static [Self] = &[Self::Scheduled, Self::Open];

    fn next(self, action: FulfillmentOrderAction) -> Option<Self> {
        use FulfillmentOrderAction as A;
        match (self, action) {
            (Self::Scheduled, A::Release) | (Self::OnHold, A::Resume) | (Self::InProgress, A::PutBack) => {
                Some(Self::Open)
            }
            (Self::Open, A::Park) => Some(Self::Scheduled),
            (Self::Open, A::Accept) | (Self::Packed, A::Unpack) => Some(Self::InProgress),
            (Self::InProgress, A::Pack) => Some(Self::Packed),
            // A till hands goods over in one step, so open work may leave at once.
            (Self::Open | Self::InProgress | Self::Packed, A::Dispatch) => Some(Self::Closed),
            (Self::Open, A::Hold) => Some(Self::OnHold),
            (Self::Scheduled | Self::Open | Self::InProgress | Self::Packed | Self::OnHold, A::Cancel) => {
                Some(Self::Canceled)
            }
            (
                Self::Scheduled,
                A::Accept | A::Pack | A::Dispatch | A::Hold | A::Resume | A::PutBack | A::Unpack | A::Park,
            )
            | (Self::Open, A::Release | A::Pack | A::Resume | A::PutBack | A::Unpack)
            | (Self::InProgress, A::Release | A::Accept | A::Hold | A::Resume | A::Unpack | A::Park)
            | (Self::Packed, A::Release | A::Accept | A::Pack | A::Hold | A::Resume | A::PutBack | A::Park)
            | (
                Self::OnHold,
                A::Release | A::Accept | A::Pack | A::Dispatch | A::Hold | A::PutBack | A::Unpack | A::Park,
            )
            | (Self::Closed | Self::Canceled, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::words::{
        ExchangeStatus, OrderChangeStatus, PickListStatus, PickupStatus, PurchaseOrderStatus, RegisterSessionStatus,
        ReturnStatus, ReviewStatus, StockCountStatus, StoreReservationStatus, TransferStatus,
    };

    /// Every state can be reached from an initial one.
    fn reaches_all<S: StateMachine>() {
        let mut reached: BTreeSet<S> = S::INITIAL.iter().copied().collect();
        loop {
            let next: BTreeSet<S> =
                reached.iter().flat_map(|state| S::ACTIONS.iter().filter_map(|action| state.next(*action))).collect();
            if next.is_subset(&reached) {
                break;
            }
            reached.extend(next);
        }
        assert_eq!(reached.into_iter().collect::<Vec<_>>(), S::STATES.to_vec());
    }

    #[test]
    fn every_state_is_reachable() {
        reaches_all::<OrderStatus>();
        reaches_all::<CartStatus>();
        reaches_all::<FulfillmentOrderStatus>();
        reaches_all::<PickupStatus>();
        reaches_all::<StoreReservationStatus>();
        reaches_all::<TransferStatus>();
        reaches_all::<PurchaseOrderStatus>();
        reaches_all::<StockCountStatus>();
        reaches_all::<PickListStatus>();
        reaches_all::<ReturnStatus>();
        reaches_all::<ExchangeStatus>();
        reaches_all::<OrderChangeStatus>();
        reaches_all::<RegisterSessionStatus>();
        reaches_all::<ReviewStatus>();
    }

    #[test]
    fn terminal_states_have_no_exit() {
        assert!(OrderStatus::Canceled.supported_actions().is_empty());
        assert!(CartStatus::Completed.supported_actions().is_empty());
        assert!(CartStatus::Merged.supported_actions().is_empty());
        assert!(FulfillmentOrderStatus::Closed.supported_actions().is_empty());
        assert!(FulfillmentOrderStatus::Canceled.supported_actions().is_empty());
        assert!(PickupStatus::Collected.supported_actions().is_empty());
        assert!(PickupStatus::Expired.supported_actions().is_empty());
        assert!(PickupStatus::Canceled.supported_actions().is_empty());
        assert!(StoreReservationStatus::Sold.supported_actions().is_empty());
        assert!(StoreReservationStatus::Expired.supported_actions().is_empty());
        assert!(StoreReservationStatus::Canceled.supported_actions().is_empty());
        assert!(TransferStatus::Received.supported_actions().is_empty());
        assert!(TransferStatus::Canceled.supported_actions().is_empty());
        assert!(PurchaseOrderStatus::Received.supported_actions().is_empty());
        assert!(PurchaseOrderStatus::Canceled.supported_actions().is_empty());
        assert!(StockCountStatus::Accepted.supported_actions().is_empty());
        assert!(StockCountStatus::Canceled.supported_actions().is_empty());
        assert!(PickListStatus::Done.supported_actions().is_empty());
        assert!(ReturnStatus::Canceled.supported_actions().is_empty());
        assert!(ExchangeStatus::Completed.supported_actions().is_empty());
        assert!(OrderChangeStatus::Confirmed.supported_actions().is_empty());
        assert!(RegisterSessionStatus::Closed.supported_actions().is_empty());
        assert!(PickListStatus::Canceled.supported_actions().is_empty());
    }
}
