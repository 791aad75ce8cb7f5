//! GraphiQL, in development only. Everything comes from inside the binary: no other server is asked.

use std::path::Path;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::RustEmbed;
use serde_json::json;

use super::State;
use super::graphql::Api;

#[derive(RustEmbed)]
#[folder = "src/http/assets/"]
struct Assets;

/// Operations to begin with, shown as tabs; tests run the same files.
#[derive(RustEmbed)]
#[folder = "graphql/operations/"]
struct Operations;

/// Scripts and styles from ourselves alone; the editor writes styles into the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self' data:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// Whether a browser asks for a page.
pub(crate) fn is_wanted(http: &HttpRequest) -> bool {
    let accept = http.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|range| range.trim().starts_with("text/html"))
}

/// The page of one API.
pub(crate) fn page(api: Api) -> HttpResponse {
    let (url, title) = match api {
        Api::Shop => ("/graphql", "Shop API"),
        Api::Staff => ("/graphql/staff", "Staff API"),
    };
    let settings = json!({ "url": url, "subscriptionPath": format!("{url}/ws"), "tabs": tabs(api) });
    // `<` ends a script element: as an escape it is the same JSON.
    let settings = settings.to_string().replace('<', "\\u003c");
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · Hitotsu</title>\n\
         <link rel=\"stylesheet\" href=\"/graphiql/graphiql.min.css\">\n\
         <link rel=\"stylesheet\" href=\"/graphiql/page.css\">\n</head>\n<body>\n\
         <div id=\"graphiql\">Loading…</div>\n\
         <script type=\"application/json\" id=\"settings\">{settings}</script>\n\
         <script src=\"/graphiql/react.production.min.js\"></script>\n\
         <script src=\"/graphiql/react-dom.production.min.js\"></script>\n\
         <script src=\"/graphiql/graphiql.min.js\"></script>\n\
         <script src=\"/graphiql/page.js\"></script>\n</body>\n</html>\n"
    );
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::VARY, "Accept"))
        .body(html)
}

/// The examples of one API: the files of its folder, in the order of their names, each with the variables beside it.
fn tabs(api: Api) -> Vec<serde_json::Value> {
    let folder = format!("{}/", api.name());
    let is_example = |name: &str| Path::new(name).extension().is_some_and(|extension| extension == "graphql");
    let mut names: Vec<_> = Operations::iter().filter(|name| name.starts_with(&folder) && is_example(name)).collect();
    names.sort();
    names
        .iter()
        .filter_map(|name| {
            let query = String::from_utf8(Operations::get(name)?.data.into_owned()).ok()?;
            let variables = Operations::get(&name.replace(".graphql", ".json"));
            let variables = variables.and_then(|file| String::from_utf8(file.data.into_owned()).ok());
            Some(json!({ "query": query, "variables": variables }))
        })
        .collect()
}

/// `GET /graphiql/{file}`: a file of the page; nothing in production.
pub(crate) async fn asset(http: HttpRequest, state: web::Data<State>, name: web::Path<String>) -> HttpResponse {
    let file = if state.config.is_development() { Assets::get(&name) } else { None };
    let Some(file) = file else {
        let status = actix_web::http::StatusCode::NOT_FOUND;
        return super::reply::problem(&http, status, "NOT_FOUND", "There is nothing at this address.");
    };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, file.metadata.mimetype()))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(file.data.into_owned())
}
