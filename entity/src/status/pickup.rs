//! Collecting in a store: the machines of pickups and of reservations.

use super::StateMachine;
use crate::word::word;
use crate::words::{PickupStatus, StoreReservationStatus};

word! {
    /// What may be done to a pickup.
    pub enum PickupAction {
        /// The goods came from the other location.
        Arrive = "ARRIVE",
        /// The store prepares it.
        Start = "START",
        /// The store takes its start back.
        PutBack = "PUT_BACK",
        /// Not all is there.
        FallShort = "FALL_SHORT",
        /// It waits for the customer.
        MakeReady = "MAKE_READY",
        /// It is prepared again.
        Unready = "UNREADY",
        /// The customer waits until it is there.
        Wait = "WAIT",
        /// The customer waits for a transfer.
        Await = "AWAIT",
        /// Some units are handed over.
        CollectPart = "COLLECT_PART",
        /// The last unit is handed over.
        Collect = "COLLECT",
        /// Its time is over.
        Expire = "EXPIRE",
        /// Give it up.
        Cancel = "CANCEL",
    }
}

impl StateMachine for PickupStatus {
    type Action = PickupAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [PickupAction] = PickupAction::ALL;
    const INITIAL: &'static [Self] = &[Self::AwaitingTransfer, Self::Assigned];

    fn next(self, action: PickupAction) -> Option<Self> {
        use PickupAction as A;
        match (self, action) {
            (Self::AwaitingTransfer, A::Arrive) => Some(Self::Arrived),
            (Self::AwaitingTransfer, A::FallShort) => Some(Self::Short),
            (Self::AwaitingTransfer, A::Cancel) => Some(Self::Canceled),
            (Self::Arrived, A::Start) => Some(Self::Picking),
            (Self::Arrived, A::FallShort) => Some(Self::Short),
            (Self::Arrived, A::Cancel) => Some(Self::Canceled),
            (Self::Assigned, A::Start) => Some(Self::Picking),
            (Self::Assigned, A::FallShort) => Some(Self::Short),
            // Its customer waited for the store's own stock; others bring it now.
            (Self::Assigned, A::Await) => Some(Self::AwaitingTransfer),
            (Self::Assigned, A::Cancel) => Some(Self::Canceled),
            (Self::Picking, A::PutBack) => Some(Self::Assigned),
            (Self::Picking, A::FallShort) => Some(Self::Short),
            (Self::Picking, A::MakeReady) => Some(Self::Ready),
            (Self::Picking, A::Cancel) => Some(Self::Canceled),
            (Self::Short, A::Wait) => Some(Self::Assigned),
            (Self::Short, A::Await) => Some(Self::AwaitingTransfer),
            (Self::Short, A::Cancel) => Some(Self::Canceled),
            (Self::Ready, A::Unready) => Some(Self::Picking),
            (Self::Ready, A::CollectPart) => Some(Self::Ready),
            (Self::Ready, A::Collect) => Some(Self::Collected),
            (Self::Ready, A::Expire) => Some(Self::Expired),
            (Self::Ready, A::Cancel) => Some(Self::Canceled),
            (
                Self::AwaitingTransfer,
                A::Start
                | A::PutBack
                | A::MakeReady
                | A::Unready
                | A::Wait
                | A::Await
                | A::CollectPart
                | A::Collect
                | A::Expire,
            )
            | (
                Self::Arrived,
                A::Arrive
                | A::PutBack
                | A::MakeReady
                | A::Unready
                | A::Wait
                | A::Await
                | A::CollectPart
                | A::Collect
                | A::Expire,
            )
            | (
                Self::Assigned,
                A::Arrive | A::PutBack | A::MakeReady | A::Unready | A::Wait | A::CollectPart | A::Collect | A::Expire,
            )
            | (
                Self::Picking,
                A::Arrive | A::Start | A::Unready | A::Wait | A::Await | A::CollectPart | A::Collect | A::Expire,
            )
            | (
                Self::Short,
                A::Arrive
                | A::Start
                | A::PutBack
                | A::FallShort
                | A::MakeReady
                | A::Unready
                | A::CollectPart
                | A::Collect
                | A::Expire,
            )
            | (Self::Ready, A::Arrive | A::Start | A::PutBack | A::FallShort | A::MakeReady | A::Wait | A::Await)
            | (Self::Collected | Self::Expired | Self::Canceled, _) => None,
        }
    }
}

word! {
    /// What may be done to a reservation in a store.
    pub enum StoreReservationAction {
        /// The customer buys it.
        Sell = "SELL",
        /// Its time is over.
        Expire = "EXPIRE",
        /// Give it up.
        Cancel = "CANCEL",
    }
}

impl StateMachine for StoreReservationStatus {
    type Action = StoreReservationAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [StoreReservationAction] = StoreReservationAction::ALL;
    const INITIAL: &'static [Self] = &[Self::Open];

    fn next(self, action: StoreReservationAction) -> Option<Self> {
        use StoreReservationAction as A;
        match (self, action) {
            (Self::Open, A::Sell) => Some(Self::Sold),
            (Self::Open, A::Expire) => Some(Self::Expired),
            (Self::Open, A::Cancel) => Some(Self::Canceled),
            (Self::Sold | Self::Expired | Self::Canceled, _) => None,
        }
    }
}
