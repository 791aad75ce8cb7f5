//! What goes, what waits and what does not, and that it is decided again when a message leaves.

use std::sync::Arc;

use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use domain::messaging::consent::Choice;
use domain::messaging::policy::{Asked, Decision, Facts, Quiet, Stop, quiet_until, weigh};
use domain::messaging::policy_save::{self, SaveMessagePolicy};
use domain::messaging::request::{self, Note};
use domain::messaging::suppression::{self, AddSuppression};
use domain::messaging::{consent, policy};
use domain::{Error, ErrorCode, Permission};
use entity::words::{
    ConsentChannel, ConsentPurpose, FlowStatus, MessageChannel, MessageClass, MessageStatus, SuppressionReason,
    SuppressionScope,
};
use proptest::prelude::*;
use sea_orm::EntityTrait as _;
use support::{World, both_databases};

use super::asked::{ask, channel, flow, hanako, read, says};
use super::fixture::{Server, code};

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

fn quiet(from: &str, until: &str, zone: Tz) -> Quiet {
    let time = |text| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
    Quiet { from: time(from), until: time(until), zone }
}

#[test]
fn quiet_hours_end_in_the_morning_of_the_recipient() {
    let tokyo = quiet("21:00", "09:00", Tz::Asia__Tokyo);
    assert_eq!(quiet_until(tokyo, at("2026-11-21T20:59:59+09:00")), None);
    assert_eq!(quiet_until(tokyo, at("2026-11-21T21:00:00+09:00")), Some(at("2026-11-22T09:00:00+09:00")));
    assert_eq!(quiet_until(tokyo, at("2026-11-22T00:00:00+09:00")), Some(at("2026-11-22T09:00:00+09:00")));
    assert_eq!(quiet_until(tokyo, at("2026-11-22T08:59:59+09:00")), Some(at("2026-11-22T09:00:00+09:00")));
    assert_eq!(quiet_until(tokyo, at("2026-11-22T09:00:00+09:00")), None);
    let noon = quiet("12:00", "13:00", Tz::Asia__Tokyo);
    assert_eq!(quiet_until(noon, at("2026-11-21T12:30:00+09:00")), Some(at("2026-11-21T13:00:00+09:00")));
    assert_eq!(quiet_until(quiet("00:00", "00:00", Tz::UTC), at("2026-11-21T00:00:00Z")), None);
}

#[test]
fn quiet_hours_know_when_clocks_are_changed() {
    // Berlin, 2026-03-29: 02:00 becomes 03:00, so there is no 02:30.
    let short = quiet("22:00", "02:30", Tz::Europe__Berlin);
    assert_eq!(quiet_until(short, at("2026-03-29T01:59:00+01:00")), Some(at("2026-03-29T03:00:00+02:00")));
    // Berlin, 2026-10-25: 03:00 becomes 02:00, so there are two 02:30; the second one ends the night.
    assert_eq!(quiet_until(short, at("2026-10-25T01:00:00+02:00")), Some(at("2026-10-25T02:30:00+01:00")));
    assert_eq!(quiet_until(short, at("2026-10-25T02:15:00+01:00")), Some(at("2026-10-25T02:30:00+01:00")));
    // A night over the change is an hour shorter or longer; its end is nine by the clock.
    let night = quiet("21:00", "09:00", Tz::Europe__Berlin);
    assert_eq!(quiet_until(night, at("2026-03-28T22:00:00+01:00")), Some(at("2026-03-29T09:00:00+02:00")));
    assert_eq!(quiet_until(night, at("2026-10-24T22:00:00+02:00")), Some(at("2026-10-25T09:00:00+01:00")));
}

fn any_stop() -> impl Strategy<Value = Stop> {
    (
        prop_oneof![Just(SuppressionScope::All), Just(SuppressionScope::Marketing)],
        prop::sample::select(SuppressionReason::ALL.to_vec()),
        0_i64..2_000_000_000,
    )
        .prop_map(|(scope, reason, since)| Stop { scope, reason, since: Utc.timestamp_opt(since, 0).unwrap() })
}

