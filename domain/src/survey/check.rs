//! Whether answers fit the questions: pure.

use std::collections::{BTreeMap, BTreeSet};

use entity::words::QuestionKind;
use serde_json::{Value, json};

use super::answer::AnswerInput;
use super::question::{Question, at_most, measured};
use crate::kernel::{Error, ErrorCode, Result, text};

/// Longest text of one answer, in characters.
pub(super) const MAX_TEXT: usize = 2_000;

/// Answers that fit, as rows keep them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fitting {
    /// To the question that is measured.
    pub(super) score: Option<i32>,
    /// Scores and choices by question.
    pub(super) answers: Value,
    /// Texts by question.
    pub(super) texts: Value,
    /// All texts together.
    pub(super) comment: String,
}

enum Given {
    Nothing,
    Fact(Value),
    Text(String),
}

/// Checks answers. Errors: `INVALID` for a question or choice that there is not, one that is answered twice or in the wrong
/// way, or a score outside of the scale; `REQUIRED`, `TOO_MANY`, and those of texts.
pub(super) fn fitting(questions: &[Question], inputs: &[AnswerInput]) -> Result<Fitting> {
    const PATH: &str = "input.answers";
    at_most(PATH, inputs.len(), super::question::MAX_QUESTIONS)?;
    let mut given = BTreeMap::new();
    for (index, input) in inputs.iter().enumerate() {
        let known = questions.iter().any(|question| question.id == input.question_id);
        if !known || given.insert(input.question_id.as_str(), (index, input)).is_some() {
            return Err(Error::invalid(ErrorCode::Invalid, format!("{PATH}.{index}.questionId")));
        }
    }
    let (mut facts, mut texts) = (serde_json::Map::new(), serde_json::Map::new());
    let mut comment: Vec<String> = Vec::new();
    for question in questions {
        let said = match given.get(question.id.as_str()) {
            Some((index, input)) => read(question, input, &format!("{PATH}.{index}"))?,
            None => Given::Nothing,
        };
        match said {
            Given::Fact(fact) => {
                facts.insert(question.id.clone(), fact);
            }
            Given::Text(text) => {
                comment.push(text.clone());
                texts.insert(question.id.clone(), Value::String(text));
            }
            Given::Nothing if question.required => {
                let path = format!("{PATH}.{}", question.id);
                return Err(match question.kind {
                    QuestionKind::Score | QuestionKind::Choice | QuestionKind::Multi => Error::not_chosen(path),
                    QuestionKind::Text => Error::invalid(ErrorCode::Required, path),
                });
            }
            Given::Nothing => {}
        }
    }
    if facts.is_empty() && texts.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, PATH));
    }
    let score = measured(questions).and_then(|question| facts.get(&question.id)?.as_i64());
    Ok(Fitting {
        score: score.and_then(|score| i32::try_from(score).ok()),
        answers: Value::Object(facts),
        texts: Value::Object(texts),
        comment: comment.join("\n"),
    })
}

fn read(question: &Question, input: &AnswerInput, path: &str) -> Result<Given> {
    let invalid = |field: &str| Error::invalid(ErrorCode::Invalid, format!("{path}.{field}"));
    let kind = question.kind;
    if input.score.is_some() && kind != QuestionKind::Score {
        return Err(invalid("score"));
    }
    if input.text.is_some() && kind != QuestionKind::Text {
        return Err(invalid("text"));
    }
    if !input.choices.is_empty() && !matches!(kind, QuestionKind::Choice | QuestionKind::Multi) {
        return Err(invalid("choices"));
    }
    match kind {
        QuestionKind::Score => match input.score {
            Some(score) if (question.min..=question.max).contains(&score) => Ok(Given::Fact(json!(score))),
            Some(_) => Err(invalid("score")),
            None => Ok(Given::Nothing),
        },
        QuestionKind::Choice if input.choices.len() > 1 => Err(invalid("choices")),
        QuestionKind::Choice | QuestionKind::Multi => {
            let known: BTreeSet<&str> = question.choices.iter().map(|choice| choice.id.as_str()).collect();
            let chosen: BTreeSet<&str> = input.choices.iter().map(String::as_str).collect();
            if chosen.len() != input.choices.len() || !chosen.is_subset(&known) {
                return Err(invalid("choices"));
            }
            Ok(if chosen.is_empty() { Given::Nothing } else { Given::Fact(json!(chosen)) })
        }
        QuestionKind::Text => {
            let text = text::note(&format!("{path}.text"), input.text.as_deref().unwrap_or_default(), MAX_TEXT)?;
            Ok(if text.is_empty() { Given::Nothing } else { Given::Text(text) })
        }
    }
}

