//! A customer changes what is kept about them.

use chrono::NaiveDate;
use entity::customer;

use super::save::{self, Names};
use crate::access::throttle::{self, Key};
use crate::access::{password, session};
use crate::kernel::event::NewEvent;
use crate::kernel::language::is_locale;
use crate::kernel::{Ctx, Error, ErrorCode, Result, version};

/// Oldest year of birth that is taken for one.
const FIRST_YEAR: i32 = 1900;

/// What changes; the rest stays. `Debug` shows nothing.
#[derive(Clone, Default)]
pub struct UpdateCustomer {
    /// Names and readings, all four.
    pub names: Option<Names>,
    /// Preferred language (BCP 47).
    pub locale: Option<String>,
    /// Time zone (IANA); `Some(None)` forgets it.
    pub time_zone: Option<Option<String>>,
    /// Birthday; `Some(None)` forgets it.
    pub birth_on: Option<Option<NaiveDate>>,
    /// A new password; ends all sessions.
    pub new_password: Option<String>,
    /// The present password, needed to change one that is set.
    pub current_password: Option<String>,
    /// The version the client knows.
    pub expected_version: Option<i32>,
}

impl std::fmt::Debug for UpdateCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UpdateCustomer")
    }
}

/// Changes the signed-in customer. Errors: `UNAUTHENTICATED`, `STALE_VERSION`, `INVALID_CREDENTIALS` for a wrong
/// present password, `WEAK_PASSWORD`, `INVALID_LOCALE`, `INVALID` for the time zone, `INVALID_DATE`, those of names.
pub async fn update(ctx: &Ctx, input: UpdateCustomer) -> Result<customer::Model> {
    let id = ctx.actor.customer_id().ok_or(Error::Unauthenticated)?;
    let input = &checked(ctx, input)?;
    let (seen_hash, new_hash) = &new_password(ctx, id, input).await?;
    ctx.write(|tx| async move {
        let mut row = save::lock(&tx, id).await?;
        version::check(input.expected_version, row.version)?;
        if let Some(new) = new_hash {
            if row.password_hash != *seen_hash {
                return Err(Error::invalid(ErrorCode::InvalidCredentials, "currentPassword"));
            }
            row.password_hash = Some(new.clone());
            session::end_of_customer(&tx, id).await?;
        }
        apply(&mut row, input);
        let row = save::store(&tx, row).await?;
        tx.event(NewEvent::new("customer_changed", "customer", id.uuid()).customer(Some(id)));
        Ok(row)
    })
    .await
}

fn checked(ctx: &Ctx, input: UpdateCustomer) -> Result<UpdateCustomer> {
    if input.locale.as_ref().is_some_and(|locale| !is_locale(locale)) {
        return Err(Error::invalid(ErrorCode::InvalidLocale, "locale"));
    }
    let is_zone = |zone: &String| zone.parse::<chrono_tz::Tz>().is_ok();
    if input.time_zone.as_ref().and_then(Option::as_ref).is_some_and(|zone| !is_zone(zone)) {
        return Err(Error::invalid(ErrorCode::Invalid, "timeZone"));
    }
    let first = NaiveDate::from_ymd_opt(FIRST_YEAR, 1, 1);
    let is_birthday = |day: NaiveDate| day <= ctx.now().date_naive() && first.is_none_or(|first| day >= first);
    if input.birth_on.flatten().is_some_and(|day| !is_birthday(day)) {
        return Err(Error::invalid(ErrorCode::InvalidDate, "birthOn"));
    }
    let names = input.names.map(Names::checked).transpose()?;
    Ok(UpdateCustomer { names, ..input })
}

/// The password hash that was seen, and the new one, when the password shall change.
async fn new_password(
    ctx: &Ctx,
    id: entity::id::CustomerId,
    input: &UpdateCustomer,
) -> Result<(Option<String>, Option<String>)> {
    let Some(new) = &input.new_password else { return Ok((None, None)) };
    let new = password::checked(ctx, "newPassword", new)?;
    let row = super::query::by_id(&ctx.db(), id).await?.ok_or(Error::not_found("customer"))?;
    if row.password_hash.is_some() {
        let key = Key::new(ctx, "password-change", &id.to_string(), throttle::ACCOUNT);
        let attempt = throttle::begin(ctx, vec![key]).await?;
        let given = input.current_password.as_deref().unwrap_or_default();
        if !password::verify(ctx, given, row.password_hash.as_deref()).await? {
            throttle::failed(ctx, &attempt).await?;
            return Err(Error::invalid(ErrorCode::InvalidCredentials, "currentPassword"));
        }
        let attempt = &attempt;
        ctx.write(|tx| async move { throttle::succeeded(&tx, attempt).await }).await?;
    }
    Ok((row.password_hash, Some(password::hash(ctx, &new).await?)))
}

fn apply(row: &mut customer::Model, input: &UpdateCustomer) {
    if let Some(names) = &input.names {
        row.family_name.clone_from(&names.family_name);
        row.given_name.clone_from(&names.given_name);
        row.family_name_kana.clone_from(&names.family_name_kana);
        row.given_name_kana.clone_from(&names.given_name_kana);
    }
    if let Some(locale) = &input.locale {
        row.locale.clone_from(locale);
    }
    if let Some(zone) = &input.time_zone {
        row.time_zone.clone_from(zone);
    }
    if let Some(day) = input.birth_on {
        row.birth_on = day;
    }
}
