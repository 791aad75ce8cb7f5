//! Registration and signing in. Answers never tell whether an address is known.

use async_graphql::{Context, Object};
use domain::access;
use domain::access::token::Audience;
use domain::customer::{
    self as people, CodeSignIn, CustomerSession, CustomerSignIn, Names, RegisterCustomer, RequestVerification,
    ResetPassword, VerifyIdentifier,
};
use domain::{Error, ErrorCode, Result, cart};

use super::input::{
    CustomerRegisterInput, CustomerSignInInput, CustomerVerifyIdentifierInput, EmailInput, PasswordResetInput,
    RefreshTokenInput,
};
use crate::context::ctx_of;
use crate::node::customer::Customer;
use crate::node::session::Session;
use crate::payload;

payload! {
    /// A message that may be on its way.
    pub struct CodeRequestPayload {
        /// The address or number as it is kept. A message goes there if there is a reason to; the answer does not tell.
        sent_to: String,
    }
}
payload! {
    /// Somebody who is signed in.
    pub struct CustomerSessionPayload {
        /// Who.
        customer: Customer,
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
    pub struct SignOutPayload {
        /// True.
        signed_out: bool,
    }
}
payload! {
    /// A password that was set.
    pub struct PasswordResetPayload {
        /// True.
        done: bool,
    }
}

/// Registration and signing in.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignInMutation;

/// Registration and signing in.
#[Object]
impl SignInMutation {
    /// Registers a customer and mails a code that verifies the address. The answer is the same when the address is taken.
    async fn customer_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: CustomerRegisterInput,
    ) -> Result<CodeRequestPayload> {
        let sent = people::register(ctx_of(ctx), registration(input)).await;
        CodeRequestPayload::of(ctx, sent)
    }

    /// Mails a code that verifies an address: a further one of the signed-in customer, or that of a registration.
    async fn customer_verification_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to.")] input: EmailInput,
    ) -> Result<CodeRequestPayload> {
        let sent = people::request_verification(ctx_of(ctx), RequestVerification { email: input.email }).await;
        CodeRequestPayload::of(ctx, sent)
    }

    /// Verifies an address by its code and signs in. Guest orders with the address join the customer.
    async fn customer_verify_identifier(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proof.")] input: CustomerVerifyIdentifierInput,
    ) -> Result<CustomerSessionPayload> {
        let input = VerifyIdentifier { email: input.email, code: input.code, password: input.password };
        let session = people::verify_identifier(ctx_of(ctx), input).await;
        CustomerSessionPayload::of(ctx, session.map(shown))
    }

    /// Mails a code to sign in, if the address is known; the answer does not tell.
    async fn customer_sign_in_code_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to.")] input: EmailInput,
    ) -> Result<CodeRequestPayload> {
        let sent = people::request_sign_in_code(ctx_of(ctx), &input.email).await;
        CodeRequestPayload::of(ctx, sent)
    }

    /// Signs in, by password or by a mailed code. The guest cart of `X-Cart-Token` joins the own cart.
    async fn customer_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, with a password or a code.")] input: CustomerSignInInput,
    ) -> Result<CustomerSessionPayload> {
        let session = sign_in(ctx, input).await;
        if let Ok(session) = &session {
            cart::merge::at_sign_in(ctx_of(ctx), session.customer.id).await;
        }
        CustomerSessionPayload::of(ctx, session.map(shown))
    }

    /// Ends the session of a refresh token.
    async fn customer_sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: RefreshTokenInput,
    ) -> Result<SignOutPayload> {
        let ended = access::sign_out(ctx_of(ctx), Audience::Shop, &input.refresh_token).await;
        SignOutPayload::of(ctx, ended.map(|()| true))
    }

    /// Exchanges a refresh token for a new session. Using one twice ends the session for everybody who holds it.
    async fn token_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: RefreshTokenInput,
    ) -> Result<TokenRefreshPayload> {
        let tokens = access::refresh(ctx_of(ctx), Audience::Shop, &input.refresh_token).await;
        TokenRefreshPayload::of(ctx, tokens.map(|(_, tokens)| tokens))
    }

    /// Mails a secret by which a new password can be set, if the address is known; the answer does not tell.
    async fn password_reset_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to.")] input: EmailInput,
    ) -> Result<CodeRequestPayload> {
        let sent = people::request_password_reset(ctx_of(ctx), &input.email).await;
        CodeRequestPayload::of(ctx, sent)
    }

    /// Sets a new password and ends all sessions.
    async fn password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proof and the new password.")] input: PasswordResetInput,
    ) -> Result<PasswordResetPayload> {
        let input = ResetPassword { email: input.email, token: input.token, password: input.password };
        let done = people::reset_password(ctx_of(ctx), input).await;
        PasswordResetPayload::of(ctx, done.map(|()| true))
    }
}

async fn sign_in(ctx: &Context<'_>, input: CustomerSignInInput) -> Result<CustomerSession> {
    let ctx = ctx_of(ctx);
    match (input.password, input.code) {
        (Some(password), None) => people::sign_in(ctx, CustomerSignIn { email: input.email, password }).await,
        (None, Some(code)) => people::sign_in_with_code(ctx, CodeSignIn { email: input.email, code }).await,
        (None, None) => Err(Error::invalid(ErrorCode::Required, "input.password")),
        (Some(_), Some(_)) => Err(Error::invalid(ErrorCode::Invalid, "input.code")),
    }
}

fn shown(session: CustomerSession) -> (Customer, Session) {
    (Customer(session.customer), session.tokens.into())
}

fn registration(input: CustomerRegisterInput) -> RegisterCustomer {
    RegisterCustomer {
        email: input.email,
        password: input.password,
        names: Names {
            family_name: input.family_name,
            given_name: input.given_name,
            family_name_kana: input.family_name_kana,
            given_name_kana: input.given_name_kana,
        },
        locale: input.locale.map(|locale| locale.0),
    }
}
