//! No message is begun once the process stops, nor while people wait for an answer.

use std::sync::Arc;

use async_trait::async_trait;
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use tokio_util::sync::CancellationToken;

use crate::traffic::Traffic;

/// Hands messages over one by one, each when no request runs or after a moment: fifty thousand that wait slow nobody down.
/// Nothing is begun after the stop: jobs that were claimed before it wait for their turn to send, and each would have to
/// end within the time that the process is given.
#[derive(Debug)]
pub(super) struct Polite {
    pub(super) inner: Arc<dyn MessageTransport>,
    pub(super) stop: CancellationToken,
    pub(super) traffic: Traffic,
}

#[async_trait]
impl MessageTransport for Polite {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        self.send_named(mail).await.map(|_| ())
    }

    async fn send_named(&self, mail: &OutgoingMail) -> Result<Option<String>, SendError> {
        self.traffic.let_pass().await;
        if self.stop.is_cancelled() {
            return Err(SendError::Stopping);
        }
        self.inner.send_named(mail).await
    }
}
