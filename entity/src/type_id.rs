//! How ids are written: `prefix_` and a UUID in Crockford base32 (the TypeID 0.3 text form).

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX_LENGTH: usize = 26;

/// The text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of kind `{prefix}`")]
pub struct ParseIdError {
    /// The prefix that was wanted.
    pub prefix: &'static str,
}

/// Writes a UUID as `prefix_` and 26 characters.
#[must_use]
pub fn encode(prefix: &str, id: Uuid) -> String {
    let bits = id.as_u128();
    let mut text = String::with_capacity(prefix.len() + 1 + SUFFIX_LENGTH);
    text.push_str(prefix);
    text.push('_');
    for position in (0..SUFFIX_LENGTH).rev() {
        let digit = usize::try_from((bits >> (position * 5)) & 31).unwrap_or_default();
        text.push(char::from(ALPHABET.get(digit).copied().unwrap_or(b'0')));
    }
    text
}

/// Reads what [`encode`] wrote; upper case, other prefixes and overlong values are refused.
pub fn decode(prefix: &'static str, text: &str) -> Result<Uuid, ParseIdError> {
    let refused = ParseIdError { prefix };
    let suffix = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .filter(|suffix| suffix.len() == SUFFIX_LENGTH)
        .ok_or_else(|| refused.clone())?;
    // 26 × 5 bits are 130: the first digit may only use three of its five.
    if suffix.as_bytes().first().is_none_or(|first| *first > b'7') {
        return Err(refused);
    }
    suffix
        .bytes()
        .try_fold(0_u128, |bits, byte| {
            let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
            Some((bits << 5) | u128::try_from(digit).ok()?)
        })
        .map(Uuid::from_u128)
        .ok_or(refused)
}

/// Declares a typed id: swapping an order id and a location id does not compile.
macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// What its text form begins with.
            pub const PREFIX: &'static str = $prefix;

            /// The bare UUID.
            #[must_use]
            pub const fn uuid(self) -> uuid::Uuid {
                self.0
            }
        }

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::type_id::encode($prefix, self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::type_id::ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::type_id::decode($prefix, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use typed_id;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        // The vector of the TypeID specification.
        let id = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").expect("valid");
        let text = encode("prefix", id);
        assert_eq!(text, "prefix_01h455vb4pex5vsknk084sn02q");
        assert_eq!(decode("prefix", &text), Ok(id));
    }

    #[test]
    fn other_kinds_and_nonsense_are_refused() {
        for text in [
            "order_01h455vb4pex5vsknk084sn02q",
            "prefix_",
            "prefix_81h455vb4pex5vsknk084sn02q",
            "prefix_01H455VB4PEX5VSKNK084SN02Q",
            "",
            "prefix_01h455vb4pex5vsknk084sn0é",
        ] {
            assert!(decode("prefix", text).is_err(), "{text}");
        }
    }
}
