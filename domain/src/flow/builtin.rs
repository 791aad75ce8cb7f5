//! The flows that come with the product: one for each message that belongs to a purchase or an account, with nothing but
//! a switch, and those that follow a purchase, written like a merchant would write them.

use serde_json::Value;

use super::definition::{Definition, Trigger};
use super::parse;
use crate::kernel::{Error, Result};

/// A flow that comes with the product.
#[derive(Debug, Clone)]
pub struct BuiltIn {
    /// Its code.
    pub code: &'static str,
    /// Name that people read.
    pub name: &'static str,
    /// What it does.
    pub definition: Definition,
}

/// Messages without which nobody gets into an account, or learns that somebody else did: they cannot be switched off.
pub const PROTECTED: &[&str] =
    &["sign_in_code", "verify_identifier", "password_reset", "password_changed", "account_deleted"];

/// Messages that belong to a purchase or an account, with the name of their switch.
pub const MESSAGES: &[(&str, &str)] = &[
    ("order_confirmation", "Order confirmation"),
    ("pos_receipt", "Receipt of a till"),
    ("sign_in_code", "Code to sign in"),
    ("verify_identifier", "Code that proves an address"),
    ("password_reset", "Code for a new password"),
    ("password_changed", "New password was set"),
    ("account_deleted", "Account was deleted"),
    ("pickup_preparing", "Pickup: being prepared"),
    ("pickup_ready", "Pickup: ready"),
    ("pickup_reminder", "Pickup: reminder"),
    ("pickup_expired", "Pickup: expired"),
    ("pickup_collected", "Pickup: collected"),
    ("pickup_short", "Pickup: choose again"),
    ("pickup_canceled", "Pickup: canceled"),
    ("store_reservation", "Reservation in a store"),
    ("store_reservation_reminder", "Reservation in a store: reminder"),
    ("store_reservation_expired", "Reservation in a store: over"),
    ("shipment_shipped", "Parcel: left"),
    ("shipment_out_for_delivery", "Parcel: comes today"),
    ("shipment_delayed", "Parcel: late"),
    ("shipment_delivered", "Parcel: arrived"),
    ("shipment_failed", "Parcel: could not be delivered"),
    ("shipment_returned", "Parcel: came back"),
    ("exchange_shipped", "Exchange: left"),
    ("exchange_defaulted", "Exchange: goods did not come back"),
    ("exchange_canceled", "Exchange: given up"),
    ("order_delayed", "Order: delayed"),
    ("order_changed", "Order: changed"),
    ("order_units_canceled", "Order: goods canceled"),
    ("order_canceled", "Order: canceled"),
    ("order_payment_requested", "Order: to be paid by a link"),
    ("payment_received", "Payment: received"),
    ("payment_failed", "Payment: failed"),
    ("payment_reminder", "Payment: reminder"),
    ("payment_expired", "Payment: too late"),
    ("payment_link", "Payment: link"),
    ("refund_issued", "Refund: decided"),
    ("refund_executed", "Refund: paid"),
    ("return_requested", "Return: asked for"),
    ("return_approved", "Return: approved"),
    ("return_declined", "Return: declined"),
    ("return_received", "Return: received"),
    ("return_reminder", "Return: reminder"),
    ("claim_resolved", "Claim: answered"),
    ("gift_card", "Gift card"),
    ("store_credit_issued", "Store credit: came in"),
    ("store_credit_expiring", "Store credit: runs out"),
    ("points_expiring", "Points: run out"),
];

/// Flows with steps: code, name and definition.
const STEPPED: &[(&str, &str, &str)] = &[
    ("thanks", "After a purchase: thanks", include_str!("builtin/thanks.json")),
    ("shipping_news", "After a purchase: on its way", include_str!("builtin/shipping_news.json")),
    ("how_to_use", "After a purchase: how to use it", include_str!("builtin/how_to_use.json")),
    ("review_request", "After a purchase: review request", include_str!("builtin/review_request.json")),
    ("cross_sell", "After a purchase: what goes with it", include_str!("builtin/cross_sell.json")),
    ("win_back", "After a long absence", include_str!("builtin/win_back.json")),
    ("survey", "Survey after delivery", include_str!("builtin/survey.json")),
    ("replenishment", "Replenishment", include_str!("builtin/replenishment.json")),
    ("cart_left", "Abandoned cart", include_str!("builtin/cart_left.json")),
    ("back_in_stock", "Back in stock", include_str!("builtin/back_in_stock.json")),
    ("birthday", "Birthday", include_str!("builtin/birthday.json")),
    ("anniversary", "Anniversary of the first purchase", include_str!("builtin/anniversary.json")),
    ("engaged", "Invitation for those who look again and again", include_str!("builtin/engaged.json")),
];

/// All of them. Error: `Bug` for a definition that cannot be read, which a test rules out.
pub fn all() -> Result<Vec<BuiltIn>> {
    let message = |(code, name): &(&'static str, &'static str)| BuiltIn {
        code,
        name,
        definition: Definition {
            trigger: Trigger::Message { template: (*code).to_owned() },
            filters: super::condition::Conditions::default(),
            steps: Vec::new(),
            exits: Vec::new(),
            guards: Vec::new(),
        },
    };
    let stepped = |(code, name, text): &(&'static str, &'static str, &'static str)| {
        let value: Value = serde_json::from_str(text).map_err(|error| Error::Bug(format!("{code}: {error}")))?;
        Ok::<_, Error>(BuiltIn { code, name, definition: parse::stored(&value)? })
    };
    let mut all: Vec<BuiltIn> = MESSAGES.iter().map(message).collect();
    for one in STEPPED {
        all.push(stepped(one)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use entity::words::MessageClass;

    use super::*;
    use crate::flow::{check, outbox, save};

    #[test]
    fn every_built_in_flow_can_be_followed() {
        for (code, _, text) in STEPPED {
            let value: Value = serde_json::from_str(text).expect("json");
            let definition = save::checked(code, &value).expect("it can be followed");
            let own: BTreeSet<&str> = definition.templates().collect();
            assert_eq!(own, [*code].into(), "a built-in flow sends the message of its name");
        }
        let codes: BTreeSet<&str> = all().expect("all").iter().map(|one| one.code).collect();
        assert_eq!(codes.len(), MESSAGES.len() + STEPPED.len(), "each code once");
        for template in outbox::TEMPLATES {
            assert!(codes.contains(template), "{template} has its flow");
        }
        for code in PROTECTED {
            assert!(codes.contains(code), "{code} has its row");
        }
    }

    #[test]
    fn only_what_belongs_to_a_purchase_is_on_from_the_start() {
        let on: Vec<&str> = all()
            .expect("all")
            .iter()
            .filter(|one| !one.definition.steps.is_empty())
            .filter(|one| check::class(&one.definition) == MessageClass::Transactional)
            .map(|one| one.code)
            .collect();
        assert_eq!(on, ["back_in_stock"]);
        for (code, _) in MESSAGES {
            assert_eq!(outbox::class(code), MessageClass::Transactional, "{code}");
        }
    }
}
