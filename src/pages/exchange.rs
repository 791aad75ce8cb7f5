//! `/exchange/{token}`: other goods instead of the money of a return that was asked for or approved. Offered is another
//! variant of the same product; whatever a form names is shown by its name. First the difference is shown, then it is
//! agreed on; only that writes anything.

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::catalog::display;
use domain::messaging::page_links::PageLink;
use domain::returns::exchange::instead::{self, Instead};
use domain::returns::exchange::offer::{self, Offer};
use domain::returns::exchange::{NewGoods, preview::Preview};
use domain::returns::query;
use domain::{Actor, Error, ErrorCode, channel, order};
use entity::id::{ReturnId, ReturnLineId, VariantId};
use entity::money::Money;
use entity::words::{DeliveryMethod, ReturnKind, ReturnStatus};
use entity::{order as order_row, order_line, return_line, returns};

use super::form::{self, Fields};
use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit, told};
use crate::http::{State, protected, wrong_method};

#[derive(Template)]
#[template(path = "exchange/page.html")]
struct Page {
    frame: Frame,
    number: String,
    /// Whether other goods can be chosen.
    is_open: bool,
    lines: Vec<Line>,
    sum: Option<Sum>,
    /// The return's slip, while that page opens.
    back: Option<String>,
}

/// A line of the return.
struct Line {
    id: String,
    name: String,
    units: i64,
    variants: Vec<Choice>,
    /// Name of the chosen one.
    chosen: String,
    /// Its id, as a form sent it.
    chosen_id: String,
}

impl Line {
    /// Whether something was chosen that can be had.
    fn is_chosen(&self) -> bool {
        self.variants.iter().any(|choice| choice.is_chosen)
    }
}

/// A variant to choose from.
struct Choice {
    id: String,
    title: String,
    is_chosen: bool,
    is_there: bool,
}

impl Page {
    /// Whether every line has something to choose that is not sold out.
    fn has_choices(&self) -> bool {
        self.lines.iter().all(|line| line.variants.iter().any(|choice| choice.is_there))
    }
}

/// What it comes to, ready to show.
struct Sum {
    credit: String,
    fee: Option<String>,
    total: String,
    difference: String,
    /// Whether something is to be paid, or goes back.
    pays: bool,
    gets: bool,
    /// Minor units, as the form sends them back.
    minor: i64,
    key: String,
}

/// A return with what is needed to choose.
struct Found {
    row: returns::Model,
    order: order_row::Model,
    sold: Vec<order_line::Model>,
    lines: Vec<return_line::Model>,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/exchange/{token}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .route(web::post().to(send))
        .default_service(web::to(wrong_method));
    config.service(page);
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let mut visit = Visit::of(&request, &state);
    let outcome = Box::pin(page(&mut visit, &token, None, None)).await;
    visit.settle(outcome).await
}

async fn send(request: HttpRequest, state: web::Data<State>, token: web::Path<String>, body: Payload) -> HttpResponse {
    form::answer(&request, &state, body, async |visit, fields| act(visit, &token, fields).await).await
}

async fn act(visit: &mut Visit<'_>, token: &str, fields: &Fields) -> Outcome {
    match fields.get("action") {
        "send" => agree(visit, token, fields).await,
        "change" => page(visit, token, None, None).await,
        "preview" => page(visit, token, Some(fields), None).await,
        _ => page(visit, token, None, Some(Error::invalid(ErrorCode::Invalid, "action"))).await,
    }
}

/// Agrees on what was shown. The same page sent twice agrees once.
async fn agree(visit: &mut Visit<'_>, token: &str, fields: &Fields) -> Outcome {
    let found = find(visit, token).await?;
    let input = wanted(&found, fields).and_then(|goods| {
        let seen = fields.get("difference").parse::<i64>();
        let minor = seen.map_err(|_| Error::invalid(ErrorCode::InvalidAmount, "input.expectedDifference"))?;
        Ok(Instead {
            return_id: found.row.id,
            goods,
            expected_difference: Some(Money::new(minor, found.row.currency)),
            idempotency_key: fields.get("key").to_owned(),
        })
    });
    let done = match input {
        Ok(input) => Box::pin(instead::instead(&visit.ctx, input)).await,
        Err(error) => Err(error),
    };
    match told(done)? {
        Ok(done) => {
            let slip = visit.slip(&done.back).ok_or(Error::not_found("return"))?;
            Ok(visit.go(&slip))
        }
        Err(error) => page(visit, token, Some(fields), Some(error)).await,
    }
}

/// Opens the link; what follows is done as the holder of the order's secret. Error: `NOT_FOUND`.
async fn find(visit: &mut Visit<'_>, token: &str) -> Result<Found, Error> {
    let id = ReturnId(visit.open(PageLink::Exchange, token)?.id);
    let db = visit.ctx.db();
    let row = query::by_id(&db, id).await?.ok_or(Error::not_found("return"))?;
    let order_id = row.order_id.ok_or(Error::not_found("order"))?;
    let order = order::query::by_id(&db, order_id).await?.ok_or(Error::not_found("order"))?;
    let sold = order::query::lines(&db, &[order_id]).await?;
    let lines = query::lines(&db, &[id]).await?;
    visit.ctx = visit.ctx.with_actor(Actor::Guest { cart_id: None, order_id: Some(order_id) });
    Ok(Found { row, order, sold, lines })
}

impl Found {
    fn is_open(&self) -> bool {
        let is_early = matches!(self.row.status, ReturnStatus::Requested | ReturnStatus::Approved);
        is_early && self.row.kind == ReturnKind::Return
    }

