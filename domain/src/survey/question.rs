//! What a survey asks.

use std::collections::BTreeSet;

use entity::words::{QuestionKind, SurveyKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kernel::text::{self, Texts};
use crate::kernel::{Error, ErrorCode, Result};

/// Most questions of a survey.
pub const MAX_QUESTIONS: usize = 20;
/// Most choices of a question.
pub const MAX_CHOICES: usize = 20;
/// Longest question, in characters.
const MAX_TEXT: usize = 500;
/// Longest choice or name of an end of a scale, in characters.
const MAX_CHOICE: usize = 200;
/// Longest name of a question or choice, in bytes.
const MAX_ID: usize = 40;

/// A question, as rows keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its name in answers.
    pub id: String,
    /// How it is answered.
    pub kind: QuestionKind,
    /// The question by language.
    pub text: Value,
    /// Whether nothing is answered without it.
    pub required: bool,
    /// Least score; 0 for other kinds.
    #[serde(default)]
    pub min: i32,
    /// Highest score; 0 for other kinds.
    #[serde(default)]
    pub max: i32,
    /// What the least score means, by language.
    #[serde(default)]
    pub low: Value,
    /// What the highest score means, by language.
    #[serde(default)]
    pub high: Value,
    /// What can be chosen.
    #[serde(default)]
    pub choices: Vec<Choice>,
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Its name in answers.
    pub id: String,
    /// What it says, by language.
    pub text: Value,
}

/// A question as somebody writes it.
#[derive(Debug, Clone)]
pub struct QuestionInput {
    /// Its name in answers: small letters, digits and `_`, at most 40.
    pub id: String,
    /// How it is answered.
    pub kind: QuestionKind,
    /// The question by language, at most 500 characters each.
    pub texts: Texts,
    /// Whether nothing is answered without it.
    pub required: bool,
    /// Least score, 0 or more; only for scores.
    pub min: Option<i32>,
    /// Highest score, 10 or less; only for scores.
    pub max: Option<i32>,
    /// What the least score means.
    pub low: Texts,
    /// What the highest score means.
    pub high: Texts,
    /// What can be chosen, 2 to 20; only for choices.
    pub choices: Vec<ChoiceInput>,
}

/// Something that can be chosen, as somebody writes it.
#[derive(Debug, Clone)]
pub struct ChoiceInput {
    /// Its name in answers.
    pub id: String,
    /// What it says, at most 200 characters each.
    pub texts: Texts,
}

/// The scale of the question that a kind of survey measures: NPS as Reichheld (HBR 12/2003) asks it, CSAT in five steps,
/// CES 2.0 in seven. `None`: the merchant's own.
#[must_use]
pub const fn scale(kind: SurveyKind) -> Option<(i32, i32)> {
    match kind {
        SurveyKind::Nps => Some((0, 10)),
        SurveyKind::Csat => Some((1, 5)),
        SurveyKind::Ces => Some((1, 7)),
        SurveyKind::Custom => None,
    }
}

/// The question whose answer is the score: the first that asks for one.
#[must_use]
pub fn measured(questions: &[Question]) -> Option<&Question> {
    questions.iter().find(|question| question.kind == QuestionKind::Score)
}

/// Questions as rows keep them. Error: `Bug` for a row that this program did not write.
pub fn read(questions: &Value) -> Result<Vec<Question>> {
    serde_json::from_value(questions.clone()).map_err(|error| Error::Bug(format!("questions of a survey: {error}")))
}

/// Checks questions. The one that a kind measures has the kind's scale and must be answered.
/// Errors: `REQUIRED`, `TOO_MANY`, `INVALID`, `ALREADY_EXISTS` for two of one name, `INVALID_LOCALE`, and those of texts.
pub(super) fn checked(kind: SurveyKind, inputs: &[QuestionInput]) -> Result<Vec<Question>> {
    const PATH: &str = "input.questions";
    if inputs.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, PATH));
    }
    at_most(PATH, inputs.len(), MAX_QUESTIONS)?;
    let mut names = BTreeSet::new();
    let mut questions = Vec::with_capacity(inputs.len());
    let mut measures = scale(kind);
    for (index, input) in inputs.iter().enumerate() {
        let path = format!("{PATH}.{index}");
        if !names.insert(input.id.as_str()) {
            return Err(Error::invalid(ErrorCode::AlreadyExists, format!("{path}.id")));
        }
        let fixed = if input.kind == QuestionKind::Score { measures.take() } else { None };
        questions.push(one(&path, input, fixed)?);
    }
    // Still there: no question asked for the score that the kind measures.
    if measures.is_some() { Err(Error::invalid(ErrorCode::Required, PATH)) } else { Ok(questions) }
}

