//! Pages of ours that people open in a browser.

use actix_web::HttpResponseBuilder;
use actix_web::http::header;

pub mod mailbox;
pub(crate) mod payment;
pub(crate) mod pickup;
pub(crate) mod returns;

/// Content security policy of pages with our own styles and forms, nothing else.
const OWN_FORMS: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";

/// The headers of a page whose address holds a secret and whose forms come back to it.
fn no_leaks(mut response: HttpResponseBuilder, policy: &str) -> HttpResponseBuilder {
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // No address with a secret leaks to others; with `no-referrer` browsers would send our own forms with
        // `Origin: null` (Fetch standard), and those are refused.
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy));
    response
}
