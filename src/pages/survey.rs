//! `/s/{token}`: the questions of a survey, answered once. `?score=9` of a mail's link only ticks a box; nothing is kept
//! before the form is sent.

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::kernel::text;
use domain::messaging::page_links::PageLink;
use domain::survey::{self, AnswerInput, Looked, Question};
use domain::{Ctx, Error, ErrorCode};
use entity::id::SurveyInvitationId;
use entity::words::{QuestionKind, SurveyInvitationState};

use super::form::{self, Fields};
use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit, told};
use crate::http::{State, protected, wrong_method};

/// Longest text that is handed to the rules, bytes; they say how long it may be.
const LONGEST_TEXT: usize = 16_000;

#[derive(Template)]
#[template(path = "survey/page.html")]
struct Page {
    frame: Frame,
    title: String,
    state: SurveyInvitationState,
    questions: Vec<Asked>,
    thanks: Vec<String>,
}

/// A question, ready to show.
struct Asked {
    id: String,
    kind: QuestionKind,
    text: String,
    required: bool,
    /// Value, label, whether it is ticked: of a scale, or of choices.
    options: Vec<(String, String, bool)>,
    low: String,
    high: String,
    said: String,
    is_wrong: bool,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/s/{token}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .route(web::post().to(send))
        .default_service(web::to(wrong_method));
    config.service(page);
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let visit = Visit::of(&request, &state);
    let outcome = page(&visit, &token, None, None).await;
    visit.settle(outcome).await
}

async fn send(request: HttpRequest, state: web::Data<State>, token: web::Path<String>, body: Payload) -> HttpResponse {
    form::answer(&request, &state, body, async |visit, fields| act(visit, &token, fields).await).await
}

async fn act(visit: &Visit<'_>, token: &str, fields: &Fields) -> Outcome {
    let id = SurveyInvitationId(visit.open(PageLink::Survey, token)?.id);
    let looked = survey::look(&visit.ctx, id).await?;
    let done = match answers(&looked.questions, fields) {
        Ok(answers) => answer(&visit.ctx, id, answers).await,
        Err(error) => Err(error),
    };
    match told(done)? {
        Ok(()) => Ok(visit.afresh()),
        // Of two answers one counts, and both are thanked for; also of two at once.
        Err(error) if error.code() == ErrorCode::AlreadyAnswered || looked.state != SurveyInvitationState::Open => {
            Ok(visit.afresh())
        }
        Err(error) => page(visit, token, Some(fields), Some(error)).await,
    }
}

/// The one call into the rules that writes.
async fn answer(ctx: &Ctx, id: SurveyInvitationId, answers: Vec<AnswerInput>) -> Result<(), Error> {
    survey::answer(ctx, id, answers).await.map(|_| ())
}

/// What was answered, question by question; what is left empty is not answered.
fn answers(questions: &[Question], fields: &Fields) -> Result<Vec<AnswerInput>, Error> {
    let mut answers = Vec::new();
    for question in questions {
        let name = name(question);
        let given: Vec<&str> = fields.all(&name).map(str::trim).filter(|text| !text.is_empty()).collect();
        let Some(first) = given.first() else { continue };
        let bad = || Error::invalid(ErrorCode::Invalid, format!("input.answers.{}", question.id));
        let mut answer = AnswerInput { question_id: question.id.clone(), score: None, choices: Vec::new(), text: None };
        match question.kind {
            QuestionKind::Score => answer.score = Some(first.parse().map_err(|_| bad())?),
            QuestionKind::Choice | QuestionKind::Multi => {
                answer.choices = given.iter().map(|choice| (*choice).to_owned()).collect();
            }
            QuestionKind::Text if first.len() > LONGEST_TEXT => return Err(bad()),
            QuestionKind::Text => answer.text = Some((*first).to_owned()),
        }
        answers.push(answer);
    }
    Ok(answers)
}

fn name(question: &Question) -> String {
    format!("q.{}", question.id)
}

async fn page(visit: &Visit<'_>, token: &str, fields: Option<&Fields>, error: Option<Error>) -> Outcome {
    let id = SurveyInvitationId(visit.open(PageLink::Survey, token)?.id);
    let looked = survey::look(&visit.ctx, id).await?;
    let brand = Brand::in_name_of(&visit.ctx, looked.invitation.channel_id).await?;
    let frame = visit.frame(brand, &looked.invitation.locale).failed(error.as_ref());
    let questions = asked(visit, &looked, &frame, fields);
    let thanks = text::in_language(&looked.thanks, frame.tag());
    let title = frame.say("アンケート", "Your opinion").to_owned();
    let thanks = thanks.lines().map(str::to_owned).collect();
    let page = Page { frame, title, state: looked.state, questions, thanks };
    Ok(visit.framed(&page.frame, &page))
}

fn asked(visit: &Visit<'_>, looked: &Looked, frame: &Frame, fields: Option<&Fields>) -> Vec<Asked> {
    let linked = visit.request.query_string().split('&').find_map(|pair| pair.strip_prefix("score="));
    let mut scores = looked.questions.iter().filter(|question| question.kind == QuestionKind::Score);
    let measured = scores.next().map(|question| question.id.as_str());
    let one = |(index, question): (usize, &Question)| {
        let name = name(question);
        let ticked = |value: &str| match fields {
            Some(fields) => fields.all(&name).any(|given| given == value),
            None => measured == Some(question.id.as_str()) && linked == Some(value),
        };
        let say = |texts: &serde_json::Value| text::in_language(texts, frame.tag());
        let options: Vec<(String, String)> = match question.kind {
            QuestionKind::Score => (question.min..=question.max).map(|at| (at.to_string(), at.to_string())).collect(),
            QuestionKind::Choice | QuestionKind::Multi => {
                question.choices.iter().map(|choice| (choice.id.clone(), say(&choice.text))).collect()
            }
            QuestionKind::Text => Vec::new(),
        };
        Asked {
            options: options.into_iter().map(|(value, label)| (value.clone(), label, ticked(&value))).collect(),
            text: say(&question.text),
            low: say(&question.low),
            high: say(&question.high),
            said: fields.map(|fields| fields.get(&name).to_owned()).unwrap_or_default(),
            is_wrong: frame.is_wrong(|path| {
                path == format!("input.answers.{}", question.id) || path.starts_with(&format!("input.answers.{index}."))
            }),
            id: question.id.clone(),
            kind: question.kind,
            required: question.required,
        }
    };
    looked.questions.iter().enumerate().map(one).collect()
}
