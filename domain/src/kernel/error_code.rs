//! Every error code a client can meet. A code never changes; its message follows the language.

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+) => {
        /// A stable name for what went wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as clients see it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// What it means, for the schema and the docs.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+),)+ }
            }
        }

        impl entity::word::Vocabulary for ErrorCode {
            const NAME: &'static str = "ErrorCode";
            const MEANING: &'static str = "A stable name for what went wrong.";
            const WORDS: &'static [Self] = Self::ALL;

            fn word(self) -> &'static str {
                self.as_str()
            }

            fn meaning(self) -> &'static str {
                self.meaning()
            }
        }
    };
}

error_codes! {
    /// There is no such thing, or it is not yours.
    NotFound = "NOT_FOUND",
    /// Sign in first.
    Unauthenticated = "UNAUTHENTICATED",
    /// You may not do this.
    Forbidden = "FORBIDDEN",
    /// Too many tries; wait and try again.
    Throttled = "THROTTLED",
    /// The server is too busy; try again.
    Busy = "BUSY",
    /// Something went wrong on our side.
    Internal = "INTERNAL",
    /// A value is missing.
    Required = "REQUIRED",
    /// A value is not of the form it must have.
    Invalid = "INVALID",
    /// The text holds characters that are not allowed.
    InvalidText = "INVALID_TEXT",
    /// The text is too long.
    TextTooLong = "TEXT_TOO_LONG",
    /// Text in one color cannot be read on the other.
    ContrastTooLow = "CONTRAST_TOO_LOW",
    /// A wording of a message cannot be used.
    TemplateInvalid = "TEMPLATE_INVALID",
    /// The list holds too many entries.
    TooMany = "TOO_MANY",
    /// The id is not one of this kind.
    InvalidId = "INVALID_ID",
    /// The quantity is not allowed.
    InvalidQuantity = "INVALID_QUANTITY",
    /// These units cannot come back by the rules; why stands in their returnability.
    NotReturnable = "NOT_RETURNABLE",
    /// This location takes nothing back.
    ReturnsNotAccepted = "RETURNS_NOT_ACCEPTED",
    /// For this reason a photo is needed.
    PhotoRequired = "PHOTO_REQUIRED",
    /// The person brought back as much without a receipt as is allowed in 30 days.
    ReturnLimitReached = "RETURN_LIMIT_REACHED",
    /// It was answered already; once is all.
    AlreadyAnswered = "ALREADY_ANSWERED",
    /// These goods cannot be reviewed: they are not there yet, were canceled, or went back.
    NotReviewable = "NOT_REVIEWABLE",
    /// The goods were reviewed already; once is all.
    AlreadyReviewed = "ALREADY_REVIEWED",
    /// The amount is not allowed in this currency.
    InvalidAmount = "INVALID_AMOUNT",
    /// The currency is not the one of the channel, cart or order.
    CurrencyMismatch = "CURRENCY_MISMATCH",
    /// The e-mail address is not valid.
    InvalidEmail = "INVALID_EMAIL",
    /// The phone number is not valid.
    InvalidPhone = "INVALID_PHONE",
    /// The barcode has a wrong length or check digit.
    InvalidBarcode = "INVALID_BARCODE",
    /// The carrier has no tracking numbers of this form, or the check digit is wrong.
    InvalidTrackingNumber = "INVALID_TRACKING_NUMBER",
    /// The date or time does not exist.
    InvalidDate = "INVALID_DATE",
    /// The locale is not a language tag.
    InvalidLocale = "INVALID_LOCALE",
    /// The country is not an ISO 3166-1 code.
    InvalidCountry = "INVALID_COUNTRY",
    /// The postal code does not fit the country.
    InvalidPostalCode = "INVALID_POSTAL_CODE",
    /// The metadata has a bad key, is too long or has too many entries.
    InvalidMetadata = "INVALID_METADATA",
    /// The cursor was not made by this list.
    InvalidCursor = "INVALID_CURSOR",
    /// The file cannot be read.
    InvalidFile = "INVALID_FILE",
    /// The address misses parts that its country needs.
    AddressIncomplete = "ADDRESS_INCOMPLETE",
    /// The password is too short, too long or too common.
    WeakPassword = "WEAK_PASSWORD",
    /// The address, password, PIN or code is wrong.
    InvalidCredentials = "INVALID_CREDENTIALS",
    /// The code or link is wrong, used or too old.
    InvalidCode = "INVALID_CODE",
    /// The session is over; sign in again.
    SessionExpired = "SESSION_EXPIRED",
    /// Another one has this name or number.
    AlreadyExists = "ALREADY_EXISTS",
    /// It is still used by something else.
    InUse = "IN_USE",
    /// Not possible in its present state.
    InvalidTransition = "INVALID_TRANSITION",
    /// Somebody else changed it meanwhile; read it again.
    StaleVersion = "STALE_VERSION",
    /// The stock is not what you expected; read it again.
    StockChanged = "STOCK_CHANGED",
    /// Serial or lot numbers of the units that leave are needed.
    UnitNumbersRequired = "UNIT_NUMBERS_REQUIRED",
    /// The goods are not part of this count, or not of its present round.
    NotInCount = "NOT_IN_COUNT",
    /// Goods that should lie there were not counted yet.
    CountIncomplete = "COUNT_INCOMPLETE",
    /// Stock moved while it was counted; count it again.
    CountUnsettled = "COUNT_UNSETTLED",
    /// Somebody else must accept what you counted.
    CountedByYourself = "COUNTED_BY_YOURSELF",
    /// There is not enough stock.
    InsufficientStock = "INSUFFICIENT_STOCK",
    /// The total is not the one you expected.
    PriceChanged = "PRICE_CHANGED",
    /// It is not sold in this channel.
    NotForSale = "NOT_FOR_SALE",
    /// The cart is empty.
    CartEmpty = "CART_EMPTY",
    /// The cart was completed or merged already.
    CartClosed = "CART_CLOSED",
    /// An e-mail address or phone number is needed.
    ContactRequired = "CONTACT_REQUIRED",
    /// A shipping address is needed.
    ShippingAddressRequired = "SHIPPING_ADDRESS_REQUIRED",
    /// A shipping method is needed.
    ShippingMethodRequired = "SHIPPING_METHOD_REQUIRED",
    /// The shipping method is not offered for this cart.
    ShippingMethodUnavailable = "SHIPPING_METHOD_UNAVAILABLE",
    /// The delivery day or time is not offered, or not any more.
    DeliveryTimeUnavailable = "DELIVERY_TIME_UNAVAILABLE",
    /// The location does not hand over orders.
    PickupUnavailable = "PICKUP_UNAVAILABLE",
    /// The customer collects this; use the steps of its pickup.
    PickupWork = "PICKUP_WORK",
    /// Units of it are packed; unpack them first.
    UnpackFirst = "UNPACK_FIRST",
    /// The goods are not part of this work.
    NotInWork = "NOT_IN_WORK",
    /// One parcel goes from one location to one recipient.
    ParcelMismatch = "PARCEL_MISMATCH",
    /// Nothing is left to pick.
    NothingToPick = "NOTHING_TO_PICK",
    /// Something on the list was neither fetched nor found short.
    PickIncomplete = "PICK_INCOMPLETE",
    /// That location gave it back before.
    RejectedThere = "REJECTED_THERE",
    /// Some of it has left already.
    AlreadyDispatched = "ALREADY_DISPATCHED",
    /// Goods are carried out only at a till.
    CarryOutOnlyAtTill = "CARRY_OUT_ONLY_AT_TILL",
    /// The payments do not add up to the total.
    PaymentMismatch = "PAYMENT_MISMATCH",
    /// The refund is not the one you expected; look at it again.
    RefundMismatch = "REFUND_MISMATCH",
    /// The payment was declined.
    PaymentDeclined = "PAYMENT_DECLINED",
    /// The payment did not answer in time; nothing was charged.
    PaymentUnavailable = "PAYMENT_UNAVAILABLE",
    /// The till sells only while its drawer is open; open it first.
    RegisterSessionRequired = "REGISTER_SESSION_REQUIRED",
    /// The drawer of this till is open already.
    RegisterSessionOpen = "REGISTER_SESSION_OPEN",
    /// There is not enough cash in the drawer.
    InsufficientCash = "INSUFFICIENT_CASH",
    /// Somebody else who may allow it must confirm this.
    ApprovalRequired = "APPROVAL_REQUIRED",
    /// There is not enough on the card or account.
    InsufficientBalance = "INSUFFICIENT_BALANCE",
    /// The gift card is not paid yet, blocked or too old.
    GiftCardUnusable = "GIFT_CARD_UNUSABLE",
    /// The gift card was used; it cannot be taken back.
    GiftCardUsed = "GIFT_CARD_USED",
    /// The gateway is not offered here.
    GatewayUnavailable = "GATEWAY_UNAVAILABLE",
    /// No promotion knows this code.
    CodeNotAccepted = "CODE_NOT_ACCEPTED",
    /// The code does not hold any more, or not yet.
    CodeExpired = "CODE_EXPIRED",
    /// The code was used as often as it may be.
    CodeUsedUp = "CODE_USED_UP",
    /// The code does not fit this cart or customer; the cart tells why.
    CodeNotApplicable = "CODE_NOT_APPLICABLE",
    /// No tax rate is known for these goods there.
    TaxRateMissing = "TAX_RATE_MISSING",
    /// The key was used with another input.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED",
    /// The first call with this key still runs.
    IdempotencyInProgress = "IDEMPOTENCY_IN_PROGRESS",
    /// A customer already uses it.
    IdentifierTaken = "IDENTIFIER_TAKEN",
    /// The till is not paired or was given up.
    DeviceUnknown = "DEVICE_UNKNOWN",
    /// The demo's password is refused outside the demo.
    DemoPasswordRefused = "DEMO_PASSWORD_REFUSED",
    /// A bundle cannot be built like this.
    InvalidBundle = "INVALID_BUNDLE",
    /// The document cannot be executed.
    InvalidDocument = "INVALID_DOCUMENT",
    /// The document is too large, too deep or too complex.
    TooComplex = "TOO_COMPLEX",
    /// The persisted document is not known.
    PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND",
    /// Only trusted documents run here.
    UntrustedDocument = "UNTRUSTED_DOCUMENT",
    /// A provider outside did not answer as it should.
    Provider = "PROVIDER",
    /// No provider of short messages is set up.
    SmsUnavailable = "SMS_UNAVAILABLE",
    /// The flow cannot be followed as it is written; what is wrong stands in the message, where in the path.
    InvalidFlow = "INVALID_FLOW",
    /// No channel says yet what people agree to; write the wording first.
    ConsentWordingMissing = "CONSENT_WORDING_MISSING",
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_message_in_every_language() {
        for texts in [include_str!("../../locales/en/errors.ftl"), include_str!("../../locales/ja/errors.ftl")] {
            for code in ErrorCode::ALL {
                let name = crate::kernel::error::message_name(*code);
                assert!(texts.lines().any(|line| line.starts_with(&format!("{name} = "))), "{name}");
            }
        }
    }
}
