//! Words of the work in stores and warehouses: routing, picking, parcels, pickups, transfers, purchases, counts.

use crate::word::word;

word! {
    /// What happens with what a routing rule cannot place.
    pub enum RoutingFallback {
        /// The next rule is tried.
        NextRule = "NEXT_RULE",
        /// It is parked for staff.
        Queue = "QUEUE",
        /// It is canceled and its money goes back.
        Cancel = "CANCEL",
    }
}

word! {
    /// What keeps a location from serving under a routing rule.
    pub enum RoutingFilterKind {
        /// It must be in one of some groups, or in none of them.
        LocationGroup = "LOCATION_GROUP",
        /// It must not be farther from the customer than so many meters.
        Distance = "DISTANCE",
        /// It keeps so many units of each variant, beyond its safety stock.
        StockLeft = "STOCK_LEFT",
        /// It must be below its daily limit of orders.
        DailyLimit = "DAILY_LIMIT",
        /// It must have so many opening minutes left today.
        OpenToday = "OPEN_TODAY",
        /// It must have so many opening minutes before the promise.
        ShipBy = "SHIP_BY",
        /// The rule is only about these delivery methods.
        Method = "METHOD",
    }
}

word! {
    /// Which location serves first under a routing rule.
    pub enum RoutingSort {
        /// The nearest to the customer.
        Proximity = "PROXIMITY",
        /// The one with the smallest priority in the channel.
        Priority = "PRIORITY",
        /// The one with the most stock of what is wanted.
        StockBalance = "STOCK_BALANCE",
        /// The one that covers the most units.
        FewestSplits = "FEWEST_SPLITS",
        /// The one whose stock lies there longest.
        StockAge = "STOCK_AGE",
    }
}

word! {
    /// How a distance to a customer was found.
    pub enum DistanceBasis {
        /// Great-circle distance between two points on the map.
        Point = "POINT",
        /// Guessed from country, region and postal code.
        PostalArea = "POSTAL_AREA",
    }
}

word! {
    /// Why routing was asked.
    pub enum RoutingOccasion {
        /// The order was placed.
        Placement = "PLACEMENT",
        /// A location gave work back.
        Rejection = "REJECTION",
        /// Stock arrived for parked work.
        Arrival = "ARRIVAL",
        /// Staff moved it.
        Move = "MOVE",
        /// The customer chose again.
        Change = "CHANGE",
    }
}

word! {
    /// Why work waits without a location.
    pub enum ParkingReason {
        /// No location could serve it.
        Unfillable = "UNFILLABLE",
        /// Sold beyond stock.
        Backorder = "BACKORDER",
        /// Sold before its date.
        Preorder = "PREORDER",
    }
}

word! {
    /// Why a location gives work back.
    pub enum RejectionReason {
        /// It is not where it should be.
        NotFound = "NOT_FOUND",
        /// It cannot be sold.
        Damaged = "DAMAGED",
        /// Nobody has time.
        TooBusy = "TOO_BUSY",
        /// The location is closed.
        Closed = "CLOSED",
        /// Another reason, in words.
        Other = "OTHER",
    }
}

word! {
    /// What a rejection does to stock.
    pub enum RejectionEffect {
        /// The units are free there again.
        Nothing = "NOTHING",
        /// The units are written off there.
        Quantity = "QUANTITY",
        /// Everything of the item is written off there, and its other open work is rejected too.
        Zero = "ZERO",
    }
}

word! {
    /// Why work is on hold.
    pub enum FulfillmentHoldReason {
        /// The address is in doubt.
        Address = "ADDRESS",
        /// The payment is in doubt.
        Payment = "PAYMENT",
        /// It is paid beforehand and the money has not come; it goes on by itself then.
        AwaitingPayment = "AWAITING_PAYMENT",
        /// The order is being checked.
        Fraud = "FRAUD",
        /// The customer asked for it.
        Customer = "CUSTOMER",
        /// The goods are in doubt.
        Stock = "STOCK",
        /// Another reason, in words.
        Other = "OTHER",
    }
}

word! {
    /// For how many orders a pick list is.
    pub enum PickListKind {
        /// One.
        Order = "ORDER",
        /// Several in one walk.
        Batch = "BATCH",
    }
}

word! {
    /// Lifecycle of a pick list.
    pub enum PickListStatus {
        /// Being walked.
        Open = "OPEN",
        /// All was fetched or found short.
        Done = "DONE",
        /// Given up.
        Canceled = "CANCELED",
    }
}

word! {
    /// Who carries parcels.
    pub enum Carrier {
        /// Yamato Transport.
        Yamato = "YAMATO",
        /// Sagawa Express.
        Sagawa = "SAGAWA",
        /// Japan Post.
        JapanPost = "JAPAN_POST",
        /// DHL.
        Dhl = "DHL",
        /// FedEx.
        Fedex = "FEDEX",
        /// UPS.
        Ups = "UPS",
        /// United States Postal Service.
        Usps = "USPS",
        /// Another carrier, by name.
        Other = "OTHER",
    }
}

word! {
    /// What a carrier says about a parcel.
    pub enum TrackingStatus {
        /// Not handed over yet.
        PreTransit = "PRE_TRANSIT",
        /// Under way.
        InTransit = "IN_TRANSIT",
        /// On the last mile.
        OutForDelivery = "OUT_FOR_DELIVERY",
        /// Delivered.
        Delivered = "DELIVERED",
        /// Could not be delivered.
        Failed = "FAILED",
        /// Comes back.
        ReturnToSender = "RETURN_TO_SENDER",
    }
}

