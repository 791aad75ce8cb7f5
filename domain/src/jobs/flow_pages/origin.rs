//! What asks for the messages that have no steps. A test holds it against the handlers, the schedules and the schemas.

/// What asks for a message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin {
    /// An event: the handler that hears it, its kind, and what must be so beside it.
    Event(&'static str, &'static str, &'static str),
    /// A call of the API.
    Call(&'static str),
    /// A schedule: the kind of its job, and what it finds.
    Clock(&'static str, &'static str),
}

use Origin::{Call, Clock, Event};

/// By the code of the flow, which is the name of the message.
pub(super) const ORIGINS: &[(&str, &[Origin])] = &[
    ("order_confirmation", &[Event("order_mail", "order_placed", "web or phone")]),
    ("pos_receipt", &[Event("order_mail", "order_placed", "at a till")]),
    ("sign_in_code", &[Call("customerSignInCodeRequest")]),
    (
        "verify_identifier",
        &[Call("customerRegister"), Call("customerVerificationRequest"), Call("customerPhoneVerificationRequest")],
    ),
    ("password_reset", &[Call("passwordResetRequest")]),
    ("password_changed", &[Event("account_mail", "customer_password_reset", "")]),
    ("account_deleted", &[Call("customerErase")]),
    ("pickup_preparing", &[Event("pickup_mail", "pickup_started", "")]),
    ("pickup_ready", &[Event("pickup_mail", "pickup_ready", ""), Event("pickup_mail", "pickup_code_renewed", "")]),
    ("pickup_reminder", &[Event("pickup_mail", "pickup_reminded", "")]),
    ("pickup_expired", &[Event("pickup_mail", "pickup_expired", "")]),
    ("pickup_collected", &[Event("pickup_mail", "pickup_collected", "")]),
    ("pickup_short", &[Event("pickup_mail", "pickup_short", "")]),
    ("pickup_canceled", &[Event("pickup_mail", "pickup_canceled", "no other mail says it")]),
    ("store_reservation", &[Event("store_reservation_mail", "store_reservation_created", "")]),
    ("store_reservation_reminder", &[Event("store_reservation_mail", "store_reservation_reminded", "")]),
    ("store_reservation_expired", &[Event("store_reservation_mail", "store_reservation_expired", "")]),
    ("shipment_shipped", &[Event("shipment_mail", "shipment_dispatched", "")]),
    ("shipment_out_for_delivery", &[Event("shipment_mail", "shipment_tracked", "to OUT_FOR_DELIVERY")]),
    ("shipment_delayed", &[Event("shipment_mail", "shipment_delayed", "still under way")]),
    ("shipment_delivered", &[Event("shipment_mail", "shipment_tracked", "to DELIVERED")]),
    ("shipment_failed", &[Event("shipment_mail", "shipment_tracked", "to FAILED")]),
    ("shipment_returned", &[Event("shipment_mail", "shipment_tracked", "to RETURN_TO_SENDER")]),
    ("exchange_shipped", &[Event("shipment_mail", "shipment_dispatched", "new goods of an exchange")]),
    ("exchange_defaulted", &[Event("exchange_mail", "exchange_defaulted", "")]),
    ("exchange_canceled", &[Event("exchange_mail", "exchange_canceled", "")]),
    ("order_delayed", &[Event("delay_mail", "fulfillment_order_rejected", "no other location has the goods")]),
    ("order_changed", &[Event("order_change_mail", "order_changed", "notify")]),
    ("order_units_canceled", &[Event("order_change_mail", "order_canceled_by_request", "notify, something is left")]),
    ("order_canceled", &[Event("order_change_mail", "order_canceled_by_request", "notify, nothing is left")]),
    ("order_payment_requested", &[Event("order_change_mail", "order_payment_requested", "notify")]),
    ("payment_received", &[Event("money_mail", "payment_captured", "somebody waited for it")]),
    (
        "payment_failed",
        &[
            Event("money_mail", "payment_capture_failed", "the order still needs it"),
            Event("money_mail", "payment_authorization_expired", "the order still needs it"),
        ],
    ),
    ("payment_reminder", &[Event("money_mail", "payment_reminded", "")]),
    ("payment_expired", &[Event("money_mail", "payment_overdue", "the order was canceled")]),
    ("payment_link", &[Event("money_mail", "payment_link_opened", "unless notify is false")]),
    ("refund_issued", &[Event("money_mail", "refund_issued", "no other mail says it")]),
    ("refund_executed", &[Event("money_mail", "refund_executed", "a part that waited")]),
    ("return_requested", &[Event("return_mail", "return_requested", "")]),
    ("return_approved", &[Event("return_mail", "return_approved", "goods are to come")]),
    ("return_declined", &[Event("return_mail", "return_declined", "")]),
    (
        "return_received",
        &[Event("return_mail", "return_partly_received", ""), Event("return_mail", "return_received", "")],
    ),
    ("return_reminder", &[Event("return_mail", "return_reminded", "")]),
    ("claim_resolved", &[Event("return_mail", "claim_resolved", "")]),
    (
        "gift_card",
        &[
            Event("gift_cards", "order_placed", "paid at once"),
            Event("gift_cards", "payment_captured", "paid by it"),
            Clock("attend_stored_value", "the day that the giver chose"),
            Call("giftCardIssue"),
            Call("giftCardResend"),
        ],
    ),
    ("store_credit_issued", &[Event("store_credit_mail", "store_credit_issued", "")]),
    ("store_credit_expiring", &[Clock("attend_stored_value", "30 days before the end")]),
    ("points_expiring", &[Clock("attend_stored_value", "30 days before the end")]),
];

/// What asks for a message; nothing for one that the list lacks.
pub(super) fn of(code: &str) -> &'static [Origin] {
    ORIGINS.iter().find(|(name, _)| *name == code).map_or(&[], |(_, origins)| origins)
}

impl Origin {
    /// In words, as it stands in pictures.
    pub(super) fn said(&self) -> String {
        match self {
            Event(_, kind, "") => (*kind).to_owned(),
            Event(_, kind, beside) => format!("{kind}: {beside}"),
            Call(name) => format!("call {name}"),
            Clock(_, found) => format!("clock: {found}"),
        }
    }
}
