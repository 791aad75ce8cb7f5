//! Time and ids.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Timelike, Utc};
use domain::kernel::clock::{Clock, ManualClock, ShiftedClock, SystemClock};
use domain::kernel::event::NewEvent;
use domain::kernel::random::Random;
use entity::{event, job};
use sea_orm::EntityTrait;
use support::{World, both_databases};

#[test]
fn seeded_randomness_repeats_itself() {
    let draw = |random: &Random| (random.token(), random.digits(6), random.readable_code(8), random.below(1_000));
    assert_eq!(draw(&Random::seeded(7)), draw(&Random::seeded(7)));
    assert_ne!(Random::seeded(7).token(), Random::seeded(8).token());
    assert_eq!(Random::seeded(7).below(0), 0);
}

#[test]
fn tokens_have_256_bits_and_codes_cannot_be_misread() {
    let random = Random::default();
    assert_eq!(random.token().len(), 43);
    let codes: String = (0..200).map(|_| random.readable_code(6)).collect();
    assert!(!codes.contains(['0', '1', 'I', 'L', 'O', 'U']));
    assert!((0..200).map(|_| random.digits(6)).all(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())));
}

#[test]
fn ids_of_one_moment_are_distinct_and_in_order() {
    let random = Random::default();
    let now = Utc::now();
    let ids: Vec<_> = (0..5_000).map(|_| random.uuid(now)).collect();
    assert!(ids.is_sorted());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn clocks_cut_to_microseconds() {
    assert_eq!(SystemClock.now().nanosecond() % 1_000, 0);
    assert_eq!(ShiftedClock::starting_at(Utc::now()).now().nanosecond() % 1_000, 0);
    assert_eq!(SystemClock.advance(TimeDelta::hours(1)), None);
}

#[test]
fn set_clocks_move_only_when_told() {
    let start = Utc::now();
    let clock = ManualClock::at(start);
    assert_eq!(clock.now().timestamp_micros(), start.timestamp_micros());
    assert_eq!(clock.advance(TimeDelta::days(1)), Some(clock.now()));
    assert_eq!(clock.now().timestamp_micros(), (start + TimeDelta::days(1)).timestamp_micros());
    let shifted = ShiftedClock::starting_at(start - TimeDelta::days(365));
    assert!(shifted.now() < start - TimeDelta::days(364));
    assert!(shifted.advance(TimeDelta::days(400)).is_some_and(|now| now > start));
}

both_databases! {
    /// Both databases read back the very moment that was written, also before 1970 and with microseconds.
    async fn moments_read_back_as_written(world: World) {
        world.advance(TimeDelta::microseconds(123_457));
        let ctx = world.ctx();
        ctx.write(|tx| async move { Ok(tx.event(NewEvent::new("tried", "test", tx.new_uuid()))) }).await.unwrap();
        let stored = event::Entity::find().one(world.db()).await.unwrap().unwrap();
        assert_eq!(stored.occurred_at, world.now());
        job::Entity::delete_many().exec(world.db()).await.unwrap();
    }
}
