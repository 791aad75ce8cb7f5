//! Closed vocabularies kept as text: readable in the database, checked there by a CHECK constraint.

/// The text is not a word of the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {vocabulary}")]
pub struct ParseWordError {
    /// Name of the vocabulary.
    pub vocabulary: &'static str,
    /// What was read.
    pub text: String,
}

/// A closed set of words, told apart by name and explained one by one: what APIs show as an enum.
pub trait Vocabulary: Copy + Eq + Send + Sync + std::fmt::Debug + 'static {
    /// Its name.
    const NAME: &'static str;
    /// What it is about.
    const MEANING: &'static str;
    /// Every word.
    const WORDS: &'static [Self];

    /// The word as it is stored.
    fn word(self) -> &'static str;

    /// What the word means.
    fn meaning(self) -> &'static str;
}

/// Declares an enum whose variants are written as `SCREAMING_SNAKE_CASE` words.
macro_rules! word {
    ($(#[doc = $doc:literal])+ pub enum $name:ident { $($(#[doc = $word_doc:literal])+ $variant:ident = $text:literal,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, sea_orm::DeriveValueType)]
        #[sea_orm(value_type = "String")]
        pub enum $name {
            $($(#[doc = $word_doc])+ #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every word of the vocabulary.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word as it is stored and shown.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl $crate::word::Vocabulary for $name {
            const NAME: &'static str = stringify!($name);
            const MEANING: &'static str = concat!($($doc),+);
            const WORDS: &'static [Self] = Self::ALL;

            fn word(self) -> &'static str {
                self.as_str()
            }

            fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($word_doc),+),)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::word::ParseWordError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::word::ParseWordError { vocabulary: stringify!($name), text: text.to_owned() }),
                }
            }
        }
    };
}
pub(crate) use word;