fn one(path: &str, input: &QuestionInput, fixed: Option<(i32, i32)>) -> Result<Question> {
    let at = |field: &str| format!("{path}.{field}");
    check_id(&at("id"), &input.id)?;
    let text = text::by_language(&at("texts"), &input.texts, MAX_TEXT)?;
    if text.as_object().is_none_or(serde_json::Map::is_empty) {
        return Err(Error::invalid(ErrorCode::Required, at("texts")));
    }
    let (min, max) = match input.kind {
        QuestionKind::Score => bounds(path, input, fixed)?,
        QuestionKind::Choice | QuestionKind::Multi | QuestionKind::Text => no_scale(path, input)?,
    };
    Ok(Question {
        id: input.id.clone(),
        kind: input.kind,
        text,
        required: input.required || fixed.is_some(),
        min,
        max,
        low: text::by_language(&at("low"), &input.low, MAX_CHOICE)?,
        high: text::by_language(&at("high"), &input.high, MAX_CHOICE)?,
        choices: choices(path, input)?,
    })
}

fn bounds(path: &str, input: &QuestionInput, fixed: Option<(i32, i32)>) -> Result<(i32, i32)> {
    let (least, most) = fixed.unwrap_or((1, 5));
    let (min, max) = (input.min.unwrap_or(least), input.max.unwrap_or(most));
    let invalid = |field: &str| Error::invalid(ErrorCode::Invalid, format!("{path}.{field}"));
    if min < 0 || fixed.is_some_and(|(least, _)| least != min) {
        return Err(invalid("min"));
    }
    if max > 10 || max <= min || fixed.is_some_and(|(_, most)| most != max) {
        return Err(invalid("max"));
    }
    Ok((min, max))
}

fn no_scale(path: &str, input: &QuestionInput) -> Result<(i32, i32)> {
    let given = [("min", input.min.is_some()), ("max", input.max.is_some())];
    let given = given.into_iter().chain([("low", !input.low.is_empty()), ("high", !input.high.is_empty())]);
    match given.into_iter().find(|(_, given)| *given) {
        Some((field, _)) => Err(Error::invalid(ErrorCode::Invalid, format!("{path}.{field}"))),
        None => Ok((0, 0)),
    }
}

fn choices(path: &str, input: &QuestionInput) -> Result<Vec<Choice>> {
    let path = format!("{path}.choices");
    let chosen = matches!(input.kind, QuestionKind::Choice | QuestionKind::Multi);
    at_most(&path, input.choices.len(), MAX_CHOICES)?;
    if chosen && input.choices.len() < 2 {
        return Err(Error::invalid(ErrorCode::Required, path));
    }
    if !chosen && !input.choices.is_empty() {
        return Err(Error::invalid(ErrorCode::Invalid, path));
    }
    let mut names = BTreeSet::new();
    let one = |(index, choice): (usize, &ChoiceInput)| {
        let path = format!("{path}.{index}");
        check_id(&format!("{path}.id"), &choice.id)?;
        if !names.insert(choice.id.clone()) {
            return Err(Error::invalid(ErrorCode::AlreadyExists, format!("{path}.id")));
        }
        let text = text::by_language(&format!("{path}.texts"), &choice.texts, MAX_CHOICE)?;
        if text == json!({}) {
            return Err(Error::invalid(ErrorCode::Required, format!("{path}.texts")));
        }
        Ok(Choice { id: choice.id.clone(), text })
    };
    input.choices.iter().enumerate().map(one).collect()
}

fn check_id(path: &str, id: &str) -> Result<()> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if id.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, path));
    }
    if id.len() > MAX_ID || !id.bytes().all(plain) {
        return Err(Error::invalid(ErrorCode::Invalid, path));
    }
    Ok(())
}

