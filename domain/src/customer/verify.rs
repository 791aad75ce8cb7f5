//! Proving that an address belongs to a person.
//!
//! Whoever reads the mailbox owns the address. Whoever typed it before does not, so what was set before the proof by
//! somebody who did not prove it (password, sessions, other identifiers and cards, addresses) is dropped.

use entity::id::CustomerId;
use entity::words::{CodePurpose, IdentifierKind};
use entity::{customer, customer_address, customer_identifier};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::guest_orders::attach_guest_orders;
use super::sign_in::{CustomerSession, open};
use super::{code, identifier, notify, query, save};
use crate::access::throttle::{self, Key};
use crate::access::{password, session};
use crate::kernel::event::NewEvent;
use crate::kernel::{Actor, Ctx, Error, ErrorCode, Result, Tx};

/// An address to verify later.
#[derive(Clone)]
pub struct RequestVerification {
    /// E-mail address.
    pub email: String,
}

/// A code that proves an address. `Debug` shows nothing.
#[derive(Clone)]
pub struct VerifyIdentifier {
    /// E-mail address.
    pub email: String,
    /// The code that was sent there.
    pub code: String,
    /// The password of the account. Not needed when signed in. When it is the one that was set at registration, all
    /// stays; when it is another, or left out, the account is taken over and this becomes its password.
    pub password: Option<String>,
}

impl std::fmt::Debug for RequestVerification {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RequestVerification")
    }
}

impl std::fmt::Debug for VerifyIdentifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VerifyIdentifier")
    }
}

/// Who proves that they read the mailbox.
pub(super) enum Proof {
    /// The person who uses the account already: by its session or its password.
    Owner,
    /// Somebody of whom only the mailbox is known.
    MailboxAlone {
        /// The password that they choose, if they do.
        password_hash: Option<String>,
    },
}

/// Mails a code that verifies an address: of the signed-in customer, who thereby adds it, or of an account that was
/// registered with it. The answer does not tell whether there is one. Returns the address as it is kept.
/// Error: `INVALID_EMAIL`.
pub async fn request_verification(ctx: &Ctx, input: RequestVerification) -> Result<String> {
    let email = identifier::normalize_email(&input.email)?;
    let address = &email;
    ctx.write(|tx| async move {
        let asking = tx.ctx().actor.customer_id();
        notify::wish(&tx, CodePurpose::VerifyIdentifier, IdentifierKind::Email, address, asking).await
    })
    .await?;
    Ok(email)
}

/// Verifies an address by its code and signs in. Guest orders with the address join the customer.
/// Errors: `INVALID_CODE`, `IDENTIFIER_TAKEN` when another customer verified the address before, `WEAK_PASSWORD`,
/// `THROTTLED`.
pub async fn verify_identifier(ctx: &Ctx, input: VerifyIdentifier) -> Result<CustomerSession> {
    let email = &identifier::normalize_email(&input.email)?;
    let attempt = &throttle::begin(ctx, Key::account_and_address(ctx, "code", email)).await?;
    let owner = query::by_identifier(&ctx.db(), IdentifierKind::Email, email).await?;
    let (known, new_hash) = match &input.password {
        Some(given) => {
            let checked = password::checked(ctx, "password", given)?;
            let stored = owner.as_ref().and_then(|owner| owner.password_hash.as_deref());
            let known = password::verify(ctx, &checked, stored).await?;
            (known.then(|| stored.map(str::to_owned)).flatten(), Some(password::hash(ctx, &checked).await?))
        }
        None => (None, None),
    };
    let (code, known, new_hash) = (&input.code, &known, &new_hash);
    let verified = ctx
        .write(|tx| async move {
            let kind = IdentifierKind::Email;
            let purpose = CodePurpose::VerifyIdentifier;
            let Some(target) = code::redeem(&tx, purpose, kind, email, code).await? else { return Ok(None) };
            let customer = save::lock(&tx, target).await?;
            let proof = match &tx.ctx().actor {
                Actor::Customer { id, .. } if *id == customer.id => Proof::Owner,
                // A mailed code acts only for whom it was made.
                Actor::Customer { .. } => return Ok(None),
                Actor::System | Actor::Guest { .. } | Actor::Staff { .. } | Actor::Device(_) | Actor::App { .. }
                    if known.is_some() && customer.password_hash == *known =>
                {
                    Proof::Owner
                }
                Actor::System | Actor::Guest { .. } | Actor::Staff { .. } | Actor::Device(_) | Actor::App { .. } => {
                    Proof::MailboxAlone { password_hash: new_hash.clone() }
                }
            };
            let Some(customer) = prove(&tx, customer, kind, email, proof).await? else { return Ok(None) };
            open(&tx, customer, attempt, "VERIFICATION").await.map(Some)
        })
        .await?;
    match verified {
        Some(session) => Ok(session),
        None => {
            throttle::failed(ctx, attempt).await?;
            Err(Error::invalid(ErrorCode::InvalidCode, "code"))
        }
    }
}

