//! What customers say of products: the machine of reviews.

use super::StateMachine;
use crate::word::word;
use crate::words::ReviewStatus;

word! {
    /// What may be done to a review.
    pub enum ReviewAction {
        /// Its author says it in other words, or takes it back.
        Edit = "EDIT",
        /// Staff show it to everybody.
        Publish = "PUBLISH",
        /// Staff show it to nobody.
        Reject = "REJECT",
    }
}

impl StateMachine for ReviewStatus {
    type Action = ReviewAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [ReviewAction] = ReviewAction::ALL;
    const INITIAL: &'static [Self] = &[Self::Pending];

    fn next(self, action: ReviewAction) -> Option<Self> {
        use ReviewAction as A;
        match (self, action) {
            (Self::Pending | Self::Rejected, A::Edit) => Some(Self::Pending),
            (Self::Pending | Self::Rejected, A::Publish) => Some(Self::Published),
            (Self::Pending | Self::Published, A::Reject) => Some(Self::Rejected),
            (Self::Published, A::Edit | A::Publish) | (Self::Rejected, A::Reject) => None,
        }
    }
}
