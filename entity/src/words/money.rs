//! Words of money beyond a single payment: stored value, drawers, discounts.

use crate::word::word;

word! {
    /// When a channel takes the money that was reserved.
    pub enum CaptureMode {
        /// When the order is placed.
        AtOrder = "AT_ORDER",
        /// When goods leave, as much as they cost.
        AtDispatch = "AT_DISPATCH",
    }
}

word! {
    /// How money that staff confirm is paid.
    pub enum ManualMethod {
        /// By bank transfer.
        BankTransfer = "BANK_TRANSFER",
        /// To the carrier at the door.
        CashOnDelivery = "CASH_ON_DELIVERY",
        /// At the counter of a convenience store.
        ConvenienceStore = "CONVENIENCE_STORE",
        /// In another way, in words.
        Other = "OTHER",
    }
}

word! {
    /// Where money that goes back ends.
    pub enum RefundDestination {
        /// With the tender that paid.
        Original = "ORIGINAL",
        /// In the store credit of the customer.
        StoreCredit = "STORE_CREDIT",
        /// In the order that was taken in exchange.
        Exchange = "EXCHANGE",
    }
}

word! {
    /// What an account holds.
    pub enum StoredValueKind {
        /// Money on a gift card.
        GiftCard = "GIFT_CARD",
        /// Money that the shop owes a customer.
        StoreCredit = "STORE_CREDIT",
        /// Points.
        Points = "POINTS",
    }
}

word! {
    /// Whether an account may be used.
    pub enum StoredValueStatus {
        /// Sold, not yet paid.
        Inactive = "INACTIVE",
        /// In use.
        Active = "ACTIVE",
        /// Stopped by staff.
        Blocked = "BLOCKED",
    }
}

word! {
    /// What an entry of an account states.
    pub enum StoredValueEntryKind {
        /// Value was put in.
        Issue = "ISSUE",
        /// Value was set aside for a payment.
        Hold = "HOLD",
        /// Value that was set aside was spent.
        Capture = "CAPTURE",
        /// Value that was set aside is free again.
        Release = "RELEASE",
        /// What was spent came back.
        Refund = "REFUND",
        /// Value ran out of time.
        Expire = "EXPIRE",
        /// Staff corrected it.
        Adjust = "ADJUST",
    }
}

word! {
    /// Lifecycle of a register session.
    pub enum RegisterSessionStatus {
        /// The till sells.
        Open = "OPEN",
        /// Counted and closed.
        Closed = "CLOSED",
    }
}

word! {
    /// Why cash moved in or out of a drawer.
    pub enum CashMovementKind {
        /// Change money at the opening.
        Float = "FLOAT",
        /// Put in by staff.
        In = "IN",
        /// Taken out by staff, to pay for something.
        Out = "OUT",
        /// Brought to the safe.
        Drop = "DROP",
        /// A customer paid.
        Sale = "SALE",
        /// A customer got money back.
        Refund = "REFUND",
    }
}

word! {
    /// What makes a promotion apply.
    pub enum PromotionTrigger {
        /// Its conditions alone.
        Automatic = "AUTOMATIC",
        /// A code that the customer enters.
        Code = "CODE",
    }
}

word! {
    /// From what a promotion takes.
    pub enum PromotionTarget {
        /// From the lines it is about, each alone.
        Lines = "LINES",
        /// From the goods as a whole, spread over the lines it is about.
        Order = "ORDER",
        /// From shipping.
        Shipping = "SHIPPING",
    }
}

word! {
    /// How much a promotion takes.
    pub enum PromotionValue {
        /// A share.
        Percent = "PERCENT",
        /// An amount: per unit on lines, once on an order or its shipping.
        Fixed = "FIXED",
        /// All of it.
        Free = "FREE",
    }
}

word! {
    /// With which others a promotion goes.
    pub enum PromotionStacking {
        /// With all that combine, in the order of priority.
        Combine = "COMBINE",
        /// Alone.
        Exclusive = "EXCLUSIVE",
    }
}

word! {
    /// Where a discount comes from.
    pub enum DiscountKind {
        /// A promotion.
        Promotion = "PROMOTION",
        /// A member of staff gave it.
        Manual = "MANUAL",
        /// A member of staff set another price.
        PriceOverride = "PRICE_OVERRIDE",
    }
}

word! {
    /// Why a promotion does not apply.
    pub enum DiscountRefusal {
        /// It was stopped.
        Inactive = "INACTIVE",
        /// It has not begun.
        NotYet = "NOT_YET",
        /// It is over.
        Expired = "EXPIRED",
        /// As many orders as it is for have used it.
        UsedUp = "USED_UP",
        /// The customer has used it as often as one may.
        CustomerUsedUp = "CUSTOMER_USED_UP",
        /// It counts per customer, and the customer is not known yet: sign in, or give an e-mail address.
        CustomerUnknown = "CUSTOMER_UNKNOWN",
        /// It is for other customers.
        OtherCustomer = "OTHER_CUSTOMER",
        /// It is for first orders.
        NotFirstOrder = "NOT_FIRST_ORDER",
        /// It holds in other channels.
        OtherChannel = "OTHER_CHANNEL",
        /// It holds at other stores.
        OtherLocation = "OTHER_LOCATION",
        /// It is for another currency.
        OtherCurrency = "OTHER_CURRENCY",
        /// It holds at another time of the day or week.
        OtherTime = "OTHER_TIME",
        /// Nothing that it is about is in the cart.
        NoMatchingGoods = "NO_MATCHING_GOODS",
        /// The goods that it is about cost too little.
        BelowMinimum = "BELOW_MINIMUM",
        /// Nothing is shipped, or no way to ship is chosen.
        NoShipping = "NO_SHIPPING",
        /// Others have taken all already.
        NothingLeft = "NOTHING_LEFT",
        /// It does not go with others that save more.
        Beaten = "BEATEN",
    }
}
