//! How the shop speaks to its customers: brands, what people agree to, guides, surveys with a rule that alarms, and the
//! flows that are on. Once: what is there already stays as people left it.

use anyhow::{Context as _, Result};
use chrono::NaiveTime;
use chrono_tz::Tz;
use domain::Ctx;
use domain::flow::guide::{self, SaveGuide};
use domain::flow::save::{self as flows, SaveFlow};
use domain::flow::switch::{self, SwitchFlow};
use domain::flow::{builtin, plant as plant_flows};
use domain::kernel::text::Texts;
use domain::messaging::brand::{self, SaveBrand};
use domain::messaging::policy_save::{self, SaveMessagePolicy};
use domain::survey::alert::{self, SaveAlert};
use domain::survey::{query as surveys, ready_made};
use entity::words::FlowStatus;
use entity::{channel, product, survey, survey_alert};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::places::Places;

/// Flows that are on beside those that always are.
const ON: [&str; 5] = ["thanks", "how_to_use", "review_request", "survey", "cart_left"];
/// The flow that leaves some people out, to see what it achieves.
const COMPARED: &str = "review_request";
/// So many of a hundred are left out.
const HELD_OUT: i32 = 10;
/// Scores of an NPS up to this one alarm.
pub(super) const ALARMING: i32 = 3;

/// Slug, Japanese title and text, English title and text.
const GUIDES: [(&str, [&str; 2], [&str; 2]); 3] = [
    (
        "donabe-6",
        ["土鍋の使いはじめ", "はじめにお粥を炊いて目止めをしてください。急な冷却は割れのもとです。"],
        ["Before you cook in it", "Boil rice porridge in it once to seal the clay. Never cool it suddenly."],
    ),
    (
        "soup-bowl",
        ["漆器のお手入れ", "やわらかいスポンジで洗い、すぐに拭いてください。電子レンジは使えません。"],
        ["Caring for lacquer", "Wash it with a soft sponge and dry it at once. Not for the microwave."],
    ),
    (
        "linen-shirt",
        ["リネンのお洗濯", "ネットに入れて洗い、形を整えて陰干ししてください。"],
        ["Washing linen", "Wash it in a net, pull it into shape, and let it dry in the shade."],
    ),
];

/// What the history needs of it.
#[derive(Debug)]
pub(super) struct Voice {
    /// The version of the wording that people agreed to.
    pub(super) wording: String,
    /// Asked after delivery.
    pub(super) nps: survey::Model,
    /// Asked after a pickup.
    pub(super) csat: survey::Model,
    /// Alarms on low scores of the first.
    pub(super) alert: survey_alert::Model,
}

/// Makes it, unless it is there.
pub(super) async fn make(ctx: &Ctx, places: &Places) -> Result<Voice> {
    if let Some(voice) = find(ctx, places).await? {
        return Ok(voice);
    }
    for channel in [&places.online, &places.pos, &places.europe] {
        brand::save(ctx, look(channel, places)).await.context("a brand")?;
        policy_save::save(ctx, policy(channel, places)?).await.context("what people agree to")?;
    }
    guides(ctx).await.context("guides")?;
    ready_made::plant(ctx).await.context("surveys")?;
    switched_on(ctx).await.context("flows")?;
    let nps = surveys::by_code(&ctx.db(), "nps").await?.context("a survey after delivery")?;
    // Made last; where it is, everything is.
    alert::save(ctx, alarm(&nps)).await.context("a rule that alarms")?;
    find(ctx, places).await?.context("what was made is there")
}

async fn find(ctx: &Ctx, places: &Places) -> Result<Option<Voice>> {
    let db = &ctx.db();
    let alert = survey_alert::Entity::find().order_by_asc(survey_alert::Column::Id).one(db).await?;
    let (nps, csat) = (surveys::by_code(db, "nps").await?, surveys::by_code(db, "csat").await?);
    let policy = policy_save::get(db, places.online.id).await?;
    let (Some(alert), Some(nps), Some(csat), Some(policy)) = (alert, nps, csat, policy) else { return Ok(None) };
    Ok(Some(Voice { wording: policy.wording_version, nps, csat, alert }))
}

