//! `GET /documents/shipments/{token}`: slips and labels under signed addresses that work for some minutes.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use domain::Error;
use domain::kernel::ctx::Ctx;
use domain::shipping::documents;

use super::edge::RequestId;
use super::{State, protected, reply, wrong_method};

/// Own styles and nothing else (CSP level 3).
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'; \
    base-uri 'none'; sandbox allow-modals";

pub(crate) fn routes(config: &mut ServiceConfig) {
    let resource =
        protected("/documents/shipments/{token}").route(web::get().to(open)).default_service(web::to(wrong_method));
    config.service(resource);
}

async fn open(request: HttpRequest, state: web::Data<State>, token: web::Path<String>) -> HttpResponse {
    let id = request.extensions().get::<RequestId>().map(|id| id.0.to_string()).unwrap_or_default();
    let ctx = Ctx::system(Arc::clone(&state.services), &id);
    match documents::open(&ctx, &token).await {
        Ok(document) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, document.media_type))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((header::CONTENT_DISPOSITION, format!("inline; filename=\"{}\"", document.file_name)))
            .body(document.bytes),
        Err(Error::NotFound { .. }) => {
            let text = "There is no such document, or its address is too old.";
            reply::problem(&request, StatusCode::NOT_FOUND, "NOT_FOUND", text)
        }
        Err(error) => {
            tracing::error!(request_id = %ctx.request_id, %error, "a document could not be made");
            let text = "The document could not be made.";
            reply::problem(&request, StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", text)
        }
    }
}