    fn sold(&self, line: &return_line::Model) -> Option<&order_line::Model> {
        self.sold.iter().find(|sold| Some(sold.id) == line.order_line_id)
    }
}

/// The goods that a form names, one for each line of the return; sent where the order went, else collected where it was.
/// Errors: `REQUIRED`, `INVALID_ID`.
fn wanted(found: &Found, fields: &Fields) -> Result<Vec<NewGoods>, Error> {
    let one = |(index, line): (usize, &return_line::Model)| {
        let text = fields.get(&field(line.id)).to_owned();
        let path = || format!("input.goods.{index}");
        if text.is_empty() {
            return Err(Error::not_chosen(path()));
        }
        let place = found.sold(line).and_then(|sold| sold.pickup_location_id);
        let delivery = match place {
            Some(_) if found.order.shipping_address.is_none() => DeliveryMethod::Pickup,
            Some(_) | None => DeliveryMethod::Ship,
        };
        Ok(NewGoods {
            variant_id: text.parse().map_err(|_| Error::invalid(ErrorCode::InvalidId, path()))?,
            quantity: line.quantity,
            delivery,
            location_id: place.filter(|_| delivery == DeliveryMethod::Pickup),
            unit_price: None,
        })
    };
    found.lines.iter().enumerate().map(one).collect()
}

fn field(id: ReturnLineId) -> String {
    format!("variant.{id}")
}

/// The page: to choose, or with what was chosen and what it comes to.
async fn page(visit: &mut Visit<'_>, token: &str, fields: Option<&Fields>, error: Option<Error>) -> Outcome {
    let found = find(visit, token).await?;
    let previewed = match fields {
        Some(fields) if found.is_open() => Some(told(look(visit, &found, fields).await)?),
        Some(_) | None => None,
    };
    let (sum, refused) = match previewed {
        Some(Ok(preview)) => (Some(preview), None),
        Some(Err(refused)) => (None, Some(refused)),
        None => (None, None),
    };
    let channel = channel::query::get(&visit.ctx.db(), found.order.channel_id).await?;
    let brand = Brand::of(&visit.ctx, &channel).await?;
    let frame = visit.frame(brand, &found.order.locale).failed(error.or(refused).as_ref());
    let lines = lines(visit, &found, fields, frame.tag()).await?;
    let back = visit.slip(&found.row);
    let page = Page {
        number: found.row.number.clone(),
        is_open: found.is_open(),
        lines,
        sum: sum.map(|sum| told_sum(visit, &sum, &found.order.locale)),
        back,
        frame,
    };
    Ok(visit.framed(&page.frame, &page))
}

async fn look(visit: &Visit<'_>, found: &Found, fields: &Fields) -> Result<Preview, Error> {
    let input = Instead {
        return_id: found.row.id,
        goods: wanted(found, fields)?,
        expected_difference: None,
        idempotency_key: String::new(),
    };
    Box::pin(instead::preview(&visit.ctx, &input)).await
}

fn told_sum(visit: &Visit<'_>, sum: &Preview, locale: &str) -> Sum {
    let money = |minor: i64| Money::new(minor, sum.currency).formatted(locale);
    Sum {
        credit: money(sum.credit),
        fee: (sum.fee > 0).then(|| money(sum.fee)),
        total: money(sum.total),
        difference: money(sum.difference.saturating_abs()),
        pays: sum.difference > 0,
        gets: sum.difference < 0,
        minor: sum.difference,
        key: visit.ctx.services.random.uuid(visit.ctx.now()).to_string(),
    }
}

/// The lines with what is offered for them, and what was chosen. Ten statements, two more when there are bundles.
async fn lines(visit: &Visit<'_>, found: &Found, fields: Option<&Fields>, tag: &str) -> Result<Vec<Line>, Error> {
    let offers = offer::offers(&visit.ctx, &found.order, &found.lines).await?;
    let chosen = |line: &return_line::Model| fields.map(|fields| fields.get(&field(line.id))).unwrap_or_default();
    let named = found.lines.iter().filter_map(|line| chosen(line).parse::<VariantId>().ok());
    let known: Vec<VariantId> = offers.iter().map(|offer| offer.variant_id).chain(named).collect();
    let titles = display::titles(&visit.ctx.db(), tag, &known).await?;
    let line = |line: &return_line::Model| {
        let chosen_id = chosen(line);
        let mine = offers.iter().filter(|offer| offer.line_id == line.id);
        let choice = |offer: &Offer| {
            let (title, option) = titles.get(&offer.variant_id).cloned().unwrap_or_default();
            let id = offer.variant_id.to_string();
            let is_chosen = offer.is_there && id == chosen_id;
            Choice { title: if option.is_empty() { title } else { option }, is_chosen, is_there: offer.is_there, id }
        };
        let title = chosen_id.parse::<VariantId>().ok().and_then(|id| titles.get(&id));
        let name = found.sold(line).map(|sold| named_as(&sold.title, &sold.variant_title)).unwrap_or_default();
        Line {
            id: line.id.to_string(),
            name,
            units: line.quantity,
            variants: mine.map(choice).collect(),
            chosen: title.map(|(title, option)| named_as(title, option)).unwrap_or_default(),
            chosen_id: chosen_id.to_owned(),
        }
    };
    Ok(found.lines.iter().map(line).collect())
}

/// What a variant is called beside its product; nothing where its title only repeats it.
fn named_as(title: &str, option: &str) -> String {
    let option = if option == title { "" } else { option };
    format!("{title} {option}").trim().to_owned()
}
