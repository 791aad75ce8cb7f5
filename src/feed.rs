//! Tells subscriptions what happened: new rows of the event table, whichever process wrote them.

use std::sync::Arc;

use domain::Ctx;

use crate::http::State;

/// Runs until the process stops. Costs nothing while nobody listens.
pub(crate) async fn run(state: Arc<State>) {
    let ctx = Ctx::system(Arc::clone(&state.services), "event-feed");
    let feed = state.schemas.options.feed.clone();
    tokio::select! {
        () = state.stop.cancelled() => {}
        () = feed.run(ctx) => {}
    }
}