fn any_asked() -> impl Strategy<Value = Asked> {
    let zones = prop::sample::select(vec![
        Tz::Asia__Tokyo,
        Tz::Europe__Berlin,
        Tz::America__New_York,
        Tz::Australia__Lord_Howe,
        Tz::Asia__Kathmandu,
    ]);
    let quiet = (0_u32..24, 0_u32..60, 5_i64..20, zones).prop_map(|(hour, minute, open, zone)| {
        let until = NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        Quiet { from: until + TimeDelta::hours(open), until, zone }
    });
    let agreed = prop::option::of((0_i64..2_000_000_000).prop_map(|at| Utc.timestamp_opt(at, 0).unwrap()));
    (any::<bool>(), agreed, 0_u64..5, 0_u64..5, prop::option::of(quiet))
        .prop_map(|(has_wording, agreed_at, recent, cap, quiet)| Asked { has_wording, agreed_at, recent, cap, quiet })
}

proptest! {
    /// Whatever is known: nothing that needs consent goes without it, over the cap, or in the quiet hours; what waits
    /// goes at the first moment at which it may; what needs no consent never waits.
    #[test]
    fn nothing_goes_that_must_not(
        flow_off in any::<bool>(),
        stops in prop::collection::vec(any_stop(), 0..3),
        asked in prop::option::of(any_asked()),
        seconds in 1_700_000_000_i64..1_900_000_000,
    ) {
        let now = Utc.timestamp_opt(seconds, 0).unwrap();
        let facts = Facts { flow_off, stops, asked };
        let decision = weigh(&facts, now);
        let goes = !matches!(decision, Decision::Never(_));
        prop_assert!(!(goes && facts.flow_off));
        prop_assert!(!(goes && facts.stops.iter().any(|stop| stop.scope == SuppressionScope::All)));
        match &facts.asked {
            None => prop_assert!(!matches!(decision, Decision::At(..))),
            Some(asked) => {
                prop_assert!(!goes || (asked.has_wording && asked.agreed_at.is_some() && asked.recent < asked.cap));
                for stop in facts.stops.iter().filter(|_| goes) {
                    prop_assert!(stop.reason == SuppressionReason::Unsubscribe && asked.agreed_at > Some(stop.since));
                }
                if let Decision::At(end, _) = decision {
                    prop_assert!(end > now && end < now + TimeDelta::hours(26));
                    prop_assert_eq!(weigh(&facts, end), Decision::Send);
                    prop_assert_ne!(weigh(&facts, end - TimeDelta::seconds(1)), Decision::Send);
                } else if let (Decision::Send, Some(quiet)) = (decision, asked.quiet) {
                    prop_assert_eq!(quiet_until(quiet, now), None);
                }
            }
        }
    }
}

fn kept(message: &entity::message::Model) -> (MessageStatus, Option<&str>) {
    (message.status, message.reason.as_deref())
}

const SUPPRESSED: MessageStatus = MessageStatus::Suppressed;