/// Marks an address as verified for a locked customer. `None` when the address is no longer theirs to prove.
/// Error: `IDENTIFIER_TAKEN`.
pub(super) async fn prove(
    tx: &Tx,
    customer: customer::Model,
    kind: IdentifierKind,
    value: &str,
    proof: Proof,
) -> Result<Option<customer::Model>> {
    // Compared now, under lock: the address may have changed hands since the code was sent.
    let current = save::lock_identifier(tx, kind, value).await?;
    match &current {
        Some(row) if row.customer_id == customer.id && row.verified_at.is_some() => return Ok(Some(customer)),
        Some(row) if row.customer_id == customer.id => {}
        // Only a signed-in customer may take over what somebody else merely typed.
        Some(_) | None if !matches!(proof, Proof::Owner) => return Ok(None),
        Some(row) if row.verified_at.is_some() => {
            return Err(Error::invalid(ErrorCode::IdentifierTaken, path_of(kind)));
        }
        Some(row) => release(tx, row).await?,
        None => {}
    }
    let mut customer = customer;
    if let Proof::MailboxAlone { password_hash } = proof {
        drop_everything_before(tx, customer.id, kind, value).await?;
        customer.password_hash = password_hash;
    }
    mark_verified(tx, customer.id, kind, value).await?;
    let customer = save::store(tx, customer).await?;
    let event = NewEvent::new("customer_identifier_verified", "customer", customer.id.uuid());
    tx.event(event.customer(Some(customer.id)).payload(json!({ "kind": kind })));
    attach_guest_orders(tx, customer.id, kind, value).await?;
    Ok(Some(customer))
}

/// Where a client named an address of a kind.
const fn path_of(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Phone => "phone",
        IdentifierKind::Email | IdentifierKind::LoyaltyCard | IdentifierKind::Line | IdentifierKind::External => {
            "email"
        }
    }
}

/// Takes an unverified address away from somebody who only typed it.
async fn release(tx: &Tx, row: &customer_identifier::Model) -> Result<()> {
    customer_identifier::Entity::delete_by_id(row.id).exec(tx).await?;
    let loser = customer::Entity::find_by_id(row.customer_id).one(tx).await?;
    if let Some(loser) = loser {
        let loser = save::store(tx, loser).await?;
        let event = NewEvent::new("customer_identifier_released", "customer", loser.id.uuid());
        tx.event(event.customer(Some(loser.id)).payload(json!({ "kind": row.kind })));
    }
    Ok(())
}

async fn mark_verified(tx: &Tx, id: CustomerId, kind: IdentifierKind, value: &str) -> Result<()> {
    use customer_identifier::Column;
    if save::add_identifier(tx, id, kind, value, Some(tx.now())).await? {
        return Ok(());
    }
    let changed = customer_identifier::Entity::update_many()
        .col_expr(Column::VerifiedAt, Expr::value(tx.now()))
        .filter(Column::CustomerId.eq(id))
        .filter(Column::Kind.eq(kind))
        .filter(Column::Value.eq(value))
        .exec(tx)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::invalid(ErrorCode::IdentifierTaken, path_of(kind))) }
}

async fn drop_everything_before(tx: &Tx, id: CustomerId, kind: IdentifierKind, value: &str) -> Result<()> {
    use customer_identifier::Column;
    session::end_of_customer(tx, id).await?;
    customer_identifier::Entity::delete_many()
        .filter(Column::CustomerId.eq(id))
        .filter(Column::Kind.ne(kind).or(Column::Value.ne(value)))
        .exec(tx)
        .await?;
    customer_address::Entity::delete_many().filter(customer_address::Column::CustomerId.eq(id)).exec(tx).await?;
    let event = NewEvent::new("customer_claim_dropped", "customer", id.uuid()).customer(Some(id));
    tx.event(event);
    Ok(())
}
