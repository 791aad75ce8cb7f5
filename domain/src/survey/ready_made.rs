//! Surveys that are there from the first day, in English and Japanese. Merchants change them like their own.

use entity::id::SurveyId;
use entity::survey::{self, Column, Entity};
use entity::survey_version;
use entity::words::{QuestionKind, SurveyKind};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::{Value, json};
use uuid::Uuid;

use super::question::{Choice, Question, scale};
use crate::kernel::{Ctx, Result, Tx};

/// Kinds that have one.
pub const KINDS: [SurveyKind; 3] = [SurveyKind::Nps, SurveyKind::Csat, SurveyKind::Ces];

/// The code of the ready-made survey of a kind; `None` for the merchant's own.
#[must_use]
pub const fn code(kind: SurveyKind) -> Option<&'static str> {
    match kind {
        SurveyKind::Nps => Some("nps"),
        SurveyKind::Csat => Some("csat"),
        SurveyKind::Ces => Some("ces"),
        SurveyKind::Custom => None,
    }
}

const fn name(kind: SurveyKind) -> &'static str {
    match kind {
        SurveyKind::Nps => "Recommendation (NPS)",
        SurveyKind::Csat => "Satisfaction (CSAT)",
        SurveyKind::Ces => "Effort (CES)",
        SurveyKind::Custom => "",
    }
}

/// The same in every process, so that two that plant at once make one.
const fn id(kind: SurveyKind) -> SurveyId {
    let last = match kind {
        SurveyKind::Nps => 1,
        SurveyKind::Csat => 2,
        SurveyKind::Ces => 3,
        SurveyKind::Custom => 0,
    };
    // A UUIDv7 of 2025-01-01T00:00:00Z.
    SurveyId(Uuid::from_u128(0x0194_1f29_7c00_7000_8000_0000_0000_0000 + last))
}

fn both(en: &str, ja: &str) -> Value {
    json!({ "en": en, "ja": ja })
}

fn plain(id: &str, kind: QuestionKind, text: Value) -> Question {
    Question {
        id: id.to_owned(),
        kind,
        text,
        required: false,
        min: 0,
        max: 0,
        low: json!({}),
        high: json!({}),
        choices: Vec::new(),
    }
}

fn score(kind: SurveyKind, text: Value, low: Value, high: Value) -> Question {
    let (min, max) = scale(kind).unwrap_or((1, 5));
    Question { required: true, min, max, low, high, ..plain("score", QuestionKind::Score, text) }
}

fn better() -> Question {
    let choice = |id: &str, en: &str, ja: &str| Choice { id: id.to_owned(), text: both(en, ja) };
    let text = both("What could be better? Choose all that apply.", "改善してほしい点をお選びください（複数可）。");
    Question {
        choices: vec![
            choice("product", "The product", "商品"),
            choice("price", "The price", "価格"),
            choice("delivery", "Delivery or collection", "配送・受け取り"),
            choice("service", "The service", "接客・対応"),
            choice("site", "The web shop", "オンラインストア"),
        ],
        ..plain("better", QuestionKind::Multi, text)
    }
}

/// What the ready-made survey of a kind asks; nothing for the merchant's own.
#[must_use]
pub fn questions(kind: SurveyKind) -> Vec<Question> {
    let comment = |en: &str, ja: &str| plain("comment", QuestionKind::Text, both(en, ja));
    match kind {
        SurveyKind::Nps => vec![
            score(
                kind,
                both(
                    "How likely are you to recommend us to a friend or colleague?",
                    "当店をご友人や同僚にすすめたいと思いますか。",
                ),
                both("Not at all likely", "まったく思わない"),
                both("Extremely likely", "強くそう思う"),
            ),
            comment("What is the main reason for your answer?", "その理由をお聞かせください。"),
        ],
        SurveyKind::Csat => vec![
            score(
                kind,
                both("How satisfied are you with your purchase?", "今回のお買い物にどのくらい満足されましたか。"),
                both("Very dissatisfied", "とても不満"),
                both("Very satisfied", "とても満足"),
            ),
            better(),
            comment("Anything else you would like to tell us?", "ほかにお気づきの点があればお聞かせください。"),
        ],
        SurveyKind::Ces => vec![
            score(
                kind,
                both(
                    "How easy was it to get what you wanted?",
                    "ご希望の商品をお求めになるまでの手続きは簡単でしたか。",
                ),
                both("Very difficult", "とても難しかった"),
                both("Very easy", "とても簡単だった"),
            ),
            comment("What made it easy or difficult?", "簡単だった点、難しかった点をお聞かせください。"),
        ],
        SurveyKind::Custom => Vec::new(),
    }
}

/// What is said after the answer.
#[must_use]
pub fn thanks() -> Value {
    both(
        "Thank you. Your answer helps us to get better.",
        "ご回答ありがとうございました。いただいたご意見は今後の改善に役立ててまいります。",
    )
}

/// Puts the ready-made surveys in place where they are missing.
pub async fn plant(ctx: &Ctx) -> Result<()> {
    ctx.write(|tx| async move { plant_missing(&tx).await }).await
}

/// The step of [`plant`]. Three statements at most.
pub(crate) async fn plant_missing(tx: &Tx) -> Result<()> {
    let codes = KINDS.iter().filter_map(|kind| code(*kind));
    let known: Vec<String> = Entity::find()
        .select_only()
        .column(Column::Code)
        .filter(Column::Code.is_in(codes))
        .into_tuple()
        .all(tx)
        .await?;
    let missing = |kind: &SurveyKind| code(*kind).is_some_and(|code| !known.iter().any(|known| known == code));
    let rows = KINDS.into_iter().filter(missing).map(|kind| row(tx, kind)).collect::<Result<Vec<_>>>()?;
    if rows.is_empty() {
        return Ok(());
    }
    let versions = rows.iter().map(first_version);
    let anything = || OnConflict::new().do_nothing().to_owned();
    Entity::insert_many(rows.iter().cloned().map(|row| row.into_active_model().reset_all()))
        .on_conflict(anything())
        .exec_without_returning(tx)
        .await?;
    survey_version::Entity::insert_many(versions.map(|row| row.into_active_model().reset_all()))
        .on_conflict(anything())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

fn first_version(row: &survey::Model) -> survey_version::Model {
    survey_version::Model {
        survey_id: row.id,
        version: row.version,
        questions: row.questions.clone(),
        thanks: row.thanks.clone(),
        created_at: row.created_at,
    }
}

fn row(tx: &Tx, kind: SurveyKind) -> Result<survey::Model> {
    Ok(survey::Model {
        id: id(kind),
        code: code(kind).unwrap_or_default().to_owned(),
        name: name(kind).to_owned(),
        kind,
        questions: super::save::json_of(&questions(kind))?,
        thanks: thanks(),
        expires_days: super::save::DEFAULT_DAYS,
        at_till: false,
        active: true,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    })
}