fn both(ja: &str, en: &str) -> Texts {
    vec![("ja".to_owned(), ja.to_owned()), ("en".to_owned(), en.to_owned())]
}

/// Colors, sender and legal text. The registration number of invoices stands in every mail by itself.
fn look(channel: &channel::Model, places: &Places) -> SaveBrand {
    let is_abroad = channel.id == places.europe.id;
    let footer = if is_abroad {
        both(
            "14日以内であれば返品いただけます。",
            "You may withdraw from your purchase within 14 days. Register: Amtsgericht Düsseldorf, HRB 00000.",
        )
    } else {
        both(
            "特定商取引法に基づく表記はオンラインストアに掲載しております。商品到着後30日以内であれば返品を承ります。",
            "Returns within 30 days of delivery. Company information and terms of sale are in our online store.",
        )
    };
    SaveBrand {
        channel_id: channel.id,
        expected_version: None,
        color: if is_abroad { "#1f4f43" } else { "#7a1f3d" }.to_owned(),
        text_color: "#ffffff".to_owned(),
        // Mail programs show pictures of the web alone, and the demo has no address there.
        logo_url: None,
        logo_width: 160,
        sender_name: Some(if is_abroad { "Hitotsu Shoten" } else { "ひとつ商店" }.to_owned()),
        reply_to: Some("hello@demo.example".to_owned()),
        footer,
        storefront_url: Some(
            if is_abroad { "https://eu.demo.example" } else { "https://shop.demo.example" }.to_owned(),
        ),
    }
}

/// Quiet by night, and at most three messages a week that need consent.
fn policy(channel: &channel::Model, places: &Places) -> Result<SaveMessagePolicy> {
    let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).context("a time of day");
    Ok(SaveMessagePolicy {
        channel_id: channel.id,
        quiet_from: at(21)?,
        quiet_until: at(9)?,
        time_zone: if channel.id == places.europe.id { Tz::Europe__Berlin } else { Tz::Asia__Tokyo },
        cap_count: 3,
        cap_days: 7,
        consent_wording: both(
            "ひとつ商店から、お知らせ・おすすめ商品のご案内、お買い物についてのアンケートを受け取ることに同意します。\
             いつでも配信を停止できます。",
            "I agree to get news and offers, and questions about my purchases, from Hitotsu Shoten. \
             I can end this at any time.",
        ),
        track_opens: false,
        expected_version: None,
    })
}

async fn guides(ctx: &Ctx) -> Result<()> {
    for (slug, [title_ja, text_ja], [title_en, text_en]) in GUIDES {
        let found = product::Entity::find().filter(product::Column::Slug.eq(slug)).one(&ctx.db()).await?;
        let product = found.with_context(|| format!("no product {slug}"))?;
        let told = SaveGuide {
            title: both(title_ja, title_en),
            text: both(text_ja, text_en),
            url: None,
            expected_version: None,
        };
        guide::save(ctx, product.id, told).await?;
    }
    Ok(())
}

/// Flows begin with what happens after they were switched on; nobody is written to about the history.
async fn switched_on(ctx: &Ctx) -> Result<()> {
    plant_flows(ctx).await?;
    let compared = builtin::all()?.into_iter().find(|one| one.code == COMPARED).context("a built-in flow")?;
    let compared = SaveFlow {
        code: COMPARED.to_owned(),
        name: None,
        definition: json!(compared.definition),
        hold_out_percent: Some(HELD_OUT),
        expected_version: None,
    };
    flows::save(ctx, compared).await?;
    for code in ON {
        let on = SwitchFlow { code: code.to_owned(), status: FlowStatus::On, expected_version: None };
        switch::switch(ctx, on).await?;
    }
    Ok(())
}

fn alarm(nps: &survey::Model) -> SaveAlert {
    SaveAlert {
        id: None,
        survey_id: nps.id,
        expected_version: None,
        name: "低い評価にはすぐ連絡".to_owned(),
        max_score: Some(ALARMING),
        words: ["破損", "壊れ", "返金", "broken", "refund"].map(str::to_owned).to_vec(),
        recipients: vec!["support@demo.example".to_owned()],
        active: true,
    }
}
