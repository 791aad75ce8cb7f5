//! What the shop offers beside its goods: codes, a gift card to buy, a gift card to spend, and points. Once.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use domain::Ctx;
use domain::catalog::patch::VariantPatch;
use domain::promotion::activate;
use domain::promotion::codes::{CreateCodes, create_codes};
use domain::promotion::conditions::Conditions;
use domain::promotion::offer::Benefit;
use domain::promotion::upsert::{self as promotions, UpsertPromotion};
use domain::stored_value::program::{self, UpsertProgram};
use domain::stored_value::staff::{self as cards, IssueCard};
use domain::tax::upsert_class::{UpsertTaxClass, upsert_class};
use domain::tax::upsert_rate::{UpsertTaxRate, upsert_rate};
use entity::money::{Currency, Money};
use entity::words::{PromotionStacking, PromotionTarget, PromotionTrigger};
use entity::{channel, loyalty_program};
use sea_orm::EntityTrait;

use super::places::Places;
use super::special::{self, Special};

/// Ten percent off the goods, for everybody.
pub(super) const TEN_PERCENT: &str = "WELCOME10";
/// ¥500 off an order of ¥3,000, once for each customer.
const FIVE_HUNDRED: &str = "ARIGATO500";

/// Makes it, unless it is there.
pub(super) async fn make(ctx: &Ctx, places: &Places) -> Result<()> {
    // Made last; where it is, everything is.
    if loyalty_program::Entity::find().one(&ctx.db()).await?.is_some() {
        return Ok(());
    }
    promotions(ctx).await.context("promotions")?;
    gift_card_product(ctx, places).await.context("a gift card to buy")?;
    for channel in [&places.online, &places.pos] {
        points(ctx, channel).await.context("points")?;
    }
    Ok(())
}

async fn promotions(ctx: &Ctx) -> Result<()> {
    let welcome = promotion(("はじめての10%オフ", "10% off"), PromotionTarget::Order, Benefit::Percent(100_000));
    let thanks = UpsertPromotion {
        currency: Some(Currency::JPY),
        conditions: Conditions { minimum_amount: Some(3_000), ..Conditions::default() },
        customer_limit: Some(1),
        ..promotion(("感謝の500円オフ", "¥500 off"), PromotionTarget::Order, Benefit::Fixed(500))
    };
    let free_shipping = UpsertPromotion {
        trigger: PromotionTrigger::Automatic,
        currency: Some(Currency::JPY),
        conditions: Conditions { minimum_amount: Some(30_000), ..Conditions::default() },
        ..promotion(("3万円以上で送料無料", "Free shipping from ¥30,000"), PromotionTarget::Shipping, Benefit::Free)
    };
    for (promotion, code) in [(welcome, Some(TEN_PERCENT)), (thanks, Some(FIVE_HUNDRED)), (free_shipping, None)] {
        let made = promotions::upsert(ctx, promotion).await?;
        if let Some(code) = code {
            let codes = CreateCodes {
                promotion_id: made.id,
                codes: vec![code.to_owned()],
                count: 0,
                prefix: String::new(),
                usage_limit: None,
            };
            create_codes(ctx, codes).await?;
        }
        activate::set_active(ctx, made.id, None, true).await?;
    }
    Ok(())
}

fn promotion((ja, en): (&str, &str), target: PromotionTarget, benefit: Benefit) -> UpsertPromotion {
    UpsertPromotion {
        id: None,
        expected_version: None,
        name: ja.to_owned(),
        titles: BTreeMap::from([("ja".to_owned(), ja.to_owned()), ("en".to_owned(), en.to_owned())]),
        trigger: PromotionTrigger::Code,
        target,
        benefit,
        currency: None,
        maximum: None,
        stacking: PromotionStacking::Combine,
        priority: 100,
        conditions: Conditions::default(),
        starts_at: None,
        ends_at: None,
        usage_limit: None,
        customer_limit: None,
    }
}

/// A card of ¥5,000. Its tax is due when the card pays, so its own class has none.
async fn gift_card_product(ctx: &Ctx, places: &Places) -> Result<()> {
    let class = UpsertTaxClass { code: "untaxed".to_owned(), name: "不課税".to_owned() };
    let class = upsert_class(ctx, class).await?;
    let rate = UpsertTaxRate {
        class_code: class.code.clone(),
        country: "JP".to_owned(),
        region: None,
        name: "不課税".to_owned(),
        rate_ppm: 0,
        valid_from: NaiveDate::from_ymd_opt(2019, 10, 1).unwrap_or_default(),
        valid_to: None,
    };
    upsert_rate(ctx, rate).await?;
    let variant = VariantPatch {
        sku: Some(Some("GIFT-5000".to_owned())),
        requires_shipping: Some(false),
        tracked: Some(false),
        ..VariantPatch::default()
    };
    let card =
        Special {
            slug: "gift-card", ja: "ギフトカード", en: "Gift Card", yen: 5_000, tax_class_id: class.id, variant
        };
    let (product_id, _) = special::offer(ctx, places, card).await?;
    program::set_product(ctx, product_id, true, Some(1_825)).await?;
    Ok(())
}

/// A point for each ¥100, worth ¥1, from the day after the window for returns.
async fn points(ctx: &Ctx, channel: &channel::Model) -> Result<()> {
    let program = UpsertProgram {
        channel_id: channel.id,
        earn_amount: Money::new(100, channel.currency),
        earn_points: 1,
        redeem_points: 1,
        redeem_amount: Money::new(1, channel.currency),
        minimum_points: 1,
        pending_days: 30,
        expire_days: Some(365),
        active: true,
        expected_version: None,
    };
    program::upsert_program(ctx, program).await.map(|_| ()).map_err(Into::into)
}

/// The code of a gift card of ¥3,000 that anybody may spend; the same one every time.
pub(super) async fn gift_card(ctx: &Ctx, places: &Places) -> Result<String> {
    let card = IssueCard {
        channel_id: places.online.id,
        amount: Money::new(3_000, places.online.currency),
        recipient_email: None,
        recipient_name: None,
        sender_name: None,
        message: None,
        locale: None,
        deliver_at: None,
        expires_at: None,
        reason: "デモ".to_owned(),
        idempotency_key: "demo-gift-card".to_owned(),
    };
    let card = cards::issue_card(ctx, card).await?.account;
    cards::code_of(ctx, &card)?.context("a gift card has a code")
}
