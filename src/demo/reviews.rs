//! What customers say of goods: most of it published, one with an answer of the shop, one that waits for staff. Once.

use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use domain::Ctx;
use domain::kernel::Actor;
use domain::kernel::random::Random;
use domain::review::moderate::{Moderate, moderate, reply};
use domain::review::{NewReview, Writer, write};
use entity::words::{OrderReturnStatus, OrderStatus};
use entity::{order, order_line, product_review};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::places::Places;
use super::{at, forget};

/// How long after the purchase people write.
const AFTER: TimeDelta = TimeDelta::days(20);

/// Orders that are looked at: one for each of what is said.
const MOST: u64 = 8;

/// What somebody says.
struct Said {
    rating: i32,
    title: &'static str,
    body: &'static str,
    is_published: bool,
    reply: Option<&'static str>,
}

const fn said(rating: i32, title: &'static str, body: &'static str) -> Said {
    Said { rating, title, body, is_published: true, reply: None }
}

/// The newest first.
const SAID: [Said; 8] = [
    Said {
        is_published: false, ..said(4, "届いたばかりですが", "手ざわりが良く、長く使えそうです。")
    },
    said(5, "毎日使っています", "手になじんで、使うほどに良さがわかります。"),
    Said {
        reply: Some("ご意見をありがとうございます。次の入荷分から説明を詳しくいたしました。"),
        ..said(3, "写真より少し小さめ", "品質は良いのですが、思っていたより小ぶりでした。")
    },
    said(5, "贈りものに", "包装も丁寧で、とても喜ばれました。"),
    said(4, "満足です", "色合いが落ち着いていて気に入っています。"),
    said(5, "二つ目です", "家族の分も買い足しました。"),
    said(2, "", "届くまでに時間がかかりました。"),
    said(5, "職人さんの仕事", "細部まで丁寧なつくりです。"),
];

/// Makes them, unless there are some.
pub(super) async fn make(ctx: &Ctx, places: &Places) -> Result<()> {
    let db = &ctx.db();
    if product_review::Entity::find().one(db).await?.is_some() {
        return Ok(());
    }
    let orders = order::Entity::find()
        .filter(order::Column::ChannelId.eq(places.online.id))
        .filter(order::Column::Status.eq(OrderStatus::Closed))
        .filter(order::Column::ReturnStatus.eq(OrderReturnStatus::None))
        .filter(order::Column::CustomerId.is_not_null())
        .filter(order::Column::PlacedAt.lt(ctx.now() - AFTER - TimeDelta::days(10)))
        .order_by_desc(order::Column::PlacedAt)
        .limit(MOST)
        .all(db)
        .await?;
    for (order, said) in orders.into_iter().zip(SAID) {
        one(ctx, &order, said).await.with_context(|| format!("a review of order {}", order.number))?;
    }
    // Nobody shall be told of them now.
    forget(ctx, ctx.now() - TimeDelta::days(1)).await
}

async fn one(ctx: &Ctx, order: &order::Model, said: Said) -> Result<()> {
    let (Some(customer_id), Some(placed)) = (order.customer_id, order.placed_at) else { return Ok(()) };
    let first = order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(order.id))
        .order_by_asc(order_line::Column::Position)
        .one(&ctx.db())
        .await?
        .context("an order has lines")?;
    let then = at(ctx, placed + AFTER, Random::default());
    let customer = then.with_actor(Actor::Customer { id: customer_id, cart_id: None });
    let input = NewReview {
        order_line_id: first.id,
        author: order.contact_name.as_deref().and_then(|name| name.split(' ').next()).unwrap_or_default().to_owned(),
        rating: said.rating,
        title: said.title.to_owned(),
        body: said.body.to_owned(),
        locale: order.locale.clone(),
    };
    let review = write(&customer, input, Writer::SignedIn).await?;
    if said.is_published {
        let publish = Moderate { review_id: review.id, expected_version: None, publish: true, reason: None };
        moderate(&then, publish).await?;
    }
    if let Some(words) = said.reply {
        reply(&then, review.id, None, words).await?;
    }
    Ok(())
}
