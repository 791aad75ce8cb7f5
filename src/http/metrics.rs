//! `/metrics` in Prometheus' text format, on its own address.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use sea_orm::DatabaseConnection;

use super::State;
use super::health::Queue;
use crate::telemetry;

/// Longest that the page waits for the database; the rest of it is worth more in time.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(500);

/// Gauges that are read when somebody looks, then everything that was counted.
pub(crate) async fn page(state: web::Data<State>) -> HttpResponse {
    let Ok(recorder) = telemetry::metrics() else {
        return HttpResponse::ServiceUnavailable().body("another recorder of metrics is installed");
    };
    metrics::gauge!("hitotsu_http_in_flight").set(telemetry::gauge_value(state.traffic.requests()));
    pools(&state);
    let now = state.services.clock.now();
    let queue = tokio::time::timeout(PATIENCE, Queue::read(state.services.db.reader(), now));
    let is_up = match queue.await {
        Ok(Ok(queue)) => {
            metrics::gauge!("hitotsu_jobs", "state" => "waiting").set(telemetry::gauge_value(queue.waiting));
            metrics::gauge!("hitotsu_jobs", "state" => "dead").set(telemetry::gauge_value(queue.dead));
            metrics::gauge!("hitotsu_queue_lag_seconds").set(telemetry::gauge_value(queue.lag_seconds));
            1.0
        }
        Ok(Err(_)) | Err(_) => 0.0,
    };
    metrics::gauge!("hitotsu_database_up").set(is_up);
    recorder.run_upkeep();
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(recorder.render())
}

fn pools(state: &State) {
    let db = &state.services.db;
    let is_shared = db.backend() == sea_orm::DatabaseBackend::Postgres;
    let pools =
        [("shared", db.writer(), is_shared), ("reader", db.reader(), !is_shared), ("writer", db.writer(), !is_shared)];
    for (name, pool, _) in pools.into_iter().filter(|(_, _, exists)| *exists) {
        let (open, idle) = sizes(pool);
        metrics::gauge!("hitotsu_database_connections", "pool" => name, "state" => "open")
            .set(telemetry::gauge_value(open));
        metrics::gauge!("hitotsu_database_connections", "pool" => name, "state" => "idle")
            .set(telemetry::gauge_value(idle));
    }
}

/// Open connections of a pool, and those of them that wait for work.
fn sizes(connection: &DatabaseConnection) -> (u32, usize) {
    if connection.get_database_backend() == sea_orm::DatabaseBackend::Postgres {
        let pool = connection.get_postgres_connection_pool();
        (pool.size(), pool.num_idle())
    } else {
        let pool = connection.get_sqlite_connection_pool();
        (pool.size(), pool.num_idle())
    }
}
