//! Going on with a cart that was left, by the code of its page.

use chrono::TimeDelta;
use domain::ErrorCode;
use domain::cart::contact::Contact;
use domain::cart::create::{CreateCart, create};
use domain::cart::handover::{offer, take};
use domain::cart::lines::add_line;
use domain::cart::merge::take_over;
use domain::cart::{NewLine, query};
use entity::cart_handover;
use entity::id::CartId;
use entity::words::CartStatus;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use support::{World, race};

use super::{Shop, empty, guest_cart, holder, of, quantities, signed_in, target};

support::both_databases! {
    /// Whoever has the link gets the goods in a cart of their own, once, and learns nothing about the person.
    async fn the_goods_go_on_and_the_person_does_not(world: World) {
        let shop = Shop::open(&world).await;
        let customer = world.new_customer("山田", "花子").create().await;
        let own = signed_in(&world, customer.id, None);
        let gift = json!({ "gift_card.recipient_email": "taro@example.jp", "engraving": "A" });
        let input = CreateCart {
            lines: vec![of(shop.tea.id(), 2), NewLine { metadata: gift.clone(), ..of(shop.cup.id(), 1) }],
            contact: Contact { email: Some("hanako@example.jp".to_owned()), ..Contact::default() },
            ..empty(shop.channel.id)
        };
        let left = create(&own, input).await.unwrap().view.cart;
        let before = query::lines(world.db(), &[left.id]).await.unwrap();
        world.advance(TimeDelta::hours(5));
        let code = offer(&world.guest(), left.id).await.unwrap();
        assert!(code.len() >= 43, "256 bits in base64url");
        let taken = take(&world.guest(), &code).await.unwrap();
        let copy = &taken.view.cart;
        assert!(taken.token.is_some_and(|token| token != code) && copy.id != left.id);
        assert_eq!((copy.customer_id, copy.email.as_deref(), copy.channel_id), (None, None, shop.channel.id));
        assert_eq!(quantities(&taken.view), [2, 1]);
        let lines = query::lines(world.db(), &[copy.id]).await.unwrap();
        assert_eq!(lines[1].metadata, json!({ "engraving": "A" }), "not whom the gift is for");
        assert_eq!(query::lines(world.db(), &[left.id]).await.unwrap(), before, "what was left stays as it was");
        let stays = query::by_id(world.db(), left.id).await.unwrap().unwrap();
        assert_eq!((stays.version, stays.updated_at), (left.version, world.now()), "nobody is reminded of it any more");
        for wrong in [code.as_str(), "", "nonsense", "\u{0}"] {
            assert_eq!(take(&world.guest(), wrong).await.unwrap_err().code(), ErrorCode::InvalidCode, "{wrong:?}");
        }

        // Signing in with the copy doubles nothing: the larger number of each thing holds, and what is new comes along.
        let guest = holder(&world, copy.id);
        add_line(&guest, target(copy.id), of(shop.tea.id(), 1)).await.unwrap();
        let more = NewLine { metadata: json!({ "engraving": "B" }), ..of(shop.cup.id(), 4) };
        add_line(&guest, target(copy.id), more).await.unwrap();
        let whole = take_over(&signed_in(&world, customer.id, Some(copy.id))).await.unwrap().unwrap();
        assert_eq!(whole.id, left.id);
        let lines = query::lines(world.db(), &[left.id]).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [3, 1, 4]);
        assert_eq!(lines[1].metadata, gift, "whom the gift is for is known again");
    }

    /// A copy that became the customer's own takes the cart that it came from without doubling, and learns again whom a gift
    /// is for; so does the copy of a copy, and another copy.
    async fn what_was_copied_never_doubles_the_other_way(world: World) {
        let shop = Shop::open(&world).await;
        let gift = json!({ "gift_card.recipient_email": "taro@example.jp" });
        let lines = || vec![of(shop.tea.id(), 2), NewLine { metadata: gift.clone(), ..of(shop.cup.id(), 1) }];
        let copy = async |id: CartId| {
            let code = offer(&world.guest(), id).await.unwrap();
            take(&world.guest(), &code).await.unwrap().view.cart.id
        };
        for (name, generations) in [("一", 1), ("二", 2)] {
            let customer = world.new_customer("山田", name).create().await;
            let (_, left) = guest_cart(&world, &shop, lines()).await;
            let sibling = copy(left).await;
            let mut last = left;
            for _ in 0..generations {
                last = copy(last).await;
            }
            for cart in [last, left, sibling] {
                let own = take_over(&signed_in(&world, customer.id, Some(cart))).await.unwrap().unwrap();
                assert_eq!(own.id, last);
            }
            let lines = query::lines(world.db(), &[last]).await.unwrap();
            assert_eq!(lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [2, 1]);
            assert_eq!(lines[1].metadata, gift, "whom the gift is for is known again");
        }
    }

    /// A copy that went into the customer's own cart went there for the cart that it came from, too, and the other way
    /// round. Goods of another cart add as ever.
    async fn what_was_copied_never_doubles_in_a_third_cart(world: World) {
        let shop = Shop::open(&world).await;
        for (name, copy_first) in [("一", true), ("二", false)] {
            let customer = world.new_customer("山田", name).create().await;
            let own = signed_in(&world, customer.id, None);
            let input = CreateCart { lines: vec![of(shop.cup.id(), 1)], ..empty(shop.channel.id) };
            let own = create(&own, input).await.unwrap().view.cart.id;
            let (_, left) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 2)]).await;
            let code = offer(&world.guest(), left).await.unwrap();
            let copy = take(&world.guest(), &code).await.unwrap().view.cart.id;
            let (_, other) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
            let carts = if copy_first { [copy, left] } else { [left, copy] };
            for (cart, quantity) in [(carts[0], 2), (carts[1], 2), (other, 3)] {
                let whole = take_over(&signed_in(&world, customer.id, Some(cart))).await.unwrap().unwrap();
                assert_eq!(whole.id, own);
                let lines = query::lines(world.db(), &[own]).await.unwrap();
                assert_eq!(lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [1, quantity]);
            }
        }
    }

    /// The owner goes on with the cart itself, and so does a guest who holds its secret.
    async fn the_owner_goes_on_with_the_cart_itself(world: World) {
        let shop = Shop::open(&world).await;
        let customer = world.new_customer("山田", "花子").create().await;
        let own = signed_in(&world, customer.id, None);
        let input = CreateCart { lines: vec![of(shop.tea.id(), 2)], ..empty(shop.channel.id) };
        let owned = create(&own, input).await.unwrap().view.cart.id;
        let (guest, id) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        for (who, cart) in [(own, owned), (guest, id)] {
            let code = offer(&world.guest(), cart).await.unwrap();
            let taken = take(&who, &code).await.unwrap();
            assert_eq!((taken.view.cart.id, taken.token), (cart, None));
            assert_eq!(take(&who, &code).await.unwrap_err().code(), ErrorCode::InvalidCode, "once");
        }
    }

    /// A code works for a quarter of an hour, and no longer than until there is another; many at once go on once.
    async fn a_code_works_once_and_not_for_long(world: World) {
        let shop = Shop::open(&world).await;
        let (_, id) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        let old = offer(&world.guest(), id).await.unwrap();
        let new = offer(&world.guest(), id).await.unwrap();
        assert_eq!(take(&world.guest(), &old).await.unwrap_err().code(), ErrorCode::InvalidCode);
        world.advance(TimeDelta::minutes(15));
        assert_eq!(take(&world.guest(), &new).await.unwrap_err().code(), ErrorCode::InvalidCode);
        let code = offer(&world.guest(), id).await.unwrap();
        world.advance(TimeDelta::minutes(15) - TimeDelta::seconds(1));
        let guest = world.guest();
        let answers = race(8, |_| {
            let (guest, code) = (guest.clone(), code.clone());
            async move { take(&guest, &code).await.map(|taken| taken.view.cart.id).map_err(|error| error.code()) }
        })
        .await;
        let (taken, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(taken.len(), 1, "{taken:?}");
        assert!(refused.into_iter().all(|refused| refused == Err(ErrorCode::InvalidCode)));
        assert_eq!(cart_handover::Entity::find().count(world.db()).await.unwrap(), 1, "codes do not pile up");
    }

    /// What was merged or bought meanwhile cannot be gone on with, and nothing is made of it.
    async fn a_closed_cart_goes_nowhere(world: World) {
        let shop = Shop::open(&world).await;
        let customer = world.new_customer("山田", "花子").create().await;
        let own = signed_in(&world, customer.id, None);
        create(&own, CreateCart { lines: vec![of(shop.tea.id(), 2)], ..empty(shop.channel.id) }).await.unwrap();
        let (_, id) = guest_cart(&world, &shop, vec![of(shop.tea.id(), 1)]).await;
        let code = offer(&world.guest(), id).await.unwrap();
        take_over(&signed_in(&world, customer.id, Some(id))).await.unwrap();
        let gone = query::by_id(world.db(), id).await.unwrap().unwrap();
        assert_eq!(gone.status, CartStatus::Merged);
        let refused = take(&world.guest(), &code).await.unwrap_err();
        assert_eq!((refused.code(), refused.path()), (ErrorCode::CartClosed, "code"));
        assert_eq!(offer(&world.guest(), id).await.unwrap_err().code(), ErrorCode::CartClosed);
        let nothing = entity::id::CartId(world.new_uuid());
        assert_eq!(offer(&world.guest(), nothing).await.unwrap_err().code(), ErrorCode::NotFound);
    }
}
