//! Gift cards, store credit and points: what staff do with them.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::stored_value::program::{self, UpsertProgram};
use domain::stored_value::query::{self, Filter};
use domain::stored_value::staff::{self, Adjust, BlockCard, GiveCustomer, IssueCard, ResendCard};
use entity::words::{StoredValueKind, StoredValueStatus};

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::node::stored_value::{
    GiftCardBalance, LoyaltyProgram, StoredValueAccount, StoredValueAccountConnection, gift_card_balance,
};
use crate::payload;
use crate::scalar::{Locale, MoneyInput, id, parse_id, parse_optional_id};
use crate::shop::order::required_key;
use crate::word::Word;

/// Which accounts are wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct StoredValueFilterInput {
    /// Of this kind.
    pub kind: Option<Word<StoredValueKind>>,
    /// In this state.
    pub status: Option<Word<StoredValueStatus>>,
    /// Of this customer.
    pub customer_id: Option<ID>,
    /// Gift cards whose code ends so: four letters.
    pub code_hint: Option<String>,
}

/// A gift card to give away.
#[derive(Clone, Debug, InputObject)]
pub struct GiftCardIssueInput {
    /// The channel; its currency holds.
    pub channel_id: ID,
    /// How much.
    pub amount: MoneyInput,
    /// Where the card is mailed to; nowhere when left out.
    pub recipient_email: Option<String>,
    /// To whom.
    pub recipient_name: Option<String>,
    /// From whom.
    pub sender_name: Option<String>,
    /// A message, up to 500 letters.
    pub message: Option<String>,
    /// Language of the mail; the channel's when left out.
    pub locale: Option<Locale>,
    /// When it is mailed; at once when left out.
    pub deliver_at: Option<DateTime<Utc>>,
    /// When it runs out; never when left out.
    pub expires_at: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
    /// Repeating the call with the same key issues nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// A gift card or an account to stop or to free.
#[derive(Clone, Debug, InputObject)]
pub struct GiftCardBlockInput {
    /// The account.
    pub account_id: ID,
    /// Stopped; free again when false.
    #[graphql(default = true)]
    pub blocked: bool,
    /// Why.
    pub reason: String,
    /// Repeating the call with the same key does nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// A correction of an account.
#[derive(Clone, Debug, InputObject)]
pub struct StoredValueAdjustInput {
    /// The account.
    pub account_id: ID,
    /// What is put in; negative takes out.
    pub amount: MoneyInput,
    /// Why.
    pub reason: String,
    /// Repeating the call with the same key changes nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// A gift card to mail again.
#[derive(Clone, Debug, InputObject)]
pub struct GiftCardResendInput {
    /// The card.
    pub account_id: ID,
    /// To this address from now on; to the one before when left out.
    pub recipient_email: Option<String>,
    /// Repeating the call with the same key sends nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// Store credit for a customer.
#[derive(Clone, Debug, InputObject)]
pub struct StoreCreditIssueInput {
    /// To whom.
    pub customer_id: ID,
    /// In the name of this channel, in its currency.
    pub channel_id: ID,
    /// How much.
    pub amount: MoneyInput,
    /// Why.
    pub reason: String,
    /// Repeating the call with the same key issues nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// Points for a customer.
#[derive(Clone, Debug, InputObject)]
pub struct PointsAdjustInput {
    /// To whom.
    pub customer_id: ID,
    /// In the name of this channel.
    pub channel_id: ID,
    /// How many; negative takes away.
    pub points: i64,
    /// Why.
    pub reason: String,
    /// Repeating the call with the same key changes nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// The loyalty program of a channel.
#[derive(Clone, Debug, InputObject)]
pub struct LoyaltyProgramInput {
    /// The channel.
    pub channel_id: ID,
    /// For so much money with tax,
    pub earn_amount: MoneyInput,
    /// so many points are given.
    pub earn_points: i64,
    /// So many points
    pub redeem_points: i64,
    /// are worth so much.
    pub redeem_amount: MoneyInput,
    /// The least that is taken at once.
    #[graphql(default)]
    pub minimum_points: i64,
    /// Days after the goods left or arrived until points can be used: the window of returns.
    pub pending_days: i32,
    /// Days from then until points run out; never when left out.
    pub expire_days: Option<i32>,
    /// Whether it holds.
    #[graphql(default = true)]
    pub active: bool,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
}

/// Whether a product is a gift card.
#[derive(Clone, Debug, InputObject)]
pub struct GiftCardProductInput {
    /// The product; without tax, shipping and stock.
    pub product_id: ID,
    /// A gift card whose price is its value; no gift card any more when false.
    #[graphql(default = true)]
    pub is_gift_card: bool,
    /// Days for which cards are valid; for ever when left out.
    pub valid_days: Option<i32>,
}

payload! {
    /// An account after a change.
    pub struct StoredValuePayload {
        /// The account.
        account: StoredValueAccount,
    }
}

/// A gift card that was issued.
#[derive(Debug, SimpleObject)]
pub struct GiftCardIssuePayload {
    /// The card.
    pub account: Option<StoredValueAccount>,
    /// Its code: hand it over, do not keep it.
    pub code: Option<String>,
    /// Whether the key was used before.
    pub replayed: bool,
    /// What kept it from being issued; empty when it was.
    pub errors: Vec<UserError>,
}

payload! {
    /// A loyalty program after a change.
    pub struct LoyaltyProgramPayload {
        /// The program.
        program: LoyaltyProgram,
    }
}

payload! {
    /// A product after a change.
    pub struct GiftCardProductPayload {
        /// The product.
        product_id: ID,
    }
}

/// Accounts of stored value.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoredValueQuery;

/// Accounts of stored value.
#[Object]
impl StoredValueQuery {
    /// An account of your channels; null when there is none.
    async fn stored_value_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] id: ID,
    ) -> Result<Option<StoredValueAccount>> {
        Ok(query::one(ctx_of(ctx), parse_id(&id, "id")?).await?.map(StoredValueAccount))
    }

