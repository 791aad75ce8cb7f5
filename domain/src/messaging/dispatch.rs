//! Hands committed events to their handlers, each handler once per event.
//!
//! A handler runs in a transaction of its own, together with its row in `event_delivery`: either both are there or
//! neither. A handler that fails stops no other; the job runs again and meets only those that are not done yet.

use std::pin::Pin;
use std::sync::Arc;

use entity::id::EventId;
use entity::{event, event_delivery};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::kernel::{Ctx, Result, Tx};

/// What a handler did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// Its work.
    Done,
    /// Nothing, and why; kept as the outcome. Never personal data.
    Nothing(&'static str),
}

impl Handled {
    const fn outcome(self) -> &'static str {
        match self {
            Self::Done => "handled",
            Self::Nothing(reason) => reason,
        }
    }
}

/// What a handler gives back.
pub type Handling<'a> = Pin<Box<dyn Future<Output = Result<Handled>> + Send + 'a>>;

/// Something that follows from events. Its work is a step: everything it does goes through the transaction.
#[derive(Debug, Clone, Copy)]
pub struct Handler {
    /// Its name in `event_delivery`; never changes.
    pub name: &'static str,
    /// The events it wants.
    pub kinds: &'static [&'static str],
    /// What it does.
    pub run: for<'a> fn(&'a Tx, &'a event::Model) -> Handling<'a>,
}

/// Hands the events to the handlers, events in their order. An error is the first of those that handlers met; all
/// others have run.
pub async fn run(ctx: &Ctx, handlers: &[Handler], event_ids: &[EventId]) -> Result<()> {
    let events = event::Entity::find()
        .filter(event::Column::Id.is_in(event_ids.iter().copied()))
        .order_by_asc(event::Column::Id)
        .all(&ctx.db())
        .await?;
    let mut failure = None;
    for event in &events {
        for handler in handlers.iter().filter(|handler| handler.kinds.contains(&event.kind.as_str())) {
            if let Err(error) = deliver(ctx, handler, event).await {
                tracing::warn!(handler = handler.name, event = %event.id, code = %error.code(), "a handler failed");
                failure.get_or_insert(error);
            }
        }
    }
    failure.map_or(Ok(()), Err)
}

/// Runs one handler on one event, unless it has handled it before.
async fn deliver(ctx: &Ctx, handler: &Handler, event: &event::Model) -> Result<()> {
    // Whatever follows from the event carries the request that caused it, up to the header of a mail.
    let ctx = Ctx { request_id: Arc::from(event.request_id.as_str()), ..ctx.clone() };
    ctx.write(|tx| async move {
        if !claim(&tx, handler, event.id).await? {
            return Ok(());
        }
        let handled = (handler.run)(&tx, event).await?;
        if handled != Handled::Done {
            let outcome = event_delivery::ActiveModel {
                handler: Set(handler.name.to_owned()),
                event_id: Set(event.id),
                outcome: Set(handled.outcome().to_owned()),
                ..Default::default()
            };
            outcome.update(&tx).await?;
        }
        Ok(())
    })
    .await
}

/// Claims the event for the handler. A parallel claim waits for this transaction and then finds the row.
async fn claim(tx: &Tx, handler: &Handler, event_id: EventId) -> Result<bool> {
    let row = event_delivery::ActiveModel {
        handler: Set(handler.name.to_owned()),
        event_id: Set(event_id),
        outcome: Set(Handled::Done.outcome().to_owned()),
        handled_at: Set(tx.now()),
    };
    let conflict =
        OnConflict::columns([event_delivery::Column::Handler, event_delivery::Column::EventId]).do_nothing().to_owned();
    Ok(event_delivery::Entity::insert(row).on_conflict(conflict).exec_without_returning(tx).await? == 1)
}
