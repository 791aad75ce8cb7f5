//! Pages of ours that people open in a browser: without scripts, without cookies, phone first, in two languages.
//!
//! All share one frame ([`frame`], `templates/base.html`), one way to answer ([`visit`]) and one door for forms ([`form`]).
//! What a page shows comes from the reads, what it does from the use cases that the API has. GET changes nothing.

use actix_web::HttpResponseBuilder;
use actix_web::http::header;
use actix_web::web::ServiceConfig;

mod back_in_stock;
mod cart;
mod claim;
mod contrast;
mod exchange;
mod form;
mod frame;
mod gift_card;
pub mod mailbox;
mod order;
mod payment;
mod pickup;
mod preferences;
mod receipt;
mod return_request;
mod returns;
mod review;
mod survey;
mod unknown;
mod visit;

/// Content security policy of pages with our own styles and forms, nothing else.
const OWN_FORMS: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";

/// The routes of all pages.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .configure(order::routes)
        .configure(pickup::routes)
        .configure(return_request::routes)
        .configure(returns::routes)
        .configure(exchange::routes)
        .configure(receipt::routes)
        .configure(claim::routes)
        .configure(gift_card::routes)
        .configure(survey::routes)
        .configure(review::routes)
        .configure(preferences::routes)
        .configure(back_in_stock::routes)
        .configure(cart::routes)
        .configure(payment::routes)
        .configure(mailbox::routes)
        // Last: it takes what none of the others takes.
        .configure(unknown::routes);
}

/// The headers of a page whose address holds a secret and whose forms come back to it.
fn no_leaks(mut response: HttpResponseBuilder, policy: &str) -> HttpResponseBuilder {
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // No address with a secret leaks to others; with `no-referrer` browsers would send our own forms with
        // `Origin: null` (Fetch standard), and those are refused.
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        // Also what has no head of its own to say it in, such as papers.
        .insert_header(("x-robots-tag", "noindex, nofollow"))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy));
    response
}
