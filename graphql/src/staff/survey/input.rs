//! What a client says of surveys.

use async_graphql::{Context, ID, InputObject};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::kernel::text::Texts;
use domain::survey::alert::SaveAlert;
use domain::survey::invite::AskCustomer;
use domain::survey::query::AnswerFilter;
use domain::survey::question::{ChoiceInput, QuestionInput};
use domain::survey::save::{DEFAULT_DAYS, SaveSurvey};
use domain::survey::till::AnswerAtTill;
use domain::survey::trend::TrendFilter;
use entity::words::{QuestionKind, SurveyKind, SurveyVia};

use crate::scalar::{Locale, parse_id, parse_ids, parse_optional_id};
use crate::shop::order::required_key;
use crate::shop::survey::{SurveyAnswerInput, answers};
use crate::word::Word;

/// A text in one language.
#[derive(Clone, Debug, InputObject)]
pub struct SurveyTextInput {
    /// The language.
    pub locale: Locale,
    /// The text.
    pub text: String,
}

fn texts(texts: Vec<SurveyTextInput>) -> Texts {
    texts.into_iter().map(|text| (text.locale.0, text.text)).collect()
}

/// Something that can be chosen.
#[derive(Clone, Debug, InputObject)]
pub struct SurveyChoiceInput {
    /// Its name in answers: small letters, digits and `_`, at most 40.
    pub id: String,
    /// What it says, at most 200 characters in each language.
    pub texts: Vec<SurveyTextInput>,
}

/// A question.
#[derive(Clone, Debug, InputObject)]
pub struct SurveyQuestionInput {
    /// Its name in answers: small letters, digits and `_`, at most 40.
    pub id: String,
    /// How it is answered.
    pub kind: Word<QuestionKind>,
    /// The question, at most 500 characters in each language.
    pub texts: Vec<SurveyTextInput>,
    /// Whether nothing is answered without it; always so of the question that NPS, CSAT and CES measure.
    #[graphql(default)]
    pub required: bool,
    /// Least score, 0 or more; 1 when left out, or what the kind of survey has.
    pub min: Option<i32>,
    /// Highest score, 10 or less; 5 when left out, or what the kind of survey has.
    pub max: Option<i32>,
    /// What the least score means, at most 200 characters in each language.
    #[graphql(default)]
    pub low: Vec<SurveyTextInput>,
    /// What the highest score means.
    #[graphql(default)]
    pub high: Vec<SurveyTextInput>,
    /// What can be chosen, 2 to 20; for `CHOICE` and `MULTI`.
    #[graphql(default)]
    pub choices: Vec<SurveyChoiceInput>,
}

/// A survey as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct SurveySaveInput {
    /// Stable name, which says what is changed: small letters, digits, `-` and `_`.
    pub code: String,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Name for staff.
    pub name: String,
    /// What it measures; never changes.
    pub kind: Word<SurveyKind>,
    /// What it asks, 1 to 20. Left out: the ready-made questions of the kind, in English and Japanese; `CUSTOM` has none.
    #[graphql(default)]
    pub questions: Vec<SurveyQuestionInput>,
    /// What is said after the answer, at most 1,000 characters in each language; the ready-made words when left out.
    #[graphql(default)]
    pub thanks: Vec<SurveyTextInput>,
    /// Days in which an invitation can be answered, 1 to 365; 30 when left out.
    pub expires_days: Option<i32>,
    /// Whether tills ask it after a sale.
    #[graphql(default)]
    pub at_till: bool,
    /// Whether it is asked.
    #[graphql(default = true)]
    pub active: bool,
}

impl SurveySaveInput {
    pub(super) fn read(self) -> SaveSurvey {
        let choice = |choice: SurveyChoiceInput| ChoiceInput { id: choice.id, texts: texts(choice.texts) };
        let question = |question: SurveyQuestionInput| QuestionInput {
            id: question.id,
            kind: question.kind.0,
            texts: texts(question.texts),
            required: question.required,
            min: question.min,
            max: question.max,
            low: texts(question.low),
            high: texts(question.high),
            choices: question.choices.into_iter().map(choice).collect(),
        };
        SaveSurvey {
            code: self.code,
            expected_version: self.expected_version,
            name: self.name,
            kind: self.kind.0,
            questions: self.questions.into_iter().map(question).collect(),
            thanks: texts(self.thanks),
            expires_days: self.expires_days.unwrap_or(DEFAULT_DAYS),
            at_till: self.at_till,
            active: self.active,
        }
    }
}

/// A survey to switch on or off.
#[derive(Clone, Debug, InputObject)]
pub struct SurveySwitchInput {
    /// The survey.
    pub survey_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Whether it is asked.
    pub active: bool,
}

/// A rule by which staff are told of an answer.
#[derive(Clone, Debug, InputObject)]
pub struct SurveyAlertSaveInput {
    /// Which one to change; a new one when left out.
    pub id: Option<ID>,
    /// Of which survey.
    pub survey_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Name for staff.
    pub name: String,
    /// Holds for scores up to this one.
    pub max_score: Option<i32>,
    /// Holds when any of these is written, at most 100. Case, width and kind of kana do not matter; words of languages
    /// with spaces are whole words.
    #[graphql(default)]
    pub words: Vec<String>,
    /// Who is told: e-mail addresses, 1 to 10.
    pub recipients: Vec<String>,
    /// Whether it holds.
    #[graphql(default = true)]
    pub active: bool,
}

