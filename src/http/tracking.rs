//! `/c/{token}` and `/pixel/{token}`: links that were followed, and messages that were looked at. Whoever follows a link
//! gets where it leads, whatever becomes of the record; what a scanner does is told apart.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use domain::kernel::ctx::Ctx;
use domain::messaging::tracking;

use super::edge::RequestId;
use super::{State, protected, reply, wrong_method};

/// A picture of one clear point.
const POINT: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// Parts of the names under which scanners, previewers and programs go; in lower case.
const MACHINES: [&str; 30] = [
    "bot",
    "crawl",
    "spider",
    "scan",
    "preview",
    "prefetch",
    "proofpoint",
    "urldefense",
    "mimecast",
    "barracuda",
    "safelinks",
    "trendmicro",
    "forcepoint",
    "fireeye",
    "sophos",
    "symantec",
    "messagelabs",
    "ironport",
    "checkpoint",
    "facebookexternalhit",
    "whatsapp",
    "curl",
    "wget",
    "python",
    "java/",
    "okhttp",
    "go-http-client",
    "headless",
    "libwww",
    "httpclient",
];

pub(crate) fn routes(config: &mut ServiceConfig) {
    let link = protected("/c/{token}")
        .route(web::get().to(follow))
        .route(web::head().to(follow))
        .default_service(web::to(wrong_method));
    let picture = protected("/pixel/{token}")
        .route(web::get().to(look))
        .route(web::head().to(look))
        .default_service(web::to(wrong_method));
    config.service(link).service(picture);
}

async fn follow(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let Some((message, url)) = tracking::open_link(&state.services.secrets, &token) else {
        return reply::problem(&request, StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this address.");
    };
    let ctx = context(&request, &state);
    if let Err(error) = tracking::clicked(&ctx, message, &url, is_machine(&request)).await {
        tracing::warn!(request_id = %ctx.request_id, code = %error.code(), "a click was not recorded");
    }
    HttpResponse::Found()
        .insert_header((header::LOCATION, location(&url)))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(("X-Robots-Tag", "noindex, nofollow"))
        .finish()
}

/// An address as a header takes it: what is no visible ASCII is percent-encoded (RFC 3986 §2.1).
fn location(url: &str) -> String {
    let mut text = String::with_capacity(url.len());
    for byte in url.bytes() {
        if byte.is_ascii_graphic() {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Always a picture: a mail must not show a broken one.
async fn look(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    if let Some(message) = tracking::open_pixel(&state.services.secrets, &token) {
        let ctx = context(&request, &state);
        if let Err(error) = tracking::opened(&ctx, message, is_machine(&request)).await {
            tracing::warn!(request_id = %ctx.request_id, code = %error.code(), "a look was not recorded");
        }
    }
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "image/gif"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("X-Robots-Tag", "noindex"))
        .body(POINT)
}

fn context(request: &HttpRequest, state: &State) -> Ctx {
    let id = request.extensions().get::<RequestId>().map(|id| id.0.to_string()).unwrap_or_default();
    Ctx::system(Arc::clone(&state.services), &id)
}

/// Whether a request looks like a machine's: it only asks whether there is something, says that it looks ahead, or goes
/// under no name or under one of a machine.
fn is_machine(request: &HttpRequest) -> bool {
    let header = |name: &str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_ascii_lowercase()
    };
    let looks_ahead = ["purpose", "sec-purpose", "x-purpose", "x-moz"]
        .iter()
        .any(|name| ["prefetch", "preview"].iter().any(|word| header(name).contains(word)));
    let agent = header("user-agent");
    request.method() == Method::HEAD
        || looks_ahead
        || agent.is_empty()
        || MACHINES.iter().any(|name| agent.contains(name))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn no_address_breaks_a_header() {
        assert_eq!(location("https://shop.example/p/茶?x=%20&y=1"), "https://shop.example/p/%E8%8C%B6?x=%20&y=1");
        assert_eq!(location("https://a/\r\nSet-Cookie: x"), "https://a/%0D%0ASet-Cookie:%20x");
    }

    #[test]
    fn scanners_are_told_from_people() {
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1";
        let by = |agent: &str| TestRequest::get().insert_header(("user-agent", agent));
        assert!(!is_machine(&by(phone).to_http_request()));
        assert!(!is_machine(&by("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36").to_http_request()));
        for agent in ["", "Barracuda Sentinel (EE)", "python-requests/2.32", "Mozilla/5.0 (compatible; Googlebot/2.1)"]
        {
            assert!(is_machine(&by(agent).to_http_request()), "{agent}");
        }
        assert!(is_machine(&by(phone).method(Method::HEAD).to_http_request()));
        assert!(is_machine(&by(phone).insert_header(("sec-purpose", "prefetch;prerender")).to_http_request()));
    }
}
