//! Goods on their way to a location: the machines of transfers and purchase orders.

use super::StateMachine;
use crate::word::word;
use crate::words::{PurchaseOrderStatus, TransferStatus};

word! {
    /// What may be done to a transfer.
    pub enum TransferAction {
        /// Put the goods aside at the sender.
        MakeReady = "MAKE_READY",
        /// Write it again; the goods are free.
        Reopen = "REOPEN",
        /// It leaves.
        Dispatch = "DISPATCH",
        /// Some arrive.
        ReceivePart = "RECEIVE_PART",
        /// All is accounted for.
        Receive = "RECEIVE",
        /// Give it up.
        Cancel = "CANCEL",
    }
}

impl StateMachine for TransferStatus {
    type Action = TransferAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [TransferAction] = TransferAction::ALL;
    const INITIAL: &'static [Self] = &[Self::Draft, Self::Ready];

    fn next(self, action: TransferAction) -> Option<Self> {
        use TransferAction as A;
        match (self, action) {
            (Self::Draft, A::MakeReady) => Some(Self::Ready),
            (Self::Draft, A::Cancel) => Some(Self::Canceled),
            (Self::Ready, A::Reopen) => Some(Self::Draft),
            (Self::Ready, A::Dispatch) => Some(Self::InTransit),
            (Self::Ready, A::Cancel) => Some(Self::Canceled),
            (Self::InTransit, A::ReceivePart) => Some(Self::PartlyReceived),
            (Self::InTransit, A::Receive) => Some(Self::Received),
            (Self::InTransit, A::Cancel) => Some(Self::Canceled),
            (Self::PartlyReceived, A::ReceivePart) => Some(Self::PartlyReceived),
            (Self::PartlyReceived, A::Receive) => Some(Self::Received),
            (Self::PartlyReceived, A::Cancel) => Some(Self::Canceled),
            (Self::Draft, A::Reopen | A::Dispatch | A::ReceivePart | A::Receive)
            | (Self::Ready, A::MakeReady | A::ReceivePart | A::Receive)
            | (Self::InTransit, A::MakeReady | A::Reopen | A::Dispatch)
            | (Self::PartlyReceived, A::MakeReady | A::Reopen | A::Dispatch)
            | (Self::Received | Self::Canceled, _) => None,
        }
    }
}

word! {
    /// What may be done to a purchase order.
    pub enum PurchaseOrderAction {
        /// Send it to the supplier.
        Order = "ORDER",
        /// Some arrive.
        ReceivePart = "RECEIVE_PART",
        /// Nothing more is expected.
        Receive = "RECEIVE",
        /// Give it up.
        Cancel = "CANCEL",
    }
}

impl StateMachine for PurchaseOrderStatus {
    type Action = PurchaseOrderAction;
    const STATES: &'static [Self] = Self::ALL;
    const ACTIONS: &'static [PurchaseOrderAction] = PurchaseOrderAction::ALL;
    const INITIAL: &'static [Self] = &[Self::Draft];

    fn next(self, action: PurchaseOrderAction) -> Option<Self> {
        use PurchaseOrderAction as A;
        match (self, action) {
            (Self::Draft, A::Order) => Some(Self::Ordered),
            (Self::Draft, A::Cancel) => Some(Self::Canceled),
            (Self::Ordered, A::ReceivePart) => Some(Self::PartlyReceived),
            (Self::Ordered, A::Receive) => Some(Self::Received),
            (Self::Ordered, A::Cancel) => Some(Self::Canceled),
            (Self::PartlyReceived, A::ReceivePart) => Some(Self::PartlyReceived),
            (Self::PartlyReceived, A::Receive) => Some(Self::Received),
            (Self::Draft, A::ReceivePart | A::Receive)
            | (Self::Ordered, A::Order)
            | (Self::PartlyReceived, A::Order | A::Cancel)
            | (Self::Received | Self::Canceled, _) => None,
        }
    }
}
