//! Keeps one request from harming the others: bounded numbers, bounded time, and a panic stays within its request.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web;
use futures::FutureExt as _;

use super::{State, reply};

/// When a shed client should come back, in seconds.
const RETRY_AFTER: u64 = 1;

/// Middleware of a resource: 503 with `Retry-After` when as many requests run as may.
pub(crate) async fn shed<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(state) = request.app_data::<web::Data<State>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let Some(_permit) = state.admit() else {
        let answer = reply::busy(request.request(), "The server is too busy; try again.", RETRY_AFTER);
        return Ok(request.into_response(answer));
    };
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Middleware of a resource: 503 with `Retry-After` when a request takes too long, 500 with its id when it panics.
pub(crate) async fn contain<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(state) = request.app_data::<web::Data<State>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let kept = request.request().clone();
    let work = AssertUnwindSafe(next.call(request)).catch_unwind();
    let answer = match tokio::time::timeout(state.config.request_timeout, work).await {
        Ok(Ok(result)) => return result.map(ServiceResponse::map_into_boxed_body),
        Ok(Err(_panic)) => {
            metrics::counter!("hitotsu_http_panics_total").increment(1);
            reply::problem(&kept, StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "Something went wrong on our side.")
        }
        Err(_elapsed) => {
            metrics::counter!("hitotsu_http_timeouts_total").increment(1);
            reply::busy(&kept, "The request took too long and was stopped; try again.", RETRY_AFTER)
        }
    };
    Ok(ServiceResponse::new(kept, answer))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use std::sync::Arc;

    use actix_web::middleware::from_fn;
    use actix_web::{App, test};

    use super::*;
    use crate::config::Config;

    async fn state() -> web::Data<State> {
        let folder = std::env::temp_dir().join(format!("hitotsu-protect-{}", uuid::Uuid::now_v7()));
        let settings = [
            ("HITOTSU_DATABASE_URL", "sqlite::memory:".to_owned()),
            ("HITOTSU_REQUEST_TIMEOUT", "1".to_owned()),
            ("HITOTSU_DATA_DIR", folder.display().to_string()),
        ];
        let config = Config::parse("", settings.map(|(name, value)| (name.to_owned(), value))).unwrap();
        let services = crate::app::services(&config).await.unwrap();
        web::Data::from(Arc::new(State::new(config, services)))
    }

    #[actix_web::test]
    async fn a_panic_is_500_with_the_id_of_its_request_and_the_next_one_is_served() {
        let panics = || async { if true { panic!("somebody's address") } else { "never" } };
        let app = App::new()
            .app_data(state().await)
            .wrap(from_fn(crate::http::edge::edge))
            .service(web::resource("/panics").wrap(from_fn(contain)).route(web::get().to(panics)))
            .service(web::resource("/works").wrap(from_fn(contain)).route(web::get().to(|| async { "works" })));
        let app = test::init_service(app).await;
        let request = test::TestRequest::get().uri("/panics").insert_header(("x-request-id", "one-that-panics"));
        let answer = test::call_service(&app, request.to_request()).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.headers().get("x-request-id").unwrap(), "one-that-panics");
        let body = String::from_utf8(test::read_body(answer).await.to_vec()).unwrap();
        assert!(body.contains("one-that-panics") && !body.contains("address"), "{body}");
        let next = test::call_service(&app, test::TestRequest::get().uri("/works").to_request()).await;
        assert_eq!(next.status(), StatusCode::OK);
    }

    #[actix_web::test]
    async fn what_never_ends_is_stopped() {
        let hangs = || async {
            futures::future::pending::<()>().await;
            "never"
        };
        let app = App::new()
            .app_data(state().await)
            .service(web::resource("/hangs").wrap(from_fn(contain)).route(web::get().to(hangs)));
        let app = test::init_service(app).await;
        let answer = test::call_service(&app, test::TestRequest::get().uri("/hangs").to_request()).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers().get("retry-after").unwrap(), "1");
    }
}
