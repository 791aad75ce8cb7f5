//! Asking for mails with codes. Messaging stands above this area, so the wish is a job: it holds an address and a
//! purpose, never a code. The job's handler makes the code and renders it in one transaction, see [`prepare`].
//!
//! The wish is the same for known and unknown addresses, so neither answer nor time of a request tells them apart.

use entity::customer_identifier;
use entity::id::{ChannelId, CustomerId};
use entity::words::{CodePurpose, IdentifierKind};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};

use super::{code, query};
use crate::channel;
use crate::kernel::job::NewJob;
use crate::kernel::{Error, Result, Tx};

/// The job that sends a code.
pub const CODE_JOB: &str = "send_customer_code";

/// Input of the job: who may get a code, and what for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CodeWish {
    /// What the code shall prove.
    pub purpose: CodePurpose,
    /// Kind of address.
    pub kind: IdentifierKind,
    /// Normalized address.
    pub value: String,
    /// The signed-in customer who asks; `None` for somebody who is not signed in.
    pub customer_id: Option<CustomerId>,
    /// Language of the request (BCP 47).
    pub locale: String,
    /// The channel of the request, in whose name the code goes.
    #[serde(default)]
    pub channel_id: Option<ChannelId>,
    /// The request, for the mail's header.
    pub request_id: String,
}

/// A code to send. `Debug` does not show it.
#[derive(Clone)]
pub struct CodeLetter {
    /// What it proves.
    pub purpose: CodePurpose,
    /// Kind of address: an e-mail address, or a number (E.164) for a short message.
    pub kind: IdentifierKind,
    /// The address.
    pub recipient: String,
    /// Language (BCP 47): the customer's own.
    pub locale: String,
    /// To whom.
    pub customer_id: CustomerId,
    /// The code.
    pub code: String,
    /// How long it works, in minutes.
    pub valid_minutes: i64,
    /// One letter per code.
    pub dedupe_key: String,
}

impl std::fmt::Debug for CodeLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeLetter").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// Wishes for a code. Nothing of the address is looked up here.
pub(crate) async fn wish(
    tx: &Tx,
    purpose: CodePurpose,
    kind: IdentifierKind,
    value: &str,
    customer_id: Option<CustomerId>,
) -> Result<()> {
    let wish = CodeWish {
        purpose,
        kind,
        value: value.to_owned(),
        customer_id,
        locale: tx.ctx().locale.to_string(),
        channel_id: channel::query::acted_in(tx).await?,
        request_id: tx.ctx().request_id.to_string(),
    };
    let payload = serde_json::to_value(wish).map_err(|error| Error::Bug(error.to_string()))?;
    let job = NewJob::new(CODE_JOB, payload);
    tx.enqueue(match customer_id {
        // One after the other, so that each counts those before it.
        Some(id) => job.subject(format!("code:{id}")),
        None => job,
    });
    Ok(())
}

/// Makes the code of a wish and says to whom it goes; `None` when nobody shall get one: the address is unknown, is of a kind
/// to which no codes go, or got enough codes lately.
///
/// Whoever asks to verify an address that was verified before gets a code to sign in: they have an account.
pub async fn prepare(tx: &Tx, wish: &CodeWish) -> Result<Option<CodeLetter>> {
    match wish.kind {
        IdentifierKind::Email => {}
        // A short message proves a number to who is signed in; it opens no account.
        IdentifierKind::Phone
            if wish.purpose == CodePurpose::VerifyIdentifier
                && wish.customer_id.is_some()
                && tx.ctx().services.settings.sends_sms => {}
        IdentifierKind::Phone | IdentifierKind::LoyaltyCard | IdentifierKind::Line | IdentifierKind::External => {
            return Ok(None);
        }
    }
    let owned = query::identifier(tx, wish.kind, &wish.value).await?;
    let (purpose, customer_id) = match (wish.customer_id, &owned) {
        (Some(asking), _) => (wish.purpose, asking),
        (None, Some(identifier))
            if wish.purpose == CodePurpose::VerifyIdentifier && identifier.verified_at.is_some() =>
        {
            (CodePurpose::SignIn, identifier.customer_id)
        }
        (None, Some(identifier)) => (wish.purpose, identifier.customer_id),
        (None, None) => return Ok(None),
    };
    let customer = query::by_id(tx, customer_id).await?.filter(|customer| customer.erased_at.is_none());
    let Some(customer) = customer else { return Ok(None) };
    let Some(issued) = code::issue(tx, purpose, wish.kind, &wish.value, customer.id).await? else {
        return Ok(None);
    };
    Ok(Some(CodeLetter {
        purpose,
        kind: wish.kind,
        recipient: wish.value.clone(),
        locale: if wish.locale.is_empty() { customer.locale } else { wish.locale.clone() },
        customer_id: customer.id,
        code: issued.code,
        valid_minutes: issued.valid_minutes,
        dedupe_key: format!("code:{}", issued.id),
    }))
}

/// The job that writes the last message to somebody who was erased.
pub const FAREWELL_JOB: &str = "send_farewell";

/// Input of the job. It holds an address until the job has run: nothing else knows it any more.
#[derive(Clone, Serialize, Deserialize)]
pub struct Farewell {
    /// Whose record was emptied.
    pub customer_id: CustomerId,
    /// E-mail address.
    pub recipient: String,
    /// Language (BCP 47).
    pub locale: String,
    /// The channel of the request, in whose name it goes; `None` also for staff.
    #[serde(default)]
    pub channel_id: Option<ChannelId>,
    /// The request, for the mail's header.
    pub request_id: String,
}

impl std::fmt::Debug for Farewell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Farewell").field("customer_id", &self.customer_id).finish_non_exhaustive()
    }
}

/// Asks for the last message to the verified address of somebody, while it is still known; without one nobody is told.
pub(crate) async fn farewell(tx: &Tx, customer: &entity::customer::Model) -> Result<()> {
    let found = customer_identifier::Entity::find()
        .filter(customer_identifier::Column::CustomerId.eq(customer.id))
        .filter(customer_identifier::Column::Kind.eq(IdentifierKind::Email))
        .filter(customer_identifier::Column::VerifiedAt.is_not_null())
        .order_by_asc(customer_identifier::Column::Id)
        .one(tx)
        .await?;
    let Some(address) = found else { return Ok(()) };
    let farewell = Farewell {
        customer_id: customer.id,
        recipient: address.value,
        locale: customer.locale.clone(),
        channel_id: channel::query::acted_in(tx).await?,
        request_id: tx.ctx().request_id.to_string(),
    };
    let payload = serde_json::to_value(farewell).map_err(|error| Error::Bug(error.to_string()))?;
    tx.enqueue(NewJob::new(FAREWELL_JOB, payload));
    Ok(())
}
