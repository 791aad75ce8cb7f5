//! Rules by which staff are told of an answer at once.

use entity::id::{SurveyAlertId, SurveyId};
use entity::survey_alert::{self, Column, Entity};
use entity::{survey_alert_hit, survey_answer, survey_invitation};
use sea_orm::QuerySelect;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::query;
use super::question::{self, at_most, measured};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, email, text, version};

/// Most rules of a survey.
const MOST: u64 = 50;
/// Most words of a rule.
const MAX_WORDS: usize = 100;
/// Longest word, in characters.
const MAX_WORD: usize = 100;
/// Most recipients of a rule.
const MAX_RECIPIENTS: usize = 10;

/// A rule as it should be.
#[derive(Debug, Clone)]
pub struct SaveAlert {
    /// Which one to change; a new one when `None`.
    pub id: Option<SurveyAlertId>,
    /// Of which survey; a rule stays with its own.
    pub survey_id: SurveyId,
    /// Only if it still has this version.
    pub expected_version: Option<i32>,
    /// Name for staff.
    pub name: String,
    /// Scores up to this one.
    pub max_score: Option<i32>,
    /// Any of these in the texts, at most 100 of 100 characters; compared without case, width and kind of kana.
    pub words: Vec<String>,
    /// E-mail addresses, 1 to 10.
    pub recipients: Vec<String>,
    /// Whether it holds.
    pub active: bool,
}

/// A rule that an answer meets.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    rule: survey_alert::Model,
    /// Whether the score is low.
    low: bool,
    /// Words of the rule that were written.
    words: Vec<String>,
}

