//! One-time codes: made for a person, an address and a purpose; kept as keyed hashes; good for one use, a few tries
//! and a short time.

use chrono::TimeDelta;
use entity::id::{CustomerId, OneTimeCodeId};
use entity::one_time_code::{Column, Entity, Model};
use entity::words::{CodePurpose, IdentifierKind};
use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use subtle::ConstantTimeEq;

use crate::kernel::{Ctx, Result, Tx};

/// Wrong tries that a code bears.
const MAX_ATTEMPTS: i32 = 5;
/// Codes that one address gets in an hour, so that nobody's mailbox is flooded.
const MAX_PER_HOUR: u64 = 5;
/// Digits of a code that is typed.
const DIGITS: usize = 6;

/// A fresh code, in clear this once.
pub(super) struct Issued {
    pub(super) id: OneTimeCodeId,
    pub(super) code: String,
    pub(super) valid_minutes: i64,
}

/// Minutes that a code works.
pub(crate) const fn valid_minutes(purpose: CodePurpose) -> i64 {
    match purpose {
        CodePurpose::SignIn | CodePurpose::VerifyIdentifier => 10,
        CodePurpose::PasswordReset => 30,
    }
}

/// Makes a code, or `None` when the address got enough of them in the last hour; by SMS, when the customer did.
pub(super) async fn issue(
    tx: &Tx,
    purpose: CodePurpose,
    kind: IdentifierKind,
    value: &str,
    customer_id: CustomerId,
) -> Result<Option<Issued>> {
    let own = Column::IdentifierValue.eq(value);
    let whose = match kind {
        // Short messages cost: who names one number after the other gets no more of them.
        IdentifierKind::Phone => own.or(Column::CustomerId.eq(customer_id)),
        IdentifierKind::Email | IdentifierKind::LoyaltyCard | IdentifierKind::Line | IdentifierKind::External => own,
    };
    let lately = Entity::find()
        .filter(Column::IdentifierKind.eq(kind))
        .filter(whose)
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::CreatedAt.gt(tx.now() - TimeDelta::hours(1)))
        .count(tx)
        .await?;
    if lately >= MAX_PER_HOUR {
        return Ok(None);
    }
    let random = &tx.ctx().services.random;
    let code = match purpose {
        // Typed from one screen to another.
        CodePurpose::SignIn | CodePurpose::VerifyIdentifier => random.digits(DIGITS),
        // Replaces a password: 256 bits, for a link or to paste.
        CodePurpose::PasswordReset => random.token(),
    };
    let id = OneTimeCodeId(tx.new_uuid());
    let minutes = valid_minutes(purpose);
    let row = Model {
        id,
        purpose,
        identifier_kind: kind,
        identifier_value: value.to_owned(),
        customer_id: Some(customer_id),
        code_hash: hash(tx.ctx(), id, &code),
        attempts: 0,
        created_at: tx.now(),
        expires_at: tx.now() + TimeDelta::minutes(minutes),
        used_at: None,
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(Some(Issued { id, code, valid_minutes: minutes }))
}

/// The hash is keyed and salted by the row, so that equal codes do not look equal.
fn hash(ctx: &Ctx, id: OneTimeCodeId, code: &str) -> String {
    ctx.services.secrets.code_hash("one-time-code", &format!("{id}:{code}"))
}

/// Uses a code up and says for whom it was made; `None` when it is not right, and then every code of the address has
/// one try less. The caller must commit in both cases.
pub(super) async fn redeem(
    tx: &Tx,
    purpose: CodePurpose,
    kind: IdentifierKind,
    value: &str,
    code: &str,
) -> Result<Option<CustomerId>> {
    let code = code.trim();
    let open = Entity::find()
        .filter(Column::IdentifierKind.eq(kind))
        .filter(Column::IdentifierValue.eq(value))
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(tx.now()))
        .filter(Column::Attempts.lt(MAX_ATTEMPTS))
        .order_by_asc(Column::Id)
        .lock(LockType::Update)
        .all(tx)
        .await?;
    let is_it = |row: &&Model| bool::from(hash(tx.ctx(), row.id, code).as_bytes().ct_eq(row.code_hash.as_bytes()));
    let ids: Vec<OneTimeCodeId> = open.iter().map(|row| row.id).collect();
    let right = open.iter().rfind(is_it);
    let mut update = Entity::update_many().filter(Column::Id.is_in(ids));
    update = match right {
        // The right code ends its siblings, too: they prove the same.
        Some(_) => update.col_expr(Column::UsedAt, Expr::value(tx.now())),
        None => update.col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1)),
    };
    if !open.is_empty() {
        update.exec(tx).await?;
    }
    Ok(right.and_then(|row| row.customer_id))
}

/// Gives up all codes of a customer.
pub(super) async fn give_up(tx: &Tx, customer_id: CustomerId) -> Result<()> {
    Entity::delete_many().filter(Column::CustomerId.eq(customer_id)).exec(tx).await?;
    Ok(())
}
