//! Drawers of tills.

use async_graphql::{Context, ID, InputObject, Object};
use domain::Result;
use domain::access::Approval;
use domain::drawer::{CountDrawer, MoveCash, OpenSession, Pieces, count_drawer, move_cash, open, query};
use domain::register::close::{self, CloseSession};
use entity::id::RegisterId;
use entity::register_session::Model;
use entity::words::CashMovementKind;

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::register_session::{RegisterReport, RegisterSession, RegisterSessionConnection};
use crate::payload;
use crate::scalar::{MoneyInput, parse_id, parse_optional_id};
use crate::shop::order::required_key;
use crate::word::Word;

/// A drawer to open.
#[derive(Clone, Debug, InputObject)]
pub struct RegisterSessionOpenInput {
    /// The till; left out on a paired till.
    pub register_id: Option<ID>,
    /// The change money that was put in.
    pub opening_float: MoneyInput,
    /// The same key opens once. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// Somebody else who allows it.
#[derive(Clone, InputObject)]
pub struct ApprovalInput {
    /// Sign-in address of a person with `exceptions.approve` at the store.
    pub email: String,
    /// That person's PIN.
    pub pin: String,
}

impl std::fmt::Debug for ApprovalInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApprovalInput")
    }
}

/// Cash to put in or take out.
#[derive(Clone, Debug, InputObject)]
pub struct RegisterCashMoveInput {
    /// The till; left out on a paired till.
    pub register_id: Option<ID>,
    /// `IN`, `OUT` or `DROP`.
    pub kind: Word<CashMovementKind>,
    /// How much, above zero.
    pub amount: MoneyInput,
    /// Why.
    pub reason: String,
    /// Who allows it, when it is more than the till's limit.
    pub approval: Option<ApprovalInput>,
    /// The same key moves once. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// Coins or notes of one value.
#[derive(Clone, Debug, InputObject)]
pub struct PiecesInput {
    /// What one is worth.
    pub value: MoneyInput,
    /// How many.
    pub count: i64,
}

/// What was counted.
#[derive(Clone, Debug, InputObject)]
pub struct RegisterSessionCountInput {
    /// Which session.
    pub session_id: ID,
    /// Coins and notes.
    pub pieces: Vec<PiecesInput>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
}

/// A drawer to close.
#[derive(Clone, Debug, InputObject)]
pub struct RegisterSessionCloseInput {
    /// Which session.
    pub session_id: ID,
    /// Coins and notes; left out when they were counted before.
    pub pieces: Option<Vec<PiecesInput>>,
    /// Why more or less is there than should be.
    pub difference_reason: Option<String>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
    /// The same key closes once. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

payload! {
    /// The session after the change.
    pub struct RegisterSessionPayload {
        /// The session.
        session: RegisterSession,
    }
}

payload! {
    /// The session after money moved or it ended.
    pub struct RegisterSessionMoneyPayload {
        /// The session.
        session: RegisterSession,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

impl RegisterSessionMoneyPayload {
    fn done(ctx: &Context<'_>, done: Result<(Model, bool)>) -> Result<Self> {
        Self::of(ctx, done.map(|(session, replayed)| (session.into(), replayed)))
    }
}

/// Queries about drawers.
#[derive(Debug, Default)]
pub struct DrawerQuery;

#[Object]
impl DrawerQuery {
    /// One session of a till; null when there is none or it is out of your reach.
    async fn register_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] id: ID,
    ) -> Result<Option<RegisterSession>> {
        Ok(query::find(ctx_of(ctx), parse_id(&id, "id")?).await?.map(RegisterSession))
    }

    /// Sessions of tills at your locations, newest first.
    async fn register_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this till.")] register_id: Option<ID>,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<RegisterSessionConnection> {
        let request = page_request(first, after, last, before)?;
        let register: Option<RegisterId> = parse_optional_id(register_id.as_ref(), "registerId")?;
        let viewer = ctx_of(ctx).clone();
        let page = query::page(&viewer, register, &request).await?;
        let all = count(viewer, move |viewer| async move { query::count(&viewer, register).await });
        Ok(RegisterSessionConnection::new(page.map(RegisterSession), all))
    }

