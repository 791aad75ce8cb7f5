//! A new password for somebody who reads the mailbox.

use entity::words::{CodePurpose, IdentifierKind};
use serde_json::json;

use super::verify::{Proof, prove};
use super::{code, identifier, notify, save};
use crate::access::throttle::{self, Key};
use crate::access::{password, session};
use crate::channel;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};

/// A new password with its proof. `Debug` shows nothing.
#[derive(Clone)]
pub struct ResetPassword {
    /// E-mail address.
    pub email: String,
    /// The secret that was mailed there.
    pub token: String,
    /// The new password.
    pub password: String,
}

impl std::fmt::Debug for ResetPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResetPassword")
    }
}

/// Mails a secret by which a new password can be set within 30 minutes, if the address is known; the answer does not
/// tell. Returns the address as it is kept. Error: `INVALID_EMAIL`.
pub async fn request_password_reset(ctx: &Ctx, email: &str) -> Result<String> {
    let email = identifier::normalize_email(email)?;
    let address = &email;
    ctx.write(
        |tx| async move { notify::wish(&tx, CodePurpose::PasswordReset, IdentifierKind::Email, address, None).await },
    )
    .await?;
    Ok(email)
}

/// Sets a new password and ends all sessions. Errors: `INVALID_CODE`, `WEAK_PASSWORD`, `THROTTLED`.
pub async fn reset_password(ctx: &Ctx, input: ResetPassword) -> Result<()> {
    let email = &identifier::normalize_email(&input.email)?;
    let checked = password::checked(ctx, "password", &input.password)?;
    let attempt = &throttle::begin(ctx, Key::account_and_address(ctx, "code", email)).await?;
    let hash = &password::hash(ctx, &checked).await?;
    let token = &input.token;
    let done = ctx
        .write(|tx| async move {
            let done = reset(&tx, email, token, hash).await?;
            if done {
                throttle::succeeded(&tx, attempt).await?;
            }
            Ok(done)
        })
        .await?;
    if done {
        return Ok(());
    }
    throttle::failed(ctx, attempt).await?;
    Err(Error::invalid(ErrorCode::InvalidCode, "token"))
}

async fn reset(tx: &Tx, email: &str, token: &str, hash: &str) -> Result<bool> {
    let kind = IdentifierKind::Email;
    let Some(id) = code::redeem(tx, CodePurpose::PasswordReset, kind, email, token).await? else { return Ok(false) };
    let customer = save::lock(tx, id).await?;
    let proof = Proof::MailboxAlone { password_hash: Some(hash.to_owned()) };
    let Some(mut customer) = prove(tx, customer, kind, email, proof).await? else { return Ok(false) };
    session::end_of_customer(tx, customer.id).await?;
    customer.password_hash = Some(hash.to_owned());
    let customer = save::store(tx, customer).await?;
    let event = NewEvent::new("customer_password_reset", "customer", customer.id.uuid()).customer(Some(customer.id));
    tx.event(match channel::query::acted_in(tx).await? {
        Some(channel_id) => event.payload(json!({ "channel_id": channel_id })),
        None => event,
    });
    Ok(true)
}
