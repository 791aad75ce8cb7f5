//! Running one story on one database.

use std::future::Future;

use crate::world::{Backend, World};

/// Gives the story a fresh world, then audits it. Called by [`crate::both_databases!`].
pub fn run<S, F>(backend: Backend, name: &str, story: S)
where
    S: FnOnce(World) -> F,
    F: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime can be built");
    runtime.block_on(async {
        let world = World::fresh(backend, name).await.expect("a fresh database");
        Box::pin(story(world.clone())).await;
        world.finish().await;
    });
}
