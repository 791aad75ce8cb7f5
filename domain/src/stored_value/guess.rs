//! Wrong codes of gift cards, counted before a code is compared: per network for strangers, per account for those who
//! are signed in.

use crate::access::throttle::{self, Attempt, Key};
use crate::kernel::{Actor, Ctx, ErrorCode, Result};

/// A look at one or more codes that was counted.
#[derive(Debug)]
#[must_use = "settle it"]
pub struct Guess(Option<Attempt>);

/// Counts a look at codes, in a transaction of its own; counts nothing when there is no code.
/// Error: `THROTTLED`.
pub async fn begin<'a>(ctx: &Ctx, codes: impl IntoIterator<Item = &'a str> + Send) -> Result<Guess> {
    if codes.into_iter().next().is_none() || matches!(ctx.actor, Actor::System) {
        return Ok(Guess(None));
    }
    let keys = keys(ctx);
    // Only inside the process is there neither a person nor a network.
    if keys.is_empty() {
        return Ok(Guess(None));
    }
    Ok(Guess(Some(throttle::begin(ctx, keys).await?)))
}

fn keys(ctx: &Ctx) -> Vec<Key> {
    let known = match &ctx.actor {
        Actor::Guest { .. } | Actor::System => None,
        Actor::Customer { .. } | Actor::Staff { .. } | Actor::App { .. } | Actor::Device(_) => Some(ctx.actor.key()),
    };
    let known = known.map(|actor| Key::new(ctx, "gift-card", &actor, throttle::ADDRESS));
    // The tills of a store share an address, and staff are known: only strangers are counted by it.
    known
        .into_iter()
        .chain(if ctx.actor.staff_id().is_some() { None } else { Key::network(ctx, "gift-card") })
        .collect()
}

impl Guess {
    /// A wrong code counts; anything else takes the look back.
    pub async fn settle<T>(self, ctx: &Ctx, result: Result<T>) -> Result<T> {
        let Some(attempt) = &self.0 else { return result };
        match &result {
            Err(error) if error.code() == ErrorCode::InvalidCode => throttle::failed(ctx, attempt).await?,
            Ok(_) | Err(_) => ctx.write(|tx| async move { throttle::succeeded(&tx, attempt).await }).await?,
        }
        result
    }
}
