//! The words that rows use, one enum per closed vocabulary. State machines over them stand in [`crate::status`].

use crate::word::word;

mod external;
mod flows;
mod messages;
mod money;
mod operations;
mod returns;
mod surveys;

pub use external::*;
pub use flows::*;
pub use messages::*;
pub use money::*;
pub use operations::*;
pub use returns::*;
pub use surveys::*;

word! {
    /// Who caused something.
    pub enum ActorKind {
        /// The system itself: a job, a schedule, a migration.
        System = "SYSTEM",
        /// A person without an account, holding a cart or order token.
        Guest = "GUEST",
        /// A signed-in customer.
        Customer = "CUSTOMER",
        /// A member of staff.
        Staff = "STAFF",
        /// A paired till acting without a signed-in person.
        Device = "DEVICE",
        /// An integration with an API key.
        App = "APP",
    }
}

word! {
    /// Where a job stands. A finished job's row is deleted.
    pub enum JobState {
        /// Waiting for its time and a worker.
        Queued = "QUEUED",
        /// Claimed by a worker until its lease ends.
        Running = "RUNNING",
        /// Set aside after too many failures; staff decide.
        Dead = "DEAD",
    }
}

word! {
    /// Whom a refresh token signs in.
    pub enum SubjectKind {
        /// A customer.
        Customer = "CUSTOMER",
        /// A member of staff.
        Staff = "STAFF",
    }
}

word! {
    /// What a one-time code proves.
    pub enum CodePurpose {
        /// Sign in without a password.
        SignIn = "SIGN_IN",
        /// An e-mail address or phone belongs to the person.
        VerifyIdentifier = "VERIFY_IDENTIFIER",
        /// Set a new password.
        PasswordReset = "PASSWORD_RESET",
    }
}

word! {
    /// What kind of thing identifies a customer.
    pub enum IdentifierKind {
        /// E-mail address, lower-cased.
        Email = "EMAIL",
        /// Phone number in E.164.
        Phone = "PHONE",
        /// Loyalty card number.
        LoyaltyCard = "LOYALTY_CARD",
        /// LINE user id.
        Line = "LINE",
        /// Id in another system.
        External = "EXTERNAL",
    }
}

word! {
    /// By which channel a person may be contacted.
    pub enum ConsentChannel {
        /// E-mail.
        Email = "EMAIL",
        /// Text message.
        Sms = "SMS",
        /// LINE.
        Line = "LINE",
        /// Push notification.
        Push = "PUSH",
        /// Letter.
        Post = "POST",
    }
}

word! {
    /// For what a person may be contacted.
    pub enum ConsentPurpose {
        /// Marketing; opt-in.
        Marketing = "MARKETING",
        /// Surveys after a purchase.
        Survey = "SURVEY",
    }
}

word! {
    /// What kind of place holds stock.
    pub enum LocationKind {
        /// A shop that customers visit.
        Store = "STORE",
        /// A warehouse.
        Warehouse = "WAREHOUSE",
        /// A shop floor closed to customers.
        DarkStore = "DARK_STORE",
        /// Run by a logistics provider.
        ThirdParty = "THIRD_PARTY",
    }
}

word! {
    /// Which stock a pickup may promise.
    pub enum PickupStockPolicy {
        /// Only what lies in the store.
        Local = "LOCAL",
        /// Also what can be transferred there.
        Any = "ANY",
    }
}

word! {
    /// Where demand comes from.
    pub enum ChannelKind {
        /// The web shop.
        Online = "ONLINE",
        /// The tills.
        Pos = "POS",
        /// Orders taken by staff.
        Phone = "PHONE",
        /// A marketplace.
        Marketplace = "MARKETPLACE",
    }
}

word! {
    /// How tax is rounded to the minor unit, once per rate and order.
    pub enum TaxRounding {
        /// Towards zero; the habit in Japan.
        Down = "DOWN",
        /// Half away from zero.
        HalfUp = "HALF_UP",
        /// Away from zero.
        Up = "UP",
    }
}

word! {
    /// Whether a product is sold.
    pub enum ProductStatus {
        /// Being prepared; invisible in shops.
        Draft = "DRAFT",
        /// On sale where it has a price.
        Active = "ACTIVE",
        /// No longer sold; kept for history.
        Archived = "ARCHIVED",
    }
}

