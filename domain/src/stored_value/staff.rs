//! What staff do with stored value: issue, correct, block, send again. Each by key, each with a reason.

use chrono::{DateTime, Utc};
use entity::id::{ChannelId, CustomerId, StoredValueAccountId};
use entity::money::{Currency, Money};
use entity::words::{StoredValueEntryKind, StoredValueKind, StoredValueStatus};
use entity::{channel, stored_value_account as account};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::gift_card::{card_event, fund, set_status};
use super::ledger::{self, From, NewLot, Note};
use super::{account as accounts, card, deliver};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Scope, Tx, email, language, text};

/// Most that is put in or taken out at once, minor units or points.
const MAX_CHANGE: i64 = 1_000_000_000_000;

/// An account after a command.
#[derive(Debug)]
pub struct Changed {
    /// The account.
    pub account: account::Model,
    /// Whether the key was used before.
    pub replayed: bool,
}

/// A card that staff give away.
#[derive(Clone, Debug, Serialize)]
pub struct IssueCard {
    /// Where; its currency holds.
    pub channel_id: ChannelId,
    /// How much.
    pub amount: Money,
    /// Where the card is mailed to; nowhere when `None`.
    pub recipient_email: Option<String>,
    /// To whom.
    pub recipient_name: Option<String>,
    /// From whom.
    pub sender_name: Option<String>,
    /// A message.
    pub message: Option<String>,
    /// Language of the mail (BCP 47); the channel's when `None`.
    pub locale: Option<String>,
    /// When it is mailed; at once when `None`.
    pub deliver_at: Option<DateTime<Utc>>,
    /// When it runs out; never when `None`.
    pub expires_at: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Gives a gift card away, active at once. Its code is [`code_of`].
/// Errors: `FORBIDDEN` without `stored-value.write`, `NOT_FOUND` for the channel, `CURRENCY_MISMATCH`, `INVALID_AMOUNT`,
/// `INVALID_EMAIL`, `INVALID_LOCALE`, `INVALID_DATE` for an end that is past, the errors of texts.
pub async fn issue_card(ctx: &Ctx, input: IssueCard) -> Result<Changed> {
    let scope = ctx.require(Permission::StoredValueWrite)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let input = IssueCard {
        recipient_email: input.recipient_email.map(|to| email::normalize("input.recipientEmail", &to)).transpose()?,
        recipient_name: named("input.recipientName", input.recipient_name)?,
        sender_name: named("input.senderName", input.sender_name)?,
        message: input.message.map(|message| text::note("input.message", &message, 500)).transpose()?,
        reason: text::required_line("input.reason", &input.reason, text::LINE)?,
        ..input
    };
    if input.locale.as_deref().is_some_and(|locale| !language::is_locale(locale)) {
        return Err(Error::invalid(ErrorCode::InvalidLocale, "input.locale"));
    }
    if input.expires_at.is_some_and(|end| end <= ctx.now()) {
        return Err(Error::invalid(ErrorCode::InvalidDate, "input.expiresAt"));
    }
    let (input, key, hash, scope) = (&input, &key, &hash, &scope);
    ctx.write(|tx| async move {
        let tx = &tx;
        let channel = channel_of(tx, scope, input.channel_id).await?;
        check_amount(&channel, input.amount)?;
        let blank = accounts::blank(tx, &channel);
        if let Some(done) = replayed(tx, "giftCardIssue", key, hash, blank.id.uuid()).await? {
            return Ok(done);
        }
        let (code_hash, hint) = card::kept(&tx.ctx().services.secrets, blank.id);
        let row = account::Model {
            status: StoredValueStatus::Active,
            code_hash: Some(code_hash),
            code_hint: Some(hint),
            expires_at: input.expires_at,
            recipient_email: input.recipient_email.clone(),
            recipient_name: input.recipient_name.clone(),
            sender_name: input.sender_name.clone(),
            message: input.message.clone().unwrap_or_default(),
            locale: input.locale.clone().unwrap_or_else(|| channel.default_locale.clone()),
            deliver_at: input.recipient_email.as_ref().map(|_| input.deliver_at.unwrap_or(tx.now())),
            ..blank
        };
        account::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
        let payload = json!({ "amount": input.amount.minor, "currency": channel.currency });
        let event_id = tx.event(card_event("gift_card_issued", &row).payload(payload));
        let note = Note::of(StoredValueEntryKind::Issue, event_id).because(&input.reason);
        let account = fund(tx, row, input.amount.minor, &channel, note).await?;
        Ok(Changed { account, replayed: false })
    })
    .await
}

/// The code of a card, for whoever issued it to hand over. Error: `FORBIDDEN` without `stored-value.write`.
pub fn code_of(ctx: &Ctx, account: &account::Model) -> Result<Option<String>> {
    ctx.require(Permission::StoredValueWrite)?;
    let is_card = account.kind == StoredValueKind::GiftCard;
    Ok(is_card.then(|| card::code(&ctx.services.secrets, account.id)))
}

/// Which card, and whether it is stopped.
#[derive(Clone, Debug, Serialize)]
pub struct BlockCard {
    /// The card.
    pub account_id: StoredValueAccountId,
    /// Stopped, or free again.
    pub blocked: bool,
    /// Why.
    pub reason: String,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Stops a card or an account, or frees it again; a card that was taken back stays empty. Errors: `FORBIDDEN`,
/// `NOT_FOUND`, `INVALID_TRANSITION` when it is so already or was never paid.
pub async fn block(ctx: &Ctx, input: BlockCard) -> Result<Changed> {
    let asked = &Asked::of(ctx, &input, (&input.idempotency_key, &input.reason))?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let account = lock_mine(tx, &asked.scope, input.account_id).await?;
        if let Some(done) = asked.replayed(tx, "giftCardBlock", account.id.uuid()).await? {
            return Ok(done);
        }
        let (from, to, told) = if input.blocked {
            (StoredValueStatus::Active, StoredValueStatus::Blocked, "stored_value_blocked")
        } else {
            (StoredValueStatus::Blocked, StoredValueStatus::Active, "stored_value_unblocked")
        };
        if account.status != from {
            return Err(Error::InvalidTransition {
                machine: "stored value account",
                from: account.status.to_string(),
                action: if input.blocked { "BLOCK" } else { "UNBLOCK" }.to_owned(),
                allowed: Vec::new(),
            });
        }
        set_status(tx, &account, to).await?;
        let event = card_event(told, &account).customer(account.customer_id);
        tx.event(event.payload(json!({ "reason": asked.reason })));
        let account = account::Model { status: to, version: account.version + 1, ..account };
        Ok(Changed { account, replayed: false })
    })
    .await
}

