//! The vocabularies of the domain as GraphQL enums, without a second list of their words.

use std::borrow::Cow;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::{Deprecation, MetaEnumValue, MetaType, MetaTypeId, Registry};
use async_graphql::{
    ContextSelectionSet, InputType, InputValueError, InputValueResult, Name, OutputType, Positioned, ServerResult,
    Value,
};
use entity::word::Vocabulary;

/// A word of a vocabulary such as `entity::words::OrderStatus`, shown as a GraphQL enum of the same name with the
/// descriptions that the words carry. Output: `Word(model.status)`. Input: a field of type `Word<OrderStatus>`, read
/// with `.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<T>(pub T);

impl<T> From<T> for Word<T> {
    fn from(word: T) -> Self {
        Self(word)
    }
}

/// A list of words, such as `supportedActions`.
pub fn words<T>(words: impl IntoIterator<Item = T>) -> Vec<Word<T>> {
    words.into_iter().map(Word).collect()
}

/// The word as an enum value: capitals and underscores only (GraphQL October 2021, §2.1.9), so `catalog.read`
/// becomes `CATALOG_READ`.
fn shown(word: &'static str) -> Cow<'static, str> {
    if word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(word.to_ascii_uppercase().replace(['.', '-', ' '], "_"))
    }
}

fn enum_value<T: Vocabulary>(word: T) -> MetaEnumValue {
    MetaEnumValue {
        name: shown(word.word()).into_owned(),
        description: Some(word.meaning().trim().to_owned()),
        deprecation: Deprecation::NoDeprecated,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        directive_invocations: Vec::new(),
    }
}

fn enum_type<T: Vocabulary>(registry: &mut Registry) -> String {
    registry.create_input_type::<Word<T>, _>(MetaTypeId::Enum, |_| MetaType::Enum {
        name: T::NAME.to_owned(),
        description: Some(T::MEANING.trim().to_owned()),
        enum_values: T::WORDS
            .iter()
            .map(|word| (shown(word.word()).into_owned(), enum_value(*word)))
            .collect::<IndexMap<_, _>>(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: Some(std::any::type_name::<Word<T>>()),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    })
}

impl<T: Vocabulary> InputType for Word<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }

    fn create_type_info(registry: &mut Registry) -> String {
        enum_type::<T>(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let value = value.unwrap_or_default();
        let text = match &value {
            Value::Enum(name) => name.as_str(),
            Value::String(text) => text.as_str(),
            Value::Null
            | Value::Number(_)
            | Value::Boolean(_)
            | Value::Binary(_)
            | Value::List(_)
            | Value::Object(_) => {
                return Err(InputValueError::expected_type(value));
            }
        };
        T::WORDS
            .iter()
            .find(|word| shown(word.word()) == text)
            .map(|word| Self(*word))
            .ok_or_else(|| InputValueError::custom(format_args!("not a value of {}", T::NAME)))
    }

    fn to_value(&self) -> Value {
        Value::Enum(Name::new(shown(self.0.word())))
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        Some(self)
    }
}

impl<T: Vocabulary> OutputType for Word<T> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }

    fn create_type_info(registry: &mut Registry) -> String {
        enum_type::<T>(registry)
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(InputType::to_value(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Permission;
    use entity::words::OrderStatus;

    #[test]
    fn words_read_back_as_they_were_shown() {
        for status in OrderStatus::ALL {
            let shown = Word(*status).to_value();
            assert_eq!(Word::<OrderStatus>::parse(Some(shown)).ok(), Some(Word(*status)));
        }
        assert_eq!(Word(Permission::CatalogRead).to_value(), Value::Enum(Name::new("CATALOG_READ")));
        assert!(Word::<OrderStatus>::parse(Some(Value::from("LOST"))).is_err());
        assert!(Word::<OrderStatus>::parse(None).is_err());
    }
}
