//! Every message that there is, by name: what staff preview and write over, and what tests walk through.

use entity::word::Vocabulary;
use entity::words::MessageClass;

use super::template::class;

macro_rules! template_names {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal in $file:literal,)+) => {
        /// A message that customers get, or staff about them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum TemplateName {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl TemplateName {
            /// Every message.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in rows, texts and file names.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The template that it is made of; several messages of one shape share one.
            #[must_use]
            pub const fn file(self) -> &'static str {
                match self { $(Self::$variant => $file,)+ }
            }

            /// When it is sent.
            #[must_use]
            pub const fn when(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+),)+ }
            }
        }
    };
}

template_names! {
    /// The order was placed.
    OrderConfirmation = "order_confirmation" in "order_confirmation",
    /// The receipt of a sale at a till.
    PosReceipt = "pos_receipt" in "pos_receipt",
    /// A code to sign in.
    SignInCode = "sign_in_code" in "code",
    /// A code that proves an address.
    VerifyIdentifier = "verify_identifier" in "code",
    /// A code to set a new password.
    PasswordReset = "password_reset" in "code",
    /// A new password was set.
    PasswordChanged = "password_changed" in "notice",
    /// Two accounts of a person became one.
    CustomerMerged = "customer_merged" in "account",
    /// The account was deleted.
    AccountDeleted = "account_deleted" in "notice",
    /// A store prepares the goods.
    PickupPreparing = "pickup_preparing" in "pickup",
    /// The goods can be collected.
    PickupReady = "pickup_ready" in "pickup",
    /// The goods still wait.
    PickupReminder = "pickup_reminder" in "pickup",
    /// The goods were not collected in time.
    PickupExpired = "pickup_expired" in "pickup",
    /// The goods were handed over.
    PickupCollected = "pickup_collected" in "pickup",
    /// The store does not have everything; the customer chooses again.
    PickupShort = "pickup_short" in "pickup",
    /// A pickup was canceled.
    PickupCanceled = "pickup_canceled" in "pickup",
    /// Goods are kept in a store without obligation.
    StoreReservation = "store_reservation" in "pickup",
    /// They are not kept much longer.
    StoreReservationReminder = "store_reservation_reminder" in "pickup",
    /// They are not kept any more.
    StoreReservationExpired = "store_reservation_expired" in "pickup",
    /// A parcel left.
    ShipmentShipped = "shipment_shipped" in "parcel",
    /// A parcel comes today.
    ShipmentOutForDelivery = "shipment_out_for_delivery" in "parcel",
    /// A parcel should have arrived and is still under way.
    ShipmentDelayed = "shipment_delayed" in "parcel",
    /// A parcel arrived.
    ShipmentDelivered = "shipment_delivered" in "parcel",
    /// A parcel could not be delivered.
    ShipmentFailed = "shipment_failed" in "parcel",
    /// A parcel that could not be delivered comes back to the shop.
    ShipmentReturned = "shipment_returned" in "parcel",
    /// The goods of an exchange left.
    ExchangeShipped = "exchange_shipped" in "parcel",
    /// Goods that were to be sent are not there; the order waits.
    OrderDelayed = "order_delayed" in "order_change",
    /// The order was changed.
    OrderChanged = "order_changed" in "order_change",
    /// Goods of the order were canceled.
    OrderUnitsCanceled = "order_units_canceled" in "order_change",
    /// The whole order was canceled.
    OrderCanceled = "order_canceled" in "order_change",
    /// The order was taken and is to be paid by a link.
    OrderPaymentRequested = "order_payment_requested" in "order_change",
    /// An amount is to be reserved before the new goods of an exchange are sent.
    ExchangeReserveRequested = "exchange_reserve_requested" in "order_change",
    /// A refund was decided.
    RefundIssued = "refund_issued" in "money",
    /// A refund was carried out.
    RefundExecuted = "refund_executed" in "money",
    /// Money came that was awaited.
    PaymentReceived = "payment_received" in "money",
    /// Money could not be taken.
    PaymentFailed = "payment_failed" in "money",
    /// A payment is due soon.
    PaymentReminder = "payment_reminder" in "money",
    /// A payment came too late; the order was canceled.
    PaymentExpired = "payment_expired" in "money",
    /// A link to pay the rest of an order.
    PaymentLink = "payment_link" in "money",
    /// Goods of an exchange did not come back; the reserved amount was taken.
    ExchangeDefaulted = "exchange_defaulted" in "notice",
    /// An exchange was given up.
    ExchangeCanceled = "exchange_canceled" in "notice",
    /// A return was asked for.
    ReturnRequested = "return_requested" in "return",
    /// A return was approved, with instructions.
    ReturnApproved = "return_approved" in "return",
    /// A return was declined.
    ReturnDeclined = "return_declined" in "return",
    /// Returned goods arrived.
    ReturnReceived = "return_received" in "return",
    /// Returned goods are still expected.
    ReturnReminder = "return_reminder" in "return",
    /// A claim was answered.
    ClaimResolved = "claim_resolved" in "return",
    /// A gift card with its code.
    GiftCard = "gift_card" in "stored_value",
    /// Store credit came in.
    StoreCreditIssued = "store_credit_issued" in "stored_value",
    /// Store credit runs out.
    StoreCreditExpiring = "store_credit_expiring" in "stored_value",
    /// Points run out.
    PointsExpiring = "points_expiring" in "stored_value",
    /// Thanks for an order.
    Thanks = "thanks" in "flow",
    /// What happens between order and arrival.
    ShippingNews = "shipping_news" in "flow",
    /// How to use what was bought.
    HowToUse = "how_to_use" in "flow",
    /// Asks for reviews of what was bought.
    ReviewRequest = "review_request" in "flow",
    /// Asks questions.
    Survey = "survey" in "flow",
    /// To staff: an answer to a survey that a rule asks to be told of.
    SurveyAlert = "survey_alert" in "survey_alert",
    /// What goes with what was bought.
    CrossSell = "cross_sell" in "flow",
    /// To somebody who has not bought for long.
    WinBack = "win_back" in "flow",
    /// What was bought may be used up.
    Replenishment = "replenishment" in "flow",
    /// A birthday.
    Birthday = "birthday" in "flow",
    /// A year since the first order.
    Anniversary = "anniversary" in "flow",
    /// A cart was left.
    CartLeft = "cart_left" in "flow",
    /// Something that was asked for is there again.
    BackInStock = "back_in_stock" in "flow",
    /// To somebody who reads every message.
    Engaged = "engaged" in "flow",
}

impl TemplateName {
    /// The message of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|template| template.as_str() == name)
    }

    /// Why it may be sent.
    #[must_use]
    pub fn class(self) -> MessageClass {
        class(self.as_str())
    }

    /// Whether nobody could use it without the code that it brings.
    #[must_use]
    pub const fn needs_code(self) -> bool {
        matches!(
            self,
            Self::SignInCode
                | Self::VerifyIdentifier
                | Self::PasswordReset
                | Self::PickupReady
                | Self::PickupReminder
                | Self::StoreReservation
                | Self::StoreReservationReminder
                | Self::GiftCard
        )
    }
}

impl Vocabulary for TemplateName {
    const NAME: &'static str = "MessageTemplate";
    const MEANING: &'static str = "A message that customers get, or staff about them.";
    const WORDS: &'static [Self] = Self::ALL;

    fn word(self) -> &'static str {
        self.as_str()
    }

    fn meaning(self) -> &'static str {
        self.when()
    }
}