    /// The accounts of your channels, newest first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn stored_value_accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: StoredValueFilterInput,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<StoredValueAccountConnection> {
        let filter = filter_of(filter)?;
        let page = query::list(ctx_of(ctx), &filter, &page_request(first, after, last, before)?).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { query::count(&ctx, &filter).await });
        Ok(StoredValueAccountConnection::new(page.map(StoredValueAccount), all))
    }

    /// What is on the gift card of a code, for a customer at the till. Wrong codes are counted.
    async fn gift_card_balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code, however it is typed.")] code: String,
    ) -> Result<GiftCardBalance> {
        gift_card_balance(ctx, &code).await
    }

    /// The loyalty programs of your channels.
    async fn loyalty_programs(&self, ctx: &Context<'_>) -> Result<Vec<LoyaltyProgram>> {
        let programs = program::list(ctx_of(ctx)).await?;
        Ok(programs.into_iter().map(|(program, currency)| LoyaltyProgram(program, currency)).collect())
    }
}

fn filter_of(filter: StoredValueFilterInput) -> Result<Filter> {
    Ok(Filter {
        kind: filter.kind.map(|word| word.0),
        status: filter.status.map(|word| word.0),
        customer_id: parse_optional_id(filter.customer_id.as_ref(), "filter.customerId")?,
        code_hint: filter.code_hint,
    })
}

/// Changing accounts of stored value.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoredValueMutation;

/// Changing accounts of stored value.
#[Object]
impl StoredValueMutation {
    /// Gives a gift card away, active at once.
    async fn gift_card_issue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The card.")] input: GiftCardIssueInput,
    ) -> Result<GiftCardIssuePayload> {
        let issued = match issue_input(ctx, input) {
            Ok(input) => staff::issue_card(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        issue_payload(ctx, issued)
    }

    /// Stops a gift card or an account, or frees it again.
    async fn gift_card_block(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: GiftCardBlockInput,
    ) -> Result<StoredValuePayload> {
        let changed = match block_input(ctx, input) {
            Ok(input) => staff::block(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StoredValuePayload::of(ctx, changed)
    }

    /// Corrects what is on a gift card.
    async fn gift_card_adjust(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The correction.")] input: StoredValueAdjustInput,
    ) -> Result<StoredValuePayload> {
        let changed = match adjust_input(ctx, input, StoredValueKind::GiftCard) {
            Ok(input) => staff::adjust(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StoredValuePayload::of(ctx, changed)
    }

    /// Mails the code of a gift card again.
    async fn gift_card_resend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The card.")] input: GiftCardResendInput,
    ) -> Result<StoredValuePayload> {
        let changed = match resend_input(ctx, input) {
            Ok(input) => staff::resend(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StoredValuePayload::of(ctx, changed)
    }

    /// Makes a product a gift card whose price is its value.
    async fn gift_card_product_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The product.")] input: GiftCardProductInput,
    ) -> Result<GiftCardProductPayload> {
        let changed = match parse_id(&input.product_id, "input.productId") {
            Ok(id) => program::set_product(ctx_of(ctx), id, input.is_gift_card, input.valid_days).await,
            Err(error) => Err(error),
        };
        GiftCardProductPayload::of(ctx, changed.map(|product| id(product.id)))
    }

    /// Puts store credit into a customer's account.
    async fn store_credit_issue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much, to whom.")] input: StoreCreditIssueInput,
    ) -> Result<StoredValuePayload> {
        let changed = match credit_input(ctx, input) {
            Ok(input) => staff::issue_credit(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StoredValuePayload::of(ctx, changed)
    }

    /// Corrects a customer's store credit.
    async fn store_credit_adjust(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The correction.")] input: StoredValueAdjustInput,
    ) -> Result<StoredValuePayload> {
        let changed = match adjust_input(ctx, input, StoredValueKind::StoreCredit) {
            Ok(input) => staff::adjust(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StoredValuePayload::of(ctx, changed)
    }

    /// Gives a customer points, or takes them away.
    async fn points_adjust(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, to whom.")] input: PointsAdjustInput,
    ) -> Result<StoredValuePayload> {
        let changed = match points_input(ctx, input) {
            Ok(input) => staff::adjust_points(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StoredValuePayload::of(ctx, changed)
    }

    /// Sets the loyalty program of a channel.
    async fn loyalty_program_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The program.")] input: LoyaltyProgramInput,
    ) -> Result<LoyaltyProgramPayload> {
        let changed = match program_input(input) {
            Ok(input) => {
                let saved = program::upsert_program(ctx_of(ctx), input).await;
                saved.map(|program| LoyaltyProgram(program, input.earn_amount.currency))
            }
            Err(error) => Err(error),
        };
        LoyaltyProgramPayload::of(ctx, changed)
    }
}

fn issue_payload(ctx: &Context<'_>, issued: Result<staff::Changed>) -> Result<GiftCardIssuePayload> {
    let (issued, errors) = outcome(ctx, issued)?;
    let Some(issued) = issued else {
        return Ok(GiftCardIssuePayload { account: None, code: None, replayed: false, errors });
    };
    let code = staff::code_of(ctx_of(ctx), &issued.account)?;
    let replayed = issued.replayed;
    Ok(GiftCardIssuePayload { account: Some(issued.into()), code, replayed, errors })
}

fn issue_input(ctx: &Context<'_>, input: GiftCardIssueInput) -> Result<IssueCard> {
    Ok(IssueCard {
        channel_id: parse_id(&input.channel_id, "input.channelId")?,
        amount: input.amount.money("input.amount")?,
        recipient_email: input.recipient_email,
        recipient_name: input.recipient_name,
        sender_name: input.sender_name,
        message: input.message,
        locale: input.locale.map(|locale| locale.0),
        deliver_at: input.deliver_at,
        expires_at: input.expires_at,
        reason: input.reason,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

fn block_input(ctx: &Context<'_>, input: GiftCardBlockInput) -> Result<BlockCard> {
    Ok(BlockCard {
        account_id: parse_id(&input.account_id, "input.accountId")?,
        blocked: input.blocked,
        reason: input.reason,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

fn adjust_input(ctx: &Context<'_>, input: StoredValueAdjustInput, kind: StoredValueKind) -> Result<Adjust> {
    let amount = input.amount.money("input.amount")?;
    Ok(Adjust {
        account_id: parse_id(&input.account_id, "input.accountId")?,
        kind,
        currency: Some(amount.currency),
        amount: amount.minor,
        reason: input.reason,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

fn resend_input(ctx: &Context<'_>, input: GiftCardResendInput) -> Result<ResendCard> {
    Ok(ResendCard {
        account_id: parse_id(&input.account_id, "input.accountId")?,
        recipient_email: input.recipient_email,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

fn credit_input(ctx: &Context<'_>, input: StoreCreditIssueInput) -> Result<GiveCustomer> {
    let amount = input.amount.money("input.amount")?;
    Ok(GiveCustomer {
        customer_id: parse_id(&input.customer_id, "input.customerId")?,
        channel_id: parse_id(&input.channel_id, "input.channelId")?,
        currency: Some(amount.currency),
        amount: amount.minor,
        reason: input.reason,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

fn points_input(ctx: &Context<'_>, input: PointsAdjustInput) -> Result<GiveCustomer> {
    Ok(GiveCustomer {
        customer_id: parse_id(&input.customer_id, "input.customerId")?,
        channel_id: parse_id(&input.channel_id, "input.channelId")?,
        currency: None,
        amount: input.points,
        reason: input.reason,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

fn program_input(input: LoyaltyProgramInput) -> Result<UpsertProgram> {
    Ok(UpsertProgram {
        channel_id: parse_id(&input.channel_id, "input.channelId")?,
        earn_amount: input.earn_amount.money("input.earnAmount")?,
        earn_points: input.earn_points,
        redeem_points: input.redeem_points,
        redeem_amount: input.redeem_amount.money("input.redeemAmount")?,
        minimum_points: input.minimum_points,
        pending_days: input.pending_days,
        expire_days: input.expire_days,
        active: input.active,
        expected_version: input.expected_version,
    })
}
