//! The mail that tells staff of an answer: which rule, which order, which score. What the customer wrote stays in the list,
//! behind a sign-in.

use entity::id::{SurveyAlertId, SurveyInvitationId};
use entity::{channel, event, order, survey, survey_alert, survey_answer, survey_invitation};
use sea_orm::EntityTrait;
use serde::Serialize;

use super::alert::texts;
use super::question::{self, measured};
use crate::kernel::language::Language;
use crate::kernel::{Result, Tx};
use crate::messaging::brand;
use crate::messaging::dispatch::{Handled, Handler};
use crate::messaging::render::{Seller, survey_alert as render};
use crate::messaging::request::{Letter, letter};

/// Tells staff of answers.
pub const HANDLER: Handler =
    Handler { name: "survey_alert_mail", kinds: &["survey_alert_raised"], run: |tx, event| Box::pin(tell(tx, event)) };

const TEMPLATE: &str = "survey_alert";

/// An answer as the mail to staff shows it; nothing of the person but the number of the order.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AlertMail {
    /// Name of the rule.
    pub(crate) rule: String,
    /// Name of the survey.
    pub(crate) survey: String,
    /// Number of the order.
    pub(crate) order: Option<String>,
    /// The score and the end of its scale, such as `2 / 10`.
    pub(crate) score: Option<String>,
    /// Words of the rule that were written.
    pub(crate) words: Vec<String>,
}

async fn tell(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let alert_id = event.payload.get("alert_id").cloned().and_then(|id| serde_json::from_value(id).ok());
    let Some(alert_id) = alert_id else { return Ok(Handled::Nothing("no rule")) };
    let Some(rule) = survey_alert::Entity::find_by_id::<SurveyAlertId>(alert_id).one(tx).await? else {
        return Ok(Handled::Nothing("no rule"));
    };
    let id = SurveyInvitationId(event.aggregate_id);
    let found = survey_answer::Entity::find_by_id(id).find_also_related(survey_invitation::Entity).one(tx).await?;
    let Some((answer, Some(invitation))) = found else { return Ok(Handled::Nothing("no answer")) };
    let Some(survey) = survey::Entity::find_by_id(answer.survey_id).one(tx).await? else {
        return Ok(Handled::Nothing("no survey"));
    };
    let order = match invitation.order_id {
        Some(id) => order::Entity::find_by_id(id).one(tx).await?,
        None => None,
    };
    let channel = match invitation.channel_id {
        Some(id) => channel::Entity::find_by_id(id).one(tx).await?,
        None => crate::channel::query::default_online(tx).await?,
    };
    let words = event.payload.get("words").map(texts).unwrap_or_default();
    let mail = AlertMail {
        rule: rule.name.clone(),
        survey: survey.name.clone(),
        order: order.map(|order| order.number),
        score: score(&survey, &answer)?,
        words,
    };
    let locale = channel.as_ref().map_or_else(|| "en".to_owned(), |channel| channel.default_locale.clone());
    let seller = match &channel {
        Some(channel) => brand::seller(tx, channel).await?,
        None => Seller::nameless(),
    };
    let draft = render(TEMPLATE, Language::of(&locale), &mail, &seller);
    // At most ten recipients; without order and customer, so that the mail stands in no customer's list.
    for recipient in texts(&rule.recipients) {
        let dedupe_key =
            format!("{TEMPLATE}:{}:{}:{}", rule.id, id, tx.ctx().services.secrets.code_hash(TEMPLATE, &recipient));
        let asked = Letter {
            template: TEMPLATE,
            order_id: None,
            recipient,
            locale: locale.clone(),
            dedupe_key,
            customer_id: None,
            event_id: Some(event.id),
        };
        letter(tx, asked, &seller, draft.clone()).await?;
    }
    Ok(Handled::Done)
}

fn score(survey: &survey::Model, answer: &survey_answer::Model) -> Result<Option<String>> {
    let questions = question::read(&survey.questions)?;
    let most = measured(&questions).map(|question| question.max);
    Ok(answer.score.map(|score| most.map_or_else(|| score.to_string(), |most| format!("{score} / {most}"))))
}
