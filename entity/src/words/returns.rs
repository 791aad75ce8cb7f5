//! Words of what happens after goods left: returns, exchanges, claims, changes of orders.

use crate::word::word;

word! {
    /// What a return is for.
    pub enum ReturnKind {
        /// Goods for money.
        Return = "RETURN",
        /// Goods for other goods.
        Exchange = "EXCHANGE",
        /// Something went wrong; goods may not come back.
        Claim = "CLAIM",
    }
}

word! {
    /// Lifecycle of a return.
    pub enum ReturnStatus {
        /// The customer asks.
        Requested = "REQUESTED",
        /// The goods may come.
        Approved = "APPROVED",
        /// Refused with a reason.
        Declined = "DECLINED",
        /// The goods are on their way.
        InTransit = "IN_TRANSIT",
        /// Some of the goods came.
        PartlyReceived = "PARTLY_RECEIVED",
        /// All that will come came.
        Received = "RECEIVED",
        /// Each unit was looked at.
        Inspected = "INSPECTED",
        /// Nothing is left to do.
        Closed = "CLOSED",
        /// Given up before anything came.
        Canceled = "CANCELED",
    }
}

word! {
    /// How goods come back.
    pub enum ReturnMethod {
        /// Sent by the customer.
        Carrier = "CARRIER",
        /// Brought to a location.
        Store = "STORE",
        /// They stay with the customer.
        None = "NONE",
    }
}

word! {
    /// What happens to a unit that came back.
    pub enum Disposition {
        /// It is sold again.
        Restock = "RESTOCK",
        /// It is damaged.
        Damaged = "DAMAGED",
        /// It must be looked at again.
        QualityControl = "QUALITY_CONTROL",
        /// It goes back to the supplier.
        ReturnToVendor = "RETURN_TO_VENDOR",
        /// It is thrown away.
        Dispose = "DISPOSE",
        /// It was not in the parcel.
        Missing = "MISSING",
    }
}

word! {
    /// When the new goods of an exchange go out.
    pub enum ExchangeMode {
        /// When the old goods came.
        AwaitingReturn = "AWAITING_RETURN",
        /// At once, against a reserved amount.
        Advance = "ADVANCE",
    }
}

word! {
    /// Lifecycle of an exchange.
    pub enum ExchangeStatus {
        /// Waits for the old goods.
        AwaitingReturn = "AWAITING_RETURN",
        /// The new goods are ordered.
        Placed = "PLACED",
        /// Both sides are settled.
        Completed = "COMPLETED",
        /// The old goods did not come in time, so the new ones were charged.
        Defaulted = "DEFAULTED",
        /// Given up.
        Canceled = "CANCELED",
    }
}

word! {
    /// What a claim gives.
    pub enum ClaimResolution {
        /// The same goods again.
        Replace = "REPLACE",
        /// Money.
        Refund = "REFUND",
        /// Both.
        ReplaceAndRefund = "REPLACE_AND_REFUND",
        /// Nothing.
        Refused = "REFUSED",
    }
}

word! {
    /// Lifecycle of a change of an order.
    pub enum OrderChangeStatus {
        /// Being prepared; only a preview.
        Draft = "DRAFT",
        /// Done.
        Confirmed = "CONFIRMED",
        /// Given up.
        Discarded = "DISCARDED",
    }
}

word! {
    /// How the money difference of a change is settled.
    pub enum OrderChangeSettlement {
        /// There is none.
        None = "NONE",
        /// It is charged to a tender now.
        Charge = "CHARGE",
        /// It goes back.
        Refund = "REFUND",
        /// The customer pays it by a link.
        BalanceDue = "BALANCE_DUE",
    }
}

word! {
    /// Why a unit cannot come back by the rules.
    pub enum ReturnRefusal {
        /// It did not reach the customer yet.
        NotFulfilled = "NOT_FULFILLED",
        /// It is on its way back, or was settled before.
        AlreadyReturned = "ALREADY_RETURNED",
        /// It is sold for good.
        FinalSale = "FINAL_SALE",
        /// The time is over.
        WindowOver = "WINDOW_OVER",
        /// It was used.
        Used = "USED",
        /// It cannot come back in this way.
        MethodNotOffered = "METHOD_NOT_OFFERED",
    }
}

word! {
    /// Why an order, or units of it, is canceled.
    pub enum CancelReason {
        /// The customer does not want it any more.
        Customer = "CUSTOMER",
        /// The goods cannot be had.
        Inventory = "INVENTORY",
        /// It looks like a fraud.
        Fraud = "FRAUD",
        /// It was not paid.
        NotPaid = "NOT_PAID",
        /// Staff made a mistake.
        StaffError = "STAFF_ERROR",
        /// Another reason, in words.
        Other = "OTHER",
    }
}