word! {
    /// What happens when stock runs out.
    pub enum InventoryPolicy {
        /// Nothing is promised beyond stock.
        Deny = "DENY",
        /// Sold beyond stock up to a limit.
        Backorder = "BACKORDER",
        /// Sold before it ships on a date.
        Preorder = "PREORDER",
    }
}

word! {
    /// In which state a unit of stock lies.
    pub enum StockState {
        /// Free to promise; derived, never stored.
        Available = "AVAILABLE",
        /// Promised to open fulfillment work.
        Committed = "COMMITTED",
        /// Put aside by a person.
        Reserved = "RESERVED",
        /// Damaged.
        Damaged = "DAMAGED",
        /// Waiting for inspection.
        QualityControl = "QUALITY_CONTROL",
        /// Kept back as a buffer.
        SafetyStock = "SAFETY_STOCK",
    }
}

word! {
    /// Why stock moved.
    pub enum MovementKind {
        /// Came in.
        Received = "RECEIVED",
        /// Promised to fulfillment work.
        Committed = "COMMITTED",
        /// A promise was taken back.
        Released = "RELEASED",
        /// Left to a customer.
        Dispatched = "DISPATCHED",
        /// Corrected by a person or a count.
        Adjusted = "ADJUSTED",
        /// Changed state.
        Moved = "MOVED",
        /// Left for another location.
        TransferOut = "TRANSFER_OUT",
        /// Came from another location.
        TransferIn = "TRANSFER_IN",
    }
}

word! {
    /// What caused a stock movement.
    pub enum CauseKind {
        /// A fulfillment order line.
        FulfillmentOrderLine = "FULFILLMENT_ORDER_LINE",
        /// A return line.
        ReturnLine = "RETURN_LINE",
        /// A transfer line.
        TransferLine = "TRANSFER_LINE",
        /// A purchase order line.
        PurchaseOrderLine = "PURCHASE_ORDER_LINE",
        /// A stock count line.
        CountLine = "COUNT_LINE",
        /// A hold by a person at a location.
        Hold = "HOLD",
        /// A person, with a reason.
        Manual = "MANUAL",
    }
}

word! {
    /// Where a cart stands.
    pub enum CartStatus {
        /// Being filled.
        Active = "ACTIVE",
        /// Set aside at a till.
        Parked = "PARKED",
        /// Became an order.
        Completed = "COMPLETED",
        /// Its lines moved to another cart.
        Merged = "MERGED",
    }
}

word! {
    /// How a line reaches the customer.
    pub enum DeliveryMethod {
        /// Sent by a carrier.
        Ship = "SHIP",
        /// Collected at a location.
        Pickup = "PICKUP",
        /// Taken away at the till.
        CarryOut = "CARRY_OUT",
        /// Brought by the store.
        LocalDelivery = "LOCAL_DELIVERY",
    }
}

word! {
    /// How a shipping method is priced.
    pub enum ShippingRateKind {
        /// One amount.
        Flat = "FLAT",
        /// By tiers of total weight.
        ByWeight = "BY_WEIGHT",
    }
}

word! {
    /// Lifecycle of an order.
    pub enum OrderStatus {
        /// Being prepared by staff.
        Draft = "DRAFT",
        /// Placed.
        Open = "OPEN",
        /// Nothing is left to do.
        Closed = "CLOSED",
        /// Canceled.
        Canceled = "CANCELED",
    }
}

word! {
    /// What the payment events say about an order.
    pub enum OrderPaymentStatus {
        /// Nothing authorized or captured.
        Unpaid = "UNPAID",
        /// The total is authorized, not captured.
        Authorized = "AUTHORIZED",
        /// Less than the total is captured.
        PartiallyPaid = "PARTIALLY_PAID",
        /// The total is captured.
        Paid = "PAID",
        /// Part of what was captured went back.
        PartiallyRefunded = "PARTIALLY_REFUNDED",
        /// All that was captured went back.
        Refunded = "REFUNDED",
        /// More than the total is captured.
        Overpaid = "OVERPAID",
        /// Authorizations were given up.
        Voided = "VOIDED",
    }
}