/// Creates or changes a rule. Answers that were given before are not looked at again.
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN` also for who may at some places only, `NOT_FOUND`, `STALE_VERSION`, `REQUIRED`
/// for a rule without score and words or without recipients, `INVALID` for a score outside of the scale, `INVALID_EMAIL`, `TOO_MANY`, and those of texts.
pub async fn save(ctx: &Ctx, input: SaveAlert) -> Result<survey_alert::Model> {
    // A rule looks at the answers of all places, and its mail tells their orders' numbers.
    ctx.require_everywhere(Permission::SurveysWrite)?;
    let name = text::required_line("input.name", &input.name, text::LINE)?;
    let words = checked_words(&input.words)?;
    let recipients = checked_recipients(&input.recipients)?;
    if input.max_score.is_none() && words.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "input.maxScore"));
    }
    let (input, name, words, recipients) = (&input, &name, &words, &recipients);
    ctx.write(|tx| async move {
        let survey = query::by_id(&tx, input.survey_id).await?.ok_or(Error::not_found("survey"))?;
        check_score(&question::read(&survey.questions)?, input.max_score)?;
        let old = old(&tx, input).await?;
        version::check(input.expected_version, old.as_ref().map_or(0, |old| old.version))?;
        let row = survey_alert::Model {
            id: old.as_ref().map_or_else(|| SurveyAlertId(tx.new_uuid()), |old| old.id),
            survey_id: survey.id,
            name: name.clone(),
            max_score: input.max_score,
            words: json!(words),
            recipients: json!(recipients),
            active: input.active,
            version: old.as_ref().map_or(0, |old| old.version) + 1,
            created_at: old.as_ref().map_or(tx.now(), |old| old.created_at),
            updated_at: tx.now(),
        };
        let active = row.clone().into_active_model().reset_all();
        if old.is_none() {
            Entity::insert(active).exec_without_returning(&tx).await?;
        } else {
            active.update(&tx).await?;
        }
        let event = NewEvent::new("survey_alert_saved", "survey_alert", row.id.uuid());
        tx.event(event.payload(json!({ "survey": survey.code, "name": row.name, "version": row.version })));
        Ok(row)
    })
    .await
}

async fn old(tx: &Tx, input: &SaveAlert) -> Result<Option<survey_alert::Model>> {
    let of_survey = || Entity::find().filter(Column::SurveyId.eq(input.survey_id));
    match input.id {
        Some(id) => {
            let found = of_survey().filter(Column::Id.eq(id)).lock_exclusive().one(tx).await?;
            found.map(Some).ok_or(Error::not_found("surveyAlert"))
        }
        None if of_survey().count(tx).await? >= MOST => {
            Err(Error::invalid_with(ErrorCode::TooMany, "input", vec![("max", MOST.to_string())]))
        }
        None => Ok(None),
    }
}

fn check_score(questions: &[question::Question], max_score: Option<i32>) -> Result<()> {
    let Some(score) = max_score else { return Ok(()) };
    let within = measured(questions).is_some_and(|question| (question.min..=question.max).contains(&score));
    if within { Ok(()) } else { Err(Error::invalid(ErrorCode::Invalid, "input.maxScore")) }
}

fn checked_words(words: &[String]) -> Result<Vec<String>> {
    at_most("input.words", words.len(), MAX_WORDS)?;
    let one = |(index, word): (usize, &String)| {
        let path = format!("input.words.{index}");
        let word = text::required_line(&path, word, MAX_WORD)?;
        // Of marks that folding drops nothing would be left, which stands in every text.
        if text::fold(&word).is_empty() { Err(Error::invalid(ErrorCode::Required, path)) } else { Ok(word) }
    };
    words.iter().enumerate().map(one).collect()
}

fn checked_recipients(recipients: &[String]) -> Result<Vec<String>> {
    const PATH: &str = "input.recipients";
    if recipients.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, PATH));
    }
    at_most(PATH, recipients.len(), MAX_RECIPIENTS)?;
    let mut all = Vec::with_capacity(recipients.len());
    for (index, recipient) in recipients.iter().enumerate() {
        let address = email::normalize(&format!("{PATH}.{index}"), recipient)?;
        if !all.contains(&address) {
            all.push(address);
        }
    }
    Ok(all)
}

/// The rules that an answer meets. One statement.
pub(super) async fn hits(tx: &Tx, answer: &survey_answer::Model) -> Result<Vec<Hit>> {
    let rules = Entity::find()
        .filter(Column::SurveyId.eq(answer.survey_id))
        .filter(Column::Active.eq(true))
        .order_by_asc(Column::Id)
        .all(tx)
        .await?;
    let folded = text::fold(&answer.comment);
    let met = |rule: survey_alert::Model| {
        let low = rule.max_score.zip(answer.score).is_some_and(|(most, score)| score <= most);
        let words: Vec<String> =
            texts(&rule.words).into_iter().filter(|word| stands_in(&folded, &text::fold(word))).collect();
        (low || !words.is_empty()).then_some(Hit { rule, low, words })
    };
    Ok(rules.into_iter().filter_map(met).collect())
}

/// Marks the answer in lists and tells, once per rule.
pub(super) fn raise(tx: &Tx, invitation: &survey_invitation::Model, hits: &[Hit]) {
    if hits.is_empty() {
        return;
    }
    let row = |hit: &Hit| survey_alert_hit::Model {
        survey_invitation_id: invitation.id,
        survey_alert_id: hit.rule.id,
        occurred_at: tx.now(),
    };
    tx.insert_last(&hits.iter().map(row).collect::<Vec<_>>());
    for hit in hits {
        let event = NewEvent::new("survey_alert_raised", "survey_invitation", invitation.id.uuid());
        tx.event(event.payload(json!({
            "alert_id": hit.rule.id, "order_id": invitation.order_id, "low_score": hit.low, "words": hit.words,
        })));
    }
}

/// A list of texts as rows keep it.
pub(super) fn texts(list: &Value) -> Vec<String> {
    let all = list.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// Whether a folded word stands in a folded text. Scripts that are written without spaces are looked through letter by
/// letter; in others a word is a whole one, so that `late` does not stand in `plate`.
fn stands_in(text: &str, word: &str) -> bool {
    let starts_word = word.chars().next().is_some_and(is_spaced);
    let ends_word = word.chars().next_back().is_some_and(is_spaced);
    text.match_indices(word).any(|(start, found)| {
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        let after = text.get(start + found.len()..).and_then(|after| after.chars().next());
        let open = |edge: bool, neighbor: Option<char>| !edge || !neighbor.is_some_and(is_spaced);
        open(starts_word, before) && open(ends_word, after)
    })
}

/// Whether a letter is of a script that puts spaces between words: not Han, kana, Thai, Lao, Khmer or Myanmar.
fn is_spaced(letter: char) -> bool {
    let unspaced = matches!(letter,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{31ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}');
    letter.is_alphanumeric() && !unspaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, word: &str) -> bool {
        stands_in(&text::fold(text), &text::fold(word))
    }

    #[test]
    fn words_are_found_however_they_are_written() {
        for (text, word) in [
            ("届いた箱がボロボロでした", "ボロボロ"),
            ("届いた箱がぼろぼろでした", "ボロボロ"),
            ("ﾎﾞﾛﾎﾞﾛです", "ボロボロ"),
            ("返品したい", "返品"),
            ("ＲＥＦＵＮＤ please", "refund"),
            ("It was LATE.", "late"),
            ("lateでした", "late"),
            ("a late parcel", "Late"),
            ("cafe\u{301} was closed", "CAFÉ"),
            ("never again", "never  again"),
        ] {
            assert!(found(text, word), "{word} in {text}");
        }
    }

    #[test]
    fn other_words_are_not() {
        for (text, word) in
            [("a plate", "late"), ("later", "late"), ("返金", "返品"), ("", "late"), ("plate late2", "late")]
        {
            assert!(!found(text, word), "{word} in {text}");
        }
    }
}
