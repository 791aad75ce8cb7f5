//! What customers are written: once per thing that happened, in their language, with a code that works.

use chrono::TimeDelta;
use domain::Actor;
use domain::messaging::dispatch;
use domain::messaging::pickup_mail::{PICKUPS, RESERVATIONS};
use domain::pickup::cancel::cancel;
use domain::pickup::choose::{Choose, choose};
use domain::pickup::expire::expire_due;
use domain::pickup::prepare::start;
use domain::pickup::ready::{MakeReady, make_ready};
use domain::pickup::remind::remind_due;
use domain::pickup::renew_code::renew_code;
use domain::pickup::reservation::remind::remind_due as remind_reservations;
use domain::pickup::reservation::{attend_due, code, create};
use entity::words::PickupChoice;
use entity::{event, message, order};
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, QueryOrder};
use support::{World, both_databases};

use super::counter::{Counter, all_there, gone};
use super::reserving::wish;

/// Hands all events to the handlers, each once; every message so far, oldest first.
async fn deliver(world: &World) -> Vec<message::Model> {
    let events = event::Entity::find().all(world.db()).await.unwrap();
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    dispatch::run(&world.ctx(), &[PICKUPS, RESERVATIONS], &ids).await.unwrap();
    message::Entity::find().order_by_asc(message::Column::Id).all(world.db()).await.unwrap()
}

fn names(messages: &[message::Model]) -> Vec<&str> {
    messages.iter().map(|message| message.template.as_str()).collect()
}

both_databases! {
    /// Preparing, ready with the code, a new code, a reminder, expired: each in its turn and never twice.
    async fn every_step_is_told_once(world: World) {
            let (counter, words) = (Counter::open(&world).await, "受取コード");
            let (order, id) = counter.order(2).await;
            start(&counter.clerk, id, None).await.unwrap();
            assert_eq!(names(&deliver(&world).await), ["pickup_preparing"]);
            let ready = make_ready(&counter.clerk, all_there(id)).await.unwrap();
            let code = counter.code(&ready);
            let mails = deliver(&world).await;
            let mail = &mails[1];
            assert_eq!((mail.template.as_str(), mail.order_id), ("pickup_ready", Some(order)));
            // HTML may write a slash as an entity.
            for part in [&mail.html.replace("&#x2f;", "/"), &mail.text] {
                assert!(part.contains(&code) && part.contains(words) && part.contains("shirt × 2"), "{part}");
                assert!(part.contains("https://shop.example/p/") && part.contains("google.com/maps"), "{part}");
                assert!(!part.contains("{{") && !part.contains("mail-"), "{part}");
            }
            assert!(mail.html.contains("src=\"cid:") && !mail.subject.contains(&code), "{}", mail.subject);
            assert_eq!(deliver(&world).await.len(), 2, "nothing is told twice");
            let renewed = renew_code(&counter.clerk, id, None).await.unwrap();
            let mails = deliver(&world).await;
            assert!(mails[2].text.contains(&counter.code(&renewed)) && !mails[2].text.contains(&code));
            world.advance(TimeDelta::days(7) + TimeDelta::hours(1));
            assert_eq!(remind_due(&world.ctx()).await.unwrap(), 1);
            deliver(&world).await;
            world.advance(TimeDelta::days(1));
            assert_eq!(expire_due(&world.ctx()).await.unwrap(), 1);
            let told = deliver(&world).await;
            assert_eq!(
                names(&told),
                ["pickup_preparing", "pickup_ready", "pickup_ready", "pickup_reminder", "pickup_expired"],
            );
    }

    /// English, short, and collected.
    async fn an_english_customer_is_asked_and_thanked(world: World) {
        let counter = Counter::open(&world).await;
        let (order, id) = counter.order(2).await;
        order::Entity::update_many().col_expr(order::Column::Locale, Expr::value("en")).exec(world.db()).await.unwrap();
        start(&counter.clerk, id, None).await.unwrap();
        let line = counter.line(order).await;
        let ready = make_ready(&counter.clerk, MakeReady { short: vec![gone(line, 1)], ..all_there(id) }).await.unwrap();
        let mails = deliver(&world).await;
        let mut told = names(&mails);
        told.sort_unstable();
        assert_eq!(told, ["pickup_ready", "pickup_short"]);
        let short = mails.iter().find(|mail| mail.template == "pickup_short").unwrap();
        assert!(short.text.contains("shirt × 1") && short.text.contains("Please choose by"), "{}", short.text);
        assert!(short.html.replace("&#x2f;", "/").contains("https://shop.example/p/pickup_"), "{}", short.html);
        counter.hand_over(&counter.code(&ready), "till").await.unwrap();
        let mails = deliver(&world).await;
        assert!(mails.last().unwrap().subject.contains("you collected"), "{}", mails.last().unwrap().subject);
    }

    /// What is kept without payment: made, reminded of once on its last day and never at night, over.
    async fn a_reservation_is_told_of_to_its_end(world: World) {
        let counter = Counter::open(&world).await;
        let kept = create(&world.guest(), wish(&counter, 2, "keep")).await.unwrap();
        assert_eq!(remind_reservations(&world.ctx()).await.unwrap(), 0);
        // The evening before, in the store's quiet hours.
        world.advance(TimeDelta::hours(36));
        assert_eq!(remind_reservations(&world.ctx()).await.unwrap(), 0);
        world.advance(TimeDelta::hours(12));
        assert_eq!(remind_reservations(&world.ctx()).await.unwrap(), 1);
        assert_eq!(remind_reservations(&world.ctx()).await.unwrap(), 0);
        let mails = deliver(&world).await;
        assert_eq!(names(&mails), ["store_reservation", "store_reservation_reminder"]);
        let code = code(&world.services().secrets, &kept).unwrap();
        assert!(mails[1].text.contains(&code) && mails[1].text.contains("お取り置き期限"), "{}", mails[1].text);
        world.advance(TimeDelta::days(1));
        attend_due(&world.ctx()).await.unwrap();
        let mails = deliver(&world).await;
        assert_eq!(names(&mails)[2..], ["store_reservation_expired"]);
        assert!(!mails[2].text.contains(&code));
    }

    /// A pickup that is given up is told; one whose goods go another way is not.
    async fn a_canceled_pickup_is_told(world: World) {
        let counter = Counter::open(&world).await;
        let (_, id) = counter.order(1).await;
        cancel(&counter.clerk, id, None).await.unwrap();
        let (order, short) = counter.short(1, 1).await;
        let holder = world.ctx().with_actor(Actor::Guest { cart_id: None, order_id: Some(order) });
        let ship = Choose { pickup_id: short.id, token: None, choice: PickupChoice::Ship, location_id: None, address: None };
        choose(&holder, ship).await.unwrap();
        let mails = deliver(&world).await;
        assert_eq!(names(&mails), ["pickup_canceled"], "all else is over by now");
    }
}
