//! Proving that a number belongs to a person: a code goes there by SMS, where the shop can send some.
//!
//! Only for who is signed in: numbers change hands, so a code by SMS opens no account.

use entity::customer;
use entity::words::{CodePurpose, IdentifierKind};

use super::guest_orders::verified_emails;
use super::verify::{Proof, prove};
use super::{code, identifier, notify, save};
use crate::access::throttle::{self, Key};
use crate::kernel::{Ctx, Error, ErrorCode, Result};

/// A number to prove.
#[derive(Clone)]
pub struct PhoneNumber {
    /// With `+`, or as it is dialed in the country.
    pub phone: String,
    /// The country (ISO 3166-1 alpha-2); empty when the number begins with `+`.
    pub country: String,
}

impl std::fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhoneNumber")
    }
}

const KIND: IdentifierKind = IdentifierKind::Phone;
const PURPOSE: CodePurpose = CodePurpose::VerifyIdentifier;

/// Sends a code by SMS that verifies a number of the signed-in customer, at most five in an hour. Returns the number as it
/// is kept (E.164). Each code costs the shop money, so an account needs a proved e-mail address, and networks are counted.
/// Errors: `UNAUTHENTICATED`, `INVALID_PHONE`, `SMS_UNAVAILABLE` where no provider of SMS is set up, `CONTACT_REQUIRED` at
/// `email` without a verified e-mail address, `THROTTLED`.
pub async fn request_phone_verification(ctx: &Ctx, input: &PhoneNumber) -> Result<String> {
    let id = ctx.actor.customer_id().ok_or(Error::Unauthenticated)?;
    if !ctx.services.settings.sends_sms {
        return Err(Error::invalid(ErrorCode::SmsUnavailable, "phone"));
    }
    let phone = identifier::normalize_phone(&input.phone, &input.country)?;
    if verified_emails(&ctx.db(), id).await?.is_empty() {
        return Err(Error::invalid(ErrorCode::ContactRequired, "email"));
    }
    count(ctx).await?;
    let number = &phone;
    ctx.write(|tx| async move { notify::wish(&tx, PURPOSE, KIND, number, Some(id)).await }).await?;
    Ok(phone)
}

/// Counts a code by SMS to the network that asks for it. Error: `THROTTLED`.
async fn count(ctx: &Ctx) -> Result<()> {
    // Only inside the process is there no network.
    if let Some(key) = Key::network(ctx, "sms") {
        // Never taken back: what counts is how many are sent, not how many were wrong.
        let _counted = throttle::begin(ctx, vec![key]).await?;
    }
    Ok(())
}

/// Verifies a number of the signed-in customer by its code. Guest orders with the number join the customer, but for
/// those with the e-mail address of somebody else.
/// Errors: `UNAUTHENTICATED`, `INVALID_PHONE`, `INVALID_CODE`, `IDENTIFIER_TAKEN` when another customer verified the number
/// before, `THROTTLED`.
pub async fn verify_phone(ctx: &Ctx, input: &PhoneNumber, code: &str) -> Result<customer::Model> {
    let id = ctx.actor.customer_id().ok_or(Error::Unauthenticated)?;
    let phone = &identifier::normalize_phone(&input.phone, &input.country)?;
    let attempt = &throttle::begin(ctx, Key::account_and_address(ctx, "code", phone)).await?;
    let verified = ctx
        .write(|tx| async move {
            let Some(target) = code::redeem(&tx, PURPOSE, KIND, phone, code).await? else { return Ok(None) };
            let customer = save::lock(&tx, target).await?;
            // A code acts only for whom it was made.
            if customer.id != id {
                return Ok(None);
            }
            throttle::succeeded(&tx, attempt).await?;
            prove(&tx, customer, KIND, phone, Proof::Owner).await
        })
        .await?;
    match verified {
        Some(customer) => Ok(customer),
        None => {
            throttle::failed(ctx, attempt).await?;
            Err(Error::invalid(ErrorCode::InvalidCode, "code"))
        }
    }
}