impl SurveyAlertSaveInput {
    pub(super) fn read(self) -> Result<SaveAlert> {
        Ok(SaveAlert {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            survey_id: parse_id(&self.survey_id, "input.surveyId")?,
            expected_version: self.expected_version,
            name: self.name,
            max_score: self.max_score,
            words: self.words,
            recipients: self.recipients,
            active: self.active,
        })
    }
}

/// Somebody to ask by a link that you deliver.
#[derive(Clone, Debug, InputObject)]
pub struct SurveyInviteInput {
    /// Code of the survey.
    pub survey_code: String,
    /// After which order.
    pub order_id: Option<ID>,
    /// Whom; the buyer of the order when left out, and nobody else beside an order. Without an order the permission must
    /// hold everywhere.
    pub customer_id: Option<ID>,
    /// `PAGE` or `API`; mails go by flows, and tills ask by `surveyAfterSale`.
    pub via: Word<SurveyVia>,
    /// In which language; the order's or customer's own when left out.
    pub locale: Option<Locale>,
    /// Repeating the call with the same key asks nobody twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

impl SurveyInviteInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<AskCustomer> {
        Ok(AskCustomer {
            survey_code: self.survey_code,
            order_id: parse_optional_id(self.order_id.as_ref(), "input.orderId")?,
            customer_id: parse_optional_id(self.customer_id.as_ref(), "input.customerId")?,
            via: self.via.0,
            locale: self.locale.map(|locale| locale.0),
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}

/// What a customer answered on the screen of a till.
#[derive(Clone, Debug, InputObject)]
pub struct SurveyAnswerAtTillInput {
    /// The sale of this till.
    pub order_id: ID,
    /// The survey that `surveyAfterSale` named.
    pub survey_id: ID,
    /// One for each question that must be answered, at most 20.
    pub answers: Vec<SurveyAnswerInput>,
    /// Repeating the call with the same key answers nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

impl SurveyAnswerAtTillInput {
    pub(super) fn read(self, ctx: &Context<'_>) -> Result<AnswerAtTill> {
        Ok(AnswerAtTill {
            order_id: parse_id(&self.order_id, "input.orderId")?,
            survey_id: parse_id(&self.survey_id, "input.surveyId")?,
            answers: answers(self.answers),
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}

/// Which invitations a trend counts; what is left out asks for nothing, and all that is asked for must fit.
#[derive(Clone, Debug, Default, InputObject)]
pub struct SurveyTrendFilterInput {
    /// Of orders of these channels, at most 100.
    #[graphql(default)]
    pub channel_ids: Vec<ID>,
    /// Of what was bought or collected at these locations, at most 100.
    #[graphql(default)]
    pub location_ids: Vec<ID>,
    /// Of what these carriers brought, such as `YAMATO`; at most 100.
    #[graphql(default)]
    pub carriers: Vec<String>,
    /// Of orders with goods of these very categories, at most 100.
    #[graphql(default)]
    pub category_ids: Vec<ID>,
}

impl SurveyTrendFilterInput {
    pub(super) fn read(self) -> Result<TrendFilter> {
        Ok(TrendFilter {
            channel_ids: parse_ids(&self.channel_ids, "filter.channelIds")?,
            location_ids: parse_ids(&self.location_ids, "filter.locationIds")?,
            carriers: self.carriers,
            category_ids: parse_ids(&self.category_ids, "filter.categoryIds")?,
        })
    }
}

/// Which answers are wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct SurveyAnswerFilterInput {
    /// To this survey.
    pub survey_id: Option<ID>,
    /// About this order.
    pub order_id: Option<ID>,
    /// Of orders of these channels.
    #[graphql(default)]
    pub channel_ids: Vec<ID>,
    /// Of what was bought or collected at these locations.
    #[graphql(default)]
    pub location_ids: Vec<ID>,
    /// With this score or more.
    pub min_score: Option<i32>,
    /// With this score or less.
    pub max_score: Option<i32>,
    /// Of which staff were told, or not.
    pub alerted: Option<bool>,
    /// With something in words, or without.
    pub has_comment: Option<bool>,
    /// Given at or after.
    pub answered_from: Option<DateTime<Utc>>,
    /// Given before.
    pub answered_before: Option<DateTime<Utc>>,
}

impl SurveyAnswerFilterInput {
    pub(super) fn read(self) -> Result<AnswerFilter> {
        Ok(AnswerFilter {
            survey_id: parse_optional_id(self.survey_id.as_ref(), "filter.surveyId")?,
            order_id: parse_optional_id(self.order_id.as_ref(), "filter.orderId")?,
            channel_ids: parse_ids(&self.channel_ids, "filter.channelIds")?,
            location_ids: parse_ids(&self.location_ids, "filter.locationIds")?,
            min_score: self.min_score,
            max_score: self.max_score,
            alerted: self.alerted,
            has_comment: self.has_comment,
            answered_from: self.answered_from,
            answered_before: self.answered_before,
        })
    }
}
