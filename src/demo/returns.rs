//! How goods come back: reasons, rules, and one return that somebody should look at. Once.

use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use domain::Ctx;
use domain::kernel::Actor;
use domain::kernel::random::Random;
use domain::returns::decide::cancel;
use domain::returns::facts::returnability;
use domain::returns::policy::Conditions;
use domain::returns::request::{RequestLine, RequestReturn, request};
use domain::returns::upsert::{self as rules, UpsertPolicy, UpsertReason};
use entity::id::{OrderId, OrderLineId};
use entity::money::Money;
use entity::words::{OrderStatus, RefundDestination, ReturnKind, ReturnMethod};
use entity::{order, return_policy};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::places::Places;
use super::{at, forget};

/// Orders that are looked at for one whose goods can come back.
const LOOK_AT: u64 = 30;
/// Orders of which something was to come back, and did not.
const GIVEN_UP: u64 = 6;

/// Code, Japanese, English; whether something went wrong, and whether it wants a picture.
const REASONS: [(&str, &str, &str, bool, bool); 7] = [
    ("SIZE", "サイズが合わない", "Does not fit", false, false),
    ("CHANGED_MIND", "気が変わった", "Changed my mind", false, false),
    ("NOT_AS_SHOWN", "写真や説明と違う", "Not as shown", true, false),
    ("DAMAGED", "破損していた", "Damaged", true, true),
    ("WRONG_ITEM", "違う商品が届いた", "Wrong item", true, true),
    ("MISSING", "入っていなかった", "Missing", true, false),
    ("NOT_ARRIVED", "届いていない", "Never arrived", true, false),
];

/// Makes it, unless it is there.
pub(super) async fn make(ctx: &Ctx, places: &Places) -> Result<()> {
    if return_policy::Entity::find().one(&ctx.db()).await?.is_some() {
        return Ok(());
    }
    for (position, (code, ja, en, went_wrong, needs_photo)) in (1..).zip(REASONS) {
        let reason = UpsertReason {
            code: code.to_owned(),
            expected_version: None,
            titles: vec![("ja".to_owned(), ja.to_owned()), ("en".to_owned(), en.to_owned())],
            customer_visible: true,
            is_claim: went_wrong,
            seller_pays: went_wrong,
            waives_restocking: went_wrong,
            needs_photo,
            position,
            active: true,
        };
        rules::reason(ctx, reason).await?;
    }
    let policy = UpsertPolicy {
        id: None,
        expected_version: None,
        name: "30日以内".to_owned(),
        priority: 100,
        conditions: Conditions { channel_ids: vec![places.online.id, places.pos.id], ..Conditions::default() },
        window_days: Some(30),
        final_sale: false,
        needs_unused: true,
        restocking_ppm: 0,
        return_shipping_fee: Some(Money::new(500, places.online.currency)),
        methods: vec![ReturnMethod::Store, ReturnMethod::Carrier],
        instructions: vec![
            ("ja".to_owned(), "同封の伝票を貼ってお送りいただくか、お近くの店舗へお持ちください。".to_owned()),
            ("en".to_owned(), "Send it with the slip on the parcel, or bring it to any of our stores.".to_owned()),
        ],
        active: true,
    };
    rules::policy(ctx, policy).await.context("the rule for returns")?;
    Box::pin(given_up(ctx, places)).await.context("returns that were given up")?;
    waiting(ctx, places).await.context("a return that waits")
}

/// Some weeks ago customers wanted to send something back and then kept it: what flows follow ends with that.
async fn given_up(ctx: &Ctx, places: &Places) -> Result<()> {
    let now = ctx.now();
    let orders = order::Entity::find()
        .filter(order::Column::ChannelId.eq(places.online.id))
        .filter(order::Column::Status.eq(OrderStatus::Closed))
        .filter(order::Column::CustomerId.is_not_null())
        .filter(order::Column::PlacedAt.gt(now - TimeDelta::days(75)))
        .filter(order::Column::PlacedAt.lt(now - TimeDelta::days(30)))
        .order_by_asc(order::Column::PlacedAt)
        .limit(GIVEN_UP);
    for order in orders.all(&ctx.db()).await? {
        let (Some(id), Some(placed)) = (order.customer_id, order.placed_at) else { continue };
        let then = at(ctx, placed + TimeDelta::days(6), Random::default());
        let customer = then.with_actor(Actor::Customer { id, cart_id: None });
        let lines = returnability(&customer, order.id).await?;
        let Some(line) = lines.iter().find(|line| line.units > 0) else { continue };
        let key = format!("demo-{}", order.number);
        let filed = request(&customer, one_unit(order.id, line.order_line_id, ("CHANGED_MIND", ""), key)).await?;
        cancel(&customer, filed.row.id, None, None).await?;
    }
    // Nobody shall be told of them now.
    forget(ctx, now - TimeDelta::days(1)).await
}

/// One unit, to be brought to a store.
fn one_unit(
    order_id: OrderId,
    order_line_id: OrderLineId,
    (reason, note): (&str, &str),
    idempotency_key: String,
) -> RequestReturn {
    let line = RequestLine {
        order_line_id,
        quantity: 1,
        reason: Some(reason.to_owned()),
        note: note.to_owned(),
        used: false,
        photos: Vec::new(),
    };
    RequestReturn {
        order_id,
        kind: ReturnKind::Return,
        lines: vec![line],
        method: ReturnMethod::Store,
        refund_to: RefundDestination::Original,
        note: String::new(),
        destination_location_id: None,
        override_reason: None,
        approval: None,
        idempotency_key,
    }
}

/// A customer asks to bring back one unit of a late order on the web.
async fn waiting(ctx: &Ctx, places: &Places) -> Result<()> {
    let orders = order::Entity::find()
        .filter(order::Column::ChannelId.eq(places.online.id))
        .filter(order::Column::Status.eq(OrderStatus::Closed))
        .filter(order::Column::CustomerId.is_not_null())
        .order_by_desc(order::Column::PlacedAt)
        .limit(LOOK_AT);
    for order in orders.all(&ctx.db()).await? {
        let Some(id) = order.customer_id else { continue };
        let customer = ctx.clone().with_actor(Actor::Customer { id, cart_id: None });
        let lines = returnability(&customer, order.id).await?;
        let Some(line) = lines.iter().find(|line| line.units > 0) else { continue };
        let why = ("SIZE", "一つ上のサイズが良かったです。");
        let asked = one_unit(order.id, line.order_line_id, why, "demo-return".to_owned());
        request(&customer, asked).await?;
        return Ok(());
    }
    // A small demo may have no order that is late enough.
    Ok(())
}
