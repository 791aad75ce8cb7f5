//! What happens after goods left: the machines of returns, exchanges, changes of orders, and of the drawer of a till.

use super::StateMachine;
use crate::word::word;
use crate::words::{ExchangeStatus, OrderChangeStatus, RegisterSessionStatus, ReturnStatus};

word! {
    /// What may be done to a return.
    pub enum ReturnAction {
        /// The goods may come.
        Approve = "APPROVE",
        /// Refuse it with a reason.
        Decline = "DECLINE",
        /// The goods are on their way.
        Send = "SEND",
        /// Some of the goods came.
        ReceivePart = "RECEIVE_PART",
        /// All that will come came.
        Receive = "RECEIVE",
        /// Every unit was looked at.
        Inspect = "INSPECT",
        /// Nothing is left to do.
        Close = "CLOSE",
        /// Look at it again.
        Reopen = "REOPEN",
        /// Give it up.
        Cancel = "CANCEL",
    }
}

impl StateMachine for ReturnStatus {
    type Action = ReturnAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [ReturnAction] = ReturnAction::ALL;
    const INITIAL: &'static [Self] = &[Self::Requested, Self::Approved];

    fn next(self, action: ReturnAction) -> Option<Self> {
        use ReturnAction as A;
        match (self, action) {
            (Self::Requested, A::Approve) => Some(Self::Approved),
            (Self::Requested, A::Decline) => Some(Self::Declined),
            (Self::Requested | Self::Approved | Self::InTransit, A::Cancel) => Some(Self::Canceled),
            (Self::Approved, A::Send) => Some(Self::InTransit),
            (Self::Approved | Self::InTransit | Self::PartlyReceived, A::ReceivePart) => Some(Self::PartlyReceived),
            (Self::Approved | Self::InTransit | Self::PartlyReceived, A::Receive) => Some(Self::Received),
            (Self::Received, A::Inspect) => Some(Self::Inspected),
            // A claim whose goods stay with the customer ends without any that come.
            (Self::Approved | Self::Inspected, A::Close) => Some(Self::Closed),
            (Self::Closed, A::Reopen) => Some(Self::Inspected),
            (Self::Declined, A::Reopen) => Some(Self::Requested),
            (Self::Requested, A::Send | A::ReceivePart | A::Receive | A::Inspect | A::Close | A::Reopen)
            | (Self::Approved, A::Approve | A::Decline | A::Inspect | A::Reopen)
            | (Self::InTransit, A::Approve | A::Decline | A::Send | A::Inspect | A::Close | A::Reopen)
            | (
                Self::PartlyReceived,
                A::Approve | A::Decline | A::Send | A::Inspect | A::Close | A::Reopen | A::Cancel,
            )
            | (
                Self::Received,
                A::Approve | A::Decline | A::Send | A::ReceivePart | A::Receive | A::Close | A::Reopen | A::Cancel,
            )
            | (
                Self::Inspected,
                A::Approve | A::Decline | A::Send | A::ReceivePart | A::Receive | A::Inspect | A::Reopen | A::Cancel,
            )
            | (
                Self::Closed | Self::Declined,
                A::Approve | A::Decline | A::Send | A::ReceivePart | A::Receive | A::Inspect | A::Close | A::Cancel,
            )
            | (Self::Canceled, _) => None,
        }
    }
}

word! {
    /// What may be done to an exchange.
    pub enum ExchangeAction {
        /// Order the new goods.
        Place = "PLACE",
        /// Both sides are settled.
        Complete = "COMPLETE",
        /// The old goods did not come in time.
        Default = "DEFAULT",
        /// Give it up.
        Cancel = "CANCEL",
    }
}

impl StateMachine for ExchangeStatus {
    type Action = ExchangeAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [ExchangeAction] = ExchangeAction::ALL;
    const INITIAL: &'static [Self] = &[Self::AwaitingReturn, Self::Placed];

    fn next(self, action: ExchangeAction) -> Option<Self> {
        use ExchangeAction as A;
        match (self, action) {
            (Self::AwaitingReturn, A::Place) => Some(Self::Placed),
            (Self::AwaitingReturn, A::Cancel) => Some(Self::Canceled),
            (Self::Placed, A::Complete) => Some(Self::Completed),
            (Self::Placed, A::Default) => Some(Self::Defaulted),
            (Self::AwaitingReturn, A::Complete | A::Default)
            | (Self::Placed, A::Place | A::Cancel)
            | (Self::Completed | Self::Defaulted | Self::Canceled, _) => None,
        }
    }
}

word! {
    /// What may be done to a change of an order.
    pub enum OrderChangeAction {
        /// Do it.
        Confirm = "CONFIRM",
        /// Give it up.
        Discard = "DISCARD",
    }
}

impl StateMachine for OrderChangeStatus {
    type Action = OrderChangeAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [OrderChangeAction] = OrderChangeAction::ALL;
    const INITIAL: &'static [Self] = &[Self::Draft];

    fn next(self, action: OrderChangeAction) -> Option<Self> {
        match (self, action) {
            (Self::Draft, OrderChangeAction::Confirm) => Some(Self::Confirmed),
            (Self::Draft, OrderChangeAction::Discard) => Some(Self::Discarded),
            (Self::Confirmed | Self::Discarded, _) => None,
        }
    }
}

word! {
    /// What may be done to a register session.
    pub enum RegisterSessionAction {
        /// Count the drawer and end it.
        Close = "CLOSE",
    }
}

impl StateMachine for RegisterSessionStatus {
    type Action = RegisterSessionAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [RegisterSessionAction] = RegisterSessionAction::ALL;
    const INITIAL: &'static [Self] = &[Self::Open];

    fn next(self, action: RegisterSessionAction) -> Option<Self> {
        match (self, action) {
            (Self::Open, RegisterSessionAction::Close) => Some(Self::Closed),
            (Self::Closed, _) => None,
        }
    }
}
