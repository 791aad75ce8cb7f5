//! `/receipt/{token}`: what was paid, to print; `?note={id}`: what went back. Papers that were given out are shown as they
//! were; an order of the web shop gets a statement with what Japan's invoices need.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use domain::Error;
use domain::messaging::order_context::{OrderContext, order_context};
use domain::messaging::order_view::OrderView;
use domain::messaging::page_links::PageLink;
use domain::order::credit_note;
use domain::register::receipt;
use entity::id::{CreditNoteId, OrderId};
use entity::words::{OrderPaymentStatus, OrderStatus};

use super::frame::{Brand, Frame};
use super::visit::{Outcome, Visit};
use crate::http::{State, protected, wrong_method};

/// A paper that stands for itself: its own styles, no forms.
const PAPER: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'";

#[derive(Template)]
#[template(path = "receipt/page.html")]
struct Page {
    frame: Frame,
    /// Nobody is told that they paid before they did.
    title: &'static str,
    view: OrderView,
    paid: &'static str,
    /// How each payment is told, with its amount.
    payments: Vec<(String, String)>,
    /// The page of the order, for who came from it.
    back: Option<String>,
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = protected("/receipt/{token}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .default_service(web::to(wrong_method));
    config.service(page);
}

async fn show(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let mut visit = Visit::of(&request, &state);
    let outcome = Box::pin(paper(&mut visit, &token)).await;
    visit.settle(outcome).await
}

async fn paper(visit: &mut Visit<'_>, token: &str) -> Outcome {
    let (id, _) = visit.open_order(PageLink::Receipt, token)?;
    let note = visit.request.query_string().split('&').find_map(|pair| pair.strip_prefix("note="));
    if let Some(note) = note {
        return credit(visit, id, note).await;
    }
    let context = order_context(&visit.ctx.db(), id).await?;
    if context.order.status == OrderStatus::Draft {
        return Err(Error::not_found("order"));
    }
    match &context.receipt {
        Some((row, _)) => Ok(visit.paper(receipt::parse(row)?.html(), PAPER)),
        None => statement(visit, context).await,
    }
}

/// A credit note of the order. Error: `NOT_FOUND`.
async fn credit(visit: &Visit<'_>, id: OrderId, note: &str) -> Outcome {
    let missing = || Error::not_found("creditNote");
    let note: CreditNoteId = note.parse().map_err(|_| missing())?;
    let found = credit_note::of_orders(&visit.ctx.db(), &[id]).await?;
    let row = found.iter().find(|row| row.id == note).ok_or_else(missing)?;
    Ok(visit.paper(credit_note::parse(row)?.html(), PAPER))
}

async fn statement(visit: &Visit<'_>, context: OrderContext) -> Outcome {
    let brand = Brand::new(&context.channel, context.brand.clone());
    let frame = visit.frame(brand, &context.order.locale);
    let view = OrderView::of(&context, frame.language)?;
    let told = |payment: &domain::messaging::order_view::PaymentView| {
        let name = frame.language.text(&format!("mail-gateway-{}", payment.gateway), &[]);
        (name, payment.amount.clone())
    };
    let payments = view.payments.iter().map(told).collect();
    let (is_paid, paid) = match context.order.payment_status {
        OrderPaymentStatus::Paid | OrderPaymentStatus::Overpaid | OrderPaymentStatus::PartiallyRefunded => {
            (true, frame.say("お支払い済み", "Paid"))
        }
        OrderPaymentStatus::Refunded => (true, frame.say("返金済み", "Refunded")),
        OrderPaymentStatus::Authorized => (false, frame.say("お支払い手続き済み", "Payment reserved")),
        OrderPaymentStatus::PartiallyPaid => (false, frame.say("一部お支払い済み", "Partly paid")),
        OrderPaymentStatus::Unpaid | OrderPaymentStatus::Voided => (false, frame.say("お支払い前", "Not paid yet")),
    };
    let title = if is_paid {
        frame.say("領収書・ご購入明細", "Receipt")
    } else {
        frame.say("ご購入明細", "Statement")
    };
    let page = Page { frame, title, view, paid, payments, back: visit.back_to(context.order.id) };
    Ok(visit.framed(&page.frame, &page))
}
