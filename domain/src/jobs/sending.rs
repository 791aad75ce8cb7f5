//! The jobs that send messages. They settle themselves, together with their messages.

use std::sync::Arc;

use entity::id::MessageId;
use entity::job;
use serde::Deserialize;

use super::run::{Abandoned, Adapters, Ran, reason};
use crate::kernel::job::fail;
use crate::kernel::{Ctx, Error, Result};
use crate::messaging::send::{self, Sending};

#[derive(Deserialize)]
struct Input {
    message_id: MessageId,
    request_id: String,
}

/// Sends a message and settles its job. Errors: only when the settling fails; the lease then runs out.
pub(super) async fn run(ctx: &Ctx, adapters: &Adapters, job: &job::Model) -> Result<Ran> {
    let Some(input) = input(ctx, job).await? else { return Ok(Ran::Dead) };
    let ctx = Ctx { request_id: Arc::from(input.request_id), ..ctx.clone() };
    let ended = match Box::pin(send::send(&ctx, adapters.mail.as_ref(), input.message_id, job)).await {
        Ok(ended) => ended,
        // Whoever has it now settles it.
        Err(error @ Error::LeaseLost) => return Err(error),
        Err(error) => {
            let is_poison = matches!(error, Error::Bug(_));
            send::abandon(&ctx, input.message_id, job, (reason(&error).as_str(), is_poison)).await?
        }
    };
    Ok(ran(ended))
}

/// Settles a job that panicked or ran too long. A message that brings down whoever sends it is poison; one that took too
/// long met a server or a database that is slow, and may go better.
pub(super) async fn abandon(ctx: &Ctx, job: &job::Model, why: Abandoned) -> Result<Ran> {
    let Some(input) = input(ctx, job).await? else { return Ok(Ran::Dead) };
    let is_poison = match why {
        Abandoned::Panicked => true,
        Abandoned::TookTooLong => false,
    };
    Ok(ran(send::abandon(ctx, input.message_id, job, (why.as_str(), is_poison)).await?))
}

/// What the job says; a job that cannot be read is set aside.
async fn input(ctx: &Ctx, job: &job::Model) -> Result<Option<Input>> {
    match Input::deserialize(&job.payload) {
        Ok(input) => Ok(Some(input)),
        Err(error) => {
            fail(ctx, job, &format!("payload: {error}"), None).await?;
            Ok(None)
        }
    }
}

const fn ran(ended: Sending) -> Ran {
    match ended {
        Sending::Settled | Sending::Later => Ran::Done,
        Sending::Again => Ran::Again,
        Sending::GivenUp => Ran::Dead,
    }
}