/// Error: `TOO_MANY`.
pub(super) fn at_most(path: &str, count: usize, most: usize) -> Result<()> {
    if count > most {
        return Err(Error::invalid_with(ErrorCode::TooMany, path, vec![("max", most.to_string())]));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(id: &str, kind: QuestionKind) -> QuestionInput {
        let texts = vec![("en".to_owned(), "How?".to_owned())];
        let choice = |id: &str| ChoiceInput { id: id.to_owned(), texts: texts.clone() };
        let chosen = matches!(kind, QuestionKind::Choice | QuestionKind::Multi);
        QuestionInput {
            id: id.to_owned(),
            kind,
            texts: texts.clone(),
            required: false,
            min: None,
            max: None,
            low: vec![],
            high: vec![],
            choices: if chosen { vec![choice("a"), choice("b")] } else { vec![] },
        }
    }

    fn refused(kind: SurveyKind, inputs: &[QuestionInput]) -> (ErrorCode, String) {
        let error = checked(kind, inputs).expect_err("refused");
        (error.code(), error.path().to_owned())
    }

    #[test]
    fn the_measured_question_has_the_scale_of_its_kind() {
        for (kind, scale) in [(SurveyKind::Nps, (0, 10)), (SurveyKind::Csat, (1, 5)), (SurveyKind::Ces, (1, 7))] {
            let asked = checked(kind, &[question("why", QuestionKind::Text), question("score", QuestionKind::Score)]);
            let asked = asked.expect("valid");
            let score = measured(&asked).expect("a score");
            assert_eq!((score.id.as_str(), score.min, score.max, score.required), ("score", scale.0, scale.1, true));
            assert_eq!(refused(kind, &[question("why", QuestionKind::Text)]).0, ErrorCode::Required);
            let other = QuestionInput { max: Some(4), ..question("score", QuestionKind::Score) };
            assert_eq!(refused(kind, &[other]), (ErrorCode::Invalid, "input.questions.0.max".to_owned()));
        }
        assert!(checked(SurveyKind::Custom, &[question("why", QuestionKind::Text)]).is_ok());
    }

    #[test]
    fn nonsense_is_refused_where_it_stands() {
        let base = question("a", QuestionKind::Score);
        let choice = question("a", QuestionKind::Choice);
        let cases = [
            (QuestionInput { id: "A b".into(), ..base.clone() }, ErrorCode::Invalid, "id"),
            (QuestionInput { id: String::new(), ..base.clone() }, ErrorCode::Required, "id"),
            (QuestionInput { texts: vec![], ..base.clone() }, ErrorCode::Required, "texts"),
            (QuestionInput { min: Some(-1), ..base.clone() }, ErrorCode::Invalid, "min"),
            (QuestionInput { min: Some(5), max: Some(5), ..base.clone() }, ErrorCode::Invalid, "max"),
            (QuestionInput { max: Some(11), ..base.clone() }, ErrorCode::Invalid, "max"),
            (QuestionInput { choices: choice.choices.clone(), ..base.clone() }, ErrorCode::Invalid, "choices"),
            (QuestionInput { min: Some(1), ..choice.clone() }, ErrorCode::Invalid, "min"),
            (QuestionInput { choices: vec![], ..choice.clone() }, ErrorCode::Required, "choices"),
            (
                QuestionInput { texts: vec![("klingon language".into(), "x".into())], ..base.clone() },
                ErrorCode::InvalidLocale,
                "texts.0.locale",
            ),
            (
                QuestionInput { texts: vec![("en".into(), "x".repeat(501))], ..base },
                ErrorCode::TextTooLong,
                "texts.0.text",
            ),
        ];
        for (input, code, field) in cases {
            let what = format!("{input:?}");
            let expected = (code, format!("input.questions.0.{field}"));
            assert_eq!(refused(SurveyKind::Custom, &[input]), expected, "{what}");
        }
        let many: Vec<_> = (0..21).map(|number| question(&format!("q{number}"), QuestionKind::Text)).collect();
        assert_eq!(refused(SurveyKind::Custom, &many).0, ErrorCode::TooMany);
        let twice = [question("a", QuestionKind::Text), question("a", QuestionKind::Text)];
        assert_eq!(refused(SurveyKind::Custom, &twice).0, ErrorCode::AlreadyExists);
    }
}