both_databases! {
    /// Each reason not to write to somebody, stored on the row; and the one case in which all is well.
    async fn every_no_has_its_reason(world: World) {
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let guest = ask(&world, shop.id, None, |_| {}).await;
        assert_eq!(kept(&guest), (SUPPRESSED, Some(policy::NO_CONSENT)));
        let silent = channel(&world, |policy| policy.consent_wording = serde_json::json!({ "ja": " " })).await;
        let message = ask(&world, silent.id, Some(hanako.id), |_| {}).await;
        assert_eq!(kept(&message), (SUPPRESSED, Some(policy::NO_WORDING)));
        let off = flow(&world, "off", FlowStatus::Off).await;
        let message = ask(&world, shop.id, Some(hanako.id), |message| message.flow_id = Some(off)).await;
        assert_eq!(kept(&message), (SUPPRESSED, Some(policy::FLOW_OFF)));
        let fine = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        assert_eq!(kept(&fine), (MessageStatus::Queued, None));
        assert!(fine.unsubscribe_url.unwrap().starts_with("https://shop.example/unsubscribe/"));
        says(&world, hanako.id, ConsentPurpose::Marketing, false).await;
        let message = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        assert_eq!(kept(&message), (SUPPRESSED, Some(policy::NO_CONSENT)));
        let survey = ask(&world, shop.id, Some(hanako.id), |message| message.class = MessageClass::Survey).await;
        assert_eq!(survey.status, MessageStatus::Queued, "each purpose has a yes of its own");
        let server = Arc::new(Server::default());
        server.work(&world).await;
        // The first mail was fine when it was asked for, and its consent is gone now.
        assert_eq!(kept(&read(&world, fine.id).await), (SUPPRESSED, Some(policy::NO_CONSENT)));
        assert_eq!(server.mails().len(), 1);
    }

    /// A flow of a template that is off sends nothing by it; codes cannot be switched off.
    async fn a_transactional_mail_can_be_switched_off_but_no_code(world: World) {
        let shop = channel(&world, |_| {}).await;
        flow(&world, "order_confirmation", FlowStatus::Off).await;
        flow(&world, "sign_in_code", FlowStatus::Off).await;
        let off = ask(&world, shop.id, None, |message| {
            (message.template, message.class) = ("order_confirmation".into(), MessageClass::Transactional);
        })
        .await;
        assert_eq!(kept(&off), (SUPPRESSED, Some(policy::FLOW_OFF)));
        let id = code(&world, "hanako@example.jp", "code").await.unwrap();
        assert_eq!(read(&world, id).await.status, MessageStatus::Queued);
        Arc::new(Server::default()).work(&world).await;
    }

    /// At night an offer waits for the morning, in the zone of the one who gets it; a receipt does not wait, nor for it.
    async fn at_night_only_what_was_bought_is_told(world: World) {
        world.advance(TimeDelta::hours(13)); // 22:00 in Tokyo
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let offer = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        let morning = at("2026-11-22T09:00:00+09:00");
        assert_eq!((kept(&offer), offer.send_after), ((MessageStatus::Queued, Some(policy::QUIET_HOURS)), Some(morning)));
        let code = code(&world, "hanako@example.jp", "code").await.unwrap();
        let server = Arc::new(Server::default());
        server.work(&world).await;
        assert_eq!(server.mails().len(), 1);
        assert_eq!(read(&world, code).await.status, MessageStatus::Sent);
        let traveler = world.new_customer("Doe", "Jo").with(|row| row.time_zone = Some("Europe/Berlin".into())).create().await;
        says(&world, traveler.id, ConsentPurpose::Marketing, true).await;
        let abroad = ask(&world, shop.id, Some(traveler.id), |message| message.recipient = "jo@example.com".into()).await;
        assert_eq!(abroad.send_after, None, "it is two in the afternoon there");
        server.work(&world).await;
        world.advance(TimeDelta::hours(11) - TimeDelta::seconds(1));
        server.work(&world).await;
        assert_eq!(server.mails().len(), 2);
        world.advance(TimeDelta::seconds(1));
        server.work(&world).await;
        assert_eq!(read(&world, offer.id).await.status, MessageStatus::Sent);
    }

    /// A try that comes in the quiet hours is no try: the message waits for the morning.
    async fn a_retry_does_not_wake_anybody(world: World) {
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let offer = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        let server = Arc::new(Server::default());
        server.busy(5);
        for wait in [0, 1, 5, 30, 120] {
            world.advance(TimeDelta::minutes(wait));
            server.work(&world).await;
        }
        assert_eq!(read(&world, offer.id).await.attempts, 5);
        world.advance(TimeDelta::hours(12));
        server.work(&world).await;
        let waiting = read(&world, offer.id).await;
        assert_eq!((waiting.attempts, waiting.reason.as_deref()), (5, Some(policy::QUIET_HOURS)));
        assert!(server.mails().is_empty());
        world.advance(TimeDelta::hours(12));
        server.work(&world).await;
        assert_eq!((server.mails().len(), read(&world, offer.id).await.attempts), (1, 6));
    }

    /// Two in seven days: the third is not sent, whenever it was asked for; on the eighth day one may go again.
    async fn nobody_gets_more_than_the_cap(world: World) {
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let mut stands = Vec::new();
        for _ in 0..3 {
            stands.push(ask(&world, shop.id, Some(hanako.id), |_| {}).await.reason);
        }
        assert_eq!(stands, [None, None, Some(policy::FREQUENCY_CAP.to_owned())]);
        let server = Arc::new(Server::default());
        server.work(&world).await;
        world.advance(TimeDelta::days(6));
        assert_eq!(ask(&world, shop.id, Some(hanako.id), |_| {}).await.reason.as_deref(), Some(policy::FREQUENCY_CAP));
        world.advance(TimeDelta::days(1));
        assert_eq!(ask(&world, shop.id, Some(hanako.id), |_| {}).await.reason, None);
        server.work(&world).await;
        assert_eq!(server.mails().len(), 3);
    }

    /// Consent that is withdrawn by the button of a mail ends what waits; doing it again changes nothing.
    async fn one_click_ends_what_waits(world: World) {
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let server = Arc::new(Server::default());
        let first = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        server.work(&world).await;
        let waiting = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        for _ in 0..2 {
            consent::unsubscribe(&world.ctx(), first.id, "one-click").await.unwrap();
        }
        server.work(&world).await;
        assert_eq!(kept(&read(&world, waiting.id).await), (SUPPRESSED, Some(policy::NO_CONSENT)));
        let said = entity::customer_consent::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(said.len(), 3, "two yes and one no");
        let survey = ask(&world, shop.id, Some(hanako.id), |message| message.class = MessageClass::Survey).await;
        assert_eq!(survey.reason, None, "surveys were not meant");
        let preferences = consent::preferences(&world.ctx(), first.id).await.unwrap();
        let choice = |purpose, granted| Choice { channel: ConsentChannel::Email, purpose, granted };
        let (marketing, survey) = (ConsentPurpose::Marketing, ConsentPurpose::Survey);
        assert_eq!(preferences.choices, [choice(marketing, false), choice(survey, true)]);
        let yes = [choice(marketing, true)];
        consent::set_preferences(&world.ctx(), first.id, &yes, "page").await.unwrap();
        server.work(&world).await;
        world.advance(TimeDelta::days(8));
        assert_eq!(ask(&world, shop.id, Some(hanako.id), |_| {}).await.reason, None);
        server.work(&world).await;
    }

    /// A message in words goes by its own channel, at once, and with the consent of that channel when it needs one.
    async fn a_note_goes_by_its_own_channel(world: World) {
        let shop = channel(&world, |_| {}).await;
        let hanako = hanako(&world).await;
        let note = |template, key: &str| Note {
            template,
            channel: MessageChannel::Line,
            recipient: "U4af4980629".into(),
            locale: "ja".into(),
            dedupe_key: key.into(),
            subject: "お荷物".into(),
            text: "お荷物が届きました".into(),
            channel_id: Some(shop.id),
            customer_id: Some(hanako.id),
            order_id: None,
            event_id: None,
            step: None,
        };
        let notes = [note("shipment_delivered", "a"), note("shipment_delivered", "a"), note("cross_sell", "b")];
        let mut asked = Vec::new();
        for one in notes {
            let ctx = world.ctx();
            asked.push(ctx.write(|tx| { let one = one.clone(); async move { request::note(&tx, one).await } }).await.unwrap());
        }
        assert!(asked[1].is_none(), "one key, one message");
        let offer = read(&world, asked[2].unwrap()).await;
        assert_eq!(kept(&offer), (SUPPRESSED, Some(policy::NO_CONSENT)), "a yes to mails is none to LINE");
        let server = Arc::new(Server::default());
        server.work(&world).await;
        let [sent] = server.mails().try_into().unwrap();
        assert_eq!((sent.channel, sent.to.as_str(), sent.html.as_str()), (MessageChannel::Line, "U4af4980629", ""));
    }

    /// Staff stop an address and let it through again; what its owner wished stays.
    async fn staff_stop_addresses(world: World) {
        let desk = world.staff(&[Permission::MessagesSend, Permission::MessagesRead]).await;
        let stop = |address: &str| AddSuppression {
            channel: MessageChannel::Email,
            address: address.to_owned(),
            scope: SuppressionScope::All,
            note: None,
        };
        let first = suppression::suppress(&desk, stop("Hanako@Example.jp")).await.unwrap();
        let second = suppression::suppress(&desk, stop("hanako@example.jp")).await.unwrap();
        assert_eq!(first.id, second.id, "one address, one stop");
        assert!(!format!("{first:?}").contains("anako"), "the address is not kept");
        let id = code(&world, "hanako@example.jp", "stopped").await.unwrap();
        let message = read(&world, id).await;
        assert_eq!(kept(&message), (SUPPRESSED, Some(policy::SUPPRESSED_ADDRESS)));
        assert_eq!((message.html.as_str(), message.text.as_str()), ("", ""), "a code that nobody gets is wiped");
        suppression::lift(&desk, first.id).await.unwrap();
        let id = code(&world, "hanako@example.jp", "free").await.unwrap();
        assert_eq!(read(&world, id).await.status, MessageStatus::Queued);
        assert!(matches!(suppression::lift(&desk, first.id).await, Err(Error::NotFound { .. })));
        let bad = suppression::suppress(&desk, stop("nobody")).await.unwrap_err();
        assert_eq!(bad.code(), ErrorCode::InvalidEmail);
        let reader = world.staff(&[Permission::MessagesRead]).await;
        assert!(matches!(suppression::suppress(&reader, stop("a@b.jp")).await, Err(Error::Forbidden { .. })));
        Arc::new(Server::default()).work(&world).await;
    }

    /// A changed wording is another version; the other settings are checked.
    async fn a_policy_is_saved_whole(world: World) {
        let channel = world.channel("shop").create().await;
        let desk = world.staff(&[Permission::PlacesWrite]).await;
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let policy = SaveMessagePolicy {
            channel_id: channel.id,
            quiet_from: time(21),
            quiet_until: time(9),
            time_zone: Tz::Asia__Tokyo,
            cap_count: 4,
            cap_days: 30,
            consent_wording: vec![("ja".into(), "はい".into())],
            track_opens: false,
            expected_version: Some(0),
        };
        let first = policy_save::save(&desk, policy.clone()).await.unwrap();
        assert_eq!((first.version, first.quiet_from.as_str(), first.quiet_until.as_str()), (1, "21:00", "09:00"));
        let stale = policy_save::save(&desk, policy.clone()).await.unwrap_err();
        assert_eq!(stale.code(), ErrorCode::StaleVersion);
        let same = SaveMessagePolicy { expected_version: Some(1), cap_count: 5, ..policy.clone() };
        let second = policy_save::save(&desk, same).await.unwrap();
        assert_eq!((second.wording_version.as_str(), second.cap_count), (first.wording_version.as_str(), 5));
        let reworded =
            SaveMessagePolicy { expected_version: None, consent_wording: vec![("ja".into(), "うん".into())], ..policy.clone() };
        assert_ne!(policy_save::save(&desk, reworded).await.unwrap().wording_version, first.wording_version);
        for bad in [
            SaveMessagePolicy { expected_version: None, cap_count: -1, ..policy.clone() },
            SaveMessagePolicy { expected_version: None, cap_days: 0, ..policy.clone() },
            SaveMessagePolicy { expected_version: None, quiet_from: time(9), quiet_until: time(8), ..policy.clone() },
        ] {
            assert_eq!(policy_save::save(&desk, bad).await.unwrap_err().code(), ErrorCode::Invalid);
        }
        Arc::new(Server::default()).work(&world).await;
    }
}