    /// What a session comes to until now.
    async fn x_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] session_id: ID,
    ) -> Result<RegisterReport> {
        Ok(RegisterReport(close::x_report(ctx_of(ctx), parse_id(&session_id, "sessionId")?).await?))
    }

    /// The Z report of a session as it was stored; null while the drawer is open.
    async fn z_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] session_id: ID,
    ) -> Result<Option<RegisterReport>> {
        Ok(close::z_report(ctx_of(ctx), parse_id(&session_id, "sessionId")?).await?.map(RegisterReport))
    }
}

/// Changes of drawers.
#[derive(Debug, Default)]
pub struct DrawerMutation;

#[Object]
impl DrawerMutation {
    /// Opens the drawer of a till with its change money; once per key.
    async fn register_session_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which till, and how much is in it.")] input: RegisterSessionOpenInput,
    ) -> Result<RegisterSessionMoneyPayload> {
        let done = match input.read(ctx) {
            Ok(input) => open(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        RegisterSessionMoneyPayload::done(ctx, done)
    }

    /// Puts cash into the open drawer of a till or takes it out; once per key.
    async fn register_cash_move(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much, and why.")] input: RegisterCashMoveInput,
    ) -> Result<RegisterSessionMoneyPayload> {
        let done = match input.read(ctx) {
            Ok(input) => move_cash(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        RegisterSessionMoneyPayload::done(ctx, done)
    }

    /// Keeps what was counted in a drawer, before it is closed. Cash that moves afterwards voids the count.
    async fn register_session_count(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Coins and notes.")] input: RegisterSessionCountInput,
    ) -> Result<RegisterSessionPayload> {
        let done = match input.read() {
            Ok(input) => count_drawer(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        RegisterSessionPayload::of(ctx, done)
    }

    /// Closes a drawer and stores its Z report; once per key.
    async fn register_session_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was counted, and why it differs.")] input: RegisterSessionCloseInput,
    ) -> Result<RegisterSessionMoneyPayload> {
        let done = match input.read(ctx) {
            Ok(input) => close::close(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        RegisterSessionMoneyPayload::done(ctx, done)
    }
}

impl RegisterSessionOpenInput {
    fn read(self, ctx: &Context<'_>) -> Result<OpenSession> {
        Ok(OpenSession {
            register_id: parse_optional_id(self.register_id.as_ref(), "input.registerId")?,
            float: self.opening_float.money("input.openingFloat")?,
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}

impl RegisterCashMoveInput {
    fn read(self, ctx: &Context<'_>) -> Result<MoveCash> {
        Ok(MoveCash {
            register_id: parse_optional_id(self.register_id.as_ref(), "input.registerId")?,
            kind: self.kind.0,
            amount: self.amount.money("input.amount")?,
            reason: self.reason,
            approval: self.approval.map(|approval| Approval { email: approval.email, pin: approval.pin }),
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}

impl RegisterSessionCountInput {
    fn read(self) -> Result<CountDrawer> {
        Ok(CountDrawer {
            session_id: parse_id(&self.session_id, "input.sessionId")?,
            pieces: pieces(self.pieces)?,
            expected_version: self.expected_version,
        })
    }
}

impl RegisterSessionCloseInput {
    fn read(self, ctx: &Context<'_>) -> Result<CloseSession> {
        Ok(CloseSession {
            session_id: parse_id(&self.session_id, "input.sessionId")?,
            pieces: self.pieces.map(pieces).transpose()?,
            difference_reason: self.difference_reason,
            expected_version: self.expected_version,
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}

fn pieces(inputs: Vec<PiecesInput>) -> Result<Vec<Pieces>> {
    let piece = |(index, input): (usize, PiecesInput)| {
        let value = input.value.money(&format!("input.pieces.{index}.value"))?;
        Ok(Pieces { value: value.minor, count: input.count })
    };
    inputs.into_iter().enumerate().map(piece).collect()
}
