//! Who was told that goods are there again has two days to come for them, unless nobody comes or somebody came.

use chrono::TimeDelta;
use domain::Permission;
use domain::flow::back_in_stock::subscribe;
use domain::messaging::policy::SUPPRESSED_ADDRESS;
use domain::messaging::suppression::{AddSuppression, lift, suppress};
use entity::id::{CustomerId, OrderId, VariantId};
use entity::words::{MessageChannel, MessageStatus, OrderStatus, SuppressionScope};
use entity::{back_in_stock, order, order_line, suppression};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use support::{World, both_databases};

use super::fixture::Desk;
use super::goods::{arrived, wish};

/// So many units of something that these addresses wait for, one each, in this order.
async fn awaited(desk: &Desk, emails: &[&str], units: i64) -> VariantId {
    let world = &desk.world;
    let gone = world.product("gone").price(&desk.channel, 500).create().await.id();
    for email in emails {
        subscribe(&world.guest(), wish(desk, gone, email, 1)).await.unwrap();
        world.advance(TimeDelta::seconds(1));
    }
    world.stock(&desk.store, gone, units).await;
    gone
}

async fn stop(world: &World, address: &str) -> suppression::Model {
    let clerk = world.staff(&[Permission::MessagesSend]).await;
    let input = AddSuppression {
        channel: MessageChannel::Email,
        address: address.to_owned(),
        scope: SuppressionScope::All,
        note: None,
    };
    suppress(&clerk, input).await.unwrap()
}

/// Whose message went, oldest first.
async fn went(desk: &Desk) -> Vec<String> {
    let rows = desk.messages().await.into_iter().filter(|row| row.status == MessageStatus::Sent);
    rows.map(|row| row.recipient).collect()
}

/// Whether each wish was told, oldest first.
async fn told(world: &World) -> Vec<bool> {
    let rows = back_in_stock::Entity::find().order_by_asc(back_in_stock::Column::Id).all(world.db()).await.unwrap();
    rows.iter().map(|row| row.notified_at.is_some()).collect()
}

/// An order of the goods.
async fn buys(
    desk: &Desk,
    goods: VariantId,
    customer: Option<CustomerId>,
    change: impl FnOnce(&mut order::Model),
) -> OrderId {
    let id = desk.order_with(customer, change).await.id;
    order_line::Entity::update_many()
        .col_expr(order_line::Column::VariantId, Expr::value(goods))
        .filter(order_line::Column::OrderId.eq(id))
        .exec(desk.world.db())
        .await
        .unwrap();
    id
}

both_databases! {
    /// An address that gets nothing keeps no unit from the next in line: the same look tells that one. The wish stays, and is
    /// told when messages get through again.
    async fn a_dead_address_keeps_nobody_waiting(world: World) {
        let desk = Desk::open(&world).await;
        let stopped = stop(&world, "Dead@X.example").await;
        let gone = awaited(&desk, &["dead@x.example", "b@x.example", "c@x.example"], 2).await;
        arrived(&desk, gone).await;
        desk.work().await;
        assert_eq!(went(&desk).await, ["b@x.example", "c@x.example"]);
        assert_eq!(told(&world).await, [false, true, true]);
        let kept: Vec<_> = desk.messages().await.into_iter().filter(|row| row.status == MessageStatus::Suppressed).collect();
        let kept: Vec<_> = kept.iter().map(|row| (row.recipient.as_str(), row.reason.as_deref())).collect();
        assert_eq!(kept, [("dead@x.example", Some(SUPPRESSED_ADDRESS))]);
        desk.hours(50).await;
        assert_eq!(desk.messages().await.len(), 3, "it is noted once");
        let clerk = world.staff(&[Permission::MessagesSend]).await;
        lift(&clerk, stopped.id).await.unwrap();
        desk.work().await;
        assert_eq!(went(&desk).await, ["b@x.example", "c@x.example", "dead@x.example"]);
        assert_eq!(told(&world).await, [true, true, true]);
        desk.done().await;
    }

    /// An address that is stopped while its run waits was not told: the unit is the next one's at once.
    async fn a_message_that_is_withheld_claims_nothing(world: World) {
        let desk = Desk::open(&world).await;
        let gone = awaited(&desk, &["a@x.example", "b@x.example"], 1).await;
        arrived(&desk, gone).await;
        assert_eq!(desk.runs().await.len(), 1);
        stop(&world, "a@x.example").await;
        desk.work().await;
        assert_eq!(went(&desk).await, ["b@x.example"]);
        assert_eq!(told(&world).await, [false, true]);
        desk.done().await;
    }

    /// Who was told by a message that came back comes for nothing.
    async fn an_address_that_dies_gives_its_units_up(world: World) {
        let desk = Desk::open(&world).await;
        let gone = awaited(&desk, &["a@x.example", "b@x.example"], 1).await;
        arrived(&desk, gone).await;
        desk.work().await;
        desk.hours(1).await;
        assert_eq!(went(&desk).await, ["a@x.example"], "the unit is promised");
        stop(&world, "a@x.example").await;
        desk.work().await;
        assert_eq!(went(&desk).await, ["a@x.example", "b@x.example"]);
        desk.done().await;
    }

    /// Who came and bought claims nothing any more: what was bought is gone from stock, and what is there is the next one's.
    /// What was bought before, given up, or bought by others ends no claim.
    async fn who_bought_claims_nothing(world: World) {
        let desk = Desk::open(&world).await;
        let hana = desk.person("hana").await;
        let gone = awaited(&desk, &["a@x.example", "b@x.example", "c@x.example"], 1).await;
        let mail = |email: &str| {
            let email = Some(email.to_owned());
            move |row: &mut order::Model| row.email = email
        };
        buys(&desk, gone, None, mail("a@x.example")).await;
        world.advance(TimeDelta::minutes(1));
        arrived(&desk, gone).await;
        desk.work().await;
        world.advance(TimeDelta::minutes(1));
        buys(&desk, gone, None, mail("b@x.example")).await;
        desk.order_with(None, mail("a@x.example")).await;
        let given_up = buys(&desk, gone, None, mail("a@x.example")).await;
        desk.change(given_up, |row| row.status = OrderStatus::Canceled).await;
        desk.work().await;
        assert_eq!(went(&desk).await, ["a@x.example"]);
        // A unit was bought and another came: as many are there as before.
        buys(&desk, gone, None, mail("a@x.example")).await;
        desk.work().await;
        assert_eq!(went(&desk).await, ["a@x.example", "b@x.example"]);
        // The next one buys as a customer, by another address.
        let mut row = back_in_stock::Entity::find()
            .filter(back_in_stock::Column::Email.eq("b@x.example"))
            .one(world.db())
            .await
            .unwrap()
            .unwrap();
        row.customer_id = Some(hana.id);
        row.into_active_model().reset_all().update(world.db()).await.unwrap();
        world.advance(TimeDelta::minutes(1));
        buys(&desk, gone, Some(hana.id), mail("hana@example.jp")).await;
        desk.work().await;
        assert_eq!(went(&desk).await, ["a@x.example", "b@x.example", "c@x.example"]);
        desk.done().await;
    }
}
