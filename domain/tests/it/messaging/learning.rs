//! What is learned of messages after they left: bounces, complaints, clicks, orders.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::messaging::feedback::shapes::{self, Delivery, Shape};
use domain::messaging::feedback::{Happened, News, Received, receive};
use domain::messaging::figures::{GroupBy, figures};
use domain::messaging::{policy, tracking};
use domain::{ErrorCode, Permission};
use entity::message_event;
use entity::words::{
    ConsentPurpose, MessageChannel, MessageEventKind, MessageStatus, SuppressionReason, SuppressionScope,
};
use sea_orm::{EntityTrait, QueryOrder};
use support::{World, both_databases};

use super::asked::{ask, channel, hanako, read};
use super::fixture::{Server, code, order, placed};

fn news(message_id: &str, happened: Happened) -> News {
    News {
        channel: MessageChannel::Email,
        message_id: Some(message_id.to_owned()),
        provider_id: None,
        recipient: None,
        happened,
        code: Some("5.1.1".into()),
        event_id: None,
        occurred_at: None,
    }
}

async fn events(world: &World) -> Vec<message_event::Model> {
    message_event::Entity::find().order_by_asc(message_event::Column::Id).all(world.db()).await.unwrap()
}

async fn kinds(world: &World) -> Vec<(MessageEventKind, bool)> {
    events(world).await.into_iter().map(|event| (event.kind, event.by_machine)).collect()
}