/// A correction of an account.
#[derive(Clone, Debug, Serialize)]
pub struct Adjust {
    /// The account.
    pub account_id: StoredValueAccountId,
    /// What it must hold.
    pub kind: StoredValueKind,
    /// The currency of the amount, when it is money.
    pub currency: Option<Currency>,
    /// Minor units or points; negative takes out.
    pub amount: i64,
    /// Why.
    pub reason: String,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Corrects the balance of an account. Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_AMOUNT`, `INSUFFICIENT_BALANCE` for
/// more than there is, `GIFT_CARD_UNUSABLE` for a card that was not paid.
pub async fn adjust(ctx: &Ctx, input: Adjust) -> Result<Changed> {
    let asked = &Asked::of(ctx, &input, (&input.idempotency_key, &input.reason))?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let account = lock_mine(tx, &asked.scope, input.account_id).await?;
        if account.kind != input.kind {
            return Err(Error::not_found("stored value account"));
        }
        check_currency(input.currency, account.currency)?;
        if let Some(done) = asked.replayed(tx, "storedValueAdjust", account.id.uuid()).await? {
            return Ok(done);
        }
        Ok(Changed { account: change(tx, account, input.amount, &asked.reason).await?, replayed: false })
    })
    .await
}

/// Corrects a locked account.
async fn change(tx: &Tx, account: account::Model, amount: i64, reason: &str) -> Result<account::Model> {
    if amount == 0 || amount.abs() > MAX_CHANGE {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "input.amount"));
    }
    if account.status == StoredValueStatus::Inactive {
        return Err(Error::invalid(ErrorCode::GiftCardUnusable, "input.accountId"));
    }
    let event = NewEvent::new("stored_value_adjusted", "stored_value_account", account.id.uuid());
    let payload = json!({ "amount": amount, "currency": account.currency, "kind": account.kind });
    let event_id = tx.event(event.customer(account.customer_id).payload(payload));
    let note = Note::of(StoredValueEntryKind::Adjust, event_id).because(reason);
    if amount > 0 {
        let lot = NewLot { units: amount, expires_at: account.expires_at, ..NewLot::default() };
        ledger::put(tx, &account, lot, note).await?;
    } else if !ledger::take(tx, &account, -amount, From::All(None), note).await? {
        return Err(ledger::insufficient(&account, account.balance - account.held));
    }
    Ok(account::Model { balance: account.balance + amount, version: account.version + 1, ..account })
}

/// Value for a customer.
#[derive(Clone, Debug, Serialize)]
pub struct GiveCustomer {
    /// To whom.
    pub customer_id: CustomerId,
    /// In the name of this channel, in its currency.
    pub channel_id: ChannelId,
    /// The currency of the amount, when it is money.
    pub currency: Option<Currency>,
    /// Minor units of store credit, or points; points may be negative.
    pub amount: i64,
    /// Why.
    pub reason: String,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Puts store credit into a customer's account. Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_AMOUNT`.
pub async fn issue_credit(ctx: &Ctx, input: GiveCustomer) -> Result<Changed> {
    give(ctx, input, StoredValueKind::StoreCredit).await
}

/// Corrects a customer's points. Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID_AMOUNT`, `INSUFFICIENT_BALANCE`.
pub async fn adjust_points(ctx: &Ctx, input: GiveCustomer) -> Result<Changed> {
    give(ctx, input, StoredValueKind::Points).await
}

async fn give(ctx: &Ctx, input: GiveCustomer, kind: StoredValueKind) -> Result<Changed> {
    let asked = &Asked::of(ctx, &input, (&input.idempotency_key, &input.reason))?;
    let points = kind == StoredValueKind::Points;
    if input.amount == 0 || input.amount.abs() > MAX_CHANGE || (!points && input.amount < 0) {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "input.amount"));
    }
    let operation = if points { "pointsAdjust" } else { "storeCreditIssue" };
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let channel = channel_of(tx, &asked.scope, input.channel_id).await?;
        check_currency(input.currency, channel.currency)?;
        let account = accounts::open(tx, input.customer_id, &channel, kind).await?;
        if let Some(done) = asked.replayed(tx, operation, account.id.uuid()).await? {
            return Ok(done);
        }
        let account = if points {
            change(tx, account, input.amount, &asked.reason).await?
        } else {
            let event = NewEvent::new("store_credit_given", "stored_value_account", account.id.uuid());
            let event_id = tx.event(event.customer(account.customer_id).payload(json!({ "amount": input.amount })));
            ledger::credit(tx, input.customer_id, &channel, input.amount, &asked.reason, event_id).await?
        };
        Ok(Changed { account, replayed: false })
    })
    .await
}

