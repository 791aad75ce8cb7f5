//! The edge: what comes in over HTTP and what goes out.
//!
//! Deliberately absent: rules and SQL beyond the health of the database.

pub(crate) mod carrier_webhook;
pub(crate) mod client;
pub(crate) mod document;
pub(crate) mod edge;
pub(crate) mod graphiql;
pub(crate) mod graphql;
pub mod health;
pub(crate) mod mail_webhook;
pub(crate) mod metrics;
pub(crate) mod origin;
pub(crate) mod protect;
pub(crate) mod reply;
pub(crate) mod socket;
pub mod state;
pub(crate) mod stripe_webhook;
pub(crate) mod tracking;
pub(crate) mod unsubscribe;

use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use graphql::Api;

pub use edge::RequestId;
pub use state::State;

/// All routes of the API's address.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/healthz").route(web::get().to(health::alive)).default_service(web::to(wrong_method)))
        .service(web::resource("/readyz").route(web::get().to(health::ready)).default_service(web::to(wrong_method)))
        .service(web::resource("/version").route(web::get().to(health::version)).default_service(web::to(wrong_method)))
        .service(protected("/graphiql/{file}").route(web::get().to(graphiql::asset)));
    config.configure(carrier_webhook::routes).configure(stripe_webhook::routes).configure(document::routes);
    config.configure(mail_webhook::routes).configure(tracking::routes).configure(unsubscribe::routes);
    api(config, "/graphql", Api::Shop);
    api(config, "/graphql/staff", Api::Staff);
    config.configure(crate::pages::routes).default_service(web::to(nothing_here));
}

fn api(config: &mut ServiceConfig, path: &str, api: Api) {
    let endpoint = web::resource(path)
        .app_data(web::Data::new(api))
        .route(web::get().to(graphql::get))
        .route(web::post().to(graphql::post))
        .default_service(web::to(wrong_method))
        .wrap(from_fn(protect::contain));
    let socket = web::resource(format!("{path}/ws"))
        .app_data(web::Data::new(api))
        .route(web::get().to(socket::open))
        .default_service(web::to(wrong_method));
    config.service(endpoint).service(socket);
}

/// There is nothing at an address.
pub(crate) async fn nothing_here(request: HttpRequest) -> HttpResponse {
    reply::problem(&request, actix_web::http::StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this address.")
}

/// Every resource of ours answers GET or POST only.
pub(crate) async fn wrong_method(request: HttpRequest) -> HttpResponse {
    let mut response = reply::problem(
        &request,
        actix_web::http::StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "This address does not answer this method.",
    );
    let allow = [Method::GET, Method::POST].map(|method| method.to_string()).join(", ");
    if let Ok(value) = header::HeaderValue::from_str(&allow) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

/// A resource for pages and the like: load shedding, time-out, and a panic stays within its request.
pub(crate) fn protected(
    path: &str,
) -> actix_web::Resource<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    web::resource(path).wrap(from_fn(protect::contain)).wrap(from_fn(protect::shed))
}
