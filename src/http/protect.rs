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
