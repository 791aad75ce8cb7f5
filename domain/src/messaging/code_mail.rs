//! Sends the codes that customers wish for: made and rendered in one transaction, so that a code stands in no job.

use std::sync::Arc;

use super::request::{MessageRequest, request};
use super::template::Template;
use crate::customer::notify::{CodeWish, prepare};
use crate::kernel::{Ctx, Result};

/// Runs one wish. Nobody gets a mail for an address that is not known.
pub async fn run(ctx: &Ctx, wish: &CodeWish) -> Result<()> {
    let ctx = Ctx { request_id: Arc::from(wish.request_id.as_str()), ..ctx.clone() };
    ctx.write(|tx| async move {
        let Some(letter) = prepare(&tx, wish).await? else { return Ok(()) };
        let message = MessageRequest {
            template: Template::Code {
                purpose: letter.purpose,
                code: letter.code,
                valid_minutes: letter.valid_minutes,
            },
            recipient: letter.recipient,
            locale: letter.locale,
            dedupe_key: letter.dedupe_key,
            channel_id: None,
            customer_id: Some(letter.customer_id),
            event_id: None,
        };
        request(&tx, message).await.map(|_| ())
    })
    .await
}
