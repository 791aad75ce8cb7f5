//! `/u/{token}`: what the recipient of a message wants to hear of. One button ends everything that needs consent; boxes
//! choose by purpose. Looking ends nothing: mail scanners follow every link.

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::kernel::text;
use domain::messaging::consent::{self, Preferences};
use domain::messaging::page_links::PageLink;
use domain::{Ctx, Error, ErrorCode, channel};
use entity::id::MessageId;
use entity::words::{ConsentChannel, ConsentPurpose};

use super::form::{self, Fields};
use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit, told};
use crate::http::{State, protected, wrong_method};

/// Where a change on this page is said to come from.
const SOURCE: &str = "preferences-page";

#[derive(Template)]
#[template(path = "preferences/page.html")]
struct Page {
    frame: Frame,
    by: &'static str,
    /// Word, name, what it is, whether it holds.
    purposes: Vec<(&'static str, &'static str, &'static str, bool)>,
    is_customer: bool,
    /// What a "yes" agrees to; without it nothing new can be agreed to.
    wording: Vec<String>,
    is_done: bool,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/u/{token}")
        .route(web::get().to(show))
        .route(web::post().to(send))
        .default_service(web::to(wrong_method));
    config.service(page);
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let visit = Visit::of(&request, &state);
    let outcome = page(&visit, &token, None).await;
    visit.settle(outcome)
}

async fn send(request: HttpRequest, state: web::Data<State>, token: web::Path<String>, body: Payload) -> HttpResponse {
    form::answer(&request, &state, body, async |visit, fields| act(visit, &token, fields).await).await
}

async fn act(visit: &Visit<'_>, token: &str, fields: &Fields) -> Outcome {
    let id = MessageId(visit.open(PageLink::Preferences, token)?.id);
    let done = match fields.get("action") {
        "unsubscribe" => all_off(&visit.ctx, id).await,
        "save" => set(&visit.ctx, id, fields).await,
        _ => Err(Error::invalid(ErrorCode::Invalid, "action")),
    };
    match told(done)? {
        Ok(()) => {
            let join = if visit.switched().is_empty() { '?' } else { '&' };
            Ok(visit.go(&format!("{}{}{join}done=1", visit.request.path(), visit.switched())))
        }
        Err(error) => page(visit, token, Some(error)).await,
    }
}

/// Ends everything that needs consent, by the channel of the message.
async fn all_off(ctx: &Ctx, id: MessageId) -> Result<(), Error> {
    let off: Vec<(ConsentPurpose, bool)> = ConsentPurpose::ALL.iter().map(|purpose| (*purpose, false)).collect();
    consent::set_preferences(ctx, id, &off, SOURCE).await
}

/// Sets each purpose as it was ticked. What there is no wording for cannot be agreed to.
async fn set(ctx: &Ctx, id: MessageId, fields: &Fields) -> Result<(), Error> {
    let now = consent::preferences(ctx, id).await?;
    let has_wording = !wording(&now, "en").is_empty();
    let ticked = |(purpose, holds): &(ConsentPurpose, bool)| {
        let wanted = fields.all("purpose").any(|word| word == purpose.as_str());
        (*purpose, wanted && (*holds || has_wording))
    };
    let changes: Vec<(ConsentPurpose, bool)> = now.purposes.iter().map(ticked).collect();
    consent::set_preferences(ctx, id, &changes, SOURCE).await
}

fn wording(preferences: &Preferences, locale: &str) -> Vec<String> {
    let told = text::in_language(&preferences.wording, locale);
    told.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

async fn page(visit: &Visit<'_>, token: &str, error: Option<Error>) -> Outcome {
    let id = MessageId(visit.open(PageLink::Preferences, token)?.id);
    let now = consent::preferences(&visit.ctx, id).await?;
    let channel = channel::query::default_online(&visit.ctx.db()).await?;
    let brand = match &channel {
        Some(channel) => Brand::of(&visit.ctx, channel).await?,
        None => Brand::nobody(),
    };
    let frame = visit.frame(brand, &now.locale).failed(error.as_ref());
    let by = match now.channel {
        ConsentChannel::Email => frame.say("メール", "By e-mail"),
        ConsentChannel::Sms => "SMS",
        ConsentChannel::Line => "LINE",
        ConsentChannel::Push => frame.say("プッシュ通知", "By push notices"),
        ConsentChannel::Post => frame.say("郵便", "By post"),
    };
    let told = |(purpose, holds): &(ConsentPurpose, bool)| {
        let (name, what) = match purpose {
            ConsentPurpose::Marketing => (
                frame.say("お知らせ・おすすめ", "News and offers"),
                frame.say("新商品、セール、おすすめ商品のご案内", "New goods, sales and what might please you"),
            ),
            ConsentPurpose::Survey => (
                frame.say("アンケート", "Surveys"),
                frame.say("お買い物の感想をお聞きします", "We ask what you think of your purchase"),
            ),
        };
        (purpose.as_str(), name, what, *holds)
    };
    let purposes = now.purposes.iter().map(told).collect();
    let wording = wording(&now, frame.tag());
    let is_done = visit.request.query_string().split('&').any(|pair| pair == "done=1");
    let page = Page { frame, by, purposes, is_customer: now.is_customer, wording, is_done };
    Ok(visit.framed(&page.frame, &page))
}
