//! What lies in a cart, and how equal things are put together. Pure.

use entity::cart_line;
use entity::id::{CartLineId, LocationId};
use entity::words::DeliveryMethod;
use serde_json::Value;

use crate::pricing::totals::MAX_QUANTITY;
use crate::{Error, ErrorCode, Result};

/// What happens to units beyond the most that a line may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// The change is refused.
    Refuse,
    /// The line stops at its limit.
    Cap,
}

/// A path below another.
pub(crate) fn at(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

/// Error: `INVALID_QUANTITY` outside 1 to 9,999.
pub(crate) fn check_quantity(quantity: i64, path: &str) -> Result<()> {
    if (1..=MAX_QUANTITY).contains(&quantity) { Ok(()) } else { Err(bad_quantity(path)) }
}

fn bad_quantity(path: &str) -> Error {
    Error::invalid_with(ErrorCode::InvalidQuantity, at(path, "quantity"), vec![("max", MAX_QUANTITY.to_string())])
}

/// Whether something may be delivered like this. Errors: `REQUIRED` for a pickup without place, `INVALID` for a place
/// without pickup and for local delivery, which no location offers yet; `CARRY_OUT_ONLY_AT_TILL`.
pub(crate) fn check_choice(
    delivery: DeliveryMethod,
    pickup: Option<LocationId>,
    at_till: bool,
    path: &str,
) -> Result<()> {
    match delivery {
        DeliveryMethod::Pickup if pickup.is_none() => {
            Err(Error::invalid(ErrorCode::Required, at(path, "pickupLocationId")))
        }
        DeliveryMethod::Pickup => Ok(()),
        _ if pickup.is_some() => Err(Error::invalid(ErrorCode::Invalid, at(path, "pickupLocationId"))),
        DeliveryMethod::CarryOut if !at_till => {
            Err(Error::invalid(ErrorCode::CarryOutOnlyAtTill, at(path, "delivery")))
        }
        DeliveryMethod::LocalDelivery => Err(Error::invalid(ErrorCode::Invalid, at(path, "delivery"))),
        DeliveryMethod::Ship | DeliveryMethod::CarryOut => Ok(()),
    }
}

/// The position after the last line.
pub(crate) fn next_position(lines: &[cart_line::Model]) -> i32 {
    lines.iter().map(|line| line.position).max().unwrap_or(0).saturating_add(1)
}

/// Whether two lines are the same thing by the same way.
fn alike(one: &cart_line::Model, other: &cart_line::Model) -> bool {
    one.variant_id == other.variant_id
        && one.delivery == other.delivery
        && one.pickup_location_id == other.pickup_location_id
        && one.metadata == other.metadata
}

/// Adds a line: onto the one that is alike, else at the end. Returns which line has it now. Error: `INVALID_QUANTITY`
/// beyond the limit when that is refused.
pub(crate) fn put(
    lines: &mut Vec<cart_line::Model>,
    line: cart_line::Model,
    overflow: Overflow,
    path: &str,
) -> Result<CartLineId> {
    let Some(present) = lines.iter_mut().find(|present| alike(present, &line)) else {
        let id = line.id;
        lines.push(line);
        return Ok(id);
    };
    let sum = present.quantity.saturating_add(line.quantity);
    present.quantity = match overflow {
        Overflow::Refuse if sum > MAX_QUANTITY => return Err(bad_quantity(path)),
        Overflow::Refuse | Overflow::Cap => sum.min(MAX_QUANTITY),
    };
    Ok(present.id)
}

/// Puts a line back among those that it was copied from, or that were copied from it: the larger number of units holds,
/// so that nothing doubles and nothing is lost. Whom a gift is for did not go along, so it does not tell lines apart; who
/// of both knows it keeps it.
pub(crate) fn put_back(lines: &mut Vec<cart_line::Model>, line: cart_line::Model) {
    let copied = bare(&line);
    let is_same = |present: &cart_line::Model| alike(&bare(present), &copied);
    let at = lines
        .iter()
        .position(|present| alike(present, &line))
        // Of several gifts of the same thing each goes to a line of its own.
        .or_else(|| lines.iter().position(|present| is_same(present) && is_bare(present)))
        .or_else(|| lines.iter().position(is_same));
    let Some(present) = at.and_then(|at| lines.get_mut(at)) else {
        lines.push(line);
        return;
    };
    present.quantity = present.quantity.max(line.quantity);
    if is_bare(present) {
        present.metadata = line.metadata;
    }
}

fn is_bare(line: &cart_line::Model) -> bool {
    without_people(&line.metadata) == line.metadata
}

fn bare(line: &cart_line::Model) -> cart_line::Model {
    cart_line::Model { metadata: without_people(&line.metadata), ..line.clone() }
}

/// Metadata of a line without whom a gift is for, and what is said to them.
pub(crate) fn without_people(metadata: &Value) -> Value {
    let Some(fields) = metadata.as_object() else { return metadata.clone() };
    let kept = fields.iter().filter(|(name, _)| !name.starts_with("gift_card."));
    Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use entity::id::{CartId, VariantId};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn line(number: u128, variant: u128, quantity: i64) -> cart_line::Model {
        cart_line::Model {
            id: CartLineId(Uuid::from_u128(number)),
            cart_id: CartId(Uuid::nil()),
            variant_id: VariantId(Uuid::from_u128(variant)),
            quantity,
            delivery: DeliveryMethod::Ship,
            pickup_location_id: None,
            price_seen: 0,
            position: 1,
            metadata: serde_json::json!({}),
            created_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_same_thing_by_another_way_is_another_line() {
        let mut lines = vec![line(1, 7, 2)];
        put(&mut lines, line(2, 7, 3), Overflow::Refuse, "").unwrap();
        let pickup = cart_line::Model {
            delivery: DeliveryMethod::Pickup,
            pickup_location_id: Some(LocationId(Uuid::nil())),
            ..line(3, 7, 1)
        };
        put(&mut lines, pickup, Overflow::Refuse, "").unwrap();
        let engraved = cart_line::Model { metadata: serde_json::json!({ "gift.text": "A" }), ..line(4, 7, 1) };
        put(&mut lines, engraved, Overflow::Refuse, "").unwrap();
        assert_eq!(lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [5, 1, 1]);
    }

    #[test]
    fn limits_refuse_or_cap() {
        let mut lines = vec![line(1, 7, 9_998)];
        let refused = put(&mut lines, line(2, 7, 2), Overflow::Refuse, "lines.1").unwrap_err();
        assert_eq!((refused.code(), refused.path()), (ErrorCode::InvalidQuantity, "lines.1.quantity"));
        assert_eq!(lines[0].quantity, 9_998);
        put(&mut lines, line(2, 7, 2), Overflow::Cap, "").unwrap();
        assert_eq!(lines[0].quantity, MAX_QUANTITY);
        for quantity in [i64::MIN, -1, 0, 10_000, i64::MAX] {
            assert_eq!(check_quantity(quantity, "").unwrap_err().path(), "quantity");
        }
    }

    #[test]
    fn a_choice_must_make_sense() {
        let place = Some(LocationId(Uuid::nil()));
        let code =
            |delivery, pickup, at_till| check_choice(delivery, pickup, at_till, "").err().map(|error| error.code());
        assert_eq!(code(DeliveryMethod::Ship, None, false), None);
        assert_eq!(code(DeliveryMethod::Ship, place, false), Some(ErrorCode::Invalid));
        assert_eq!(code(DeliveryMethod::Pickup, place, false), None);
        assert_eq!(code(DeliveryMethod::Pickup, None, true), Some(ErrorCode::Required));
        assert_eq!(code(DeliveryMethod::CarryOut, None, true), None);
        assert_eq!(code(DeliveryMethod::CarryOut, None, false), Some(ErrorCode::CarryOutOnlyAtTill));
        assert_eq!(code(DeliveryMethod::LocalDelivery, None, true), Some(ErrorCode::Invalid));
    }

    #[test]
    fn whom_gifts_are_for_is_kept_whichever_way_they_come_back() {
        let gift = |number, to: &str| cart_line::Model {
            metadata: serde_json::json!({ "gift_card.recipient_email": to }),
            ..line(number, 7, 2)
        };
        let known = [gift(1, "a@x.example"), gift(2, "b@x.example")];
        let copied = [line(3, 7, 3), line(4, 7, 1)];
        for (present, coming, quantities) in [(&copied, &known, [3, 2]), (&known, &copied, [3, 2])] {
            let mut lines = present.to_vec();
            for line in coming {
                put_back(&mut lines, line.clone());
            }
            assert_eq!(lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), quantities);
            let people: Vec<_> = lines.iter().map(|line| line.metadata.clone()).collect();
            assert_eq!(people, known.iter().map(|line| line.metadata.clone()).collect::<Vec<_>>());
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_below_the_limit(wanted in prop::collection::vec((1..6_u128, 1..=200_i64), 0..40)) {
            let mut lines = Vec::new();
            for (number, (variant, quantity)) in (1..).zip(&wanted) {
                put(&mut lines, line(number, *variant, *quantity), Overflow::Cap, "").unwrap();
            }
            let sum = |lines: &[i64]| lines.iter().sum::<i64>();
            let kept: Vec<i64> = lines.iter().map(|line| line.quantity).collect();
            prop_assert_eq!(sum(&kept), wanted.iter().map(|(_, quantity)| quantity).sum::<i64>());
            prop_assert!(lines.len() <= 5);
        }
    }
}
