//! What customers say when they are asked.

mod alarms;
mod asking;
mod counting;
mod scope;
mod trend;

use domain::survey::save::SaveSurvey;
use domain::survey::{self, AnswerInput, Invite, query};
use domain::{Ctx, Permission};
use entity::id::OrderId;
use entity::words::{SurveyKind, SurveyVia};
use entity::{survey as surveys, survey_invitation};
use support::World;

/// Who writes surveys and reads answers.
pub(super) async fn manager(world: &World) -> Ctx {
    world.staff(&[Permission::SurveysRead, Permission::SurveysWrite]).await
}

/// A survey as it is ready made, under a code.
pub(super) fn ready(code: &str, kind: SurveyKind) -> SaveSurvey {
    SaveSurvey {
        code: code.to_owned(),
        expected_version: None,
        name: "After a purchase".to_owned(),
        kind,
        questions: vec![],
        thanks: vec![],
        expires_days: 30,
        at_till: false,
        active: true,
    }
}

/// Asks somebody by a code; `None` when nobody is asked.
pub(crate) async fn invited(
    world: &World,
    code: &str,
    key: &str,
    order_id: Option<OrderId>,
) -> Option<survey_invitation::Model> {
    let ctx = world.ctx();
    let asked = ctx.write(|tx| async move {
        let invite = Invite {
            survey_code: code,
            order_id,
            customer_id: None,
            via: SurveyVia::Mail,
            dedupe_key: key.to_owned(),
            flow_run_id: None,
            locale: "ja".to_owned(),
        };
        survey::invite(&tx, invite).await
    });
    asked.await.unwrap()
}

pub(crate) fn score(score: i32) -> AnswerInput {
    AnswerInput { question_id: "score".to_owned(), score: Some(score), choices: vec![], text: None }
}

pub(crate) fn comment(text: &str) -> AnswerInput {
    AnswerInput { question_id: "comment".to_owned(), score: None, choices: vec![], text: Some(text.to_owned()) }
}

async fn by_code(world: &World, code: &str) -> surveys::Model {
    query::by_code(world.db(), code).await.unwrap().unwrap()
}
