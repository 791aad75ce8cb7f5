//! Words of what other systems tell us: warehouse management systems and logistics providers.

use crate::word::word;

word! {
    /// How another system tells its stock.
    pub enum StockSyncMode {
        /// By how many units it changed.
        Delta = "DELTA",
        /// How many units lay there at a moment.
        Absolute = "ABSOLUTE",
    }
}

word! {
    /// What happens when one item of many cannot be done.
    pub enum SyncErrorPolicy {
        /// Nothing is done.
        RejectAll = "REJECT_ALL",
        /// The others are done.
        SkipFailed = "SKIP_FAILED",
    }
}

word! {
    /// What became of an item of a stock sync.
    pub enum StockSyncStatus {
        /// Stock was changed, or was right already.
        Applied = "APPLIED",
        /// Less went than should have: the rest is promised or put aside.
        PartlyApplied = "PARTLY_APPLIED",
        /// A newer word about this stock is known; nothing was changed.
        Stale = "STALE",
        /// It could not be done; the error says why.
        Failed = "FAILED",
    }
}

word! {
    /// What another system said of a stock level.
    pub enum StockSyncKind {
        /// It changed by so many units.
        Delta = "DELTA",
        /// So many units lay there at a moment.
        Absolute = "ABSOLUTE",
        /// So many units left there in a parcel.
        Shipment = "SHIPMENT",
    }
}
