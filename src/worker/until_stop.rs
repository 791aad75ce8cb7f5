//! Nothing is begun any more once the process stops.

use std::sync::Arc;

use async_trait::async_trait;
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use tokio_util::sync::CancellationToken;

/// Hands messages over until the process stops. Jobs that were claimed before wait for their turn to send, and begin long
/// after the stop; each would have to end within the time that the process is given.
#[derive(Debug)]
pub(super) struct UntilStop {
    pub(super) inner: Arc<dyn MessageTransport>,
    pub(super) stop: CancellationToken,
}

#[async_trait]
impl MessageTransport for UntilStop {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        self.send_named(mail).await.map(|_| ())
    }

    async fn send_named(&self, mail: &OutgoingMail) -> Result<Option<String>, SendError> {
        if self.stop.is_cancelled() {
            return Err(SendError::Stopping);
        }
        self.inner.send_named(mail).await
    }
}
