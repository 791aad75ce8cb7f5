//! Many at once.

use domain::ErrorCode;
use domain::cart::lines::add_line;
use domain::cart::merge::{at_sign_in, take_over};
use domain::cart::share::share;
use domain::cart::{self, query};
use entity::words::CartStatus;
use support::{World, race};

use super::{Shop, guest_cart, of, pickup, signed_in, target};

support::both_databases! {
    async fn the_same_thing_added_twenty_times_at_once_is_one_line_of_twenty(world: World) {
        let shop = Shop::open(&world).await;
        let (guest, id) = guest_cart(&world, &shop, vec![]).await;
        let tea = shop.tea.id();
        let answers = race(20, |_| {
            let guest = guest.clone();
            async move { add_line(&guest, target(id), of(tea, 1)).await.map(|view| view.cart.version) }
        })
        .await;
        let mut versions: Vec<i32> = answers.into_iter().map(Result::unwrap).collect();
        versions.sort_unstable();
        assert_eq!(versions, (2..=21).collect::<Vec<_>>());
        let lines = query::lines(world.db(), &[id]).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [20]);
    }

    async fn codes_given_at_once_are_different(world: World) {
        let shop = Shop::open(&world).await;
        let mut guests = Vec::new();
        for _ in 0..12 {
            guests.push(guest_cart(&world, &shop, vec![]).await);
        }
        let answers = race(12, |number| {
            let (guest, id) = guests[number].clone();
            async move { share(&guest, target(id)).await.map(|view| view.cart.code) }
        })
        .await;
        let codes: std::collections::BTreeSet<_> = answers.into_iter().map(|code| code.unwrap().unwrap()).collect();
        assert_eq!(codes.len(), 12);
    }

    async fn signing_in_merges_once_however_often_it_is_asked(world: World) {
        let shop = Shop::open(&world).await;
        let customer = world.new_customer("山田", "花子").create().await;
        let own = signed_in(&world, customer.id, None);
        let input = domain::cart::create::CreateCart {
            lines: vec![of(shop.tea.id(), 2)],
            ..super::empty(shop.channel.id)
        };
        let home = domain::cart::create::create(&own, input).await.unwrap().view.cart.id;
        let lines = vec![of(shop.tea.id(), 3), pickup(&shop, shop.tea.id(), 1), of(shop.cup.id(), 4)];
        let (guest, id) = guest_cart(&world, &shop, lines).await;
        let both = signed_in(&world, customer.id, Some(id));
        let answers = race(8, |_| {
            let both = both.clone();
            async move { take_over(&both).await.map(|cart| cart.map(|cart| cart.id)) }
        })
        .await;
        assert!(answers.into_iter().all(|answer| answer.unwrap() == Some(home)));
        let lines = query::lines(world.db(), &[home]).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [5, 1, 4]);
        let gone = query::by_id(world.db(), id).await.unwrap().unwrap();
        assert_eq!((gone.status, gone.merged_into_id), (CartStatus::Merged, Some(home)));
        assert!(query::lines(world.db(), &[id]).await.unwrap().is_empty());
        assert_eq!(cart::authorize(&guest, id).await.unwrap_err().code(), ErrorCode::NotFound);
    }

    async fn a_sign_in_takes_the_guests_cart_along(world: World) {
        let shop = Shop::open(&world).await;
        let customer = world.new_customer("山田", "花子").create().await;
        let (guest, id) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 2)]).await;
        at_sign_in(&guest, customer.id).await;
        at_sign_in(&world.guest(), customer.id).await;
        let own = query::open_of_customer(world.db(), customer.id, None).await.unwrap().unwrap();
        assert_eq!(own.id, id);
        assert_eq!(cart::authorize(&guest, id).await.unwrap_err().code(), ErrorCode::NotFound);
    }

    async fn two_guests_sign_in_as_one_customer_at_once(world: World) {
        let shop = Shop::open(&world).await;
        let customer = world.new_customer("山田", "花子").create().await;
        let mut carts = Vec::new();
        for quantity in 1..=4 {
            carts.push(guest_cart(&world, &shop, vec![of(shop.tea.id(), quantity)]).await.1);
        }
        let answers = race(4, |number| {
            let both = signed_in(&world, customer.id, Some(carts[number]));
            async move { take_over(&both).await }
        })
        .await;
        assert!(answers.into_iter().all(|answer| answer.unwrap().is_some()));
        let left = query::open_of_customer(world.db(), customer.id, None).await.unwrap().unwrap();
        let lines = query::lines(world.db(), &carts).await.unwrap();
        assert_eq!(lines.len(), 1, "all in one cart");
        assert_eq!((lines[0].cart_id, lines[0].quantity), (left.id, 1 + 2 + 3 + 4), "nothing is lost");
    }

    async fn a_merge_stops_at_the_limit_and_leaves_other_people_s_carts_alone(world: World) {
        let shop = Shop::open(&world).await;
        let customer = world.new_customer("山田", "花子").create().await;
        let (_, first) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 9_000)]).await;
        let (_, second) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 9_000)]).await;
        take_over(&signed_in(&world, customer.id, Some(first))).await.unwrap();
        let kept = take_over(&signed_in(&world, customer.id, Some(second))).await.unwrap().unwrap();
        assert_eq!(kept.id, first);
        let lines = query::lines(world.db(), &[first]).await.unwrap();
        assert_eq!(lines[0].quantity, 9_999);
        let other = world.new_customer("佐藤", "一").create().await;
        assert_eq!(take_over(&signed_in(&world, other.id, Some(first))).await.unwrap(), None);
        let still = query::by_id(world.db(), first).await.unwrap().unwrap();
        assert_eq!(still.customer_id, Some(customer.id));
    }
}
