//! Many at once: real tasks on real connections, let go together.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Barrier;

/// Runs `attempt(0)` to `attempt(count - 1)` at the same moment and returns their answers in that order.
pub async fn race<T, A, F>(count: usize, attempt: A) -> Vec<T>
where
    T: Send + 'static,
    A: Fn(usize) -> F,
    F: Future<Output = T> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(count));
    let runners: Vec<_> = (0..count)
        .map(|number| {
            let (barrier, work) = (Arc::clone(&barrier), attempt(number));
            tokio::spawn(async move {
                barrier.wait().await;
                work.await
            })
        })
        .collect();
    let mut answers = Vec::with_capacity(count);
    for runner in runners {
        answers.push(runner.await.expect("a racer panicked"));
    }
    answers
}
