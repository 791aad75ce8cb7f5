//! `/claim/{token}`: how an order that was placed without an account becomes part of one. Who owns the e-mail address of
//! the order proves it by signing in with it at the shop; orders of a proven address join by themselves. The page itself
//! gives nothing to anybody.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::messaging::page_links::PageLink;
use domain::{Error, channel, order};
use entity::words::OrderStatus;

use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit};
use crate::http::{State, protected, wrong_method};

#[derive(Template)]
#[template(path = "claim/page.html")]
struct Page {
    frame: Frame,
    number: String,
    /// The address to sign in with, mostly hidden.
    address: Option<String>,
    /// Whether it is somebody's already.
    joined: bool,
    /// The page of the order, for who came from it.
    back: Option<String>,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/claim/{token}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .default_service(web::to(wrong_method));
    config.service(page);
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let mut visit = Visit::of(&request, &state);
    let outcome = page(&mut visit, &token).await;
    visit.settle(outcome).await
}

async fn page(visit: &mut Visit<'_>, token: &str) -> Outcome {
    let (id, _) = visit.open_order(PageLink::ClaimOrder, token)?;
    let db = visit.ctx.db();
    let found = order::query::by_id(&db, id).await?.filter(|order| order.status != OrderStatus::Draft);
    let order = found.ok_or(Error::not_found("order"))?;
    let channel = channel::query::get(&db, order.channel_id).await?;
    let brand = Brand::of(&visit.ctx, &channel).await?;
    let frame = visit.frame(brand, &order.locale);
    let page = Page {
        frame,
        address: order.email.as_deref().map(hidden),
        joined: order.customer_id.is_some(),
        number: order.number,
        back: visit.back_to(id),
    };
    Ok(visit.framed(&page.frame, &page))
}

/// An address as its owner knows it again and others do not learn it: `h•••@example.jp`.
pub(super) fn hidden(address: &str) -> String {
    match address.split_once('@') {
        Some((name, domain)) => format!("{}•••@{domain}", name.chars().take(1).collect::<String>()),
        None => "•••".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_mostly_hidden() {
        assert_eq!(hidden("hanako@example.jp"), "h•••@example.jp");
        assert_eq!((hidden("nonsense"), hidden("@x")), ("•••".to_owned(), "•••@x".to_owned()));
    }
}
