//! Running one claimed job and settling it.

use std::sync::Arc;

use entity::id::{EventId, ExchangeId, PaymentId};
use entity::job;
use entity::words::JobState;
use serde::Deserialize;

use super::sweep::{self, SCHEDULES};
use super::{HANDLERS, sending};
use crate::customer::notify::{CODE_JOB, CodeWish, FAREWELL_JOB, Farewell};
use crate::customer_merge;
use crate::flow;
use crate::fulfillment::parking;
use crate::kernel::job::{back_off, claim, complete, fail, fail_and_stand_aside, reschedule};
use crate::kernel::{Ctx, Error, ErrorCode, Result, event};
use crate::messaging::request::SEND_JOBS;
use crate::messaging::{MessageTransport, account_mail, code_mail, dispatch};
use crate::order::ask_gateway;
use crate::order::capture_payment::{SETTLE_TEST_PAYMENT_JOB, settle_test_payment};
use crate::payment::task::{self, GatewayTask};
use crate::returns::exchange;

/// What jobs need from outside.
#[derive(Debug, Clone)]
pub struct Adapters {
    /// Sends mails.
    pub mail: Arc<dyn MessageTransport>,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// Done; its row is gone or waits for its next time.
    Done,
    /// Failed; it runs again later.
    Again,
    /// Failed for good; its row stays for staff.
    Dead,
}

/// Why a job was ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abandoned {
    /// It panicked.
    Panicked,
    /// It ran for longer than any should.
    TookTooLong,
}

impl Abandoned {
    /// As it stands in the row of the job.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Panicked => "panicked",
            Self::TookTooLong => "ran too long",
        }
    }
}

#[derive(Deserialize)]
struct DispatchInput {
    events: Vec<EventId>,
}

#[derive(Deserialize)]
struct PaymentInput {
    payment_id: PaymentId,
}

#[derive(Deserialize)]
struct ExchangeInput {
    exchange_id: ExchangeId,
}

/// Why a job did not get done. Reasons hold no personal data.
enum Failure {
    /// Trying again may help.
    Temporary(String),
    /// Trying again is no use.
    Permanent(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Temporary(reason(&error))
    }
}

/// An error as it may be kept. Values in errors may be what a person typed; the code says enough.
pub(super) fn reason(error: &Error) -> String {
    if error.is_internal() { error.to_string() } else { error.code().as_str().to_owned() }
}

/// Runs a claimed job, then deletes, delays or sets aside its row. Errors: only when the settling itself fails; the
/// lease then runs out and the job is tried again.
pub async fn run(ctx: &Ctx, adapters: &Adapters, job: &job::Model) -> Result<Ran> {
    if sends(job) {
        return unless_lost(job, sending::run(ctx, adapters, job).await);
    }
    let result = match work(ctx, job).await {
        Ok(()) => Ok(()),
        Err(Failure::Temporary(reason)) => Err((reason, true)),
        Err(Failure::Permanent(reason)) => Err((reason, false)),
    };
    unless_lost(job, settle(ctx, job, result).await)
}

/// Settles a job that panicked or ran too long.
pub async fn abandon(ctx: &Ctx, job: &job::Model, why: Abandoned) -> Result<Ran> {
    let settled = if sends(job) {
        sending::abandon(ctx, job, why).await
    } else {
        settle(ctx, job, Err((why.as_str().to_owned(), true))).await
    };
    unless_lost(job, settled)
}

/// Whether a job sends a message. Such a one waits for its turn, and takes the time of its send itself from then on.
#[must_use]
pub fn sends(job: &job::Model) -> bool {
    SEND_JOBS.contains(&job.kind.as_str())
}

/// A job that another worker took over meanwhile runs again: there.
fn unless_lost(job: &job::Model, settled: Result<Ran>) -> Result<Ran> {
    match settled {
        Err(Error::LeaseLost) => {
            tracing::warn!(job = %job.id, kind = job.kind, "another worker took over a job that ran");
            Ok(Ran::Again)
        }
        settled => settled,
    }
}

/// Tries of a job that keep those behind it waiting: what passes, such as a busy database, has passed by then.
const IN_LINE: i32 = 2;

/// Whether a job that failed lets those behind it pass. One event that no handler can take must not keep everything else
/// that happens to an order from being told; handlers look at what is so when they run.
fn stands_aside(job: &job::Model) -> bool {
    job.kind == event::DISPATCH_JOB && job.attempts > IN_LINE
}

