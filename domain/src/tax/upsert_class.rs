//! Making or renaming a tax class.

use entity::id::TaxClassId;
use entity::tax_class;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::query;
use crate::kernel::event::NewEvent;
use crate::kernel::text;
use crate::{Ctx, Permission, Result, Tx};

/// A tax class, found by its code.
#[derive(Debug, Clone)]
pub struct UpsertTaxClass {
    /// Stable name, such as `standard`.
    pub code: String,
    /// Name shown to staff.
    pub name: String,
}

/// Makes a tax class or renames the one with this code; doing it twice changes nothing. Needs `places.write`.
/// Errors: `REQUIRED`, `INVALID_TEXT`, `TEXT_TOO_LONG`.
pub async fn upsert_class(ctx: &Ctx, input: UpsertTaxClass) -> Result<tax_class::Model> {
    ctx.require(Permission::PlacesWrite)?;
    let code = text::required_line("code", &input.code, 50)?;
    let name = text::required_line("name", &input.name, text::LINE)?;
    let (code, name) = (&code, &name);
    ctx.write(|tx| async move { store(&tx, code.clone(), name.clone()).await }).await
}

/// Writes the class inside a transaction.
pub async fn store(tx: &Tx, code: String, name: String) -> Result<tax_class::Model> {
    let class = match query::class_by_code(tx, &code).await? {
        Some(present) if present.name == name => return Ok(present),
        Some(present) => {
            let mut row = present.into_active_model();
            row.name = Set(name);
            row.update(tx).await?
        }
        None => {
            let class = tax_class::Model { id: TaxClassId(tx.new_uuid()), code, name };
            let row = class.clone().into_active_model().reset_all();
            tax_class::Entity::insert(row).exec_without_returning(tx).await?;
            class
        }
    };
    tx.event(NewEvent::new("tax_class_saved", "tax_class", class.id.uuid()).payload(json!({ "code": class.code })));
    Ok(class)
}
