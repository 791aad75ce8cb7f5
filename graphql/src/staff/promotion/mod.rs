//! Promotions, their codes, and discounts by hand.

pub mod input;

use async_graphql::{Context, ID, Object};
use domain::Result;
use domain::cart::by_hand::set_by_hand;
use domain::promotion::{activate, codes, limit, query, upsert};

use self::input::{
    CartDiscountSetInput, CartLinePriceSetInput, ChannelDiscountLimitSetInput, PromotionCodeSetActiveInput,
    PromotionCodesCreateInput, PromotionTargetInput, PromotionUpsertInput,
};
use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::cart_edit::CartPayload;
use crate::node::promotion::{Promotion, PromotionCode, PromotionConnection};
use crate::payload;
use crate::scalar::parse_id;
use crate::staff::channel::ChannelPayload;

payload! {
    /// A promotion after a change.
    pub struct PromotionPayload {
        /// The promotion.
        promotion: Promotion,
    }
}

payload! {
    /// Codes that were made.
    pub struct PromotionCodesPayload {
        /// The codes.
        promotion_codes: Vec<PromotionCode>,
    }
}

payload! {
    /// A code after a change.
    pub struct PromotionCodePayload {
        /// The code.
        promotion_code: PromotionCode,
    }
}

/// Questions about promotions.
#[derive(Clone, Copy, Debug, Default)]
pub struct PromotionQuery;

/// Questions about promotions.
#[Object]
impl PromotionQuery {
    /// A promotion; null when there is none.
    async fn promotion(&self, ctx: &Context<'_>, #[graphql(desc = "Which one.")] id: ID) -> Result<Option<Promotion>> {
        Ok(query::readable(ctx_of(ctx), parse_id(&id, "id")?).await?.map(Promotion))
    }

    /// Promotions with how often they were used, newest first.
    async fn promotions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that hold, or only those that do not.")] active: Option<bool>,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<PromotionConnection> {
        let (asked, filter) = (ctx_of(ctx).clone(), query::Filter { active });
        let page = query::page(&asked, filter, &page_request(first, after, last, before)?).await?;
        let all = count(asked, move |asked| async move { query::count(&asked, filter).await });
        Ok(PromotionConnection::new(page.map(Promotion), all))
    }
}

/// Changes of promotions.
#[derive(Clone, Copy, Debug, Default)]
pub struct PromotionMutation;

/// Changes of promotions.
#[Object]
impl PromotionMutation {
    /// Creates a promotion or changes it as a whole. A new one does not hold until `promotionActivate`.
    async fn promotion_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The promotion as it should be.")] input: PromotionUpsertInput,
    ) -> Result<PromotionPayload> {
        let done = async { upsert::upsert(ctx_of(ctx), input.read()?).await };
        PromotionPayload::of(ctx, done.await)
    }

    /// Lets a promotion hold from now on.
    async fn promotion_activate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: PromotionTargetInput,
    ) -> Result<PromotionPayload> {
        let done = async {
            let promotion = parse_id(&input.id, "input.id")?;
            activate::set_active(ctx_of(ctx), promotion, input.expected_version, true).await
        };
        PromotionPayload::of(ctx, done.await)
    }

    /// Stops a promotion; orders that were placed keep what they were given.
    async fn promotion_deactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: PromotionTargetInput,
    ) -> Result<PromotionPayload> {
        let done = async {
            let promotion = parse_id(&input.id, "input.id")?;
            activate::set_active(ctx_of(ctx), promotion, input.expected_version, false).await
        };
        PromotionPayload::of(ctx, done.await)
    }

    /// Makes codes of a promotion, all or none: named ones, made-up ones, or both.
    async fn promotion_codes_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The codes.")] input: PromotionCodesCreateInput,
    ) -> Result<PromotionCodesPayload> {
        let done = async { codes::create_codes(ctx_of(ctx), input.read()?).await };
        let made = done.await.map(|rows| rows.into_iter().map(PromotionCode).collect::<Vec<_>>());
        PromotionCodesPayload::of(ctx, made)
    }

    /// Lets a code work, or stops it.
    async fn promotion_code_set_active(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which code, and whether it works.")] input: PromotionCodeSetActiveInput,
    ) -> Result<PromotionCodePayload> {
        let done = async { codes::set_code_active(ctx_of(ctx), parse_id(&input.id, "input.id")?, input.active).await };
        PromotionCodePayload::of(ctx, done.await)
    }

    /// Sets the most that staff of a channel take off by hand without another person, in parts per million of the price.
    async fn channel_discount_limit_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The channel, and the limit.")] input: ChannelDiscountLimitSetInput,
    ) -> Result<ChannelPayload> {
        let done = async {
            let channel = parse_id(&input.channel_id, "input.channelId")?;
            limit::set_discount_limit(ctx_of(ctx), channel, input.expected_version, input.limit_ppm).await
        };
        ChannelPayload::of(ctx, done.await)
    }

    /// Sets another price for a line of a cart, with the reason, or takes it back. The customer sees it as a discount.
    async fn cart_line_price_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which line, and the price.")] input: CartLinePriceSetInput,
    ) -> Result<CartPayload> {
        let done = async {
            let (target, set) = input.read()?;
            set_by_hand(ctx_of(ctx), target, set).await
        };
        CartPayload::of(ctx, done.await)
    }

    /// Takes something off a line or a cart by hand, with the reason, or takes it back.
    async fn cart_discount_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which cart, and how much.")] input: CartDiscountSetInput,
    ) -> Result<CartPayload> {
        let done = async {
            let (target, set) = input.read()?;
            set_by_hand(ctx_of(ctx), target, set).await
        };
        CartPayload::of(ctx, done.await)
    }
}