/// A card to mail again.
#[derive(Clone, Debug, Serialize)]
pub struct ResendCard {
    /// The card.
    pub account_id: StoredValueAccountId,
    /// To this address from now on; the one before when `None`.
    pub recipient_email: Option<String>,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Mails the code of an active card again. Errors: `FORBIDDEN`, `NOT_FOUND`, `GIFT_CARD_UNUSABLE`, `INVALID_EMAIL`,
/// `REQUIRED` without any address.
pub async fn resend(ctx: &Ctx, input: ResendCard) -> Result<Changed> {
    let scope = ctx.require(Permission::StoredValueWrite)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let to = input.recipient_email.as_deref().map(|to| email::normalize("input.recipientEmail", to)).transpose()?;
    let (input, key, hash, scope, to) = (&input, &key, &hash, &scope, &to);
    ctx.write(|tx| async move {
        let tx = &tx;
        let card = lock_mine(tx, scope, input.account_id).await?;
        if card.kind != StoredValueKind::GiftCard {
            return Err(Error::not_found("gift card"));
        }
        if let Some(done) = replayed(tx, "giftCardResend", key, hash, card.id.uuid()).await? {
            return Ok(done);
        }
        ledger::check_usable(tx, &card)?;
        let channel = channel_of(tx, scope, card.channel_id).await?;
        let card = account::Model {
            recipient_email: to.clone().or(card.recipient_email),
            delivered_at: Some(tx.now()),
            version: card.version + 1,
            updated_at: tx.now(),
            ..card
        };
        account::Entity::update(card.clone().into_active_model().reset_all()).exec(tx).await?;
        if !deliver::send(tx, &card, &channel, &card.version.to_string()).await? {
            return Err(Error::invalid(ErrorCode::Required, "input.recipientEmail"));
        }
        tx.event(card_event("gift_card_resent", &card).customer(card.customer_id));
        Ok(Changed { account: card, replayed: false })
    })
    .await
}

/// What staff ask for with a reason, once per key.
struct Asked {
    scope: Scope,
    key: String,
    hash: String,
    reason: String,
}

impl Asked {
    /// Errors: `FORBIDDEN` without `stored-value.write`, `REQUIRED`, what a key says.
    fn of(ctx: &Ctx, input: &impl Serialize, (key, reason): (&str, &str)) -> Result<Self> {
        Ok(Self {
            scope: ctx.require(Permission::StoredValueWrite)?,
            key: idempotency::checked_key(key)?,
            hash: idempotency::request_hash(input)?,
            reason: text::required_line("input.reason", reason, text::LINE)?,
        })
    }

