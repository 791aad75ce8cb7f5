//! A number is proved by a code in a short message, by who is signed in.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::customer::notify::{CODE_JOB, CodeWish};
use domain::customer::{PhoneNumber, query, request_phone_verification, verify_phone};
use domain::kernel::ctx::{Services, Settings};
use domain::kernel::network_gateway::Gateways;
use domain::kernel::random::Random;
use domain::kernel::secret::Secrets;
use domain::messaging::code_mail;
use domain::{Ctx, ErrorCode};
use entity::words::*;
use entity::{job, message, order};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use support::{World, both_databases};

use crate::messaging::fixture::order;

const NUMBER: &str = "+819012345678";

fn number(phone: &str) -> PhoneNumber {
    PhoneNumber { phone: phone.to_owned(), country: "JP".to_owned() }
}

/// Runs the wishes; the short messages that wait to be sent, oldest first.
async fn texts(world: &World) -> Vec<message::Model> {
    for row in job::Entity::find().filter(job::Column::Kind.eq(CODE_JOB)).all(world.db()).await.unwrap() {
        let wish: CodeWish = serde_json::from_value(row.payload).unwrap();
        code_mail::run(&world.ctx(), &wish).await.unwrap();
        job::Entity::delete_by_id(row.id).exec(world.db()).await.unwrap();
    }
    message::Entity::find().order_by_asc(message::Column::Id).all(world.db()).await.unwrap()
}

fn code(error: Result<impl Sized, domain::Error>) -> ErrorCode {
    error.err().expect("it is refused").code()
}

