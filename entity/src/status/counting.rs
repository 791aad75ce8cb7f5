//! Work on the floor: the machines of stock counts and pick lists.

use super::StateMachine;
use crate::word::word;
use crate::words::{PickListStatus, StockCountStatus};

word! {
    /// What may be done to a stock count.
    pub enum StockCountAction {
        /// Begin to count.
        Start = "START",
        /// Counting is over.
        Submit = "SUBMIT",
        /// Count some goods again.
        Recount = "RECOUNT",
        /// Post the variance.
        Accept = "ACCEPT",
        /// Give it up.
        Cancel = "CANCEL",
    }
}

impl StateMachine for StockCountStatus {
    type Action = StockCountAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [StockCountAction] = StockCountAction::ALL;
    const INITIAL: &'static [Self] = &[Self::Open];

    fn next(self, action: StockCountAction) -> Option<Self> {
        use StockCountAction as A;
        match (self, action) {
            (Self::Open, A::Start) => Some(Self::Counting),
            (Self::Open, A::Cancel) => Some(Self::Canceled),
            (Self::Counting, A::Start) => Some(Self::Counting),
            (Self::Counting, A::Submit) => Some(Self::Submitted),
            (Self::Counting, A::Cancel) => Some(Self::Canceled),
            (Self::Submitted, A::Recount) => Some(Self::Counting),
            (Self::Submitted, A::Accept) => Some(Self::Accepted),
            (Self::Submitted, A::Cancel) => Some(Self::Canceled),
            (Self::Open, A::Submit | A::Recount | A::Accept)
            | (Self::Counting, A::Recount | A::Accept)
            | (Self::Submitted, A::Start | A::Submit)
            | (Self::Accepted | Self::Canceled, _) => None,
        }
    }
}

word! {
    /// What may be done to a pick list.
    pub enum PickListAction {
        /// Fetch units.
        Pick = "PICK",
        /// All was fetched or found short.
        Finish = "FINISH",
        /// Give it up.
        Cancel = "CANCEL",
    }
}

impl StateMachine for PickListStatus {
    type Action = PickListAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [PickListAction] = PickListAction::ALL;
    const INITIAL: &'static [Self] = &[Self::Open];

    fn next(self, action: PickListAction) -> Option<Self> {
        use PickListAction as A;
        match (self, action) {
            (Self::Open, A::Pick) => Some(Self::Open),
            (Self::Open, A::Finish) => Some(Self::Done),
            (Self::Open, A::Cancel) => Some(Self::Canceled),
            (Self::Done | Self::Canceled, _) => None,
        }
    }
}
