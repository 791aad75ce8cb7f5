//! What happened, told to subscriptions. Every process reads new rows of the event table and tells its own listeners,
//! so a change made in one process reaches those who listen in another.

use std::sync::Arc;

use entity::event;
use futures::Stream;
use tokio::sync::broadcast;

/// Events that wait for a slow listener; after that it misses the oldest and is told nothing wrong, because a listener
/// reads the present state again on every event.
const BACKLOG: usize = 1_024;

/// Tells events to those who listen. Clones tell the same listeners.
#[derive(Clone, Debug)]
pub struct EventFeed {
    sender: broadcast::Sender<Arc<event::Model>>,
}

impl Default for EventFeed {
    fn default() -> Self {
        Self { sender: broadcast::channel(BACKLOG).0 }
    }
}

impl EventFeed {
    /// Tells an event to all who listen now.
    pub fn tell(&self, event: event::Model) {
        // Without listeners there is nobody to tell.
        let _ = self.sender.send(Arc::new(event));
    }

    /// How many listen.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.sender.receiver_count()
    }

    /// The events from now on.
    pub fn listen(&self) -> impl Stream<Item = Arc<event::Model>> + Send + use<> {
        let receiver = self.sender.subscribe();
        futures::stream::unfold(receiver, |mut receiver| async move {
            loop {
                match receiver.recv().await {
                    Ok(event) => return Some((event, receiver)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        })
    }
}