both_databases! {
    /// The code goes to the number, in the name of nobody else, and only who is signed in can use it, once.
    async fn a_number_is_proved_by_a_short_message(world: World) {
        let hana = world.new_customer("佐藤", "花子").verified(IdentifierKind::Email, "hana@example.jp").create().await;
        let taro = world.new_customer("佐藤", "太郎").verified(IdentifierKind::Email, "taro@example.jp").create().await;
        let (hers, his) = (world.customer(hana.id), world.customer(taro.id));
        assert_eq!(request_phone_verification(&hers, &number("090-1234-5678")).await.unwrap(), NUMBER);
        let [text] = texts(&world).await.try_into().unwrap();
        assert_eq!((text.channel, text.recipient.as_str(), text.status), (MessageChannel::Sms, NUMBER, MessageStatus::Queued));
        assert_eq!((text.template.as_str(), text.class, text.customer_id), ("verify_identifier", MessageClass::Transactional, Some(hana.id)));
        let (digits, rest) = text.text.split_at(6);
        assert!(digits.chars().all(|digit| digit.is_ascii_digit()) && rest.starts_with(' '), "{}", text.text);
        assert!(text.html.is_empty() && text.text.encode_utf16().count() <= 70);

        assert_eq!(code(verify_phone(&world.guest(), &number(NUMBER), digits).await), ErrorCode::Unauthenticated);
        assert_eq!(code(verify_phone(&hers, &number(NUMBER), "000000x").await), ErrorCode::InvalidCode);
        assert_eq!(verify_phone(&hers, &number("090 1234 5678"), digits).await.unwrap().id, hana.id);
        let owner = query::by_verified_identifier(world.db(), IdentifierKind::Phone, NUMBER).await.unwrap().unwrap();
        assert_eq!(owner.id, hana.id);
        assert_eq!(code(verify_phone(&hers, &number(NUMBER), digits).await), ErrorCode::InvalidCode);

        // Somebody else reads a code for the same number: it has an owner.
        request_phone_verification(&his, &number(NUMBER)).await.unwrap();
        let second = texts(&world).await.pop().unwrap();
        let taken = verify_phone(&his, &number(NUMBER), &second.text[..6]).await.unwrap_err();
        assert_eq!((taken.code(), taken.path()), (ErrorCode::IdentifierTaken, "phone"));
    }

    /// A code acts for whom it was made, whoever has it.
    async fn a_code_acts_for_its_customer(world: World) {
        let hana = world.new_customer("佐藤", "花子").verified(IdentifierKind::Email, "hana@example.jp").create().await;
        let taro = world.new_customer("佐藤", "太郎").create().await;
        request_phone_verification(&world.customer(hana.id), &number(NUMBER)).await.unwrap();
        let [text] = texts(&world).await.try_into().unwrap();
        let refused = verify_phone(&world.customer(taro.id), &number(NUMBER), &text.text[..6]).await;
        assert_eq!(code(refused), ErrorCode::InvalidCode);
        assert!(query::by_identifier(world.db(), IdentifierKind::Phone, NUMBER).await.unwrap().is_none());
    }

    /// Five in an hour, over all numbers that somebody names; each costs the shop money.
    async fn short_messages_are_few(world: World) {
        let hana = world.new_customer("佐藤", "花子").verified(IdentifierKind::Email, "hana@example.jp").create().await;
        let hers = world.customer(hana.id);
        for last in 0..8 {
            request_phone_verification(&hers, &number(&format!("090-1234-567{last}"))).await.unwrap();
        }
        assert_eq!(texts(&world).await.len(), 5);
        world.advance(TimeDelta::minutes(61));
        request_phone_verification(&hers, &number(NUMBER)).await.unwrap();
        assert_eq!(texts(&world).await.len(), 6);
    }

    /// Many accounts of one network get no more than one; the wishes of one account are fulfilled one after the other, so that
    /// each counts those before it.
    async fn short_messages_are_few_for_a_network(world: World) {
        let hana = world.new_customer("佐藤", "花子").verified(IdentifierKind::Email, "hana@example.jp").create().await;
        let taro = world.new_customer("佐藤", "太郎").verified(IdentifierKind::Email, "taro@example.jp").create().await;
        let from = |ip: &str, customer_id| Ctx { ip: Some(ip.parse().unwrap()), ..world.customer(customer_id) };
        let mut refused = None;
        for time in 0..200 {
            let asking = from("192.0.2.7", if time % 2 == 0 { hana.id } else { taro.id });
            if let Err(error) = request_phone_verification(&asking, &number(NUMBER)).await {
                refused = Some((time, error.code()));
                break;
            }
        }
        assert_eq!(refused, Some((100, ErrorCode::Throttled)));
        request_phone_verification(&from("192.0.2.8", hana.id), &number(NUMBER)).await.unwrap();
        world.advance(TimeDelta::minutes(16));
        request_phone_verification(&from("192.0.2.7", taro.id), &number(NUMBER)).await.unwrap();
        let wishes = job::Entity::find().filter(job::Column::Kind.eq(CODE_JOB)).all(world.db()).await.unwrap();
        let hers = format!("code:{}", hana.id);
        assert_eq!(wishes.iter().filter(|wish| wish.subject.as_deref() == Some(hers.as_str())).count(), 51);
        assert!(wishes.iter().all(|wish| wish.subject.is_some()));
        job::Entity::delete_many().filter(job::Column::Kind.eq(CODE_JOB)).exec(world.db()).await.unwrap();
    }

    /// A number that was mistyped, or that somebody else had before, takes over nobody's orders: one with an e-mail address
    /// joins who proved that.
    async fn a_number_takes_over_no_orders_of_others(world: World) {
        world.without_audit();
        let hana = world.new_customer("佐藤", "花子").verified(IdentifierKind::Email, "hana@example.jp");
        let hana = hana.unverified(IdentifierKind::Email, "typed@example.jp").create().await;
        let mut orders = Vec::new();
        for email in [None, Some("hana@example.jp"), Some("typed@example.jp"), Some("jiro@example.jp")] {
            let change = |row: &mut order::Model| {
                (row.email, row.phone) = (email.map(str::to_owned), Some(NUMBER.to_owned()));
            };
            orders.push(order(&world, change).await.id);
        }
        let hers = world.customer(hana.id);
        request_phone_verification(&hers, &number(NUMBER)).await.unwrap();
        let [text] = texts(&world).await.try_into().unwrap();
        verify_phone(&hers, &number(NUMBER), &text.text[..6]).await.unwrap();
        let mut joined = Vec::new();
        for id in orders {
            let row = order::Entity::find_by_id(id).one(world.db()).await.unwrap().unwrap();
            joined.push(row.customer_id == Some(hana.id));
        }
        assert_eq!(joined, [true, true, false, false]);
    }

    /// Without a provider of short messages it is said at once, and nothing is wished for; nonsense and guests are refused.
    async fn what_cannot_be_proved_is_refused(world: World) {
        let hana = world.new_customer("佐藤", "花子").create().await;
        let hers = world.customer(hana.id);
        let whole = world.services();
        let bare = Services {
            db: whole.db.clone(),
            clock: Arc::clone(&whole.clock),
            random: Random::seeded(1),
            secrets: Secrets::new("a secret of tests that nobody else uses".into()),
            settings: Settings { sends_sms: false, ..whole.settings.clone() },
            gateways: Gateways::default(),
        };
        let without = Ctx { services: Arc::new(bare), ..hers.clone() };
        assert_eq!(code(request_phone_verification(&without, &number(NUMBER)).await), ErrorCode::SmsUnavailable);
        assert_eq!(code(request_phone_verification(&hers, &number("12")).await), ErrorCode::InvalidPhone);
        // Accounts cost nothing, short messages do: an address must be proved first.
        let unproved = request_phone_verification(&hers, &number(NUMBER)).await.unwrap_err();
        assert_eq!((unproved.code(), unproved.path()), (ErrorCode::ContactRequired, "email"));
        assert_eq!(code(request_phone_verification(&world.guest(), &number(NUMBER)).await), ErrorCode::Unauthenticated);
        assert!(texts(&world).await.is_empty());
    }
}
