//! Who is in which group: the same person in the same flow always is in the same one, and no list of it is kept.

use sha2::{Digest, Sha256};

use super::definition::Variant;

/// A number below `of` that is always the same for a text.
fn bucket(text: &str, of: u64) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    number.checked_rem(of).unwrap_or_default()
}

/// Whether somebody gets nothing, to compare with. `who` is the customer, or the subject of a run about nobody known.
pub(super) fn is_held_out(flow: &str, who: &str, percent: i32) -> bool {
    let limit = u64::try_from(percent).unwrap_or_default() * 100;
    bucket(&format!("{flow}\u{1f}{who}\u{1f}hold-out"), 10_000) < limit
}

/// The group of somebody; `None` when there are no groups.
pub(super) fn variant<'a>(flow: &str, who: &str, variants: &'a [Variant]) -> Option<&'a Variant> {
    let whole: u64 = variants.iter().map(|variant| u64::from(variant.weight)).sum();
    let mut at = bucket(&format!("{flow}\u{1f}{who}\u{1f}variant"), whole);
    variants.iter().find(|variant| match at.checked_sub(variant.weight.into()) {
        Some(rest) => {
            at = rest;
            false
        }
        None => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_stable_and_as_large_as_their_weights_say() {
        let of = |name: &str, weight| Variant { name: name.to_owned(), weight, template: String::new() };
        let variants = [of("A", 3), of("B", 1)];
        let name = |who: u32| variant("f", &who.to_string(), &variants).expect("a group").name.clone();
        assert_eq!(name(7), name(7));
        let share = (0..10_000).filter(|who| name(*who) == "A").count();
        assert!((7_300..7_700).contains(&share), "{share}");
        let held = |flow: &str| (0..10_000).filter(|who| is_held_out(flow, &who.to_string(), 10)).count();
        assert!((900..1_100).contains(&held("f")), "{}", held("f"));
        assert_eq!((0..1_000).filter(|who| is_held_out("f", &who.to_string(), 0)).count(), 0);
        // Two flows do not hold out the same people.
        let both = |who: &u32| is_held_out("f", &who.to_string(), 10) && is_held_out("g", &who.to_string(), 10);
        assert!((0..10_000).filter(both).count() < 200);
        assert_eq!(variant("f", "x", &[]), None);
    }
}