async fn settle(ctx: &Ctx, job: &job::Model, result: std::result::Result<(), (String, bool)>) -> Result<Ran> {
    if let Some(schedule) = SCHEDULES.iter().find(|schedule| schedule.kind == job.kind) {
        let error = result.as_ref().err().map(|(reason, _)| reason.as_str());
        reschedule(ctx, job, schedule.next_after(ctx.now()), error).await?;
        return Ok(if error.is_some() { Ran::Again } else { Ran::Done });
    }
    match result {
        Ok(()) => complete(ctx, job).await.map(|()| Ran::Done),
        Err((reason, again)) => {
            let retry_at = again.then(|| ctx.now() + back_off(job.attempts));
            let state = if stands_aside(job) {
                fail_and_stand_aside(ctx, job, &reason, retry_at).await?
            } else {
                fail(ctx, job, &reason, retry_at).await?
            };
            Ok(match state {
                JobState::Dead => Ran::Dead,
                JobState::Queued | JobState::Running => Ran::Again,
            })
        }
    }
}

async fn work(ctx: &Ctx, job: &job::Model) -> std::result::Result<(), Failure> {
    match job.kind.as_str() {
        event::DISPATCH_JOB => {
            let input: DispatchInput = input(job)?;
            Ok(dispatch::run(ctx, HANDLERS, &input.events).await?)
        }
        CODE_JOB => {
            let wish: CodeWish = input(job)?;
            Ok(code_mail::run(ctx, &wish).await?)
        }
        FAREWELL_JOB => {
            let said: Farewell = input(job)?;
            Ok(account_mail::farewell(ctx, &said).await?)
        }
        customer_merge::FOLLOW_JOB => {
            let input: customer_merge::Followed = input(job)?;
            Ok(customer_merge::follow(ctx, input.customer_id).await?)
        }
        parking::RELEASE_JOB => {
            let input: parking::Release = input(job)?;
            Ok(parking::run(ctx, &input).await.map(|_| ())?)
        }
        SETTLE_TEST_PAYMENT_JOB => {
            let input: PaymentInput = input(job)?;
            Ok(settle_test_payment(ctx, input.payment_id).await?)
        }
        exchange::SETTLE_JOB => {
            let input: ExchangeInput = input(job)?;
            Ok(exchange::settle_due(ctx, input.exchange_id).await?)
        }
        flow::attend::ADVANCE_JOB => Ok(flow::attend::attend_due(ctx).await.map(|_| ())?),
        flow::attend::START_FURTHER_JOB => {
            let input: flow::attend::Further = input(job)?;
            Ok(flow::attend::start_further(ctx, &input).await.map(|_| ())?)
        }
        task::GATEWAY_JOB => {
            let task: GatewayTask = input(job)?;
            match Box::pin(ask_gateway::run(ctx, &task, job.attempts > 1)).await {
                Err(error @ (Error::Provider { .. } | Error::Db(_) | Error::Conflict(_))) => Err(error.into()),
                // The gateway is not set up any more, or never was: a person must see it.
                Err(error) if error.code() == ErrorCode::GatewayUnavailable => {
                    Err(Failure::Permanent(error.code().as_str().to_owned()))
                }
                other => Ok(other?),
            }
        }
        kind => match SCHEDULES.iter().find(|schedule| schedule.kind == kind) {
            Some(schedule) => Ok(sweep::run(ctx, schedule).await?),
            None => Err(Failure::Permanent(format!("no such kind of job: {kind}"))),
        },
    }
}

fn input<'a, T: Deserialize<'a>>(job: &'a job::Model) -> std::result::Result<T, Failure> {
    T::deserialize(&job.payload).map_err(|error| Failure::Permanent(format!("payload: {error}")))
}

/// Runs all jobs that are due, one after the other, until none is left. Returns how many runs that took.
/// For tests, tools and the demo's seed; processes have a worker.
pub async fn run_due(ctx: &Ctx, adapters: &Adapters) -> Result<usize> {
    let mut runs = 0;
    loop {
        let claimed = claim(ctx, "run_due", 50).await?;
        if claimed.is_empty() {
            return Ok(runs);
        }
        for job in &claimed {
            run(ctx, adapters, job).await?;
            runs += 1;
        }
    }
}
