//! Registration by e-mail address, maybe with a password.

use entity::words::{CodePurpose, IdentifierKind};
use sea_orm::EntityTrait;

use super::{identifier, notify, save};
use crate::access::password;
use crate::kernel::event::NewEvent;
use crate::kernel::language::is_locale;
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};

/// Somebody who wants an account. `Debug` shows nothing of the person.
#[derive(Clone)]
pub struct RegisterCustomer {
    /// E-mail address.
    pub email: String,
    /// Password; without one, codes sign in.
    pub password: Option<String>,
    /// Names.
    pub names: save::Names,
    /// Preferred language (BCP 47); the request's own when `None`.
    pub locale: Option<String>,
}

impl std::fmt::Debug for RegisterCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RegisterCustomer")
    }
}

/// Registers a customer and mails a code that verifies the address. When the address is taken nothing changes, and its
/// owner gets a mail; the answer is the same, and takes as long. Returns the address as it is kept.
///
/// Errors: `INVALID_EMAIL`, `WEAK_PASSWORD`, `INVALID_LOCALE`, those of names.
pub async fn register(ctx: &Ctx, input: RegisterCustomer) -> Result<String> {
    let email = identifier::normalize_email(&input.email)?;
    let names = &input.names.checked()?;
    let locale = &input.locale.unwrap_or_else(|| ctx.locale.to_string());
    if !is_locale(locale) {
        return Err(Error::invalid(ErrorCode::InvalidLocale, "locale"));
    }
    let password_hash = match &input.password {
        Some(new) => Some(password::hash(ctx, &password::checked(ctx, "password", new)?).await?),
        None => None,
    };
    let (address, hash) = (&email, password_hash.as_deref());
    ctx.write(|tx| async move {
        create(&tx, address, names, locale, hash).await?;
        notify::wish(&tx, CodePurpose::VerifyIdentifier, IdentifierKind::Email, address, None).await
    })
    .await?;
    Ok(email)
}

async fn create(tx: &Tx, email: &str, names: &save::Names, locale: &str, password_hash: Option<&str>) -> Result<()> {
    let row = save::new_row(tx, names, locale, password_hash);
    let id = row.id;
    save::insert(tx, &row).await?;
    if !save::add_identifier(tx, id, IdentifierKind::Email, email, None).await? {
        // Taken: of parallel registrations one wins, and the others leave nothing.
        entity::customer::Entity::delete_by_id(id).exec(tx).await?;
        return Ok(());
    }
    save::store(tx, row).await?;
    tx.event(NewEvent::new("customer_registered", "customer", id.uuid()).customer(Some(id)));
    Ok(())
}