word! {
    /// What the fulfillment orders say about an order.
    pub enum OrderFulfillmentStatus {
        /// Nothing has begun.
        Unfulfilled = "UNFULFILLED",
        /// Waits for a date or for stock.
        Scheduled = "SCHEDULED",
        /// Stopped with a reason.
        OnHold = "ON_HOLD",
        /// Being worked on.
        InProgress = "IN_PROGRESS",
        /// Some units left.
        PartiallyFulfilled = "PARTIALLY_FULFILLED",
        /// All units left.
        Fulfilled = "FULFILLED",
    }
}

word! {
    /// What the pickups say about an order.
    pub enum OrderPickupStatus {
        /// Nothing to collect.
        None = "NONE",
        /// Being prepared.
        Preparing = "PREPARING",
        /// Ready to collect.
        Ready = "READY",
        /// Some units were collected.
        PartiallyCollected = "PARTIALLY_COLLECTED",
        /// All were collected.
        Collected = "COLLECTED",
        /// Not collected in time.
        Expired = "EXPIRED",
    }
}

word! {
    /// What the returns say about an order.
    pub enum OrderReturnStatus {
        /// No return.
        None = "NONE",
        /// Asked for.
        Requested = "REQUESTED",
        /// On its way or being inspected.
        InProgress = "IN_PROGRESS",
        /// Some units came back.
        PartiallyReturned = "PARTIALLY_RETURNED",
        /// All units came back.
        Returned = "RETURNED",
    }
}

word! {
    /// Lifecycle of a fulfillment order.
    pub enum FulfillmentOrderStatus {
        /// Waits for stock, a date or a location.
        Scheduled = "SCHEDULED",
        /// Ready to be worked on.
        Open = "OPEN",
        /// Being picked.
        InProgress = "IN_PROGRESS",
        /// Packed.
        Packed = "PACKED",
        /// Stopped with a reason.
        OnHold = "ON_HOLD",
        /// Everything left or was collected.
        Closed = "CLOSED",
        /// Canceled.
        Canceled = "CANCELED",
    }
}

word! {
    /// Who moves the money.
    pub enum Gateway {
        /// Bank transfer, cash on delivery, convenience store: confirmed by staff.
        Manual = "MANUAL",
        /// Cash at a till.
        Cash = "CASH",
        /// A card terminal beside the till; recorded, never processed here.
        CardTerminal = "CARD_TERMINAL",
        /// Scripted outcomes for development.
        Test = "TEST",
        /// A gift card of the shop.
        GiftCard = "GIFT_CARD",
        /// Store credit of the customer.
        StoreCredit = "STORE_CREDIT",
        /// Points of the customer.
        Points = "POINTS",
        /// Stripe, over the network.
        Stripe = "STRIPE",
        /// What was given back for goods that are exchanged.
        Exchange = "EXCHANGE",
    }
}

word! {
    /// What a payment event states.
    pub enum PaymentEventKind {
        /// Money was reserved.
        Authorize = "AUTHORIZE",
        /// Money was taken.
        Capture = "CAPTURE",
        /// A reservation was given up.
        Void = "VOID",
        /// Money went back.
        Refund = "REFUND",
        /// The bank took money back.
        Chargeback = "CHARGEBACK",
    }
}

word! {
    /// How a payment event ended.
    pub enum PaymentOutcome {
        /// Not known yet.
        Pending = "PENDING",
        /// Done.
        Success = "SUCCESS",
        /// Refused.
        Failure = "FAILURE",
    }
}

word! {
    /// By which channel a message goes.
    pub enum MessageChannel {
        /// E-mail.
        Email = "EMAIL",
        /// LINE Messaging.
        Line = "LINE",
        /// Short message to a phone.
        Sms = "SMS",
        /// A system of the merchant.
        Webhook = "WEBHOOK",
    }
}

word! {
    /// Where a message stands.
    pub enum MessageStatus {
        /// Rendered and waiting to be sent.
        Queued = "QUEUED",
        /// The provider accepted it.
        Sent = "SENT",
        /// Refused for good, or tried too often.
        Failed = "FAILED",
        /// Not sent, with a recorded reason.
        Suppressed = "SUPPRESSED",
    }
}

word! {
    /// What the test gateway shall do.
    pub enum TestOutcome {
        /// Authorize and capture at once.
        Approve = "APPROVE",
        /// Refuse, as a bank does.
        Decline = "DECLINE",
        /// Give no answer in time; nothing is charged.
        TimeOut = "TIME_OUT",
        /// Say "pending" now and approve some seconds later.
        PendingThenApprove = "PENDING_THEN_APPROVE",
    }
}