word! {
    /// How a tracking event became known.
    pub enum TrackingSource {
        /// A person entered it.
        Staff = "STAFF",
        /// The carrier's webhook.
        Carrier = "CARRIER",
        /// A tracking file.
        Import = "IMPORT",
    }
}

word! {
    /// Lifecycle of a pickup.
    pub enum PickupStatus {
        /// Goods are to come from another location.
        AwaitingTransfer = "AWAITING_TRANSFER",
        /// The goods came.
        Arrived = "ARRIVED",
        /// The store shall prepare it.
        Assigned = "ASSIGNED",
        /// Being prepared.
        Picking = "PICKING",
        /// Not all is there; the customer chooses again.
        Short = "SHORT",
        /// Waits for the customer.
        Ready = "READY",
        /// All was collected.
        Collected = "COLLECTED",
        /// Not collected in time.
        Expired = "EXPIRED",
        /// Canceled.
        Canceled = "CANCELED",
    }
}

word! {
    /// How who collects proves it.
    pub enum PickupProof {
        /// The one-time code.
        Code = "CODE",
        /// A named person, known to the staff.
        NamedPerson = "NAMED_PERSON",
    }
}

word! {
    /// What a customer chooses when a store falls short.
    pub enum PickupChoice {
        /// Collect in another store.
        OtherStore = "OTHER_STORE",
        /// Have it sent.
        Ship = "SHIP",
        /// Wait until it is there.
        Wait = "WAIT",
        /// Money back.
        Cancel = "CANCEL",
    }
}

word! {
    /// Lifecycle of a reservation in a store.
    pub enum StoreReservationStatus {
        /// Kept.
        Open = "OPEN",
        /// Bought.
        Sold = "SOLD",
        /// Not bought in time.
        Expired = "EXPIRED",
        /// Given up.
        Canceled = "CANCELED",
    }
}

word! {
    /// Why money goes back.
    pub enum RefundReason {
        /// Units were canceled.
        Canceled = "CANCELED",
        /// A pickup was not collected.
        PickupExpired = "PICKUP_EXPIRED",
        /// Nobody could serve it.
        Unfillable = "UNFILLABLE",
        /// Goods came back.
        Returned = "RETURNED",
        /// A kindness.
        Goodwill = "GOODWILL",
        /// Another reason, in words.
        Other = "OTHER",
        /// Something was wrong with the goods.
        Claim = "CLAIM",
        /// The order was changed and costs less.
        OrderChanged = "ORDER_CHANGED",
        /// More was paid than it costs.
        Overpaid = "OVERPAID",
    }
}

word! {
    /// Lifecycle of a transfer.
    pub enum TransferStatus {
        /// Being written.
        Draft = "DRAFT",
        /// To be packed; the goods are put aside.
        Ready = "READY",
        /// Under way.
        InTransit = "IN_TRANSIT",
        /// Some arrived.
        PartlyReceived = "PARTLY_RECEIVED",
        /// Everything is accounted for.
        Received = "RECEIVED",
        /// Canceled.
        Canceled = "CANCELED",
    }
}

word! {
    /// What becomes of goods under way when their transfer is canceled.
    pub enum TransferCancelOutcome {
        /// They go back into the sender's stock.
        WriteBack = "WRITE_BACK",
        /// They are lost.
        WriteOff = "WRITE_OFF",
    }
}

word! {
    /// Lifecycle of a purchase order.
    pub enum PurchaseOrderStatus {
        /// Being written.
        Draft = "DRAFT",
        /// Sent to the supplier.
        Ordered = "ORDERED",
        /// Some arrived.
        PartlyReceived = "PARTLY_RECEIVED",
        /// Nothing more is expected.
        Received = "RECEIVED",
        /// Canceled.
        Canceled = "CANCELED",
    }
}

word! {
    /// What is counted.
    pub enum StockCountKind {
        /// Named goods.
        Directed = "DIRECTED",
        /// Everything at the location.
        Full = "FULL",
    }
}

word! {
    /// Lifecycle of a stock count.
    pub enum StockCountStatus {
        /// Nobody counts yet.
        Open = "OPEN",
        /// Being counted.
        Counting = "COUNTING",
        /// Counted; the variance waits for someone else.
        Submitted = "SUBMITTED",
        /// The variance is posted.
        Accepted = "ACCEPTED",
        /// Given up.
        Canceled = "CANCELED",
    }
}

word! {
    /// How a count was read.
    pub enum CountSource {
        /// A barcode.
        Scan = "SCAN",
        /// Typed.
        Manual = "MANUAL",
        /// RFID tags.
        Rfid = "RFID",
    }
}

word! {
    /// Whether units of a variant have numbers.
    pub enum UnitTracking {
        /// No.
        None = "NONE",
        /// Each unit has its own.
        Serial = "SERIAL",
        /// Units of a lot share one.
        Lot = "LOT",
    }
}

word! {
    /// Where a numbered unit is in its life.
    pub enum StockUnitStatus {
        /// Lies at a location.
        InStock = "IN_STOCK",
        /// Between two locations.
        InTransit = "IN_TRANSIT",
        /// Left to a customer.
        Sold = "SOLD",
        /// Written off.
        Removed = "REMOVED",
    }
}
