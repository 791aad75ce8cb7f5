//! The code of a gift card: derived from its account by a key, so that it can be mailed later without being stored.

use entity::id::StoredValueAccountId;
use entity::stored_value_account as account;
use entity::words::StoredValueKind;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::kernel::secret::Secrets;
use crate::kernel::text::fold_code;
use crate::kernel::{Error, ErrorCode, Result, Tx};

/// Letters of a code: 20 of an alphabet of 30 are 98 bits, beyond guessing.
const LENGTH: usize = 20;
/// Letters between two dashes.
const GROUP: usize = 4;
/// Letters of a code that staff see.
const HINT: usize = 4;

/// The code of a card, in groups of four.
#[must_use]
pub fn code(secrets: &Secrets, id: StoredValueAccountId) -> String {
    let letters: Vec<char> = secrets.object_code("gift-card", id.uuid(), 1, LENGTH).chars().collect();
    let groups: Vec<String> = letters.chunks(GROUP).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// What the account keeps of a code: its keyed hash and its last letters.
pub(super) fn kept(secrets: &Secrets, id: StoredValueAccountId) -> (String, String) {
    let letters = plain(&code(secrets, id));
    let hint = letters.chars().skip(LENGTH - HINT).collect();
    (hash(secrets, &letters), hint)
}

/// The account of a code, however it was typed. Commands count wrong codes by [`super::guess`] before.
/// Error: `INVALID_CODE`.
pub(crate) async fn find_card(tx: &Tx, code: &str) -> Result<account::Model> {
    by_code(tx, &tx.ctx().services.secrets, code).await?.ok_or_else(wrong)
}

/// The account of a code.
pub(super) async fn by_code(
    db: &impl sea_orm::ConnectionTrait,
    secrets: &Secrets,
    code: &str,
) -> Result<Option<account::Model>> {
    let letters = plain(code);
    if letters.len() != LENGTH {
        return Ok(None);
    }
    Ok(account::Entity::find()
        .filter(account::Column::CodeHash.eq(hash(secrets, &letters)))
        .filter(account::Column::Kind.eq(StoredValueKind::GiftCard))
        .one(db)
        .await?)
}

pub(super) fn wrong() -> Error {
    Error::invalid_with(ErrorCode::InvalidCode, "payments.code", vec![("problem", "gift-card".to_owned())])
}

fn hash(secrets: &Secrets, letters: &str) -> String {
    secrets.code_hash("gift-card-code", letters)
}

/// Capital letters and digits only: people type spaces, dashes, small and wide letters.
fn plain(code: &str) -> String {
    fold_code(code).chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_code_is_long_repeats_and_forgives_how_it_is_typed() {
        let secrets = Secrets::new("a".into());
        let id = StoredValueAccountId(Uuid::from_u128(1));
        let text = code(&secrets, id);
        assert_eq!(text, code(&secrets, id));
        assert_eq!(text.len(), LENGTH + LENGTH / GROUP - 1, "{text}");
        assert_eq!(plain(&text.to_lowercase().replace('-', " ")), plain(&text));
        let (hash, hint) = kept(&secrets, id);
        assert!(text.ends_with(&hint) && hint.len() == HINT && !hash.contains(&hint));
        assert_ne!(text, code(&secrets, StoredValueAccountId(Uuid::from_u128(2))));
    }
}
