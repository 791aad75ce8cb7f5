//! `/u/{token}`: what the recipient of a message wants to hear of. One button ends everything that needs consent; boxes
//! choose: on the channel of the message yes or no, on others no alone, for who has the link may read nothing else. Looking
//! ends nothing: mail scanners follow every link.

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::kernel::text;
use domain::messaging::consent::{self, Choice, Preferences};
use domain::messaging::page_links::PageLink;
use domain::{Ctx, Error, ErrorCode};
use entity::id::MessageId;
use entity::words::{ConsentChannel, ConsentPurpose};

use super::form::{self, Fields};
use super::frame::{Brand, Frame};
use super::visit::{self, Outcome, Visit};
use crate::http::{State, protected, wrong_method};

/// Where a change on this page is said to come from.
const SOURCE: &str = "preferences-page";

#[derive(Template)]
#[template(path = "preferences/page.html")]
struct Page {
    frame: Frame,
    ways: Vec<Way>,
    is_customer: bool,
    /// What a "yes" agrees to; without it nothing new can be agreed to.
    wording: Vec<String>,
    is_done: bool,
}

/// The channel of the message, or another by which somebody hears of something.
struct Way {
    channel: ConsentChannel,
    name: &'static str,
    ticks: Vec<Tick>,
}

/// Something that is heard of by it, or not.
struct Tick {
    /// As the form names it.
    word: String,
    name: &'static str,
    what: &'static str,
    ticked: bool,
    /// Whether it can be changed.
    free: bool,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/u/{token}")
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
    let id = MessageId(visit.open(PageLink::Preferences, token)?.id);
    let done = match fields.get("action") {
        "unsubscribe" => consent::end_all(&visit.ctx, id, SOURCE).await,
        "save" => set(&visit.ctx, id, fields).await,
        _ => Err(Error::invalid(ErrorCode::Invalid, "action")),
    };
    match visit::told(done)? {
        Ok(()) => {
            let join = if visit.switched().is_empty() { '?' } else { '&' };
            Ok(visit.go(&format!("{}{}{join}done=1", visit.request.path(), visit.switched())))
        }
        Err(error) => page(visit, token, Some(fields), Some(error)).await,
    }
}

/// Sets what was ticked otherwise than it holds. What there is no wording for cannot be agreed to.
async fn set(ctx: &Ctx, id: MessageId, fields: &Fields) -> Result<(), Error> {
    let wanted: Vec<(ConsentChannel, ConsentPurpose)> = fields.all("choice").map(parse).collect::<Result<_, _>>()?;
    let now = consent::preferences(ctx, id).await?;
    let may_agree = has_wording(&now);
    let changed = |choice: &Choice| {
        let granted = wanted.contains(&(choice.channel, choice.purpose));
        (granted != choice.granted && (may_agree || !granted)).then_some(Choice { granted, ..*choice })
    };
    let changes: Vec<Choice> = now.choices.iter().filter_map(changed).collect();
    consent::set_preferences(ctx, id, &changes, SOURCE).await
}

/// A choice as the form names it.
fn word(channel: ConsentChannel, purpose: ConsentPurpose) -> String {
    format!("{channel}.{purpose}")
}

/// Error: `INVALID` for what no box is named.
fn parse(word: &str) -> Result<(ConsentChannel, ConsentPurpose), Error> {
    let bad = || Error::invalid(ErrorCode::Invalid, "choice");
    let (channel, purpose) = word.split_once('.').ok_or_else(bad)?;
    Ok((channel.parse().map_err(|_| bad())?, purpose.parse().map_err(|_| bad())?))
}

/// Whether there is a wording in any language: who reads the page in another one is shown that.
fn has_wording(preferences: &Preferences) -> bool {
    !wording(preferences, "en").is_empty()
}

fn wording(preferences: &Preferences, locale: &str) -> Vec<String> {
    let told = text::in_language(&preferences.wording, locale);
    told.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

async fn page(visit: &Visit<'_>, token: &str, fields: Option<&Fields>, error: Option<Error>) -> Outcome {
    let id = MessageId(visit.open(PageLink::Preferences, token)?.id);
    let now = consent::preferences(&visit.ctx, id).await?;
    let brand = Brand::in_name_of(&visit.ctx, now.channel_id).await?;
    let frame = visit.frame(brand, &now.locale).failed(error.as_ref());
    let ways = ways(&frame, &now, fields);
    let wording = wording(&now, frame.tag());
    let is_done = visit.request.query_string().split('&').any(|pair| pair == "done=1");
    let page = Page { frame, ways, is_customer: now.is_customer, wording, is_done };
    Ok(visit.framed(&page.frame, &page))
}

/// The boxes, channel by channel; ticked as a form that was refused had them, else as it holds.
fn ways(frame: &Frame, now: &Preferences, fields: Option<&Fields>) -> Vec<Way> {
    let may_agree = has_wording(now);
    let mut ways: Vec<Way> = Vec::new();
    for choice in &now.choices {
        let word = word(choice.channel, choice.purpose);
        let (name, what) = told(frame, choice.purpose);
        let ticked = fields.map_or(choice.granted, |fields| fields.all("choice").any(|given| given == word));
        let tick = Tick { word, name, what, ticked, free: choice.granted || may_agree };
        match ways.last_mut().filter(|way| way.channel == choice.channel) {
            Some(way) => way.ticks.push(tick),
            None => ways.push(Way { channel: choice.channel, name: by(frame, choice.channel), ticks: vec![tick] }),
        }
    }
    ways
}

const fn by(frame: &Frame, channel: ConsentChannel) -> &'static str {
    match channel {
        ConsentChannel::Email => frame.say("メール", "By e-mail"),
        ConsentChannel::Sms => frame.say("SMS（ショートメッセージ）", "By text message"),
        ConsentChannel::Line => "LINE",
        ConsentChannel::Push => frame.say("プッシュ通知", "By push notices"),
        ConsentChannel::Post => frame.say("郵便", "By post"),
    }
}

const fn told(frame: &Frame, purpose: ConsentPurpose) -> (&'static str, &'static str) {
    match purpose {
        ConsentPurpose::Marketing => (
            frame.say("お知らせ・おすすめ", "News and offers"),
            frame.say("新商品、セール、おすすめ商品のご案内", "New goods, sales and what might please you"),
        ),
        ConsentPurpose::Survey => (
            frame.say("アンケート", "Surveys"),
            frame.say("お買い物の感想をお聞きします", "We ask what you think of your purchase"),
        ),
    }
}
