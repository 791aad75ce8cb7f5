//! Sends the codes that customers wish for: made and rendered in one transaction, so that a code stands in no job. An
//! e-mail address gets a mail, a number a short message.

use std::sync::Arc;

use entity::id::ChannelId;
use entity::words::{IdentifierKind, MessageChannel};

use super::account_mail::channel_of;
use super::request::{self, MessageRequest, Note, note, request};
use super::template::{self, Template};
use crate::customer::notify::{CodeLetter, CodeWish, prepare};
use crate::kernel::language::Language;
use crate::kernel::{Ctx, Result, Tx};

/// Longest name of a seller in a short message, so that it stays one: 70 UTF-16 units.
const SELLER: usize = 20;

/// Runs one wish. Nobody gets a message for an address that is not known.
pub async fn run(ctx: &Ctx, wish: &CodeWish) -> Result<()> {
    let ctx = Ctx { request_id: Arc::from(wish.request_id.as_str()), ..ctx.clone() };
    ctx.write(|tx| async move {
        let Some(letter) = prepare(&tx, wish).await? else { return Ok(()) };
        let channel_id = channel_of(&tx, wish.channel_id, letter.customer_id).await?;
        match letter.kind {
            IdentifierKind::Phone => by_sms(&tx, letter, channel_id).await,
            IdentifierKind::Email | IdentifierKind::LoyaltyCard | IdentifierKind::Line | IdentifierKind::External => {
                by_mail(&tx, letter, channel_id).await
            }
        }
    })
    .await
}

async fn by_mail(tx: &Tx, letter: CodeLetter, channel_id: Option<ChannelId>) -> Result<()> {
    let message = MessageRequest {
        template: Template::Code { purpose: letter.purpose, code: letter.code, valid_minutes: letter.valid_minutes },
        recipient: letter.recipient,
        locale: letter.locale,
        dedupe_key: letter.dedupe_key,
        channel_id,
        customer_id: Some(letter.customer_id),
        event_id: None,
    };
    request(tx, message).await.map(|_| ())
}

async fn by_sms(tx: &Tx, letter: CodeLetter, channel_id: Option<ChannelId>) -> Result<()> {
    let seller = request::seller(tx, channel_id).await?;
    let (subject, text) = words(Language::of(&letter.locale), &seller.name, &letter.code, letter.valid_minutes);
    let message = Note {
        template: template::code_name(letter.purpose),
        channel: MessageChannel::Sms,
        recipient: letter.recipient,
        locale: letter.locale,
        dedupe_key: letter.dedupe_key,
        subject,
        text,
        channel_id,
        customer_id: Some(letter.customer_id),
        order_id: None,
        event_id: None,
        step: None,
    };
    note(tx, message).await.map(|_| ())
}

/// Subject and words of a short message; the code comes first, where a notification shows it.
fn words(language: Language, seller: &str, code: &str, minutes: i64) -> (String, String) {
    let mut name = String::new();
    for character in seller.chars() {
        if name.encode_utf16().count() + character.len_utf16() > SELLER {
            break;
        }
        name.push(character);
    }
    let subject = language.text("mail-verify-phone-title", &[("seller", seller.to_owned())]);
    let values = [("code", code.to_owned()), ("seller", name), ("minutes", minutes.to_string())];
    (subject, language.text("mail-verify-phone-text", &values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_one_short_message() {
        for language in Language::ALL {
            for seller in ["ひとつ", "株式会社ひとつのとても長い名前のお店本店😀別館アネックス"]
            {
                let (_, text) = words(language, seller, "123456", 10);
                assert!(text.starts_with("123456 ") && text.contains("10") && text.contains("ひとつ"), "{text}");
                assert!(text.encode_utf16().count() <= 70, "{} {text}", text.encode_utf16().count());
            }
        }
    }
}
