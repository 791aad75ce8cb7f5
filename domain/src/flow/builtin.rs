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
    /// Which revision of it this is, from 1: flows that nobody edited follow to a higher one.
    pub revision: u32,
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

/// Flows with steps: code, name, revision and definition. Whoever changes a definition raises its revision.
const STEPPED: &[(&str, &str, u32, &str)] = &[
    ("thanks", "After a purchase: thanks", 1, include_str!("builtin/thanks.json")),
    ("shipping_news", "After a purchase: on its way", 1, include_str!("builtin/shipping_news.json")),
    ("how_to_use", "After a purchase: how to use it", 2, include_str!("builtin/how_to_use.json")),
    ("review_request", "After a purchase: review request", 2, include_str!("builtin/review_request.json")),
    ("cross_sell", "After a purchase: what goes with it", 2, include_str!("builtin/cross_sell.json")),
    ("win_back", "After a long absence", 1, include_str!("builtin/win_back.json")),
    ("survey", "Survey after delivery", 2, include_str!("builtin/survey.json")),
    ("replenishment", "Replenishment", 1, include_str!("builtin/replenishment.json")),
    ("cart_left", "Abandoned cart", 1, include_str!("builtin/cart_left.json")),
    ("back_in_stock", "Back in stock", 1, include_str!("builtin/back_in_stock.json")),
    ("birthday", "Birthday", 1, include_str!("builtin/birthday.json")),
    ("anniversary", "Anniversary of the first purchase", 1, include_str!("builtin/anniversary.json")),
    ("engaged", "Invitation for those who look again and again", 1, include_str!("builtin/engaged.json")),
];

/// All of them. Error: `Bug` for a definition that cannot be read, which a test rules out.
pub fn all() -> Result<Vec<BuiltIn>> {
    let message = |(code, name): &(&'static str, &'static str)| BuiltIn {
        code,
        name,
        revision: 1,
        definition: Definition {
            trigger: Trigger::Message { template: (*code).to_owned() },
            filters: super::condition::Conditions::default(),
            steps: Vec::new(),
            exits: Vec::new(),
            guards: Vec::new(),
        },
    };
    let stepped = |(code, name, revision, text): &(&'static str, &'static str, u32, &'static str)| {
        let value: Value = serde_json::from_str(text).map_err(|error| Error::Bug(format!("{code}: {error}")))?;
        Ok::<_, Error>(BuiltIn { code, name, revision: *revision, definition: parse::stored(&value)? })
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
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::flow::{check, outbox, save};

    #[test]
    fn every_built_in_flow_can_be_followed() {
        for (code, _, _, text) in STEPPED {
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

    /// The definitions as they were released: code, revision and the first eight bytes of the text's SHA-256. Shops
    /// that have a flow get a changed definition by its higher revision only. (A text that only looks otherwise needs
    /// none.)
    const RELEASED: &[(&str, u32, u64)] = &[
        ("thanks", 1, 0xce6a_1ffe_ec68_4f8b),
        ("shipping_news", 1, 0x91cd_c129_f008_512a),
        ("how_to_use", 2, 0xafec_5465_18f0_e881),
        ("review_request", 2, 0x05a0_54b3_a537_7600),
        ("cross_sell", 2, 0xd433_bdfa_dde8_ff2a),
        ("win_back", 1, 0x14c3_339c_7f3e_74aa),
        ("survey", 2, 0xdfba_5f15_59f2_4aa5),
        ("replenishment", 1, 0x4b2e_801e_a25f_a779),
        ("cart_left", 1, 0x9000_8611_4dce_7d7a),
        ("back_in_stock", 1, 0xad0e_6126_9987_6ecc),
        ("birthday", 1, 0x5db1_92e7_a276_4757),
        ("anniversary", 1, 0xb808_ba80_7ccf_832f),
        ("engaged", 1, 0x4a16_3113_26a5_fa7b),
    ];

    #[test]
    fn a_definition_that_changed_is_a_new_revision() {
        let digest = |text: &str| {
            let digest = Sha256::digest(text.as_bytes());
            digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte))
        };
        let now: Vec<_> = STEPPED.iter().map(|(code, _, revision, text)| (*code, *revision, digest(text))).collect();
        assert_eq!(now, RELEASED);
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
