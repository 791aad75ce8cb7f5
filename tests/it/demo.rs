//! The demo is whole, true and made once.

use entity::words::{ChannelKind, OrderStatus, ProductStatus};
use entity::{channel, customer, job, location, message, order, payment, product, receipt, stock_movement, variant};
use hitotsu::demo::{Options, PASSWORD, seed};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use support::{World, both_databases};

async fn count<E: EntityTrait>(world: &World) -> u64
where
    E::Model: Sync + Send,
{
    E::find().count(world.db()).await.unwrap()
}

both_databases! {
    /// What the demo promises is there, passes the audit, and is not made twice.
    async fn demo_is_whole_and_made_once(world: World) {
        let facts = seed(&world.ctx(), Options::default()).await.unwrap();
        assert_eq!(facts.channels.iter().map(|channel| channel.code.as_str()).collect::<Vec<_>>(), ["online-jp", "pos-jp", "online-eu"]);
        assert_eq!(facts.locations.len(), 4);
        assert_eq!(facts.logins.len(), 5);
        assert!(facts.logins.iter().all(|login| login.password == PASSWORD));
        let sizes = |world: World| async move {
            [
                count::<channel::Entity>(&world).await,
                count::<location::Entity>(&world).await,
                count::<product::Entity>(&world).await,
                count::<variant::Entity>(&world).await,
                count::<customer::Entity>(&world).await,
                count::<order::Entity>(&world).await,
                count::<stock_movement::Entity>(&world).await,
                count::<payment::Entity>(&world).await,
                count::<receipt::Entity>(&world).await,
            ]
        };
        let before = sizes(world.clone()).await;
        assert_eq!(before[..2], [3, 4]);
        assert!(before[2] >= 120, "{} products", before[2]);
        assert_eq!(before[4..6], [300, 1_003], "a year of orders, and three that wait for somebody");
        world.audit().await;

        let again = seed(&world.ctx(), Options::default()).await.unwrap();
        assert_eq!(sizes(world.clone()).await, before);
        assert_ne!(again.device_pairing_code, facts.device_pairing_code, "the old code may be used up");
        job::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// The year's orders are spread over all channels and stages, and nobody gets a mail about the past.
    async fn demo_history_is_varied_and_silent(world: World) {
        seed(&world.ctx(), Options { customers: 60, orders: 200 }).await.unwrap();
        let orders = order::Entity::find().all(world.db()).await.unwrap();
        let channels = channel::Entity::find().all(world.db()).await.unwrap();
        for channel in &channels {
            assert!(orders.iter().filter(|order| order.channel_id == channel.id).count() > 5, "{}", channel.code);
        }
        for status in [OrderStatus::Open, OrderStatus::Closed] {
            assert!(orders.iter().any(|order| order.status == status), "{status}");
        }
        assert!(orders.iter().all(|order| order.placed_at.is_some_and(|at| at <= world.now())));
        let tills: Vec<_> = channels.iter().filter(|channel| channel.kind == ChannelKind::Pos).map(|row| row.id).collect();
        let sold = orders.iter().filter(|order| tills.contains(&order.channel_id)).count();
        assert_eq!(count::<receipt::Entity>(&world).await, sold as u64);
        assert_eq!(count::<message::Entity>(&world).await, 0);
        let due = job::Entity::find().filter(job::Column::RunAt.lt(world.now())).count(world.db()).await.unwrap();
        assert_eq!(due, 0, "old events are dispatched");
        let active = product::Entity::find().filter(product::Column::Status.eq(ProductStatus::Active));
        assert_eq!(active.count(world.db()).await.unwrap(), count::<product::Entity>(&world).await);
        job::Entity::delete_many().exec(world.db()).await.unwrap();
    }
}