    async fn replayed(&self, tx: &Tx, operation: &str, id: Uuid) -> Result<Option<Changed>> {
        replayed(tx, operation, &self.key, &self.hash, id).await
    }
}

async fn replayed(tx: &Tx, operation: &str, key: &str, hash: &str, id: Uuid) -> Result<Option<Changed>> {
    match idempotency::claim(tx, operation, key, hash, id).await? {
        Claim::Fresh => Ok(None),
        Claim::Replayed(id) => {
            let account = accounts::by_id(tx, StoredValueAccountId(id)).await?;
            let account = account.ok_or(Error::not_found("stored value account"))?;
            Ok(Some(Changed { account, replayed: true }))
        }
    }
}

async fn lock_mine(tx: &Tx, scope: &Scope, id: StoredValueAccountId) -> Result<account::Model> {
    let account = accounts::lock(tx, id).await?;
    if scope.covers_channel(Some(account.channel_id)) {
        Ok(account)
    } else {
        Err(Error::not_found("stored value account"))
    }
}

async fn channel_of(tx: &Tx, scope: &Scope, id: ChannelId) -> Result<channel::Model> {
    let found = if scope.covers_channel(Some(id)) { channel::Entity::find_by_id(id).one(tx).await? } else { None };
    found.ok_or(Error::not_found("channel"))
}

fn check_amount(channel: &channel::Model, amount: Money) -> Result<()> {
    if amount.currency != channel.currency {
        return Err(Error::invalid(ErrorCode::CurrencyMismatch, "input.amount"));
    }
    if amount.minor <= 0 || amount.minor > MAX_CHANGE {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "input.amount"));
    }
    Ok(())
}

fn check_currency(given: Option<Currency>, wanted: Currency) -> Result<()> {
    match given {
        Some(given) if given != wanted => Err(Error::invalid(ErrorCode::CurrencyMismatch, "input.amount")),
        Some(_) | None => Ok(()),
    }
}

fn named(path: &str, name: Option<String>) -> Result<Option<String>> {
    let name = name.map(|name| text::line(path, &name, 100)).transpose()?;
    Ok(name.filter(|name| !name.is_empty()))
}
