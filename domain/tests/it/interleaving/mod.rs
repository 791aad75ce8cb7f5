//! Everything at once: sixteen people place, reject, move, pick, pack, dispatch, cancel, transfer, count and receive, in
//! an order that a seed decides. Whatever they do to each other, every refusal is a typed one, no unit appears or
//! vanishes, and the audit holds.
//!
//! `HITOTSU_INTERLEAVE_SECONDS=60` lets them work longer; `HITOTSU_SEED=7` repeats the deeds of a printed seed.

mod acts;
mod conservation;
mod floor;

use std::time::{Duration, Instant};

use domain::kernel::random::Random;
use domain::{Error, ErrorCode};
use support::{World, both_databases, race};

use floor::Floor;

/// People at work.
const PEOPLE: usize = 16;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Whether a refusal is one that a person may meet when others were faster.
fn is_fair(error: &Error) -> bool {
    if let Error::Several(errors) = error { errors.iter().all(is_fair) } else { error.code() != ErrorCode::Internal }
}

both_databases! {
    /// Nothing is lost, made or promised twice.
    async fn sixteen_people_do_everything_at_once(world: World) {
        let floor = Floor::open(&world).await;
        let seconds = number("HITOTSU_INTERLEAVE_SECONDS", 4);
        let seed = number("HITOTSU_SEED", u64::from(std::process::id()));
        eprintln!("HITOTSU_SEED={seed} repeats this");
        let end = Instant::now() + Duration::from_secs(seconds);
        let done = race(PEOPLE, |person| {
            let floor = floor.clone();
            async move {
                let random = Random::seeded(seed.wrapping_mul(1_000).wrapping_add(person.try_into().unwrap()));
                let (mut done, mut refused) = (0_u32, 0_u32);
                while Instant::now() < end {
                    match acts::act(&floor, &random).await {
                        Ok(()) => done += 1,
                        Err(error) => {
                            assert!(is_fair(&error), "seed {seed}, person {person}: {error}");
                            refused += 1;
                        }
                    }
                }
                (done, refused)
            }
        })
        .await;
        let sum = |part: fn(&(u32, u32)) -> u32| done.iter().map(part).sum::<u32>();
        eprintln!("{} deeds done, {} refused", sum(|it| it.0), sum(|it| it.1));
        assert!(sum(|it| it.0) > 16, "hardly anything was done: {done:?}");
        conservation::check(&world).await;
    }
}
