//! The templates and what each is filled with.

use entity::id::OrderId;
use entity::words::{CodePurpose, MessageClass};

/// A template that tells of an order; staff may look at it and send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderTemplate {
    /// The order was placed.
    OrderConfirmation,
    /// The receipt of a sale at a till, a qualified simplified invoice in Japan.
    PosReceipt,
}

impl OrderTemplate {
    /// Every template of an order.
    pub const ALL: [Self; 2] = [Self::OrderConfirmation, Self::PosReceipt];

    /// Its name in rows and file names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrderConfirmation => "order_confirmation",
            Self::PosReceipt => "pos_receipt",
        }
    }

    /// The template of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.name() == name)
    }
}

/// What to say.
#[derive(Clone, Debug)]
pub enum Template {
    /// About an order.
    Order {
        /// Which template.
        template: OrderTemplate,
        /// Which order.
        order_id: OrderId,
    },
    /// About a parcel of an order.
    Parcel {
        /// Its name in rows and texts.
        name: &'static str,
        /// Which order.
        order_id: OrderId,
        /// The parcel as the mail shows it.
        parcel: serde_json::Value,
    },
    /// A one-time code. It is rendered into the message at once, stands in no job or event, and is wiped from the
    /// message when that was sent or given up.
    Code {
        /// What the code proves.
        purpose: CodePurpose,
        /// The code.
        code: String,
        /// How long it works, in minutes.
        valid_minutes: i64,
    },
}

impl Template {
    /// Its name in rows and file names.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Order { template, .. } => template.name(),
            Self::Parcel { name, .. } => name,
            Self::Code { purpose, .. } => code_name(*purpose),
        }
    }

    /// The order it tells of.
    #[must_use]
    pub const fn order_id(&self) -> Option<OrderId> {
        match self {
            Self::Order { order_id, .. } | Self::Parcel { order_id, .. } => Some(*order_id),
            Self::Code { .. } => None,
        }
    }
}

/// The template name of a one-time code.
#[must_use]
pub const fn code_name(purpose: CodePurpose) -> &'static str {
    match purpose {
        CodePurpose::SignIn => "sign_in_code",
        CodePurpose::VerifyIdentifier => "verify_identifier",
        CodePurpose::PasswordReset => "password_reset",
    }
}

/// The last message to somebody who wanted to be forgotten: nothing of it stays but that it went.
pub const FAREWELL: &str = "account_deleted";

/// Whether messages of this template hold a secret: nobody may read or repeat them, and their body is wiped.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    const WITH_CODE: [&str; 7] = [
        "pickup_ready",
        "pickup_reminder",
        "pickup_short",
        "store_reservation",
        "store_reservation_reminder",
        "gift_card",
        // Not a secret, but the last that is known of somebody.
        FAREWELL,
    ];
    WITH_CODE.contains(&name) || is_of_code(name)
}

/// Whether messages of this template bring a one-time code.
#[must_use]
pub fn is_of_code(name: &str) -> bool {
    CodePurpose::ALL.iter().any(|purpose| code_name(*purpose) == name)
}

/// Why messages of this template may be sent: those that advertise or ask need consent, all others belong to a purchase
/// or an account.
#[must_use]
pub fn class(name: &str) -> MessageClass {
    match name {
        "survey" => MessageClass::Survey,
        "thanks" | "shipping_news" | "how_to_use" | "review_request" | "cross_sell" | "win_back" | "replenishment"
        | "birthday" | "anniversary" | "cart_left" | "engaged" => MessageClass::Marketing,
        _ => MessageClass::Transactional,
    }
}
