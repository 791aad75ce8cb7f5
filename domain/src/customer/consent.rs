//! What a person agrees to. Every change is a row; the latest of a channel and purpose holds.

use entity::customer_consent::{Entity, Model};
use entity::id::{CustomerConsentId, CustomerId};
use entity::words::{ConsentChannel, ConsentPurpose};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::{query, save};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Result, text};

/// Most changes of one call: every channel for every purpose.
const MAX_CHANGES: usize = 10;

/// A yes or a no.
#[derive(Debug, Clone)]
pub struct ConsentChange {
    /// By which channel.
    pub channel: ConsentChannel,
    /// For what.
    pub purpose: ConsentPurpose,
    /// Yes or no.
    pub granted: bool,
    /// Where it was given, such as `account-page`.
    pub source: String,
    /// Which wording was shown.
    pub text_version: String,
}

/// Records what the signed-in customer agrees to; what holds already is not written again. Returns all that holds
/// now. Errors: `UNAUTHENTICATED`, `TOO_MANY`, `REQUIRED`, those of texts.
pub async fn set_consents(ctx: &Ctx, changes: Vec<ConsentChange>) -> Result<Vec<Model>> {
    let id = ctx.actor.customer_id().ok_or(Error::Unauthenticated)?;
    if changes.len() > MAX_CHANGES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "consents", vec![("max", MAX_CHANGES.to_string())]));
    }
    let checked = |(index, change): (usize, ConsentChange)| {
        Ok(ConsentChange {
            source: text::required_line(&format!("consents.{index}.source"), &change.source, 100)?,
            text_version: text::required_line(&format!("consents.{index}.textVersion"), &change.text_version, 100)?,
            ..change
        })
    };
    let changes = &changes.into_iter().enumerate().map(checked).collect::<Result<Vec<_>>>()?;
    ctx.write(|tx| async move {
        save::lock(&tx, id).await?;
        let mut current = query::consents(&tx, id).await?;
        let mut rows = Vec::new();
        for change in changes {
            let same = |row: &Model| row.channel == change.channel && row.purpose == change.purpose;
            if current.iter().any(|row| same(row) && row.granted == change.granted) {
                continue;
            }
            let row = row(CustomerConsentId(tx.new_uuid()), id, change, tx.now());
            current.retain(|row| !same(row));
            current.push(row.clone());
            rows.push(row);
        }
        if !rows.is_empty() {
            let list: Vec<_> = rows
                .iter()
                .map(|row| json!({ "channel": row.channel, "purpose": row.purpose, "granted": row.granted }))
                .collect();
            let event = NewEvent::new("customer_consents_set", "customer", id.uuid()).customer(Some(id));
            tx.event(event.payload(json!({ "consents": list })));
            let rows = rows.into_iter().map(|row| row.into_active_model().reset_all());
            Entity::insert_many(rows).exec_without_returning(&tx).await?;
        }
        Ok(current)
    })
    .await
}

fn row(
    id: CustomerConsentId,
    customer_id: CustomerId,
    change: &ConsentChange,
    now: chrono::DateTime<chrono::Utc>,
) -> Model {
    Model {
        id,
        customer_id,
        channel: change.channel,
        purpose: change.purpose,
        granted: change.granted,
        source: change.source.clone(),
        text_version: change.text_version.clone(),
        recorded_at: now,
    }
}