both_databases! {
    /// News in any order and twice are each kept once; a dead address gets nothing more, not even a receipt.
    async fn a_bounce_is_kept_once_and_ends_everything(world: World) {
        let server = Arc::new(Server::default());
        let id = code(&world, "hanako@example.jp", "one").await.unwrap();
        server.work(&world).await;
        let message = read(&world, id).await;
        let all = [
            news(&message.message_id, Happened::Bounced { dead: true }),
            news(message.message_id.trim_matches(['<', '>']), Happened::Delivered),
            news("<nobody@nowhere>", Happened::Bounced { dead: false }),
        ];
        let first = receive(&world.ctx(), "neutral", &all).await.unwrap();
        assert_eq!(first, Received { received: 3, recorded: 2, known: 0, unknown: 1 });
        let again = receive(&world.ctx(), "neutral", &all).await.unwrap();
        assert_eq!(again, Received { received: 3, recorded: 0, known: 2, unknown: 1 });
        let late = code(&world, "HANAKO@example.jp", "two").await.unwrap();
        let late = read(&world, late).await;
        assert_eq!((late.status, late.reason.as_deref()), (MessageStatus::Suppressed, Some(policy::SUPPRESSED_ADDRESS)));
        let [stop] = entity::suppression::Entity::find().all(world.db()).await.unwrap().try_into().unwrap();
        assert_eq!((stop.scope, stop.reason), (SuppressionScope::All, SuppressionReason::Bounce));
        assert_eq!((stop.message_id, stop.note.as_deref()), (Some(id), Some("5.1.1")));
        server.work(&world).await;
    }

    /// A refusal for another reason than the address stops nobody; an address whose mail cannot be told is stopped, too.
    async fn only_the_address_is_stopped_for_the_address(world: World) {
        let server = Arc::new(Server::default());
        let id = code(&world, "hanako@example.jp", "one").await.unwrap();
        server.work(&world).await;
        let message = read(&world, id).await;
        receive(&world.ctx(), "raw", &[news(&message.message_id, Happened::Bounced { dead: false })]).await.unwrap();
        let stranger = News {
            message_id: None,
            recipient: Some("taro@example.jp".into()),
            ..news("", Happened::Bounced { dead: true })
        };
        assert_eq!(receive(&world.ctx(), "postmark", &[stranger]).await.unwrap().recorded, 1);
        let fine = code(&world, "hanako@example.jp", "two").await.unwrap();
        assert_eq!(read(&world, fine).await.status, MessageStatus::Queued);
        let stopped = code(&world, "taro@example.jp", "three").await.unwrap();
        assert_eq!(read(&world, stopped).await.status, MessageStatus::Suppressed);
        let many = vec![news("<x@y>", Happened::Delivered); 501];
        assert_eq!(receive(&world.ctx(), "raw", &many).await.unwrap_err().code(), ErrorCode::TooMany);
        server.work(&world).await;
    }

    /// Anybody can write a report of delivery or of spam: one that names no message of ours stops nobody.
    async fn a_forged_report_stops_nobody(world: World) {
        let report = |kind: &str, said: &str| {
            format!(
                "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/{kind}\r\n\r\n{said}\r\n\r\n\
                 --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <guessed@shop.example>\r\n\r\n--b--\r\n"
            )
        };
        let status = "Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; hanako@example.jp\r\nAction: failed\r\nStatus: 5.1.1";
        let abuse = "Feedback-Type: abuse\r\nOriginal-Rcpt-To: <hanako@example.jp>";
        for forged in [report("delivery-status", status), report("feedback-report", abuse)] {
            let Delivery::News(news) = shapes::read(Shape::Raw, forged.as_bytes()).unwrap() else { panic!("{forged}") };
            let told = receive(&world.ctx(), "raw", &news).await.unwrap();
            assert_eq!((told.received, told.unknown), (1, 1), "{forged}");
        }
        assert!(entity::suppression::Entity::find().all(world.db()).await.unwrap().is_empty());
    }

    /// A complaint withdraws every consent and stops what needs one; receipts still go.
    async fn a_complaint_ends_what_needs_consent(world: World) {
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let server = Arc::new(Server::default());
        let offer = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        server.work(&world).await;
        for _ in 0..2 {
            receive(&world.ctx(), "ses", &[news(&offer.message_id, Happened::Complained)]).await.unwrap();
        }
        let consents = domain::customer::query::consents(world.db(), hanako.id).await.unwrap();
        assert!(consents.len() == ConsentPurpose::ALL.len() && consents.iter().all(|row| !row.granted));
        let next = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        assert_eq!(next.reason.as_deref(), Some(policy::SUPPRESSED_ADDRESS));
        let id = code(&world, "hanako@example.jp", "code").await.unwrap();
        assert_eq!(read(&world, id).await.status, MessageStatus::Queued);
        server.work(&world).await;
    }

    /// People's clicks are told from scanners'; an order within a week is counted for the message once.
    async fn an_order_follows_a_click(world: World) {
        // The order is made by hand.
        world.without_audit();
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let server = Arc::new(Server::default());
        let offer = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        let ctx = world.ctx();
        let url = "https://shop.example/p/tea";
        tracking::clicked(&ctx, offer.id, url, false).await.unwrap();
        server.work(&world).await;
        world.advance(TimeDelta::seconds(9));
        tracking::clicked(&ctx, offer.id, url, false).await.unwrap();
        assert_eq!(kinds(&world).await, [(MessageEventKind::Clicked, true)], "before and just after it left: a scanner");
        world.advance(TimeDelta::minutes(3));
        for by_machine in [true, false, false] {
            tracking::clicked(&ctx, offer.id, url, by_machine).await.unwrap();
        }
        let clicks = kinds(&world).await;
        assert_eq!(clicks.iter().filter(|(_, by_machine)| !by_machine).count(), 1);
        tracking::clicked(&ctx, entity::id::MessageId(world.new_uuid()), url, false).await.unwrap();
        world.advance(TimeDelta::days(6));
        let bought = order(&world, |order| (order.customer_id, order.placed_at) = (Some(hanako.id), Some(world.now()))).await;
        placed(&world, &bought).await;
        placed(&world, &bought).await;
        server.work(&world).await;
        let converted: Vec<_> =
            events(&world).await.into_iter().filter(|event| event.kind == MessageEventKind::Converted).collect();
        assert_eq!(converted.len(), 1);
        assert_eq!((converted[0].message_id, converted[0].detail.clone()), (offer.id, Some(bought.id.to_string())));
        world.advance(TimeDelta::days(8));
        let later = order(&world, |order| (order.customer_id, order.placed_at) = (Some(hanako.id), Some(world.now()))).await;
        placed(&world, &later).await;
        server.work(&world).await;
        assert_eq!(events(&world).await.iter().filter(|event| event.kind == MessageEventKind::Converted).count(), 1);
    }

    /// Figures count messages, not events, and leave scanners out.
    async fn figures_count_messages_and_people(world: World) {
        let shop = channel(&world, |policy| policy.cap_count = 100).await;
        let hanako = hanako(&world).await;
        let server = Arc::new(Server::default());
        let from = world.now();
        let a = ask(&world, shop.id, Some(hanako.id), |message| message.variant = Some("A".into())).await;
        let b = ask(&world, shop.id, Some(hanako.id), |message| message.variant = Some("B".into())).await;
        ask(&world, shop.id, None, |message| message.variant = Some("B".into())).await;
        server.work(&world).await;
        world.advance(TimeDelta::minutes(1));
        for url in ["https://shop.example/1", "https://shop.example/2"] {
            tracking::clicked(&world.ctx(), a.id, url, false).await.unwrap();
        }
        tracking::clicked(&world.ctx(), b.id, "https://shop.example/1", true).await.unwrap();
        let desk = world.staff(&[Permission::MessagesRead]).await;
        let until = world.now();
        let told = figures(&desk, from, until, &[GroupBy::Variant]).await.unwrap();
        let numbers: Vec<_> = told
            .iter()
            .map(|it| (it.group.variant.as_deref().unwrap(), it.sent, it.suppressed, it.failed, it.clicked))
            .collect();
        // Each was copied from one that had failed.
        assert_eq!(numbers, [("A", 1, 0, 1, 1), ("B", 1, 1, 2, 0)]);
        let [all] = figures(&desk, from, until, &[]).await.unwrap().try_into().unwrap();
        assert_eq!((all.sent, all.clicked, all.group.template), (2, 1, None));
        let by = [GroupBy::Template, GroupBy::Flow, GroupBy::Step];
        let [one] = figures(&desk, from, until, &by).await.unwrap().try_into().unwrap();
        assert_eq!(one.group.template.as_deref(), Some("cross_sell"));
        for until in [from, from + TimeDelta::days(401)] {
            assert_eq!(figures(&desk, from, until, &[]).await.unwrap_err().code(), ErrorCode::Invalid);
        }
    }

    /// Where the channel wants to know who looks, a mail has a picture; elsewhere and in receipts it has none.
    async fn a_picture_only_where_the_channel_wants_it(world: World) {
        let curious = channel(&world, |policy| policy.track_opens = true).await;
        let plain = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let with = ask(&world, curious.id, Some(hanako.id), |_| {}).await;
        let without = ask(&world, plain.id, Some(hanako.id), |_| {}).await;
        assert!(with.html.contains("https://shop.example/pixel/") && with.html.ends_with("/></body></html>"));
        assert!(!without.html.contains("/pixel/"));
        let token = with.html.split("/pixel/").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(tracking::open_pixel(&world.services().secrets, token), Some(with.id));
        let link = tracking::link(&world.services(), with.id, "https://shop.example/p/tea?x=1&y=2");
        let token = link.strip_prefix("https://shop.example/c/").unwrap();
        let opened = tracking::open_link(&world.services().secrets, token).unwrap();
        assert_eq!(opened, (with.id, "https://shop.example/p/tea?x=1&y=2".to_owned()));
        for other in ["mailto:help@shop.example", "javascript:alert(1)", "/relative"] {
            assert_eq!(tracking::link(&world.services(), with.id, other), other);
        }
        Arc::new(Server::default()).work(&world).await;
    }

    /// Who was erased leaves no address and no words in messages, and gets none that waits.
    async fn what_was_written_to_the_erased_is_gone(world: World) {
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let server = Arc::new(Server::default());
        let sent = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        server.work(&world).await;
        let waiting = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        domain::customer::erase(&world.customer(hanako.id), None).await.unwrap();
        server.work(&world).await;
        for (id, status) in [(sent.id, MessageStatus::Sent), (waiting.id, MessageStatus::Suppressed)] {
            let message = read(&world, id).await;
            assert_eq!((message.status, message.recipient.as_str(), message.text.as_str()), (status, "", ""));
            assert!(message.html.is_empty() && message.subject.is_empty() && message.unsubscribe_url.is_none());
        }
    }
}