#[cfg(test)]
mod tests {
    use entity::words::SurveyKind;

    use super::super::ready_made;
    use super::*;

    fn answer(id: &str) -> AnswerInput {
        AnswerInput { question_id: id.to_owned(), score: None, choices: vec![], text: None }
    }

    fn score(value: i32) -> AnswerInput {
        AnswerInput { score: Some(value), ..answer("score") }
    }

    #[test]
    fn what_fits_is_kept_and_texts_stand_apart() {
        let questions = ready_made::questions(SurveyKind::Csat);
        let better = AnswerInput { choices: vec!["delivery".into(), "price".into()], ..answer("better") };
        let text = AnswerInput { text: Some(" 箱が\r\n小さい ".into()), ..answer("comment") };
        let kept = fitting(&questions, &[text, better, score(4)]).expect("fits");
        assert_eq!(kept.score, Some(4));
        assert_eq!(kept.answers, json!({ "score": 4, "better": ["delivery", "price"] }));
        assert_eq!((kept.texts, kept.comment.as_str()), (json!({ "comment": "箱が\n小さい" }), "箱が\n小さい"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let questions = ready_made::questions(SurveyKind::Csat);
        let chosen =
            |ids: &[&str]| AnswerInput { choices: ids.iter().map(|id| (*id).to_owned()).collect(), ..answer("better") };
        let text = |text: String| AnswerInput { text: Some(text), ..answer("comment") };
        let cases: [(Vec<AnswerInput>, ErrorCode, &str); 11] = [
            (vec![], ErrorCode::Required, "input.answers.score"),
            (vec![score(0)], ErrorCode::Invalid, "input.answers.0.score"),
            (vec![score(6)], ErrorCode::Invalid, "input.answers.0.score"),
            (vec![score(i32::MAX)], ErrorCode::Invalid, "input.answers.0.score"),
            (vec![score(3), score(3)], ErrorCode::Invalid, "input.answers.1.questionId"),
            (vec![score(3), answer("nobody")], ErrorCode::Invalid, "input.answers.1.questionId"),
            (vec![score(3), chosen(&["price", "price"])], ErrorCode::Invalid, "input.answers.1.choices"),
            (vec![score(3), chosen(&["weather"])], ErrorCode::Invalid, "input.answers.1.choices"),
            (vec![score(3), text("x".repeat(2_001))], ErrorCode::TextTooLong, "input.answers.1.text"),
            (vec![score(3), text("a\u{0}".into())], ErrorCode::InvalidText, "input.answers.1.text"),
            (
                vec![AnswerInput { text: Some("5".into()), ..answer("score") }],
                ErrorCode::Invalid,
                "input.answers.0.text",
            ),
        ];
        for (inputs, code, path) in cases {
            let error = fitting(&questions, &inputs).expect_err(path);
            assert_eq!((error.code(), error.path()), (code, path), "{inputs:?}");
        }
        let many: Vec<AnswerInput> = (0..21).map(|_| score(3)).collect();
        assert_eq!(fitting(&questions, &many).expect_err("many").code(), ErrorCode::TooMany);
    }
}
