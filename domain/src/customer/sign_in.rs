//! Signing customers in: by password, or by a code sent to the address.

use entity::customer;
use entity::words::{CodePurpose, IdentifierKind};
use serde_json::json;

use super::verify::{Proof, prove};
use super::{code, identifier, notify, query, save};
use crate::access::session::{self, Tokens};
use crate::access::throttle::{self, Attempt, Key};
use crate::access::token::Subject;
use crate::access::{normal, password};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};

/// An address and a password. `Debug` shows neither.
#[derive(Clone)]
pub struct CustomerSignIn {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// An address and a code. `Debug` shows neither.
#[derive(Clone)]
pub struct CodeSignIn {
    /// E-mail address.
    pub email: String,
    /// The code that was sent there.
    pub code: String,
}

impl std::fmt::Debug for CustomerSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CustomerSignIn")
    }
}

impl std::fmt::Debug for CodeSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeSignIn")
    }
}

/// A customer who is signed in.
#[derive(Debug, Clone)]
pub struct CustomerSession {
    /// Who.
    pub customer: customer::Model,
    /// The session.
    pub tokens: Tokens,
}

/// Signs a customer in by password. Errors: `INVALID_CREDENTIALS`, the same and as late for unknown and wrong;
/// `THROTTLED`; `DEMO_PASSWORD_REFUSED` outside development.
pub async fn sign_in(ctx: &Ctx, input: CustomerSignIn) -> Result<CustomerSession> {
    password::refuse_demo_password(ctx, "password", &input.password)?;
    let email = normal(&input.email);
    let attempt = throttle::begin(ctx, Key::account_and_address(ctx, "customer", &email)).await?;
    let found = query::by_identifier(&ctx.db(), IdentifierKind::Email, &email).await?;
    let found = found.filter(|customer| customer.erased_at.is_none());
    let stored = found.as_ref().and_then(|customer| customer.password_hash.as_deref());
    let right = password::verify(ctx, &input.password, stored).await?;
    let Some(seen) = found.filter(|_| right) else {
        throttle::failed(ctx, &attempt).await?;
        return Err(Error::invalid(ErrorCode::InvalidCredentials, ""));
    };
    let (seen, attempt) = (&seen, &attempt);
    ctx.write(|tx| async move {
        let customer = save::lock(&tx, seen.id).await?;
        // A reset that came between the comparison and here wins.
        if customer.password_hash != seen.password_hash {
            return Err(Error::invalid(ErrorCode::InvalidCredentials, ""));
        }
        open(&tx, customer, attempt, "PASSWORD").await
    })
    .await
}

/// Begins a session of a locked customer.
pub(super) async fn open(
    tx: &Tx,
    customer: customer::Model,
    attempt: &Attempt,
    by: &'static str,
) -> Result<CustomerSession> {
    throttle::succeeded(tx, attempt).await?;
    let tokens = session::start(tx, Subject::Customer(customer.id)).await?;
    let event = NewEvent::new("customer_signed_in", "customer", customer.id.uuid());
    tx.event(event.customer(Some(customer.id)).payload(json!({ "by": by })));
    Ok(CustomerSession { customer, tokens })
}

/// Mails a code to sign in, if the address is known; the answer does not tell. Returns the address as it is kept.
/// Error: `INVALID_EMAIL`.
pub async fn request_sign_in_code(ctx: &Ctx, email: &str) -> Result<String> {
    let email = identifier::normalize_email(email)?;
    let address = &email;
    ctx.write(|tx| async move { notify::wish(&tx, CodePurpose::SignIn, IdentifierKind::Email, address, None).await })
        .await?;
    Ok(email)
}

/// Signs in by a code. The code proves the address: an unverified one becomes verified, and what somebody else may
/// have set before is dropped. Errors: `INVALID_CODE`, `THROTTLED`.
pub async fn sign_in_with_code(ctx: &Ctx, input: CodeSignIn) -> Result<CustomerSession> {
    let email = &normal(&input.email);
    let attempt = &throttle::begin(ctx, Key::account_and_address(ctx, "code", email)).await?;
    let code = &input.code;
    let signed_in = ctx
        .write(|tx| async move {
            let kind = IdentifierKind::Email;
            let Some(id) = code::redeem(&tx, CodePurpose::SignIn, kind, email, code).await? else { return Ok(None) };
            let customer = save::lock(&tx, id).await?;
            let Some(customer) = prove(&tx, customer, kind, email, Proof::MailboxAlone { password_hash: None }).await?
            else {
                return Ok(None);
            };
            open(&tx, customer, attempt, "CODE").await.map(Some)
        })
        .await?;
    match signed_in {
        Some(session) => Ok(session),
        None => {
            throttle::failed(ctx, attempt).await?;
            Err(Error::invalid(ErrorCode::InvalidCode, "code"))
        }
    }
}
