//! Staff signing in and out.

use async_graphql::{Context, Object};
use domain::Result;
use domain::access::token::Audience;
use domain::access::{self, PinSignIn, StaffSession, StaffSignIn};

use super::input::{RefreshTokenInput, StaffPinSignInInput, StaffSignInInput};
use crate::context::ctx_of;
use crate::node::session::Session;
use crate::node::staff::Staff;
use crate::payload;

payload! {
    /// Somebody who is signed in.
    pub struct StaffSessionPayload {
        /// Who.
        staff: Staff,
        /// The session.
        session: Session,
    }
}
payload! {
    /// A session that goes on.
    pub struct TokenRefreshPayload {
        /// The session.
        session: Session,
    }
}
payload! {
    /// A session that ended.
    pub struct StaffSignOutPayload {
        /// True.
        signed_out: bool,
    }
}

/// Staff signing in and out.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignInMutation;

/// Staff signing in and out.
#[Object]
impl SignInMutation {
    /// Signs a member of staff in. With `X-Device-Token` the session works only at that till.
    async fn staff_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: StaffSignInInput,
    ) -> Result<StaffSessionPayload> {
        let input = StaffSignIn { email: input.email, password: input.password };
        let session = access::staff_sign_in(ctx_of(ctx), input).await;
        StaffSessionPayload::of(ctx, session.map(shown))
    }

    /// Signs a member of staff in at a paired till, by PIN. Needs `X-Device-Token`.
    async fn staff_pin_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: StaffPinSignInInput,
    ) -> Result<StaffSessionPayload> {
        let input = PinSignIn { email: input.email, pin: input.pin };
        let session = access::staff_pin_sign_in(ctx_of(ctx), input).await;
        StaffSessionPayload::of(ctx, session.map(shown))
    }

    /// Ends the session of a refresh token.
    async fn staff_sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: RefreshTokenInput,
    ) -> Result<StaffSignOutPayload> {
        let ended = access::sign_out(ctx_of(ctx), Audience::Staff, &input.refresh_token).await;
        StaffSignOutPayload::of(ctx, ended.map(|()| true))
    }

    /// Exchanges a refresh token for a new session. Using one twice ends the session for everybody who holds it.
    async fn token_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: RefreshTokenInput,
    ) -> Result<TokenRefreshPayload> {
        let tokens = access::refresh(ctx_of(ctx), Audience::Staff, &input.refresh_token).await;
        TokenRefreshPayload::of(ctx, tokens.map(|(_, tokens)| tokens))
    }
}

fn shown(session: StaffSession) -> (Staff, Session) {
    (Staff(session.staff), session.tokens.into())
}
