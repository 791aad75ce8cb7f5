//! What surveys ask, in the reader's language.

use async_graphql::{Context, Object, SimpleObject};
use domain::kernel::text::in_language;
use domain::survey::question::{Choice, Question};
use entity::words::QuestionKind;
use serde_json::Value;

use super::product::locale_of;
use crate::scalar::Locale;
use crate::word::Word;

/// A text in one language.
#[derive(Clone, Debug, SimpleObject)]
pub struct SurveyText {
    /// The language.
    pub locale: Locale,
    /// The text.
    pub text: String,
}

pub(super) fn texts(all: &Value) -> Vec<SurveyText> {
    let all = all.as_object().into_iter().flatten();
    all.filter_map(|(locale, text)| {
        let text = text.as_str()?.to_owned();
        Some(SurveyText { locale: Locale(locale.clone()), text })
    })
    .collect()
}

/// A question of a survey.
#[derive(Clone, Debug)]
pub struct SurveyQuestion(pub Question);

/// A question of a survey.
#[Object]
impl SurveyQuestion {
    /// Its name in answers.
    async fn id(&self) -> &str {
        &self.0.id
    }

    /// How it is answered.
    async fn kind(&self) -> Word<QuestionKind> {
        Word(self.0.kind)
    }

    /// The question in the reader's language.
    async fn text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The language; the request's own when left out.")] locale: Option<Locale>,
    ) -> String {
        in_language(&self.0.text, &locale_of(ctx, locale))
    }

    /// The question in every language it has.
    async fn texts(&self) -> Vec<SurveyText> {
        texts(&self.0.text)
    }

    /// Whether nothing is answered without it.
    async fn required(&self) -> bool {
        self.0.required
    }

    /// Least score; null of other kinds.
    async fn min(&self) -> Option<i32> {
        (self.0.kind == QuestionKind::Score).then_some(self.0.min)
    }

    /// Highest score; null of other kinds.
    async fn max(&self) -> Option<i32> {
        (self.0.kind == QuestionKind::Score).then_some(self.0.max)
    }

    /// What the least score means, in the reader's language; empty when nobody says.
    async fn low(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The language; the request's own when left out.")] locale: Option<Locale>,
    ) -> String {
        in_language(&self.0.low, &locale_of(ctx, locale))
    }

    /// What the highest score means, in the reader's language; empty when nobody says.
    async fn high(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The language; the request's own when left out.")] locale: Option<Locale>,
    ) -> String {
        in_language(&self.0.high, &locale_of(ctx, locale))
    }

    /// What can be chosen; empty of other kinds.
    async fn choices(&self) -> Vec<SurveyChoice> {
        self.0.choices.iter().cloned().map(SurveyChoice).collect()
    }
}

/// Something that can be chosen.
#[derive(Clone, Debug)]
pub struct SurveyChoice(pub Choice);

/// Something that can be chosen.
#[Object]
impl SurveyChoice {
    /// Its name in answers.
    async fn id(&self) -> &str {
        &self.0.id
    }

    /// What it says, in the reader's language.
    async fn text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The language; the request's own when left out.")] locale: Option<Locale>,
    ) -> String {
        in_language(&self.0.text, &locale_of(ctx, locale))
    }

    /// What it says in every language it has.
    async fn texts(&self) -> Vec<SurveyText> {
        texts(&self.0.text)
    }
}
