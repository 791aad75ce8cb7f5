//! Everything at once: sixteen people place, reject, move, pick, pack, dispatch, cancel, transfer, count, order and
//! receive; prepare, hand over, reserve and sell; goods with serial numbers among them; in an order that a seed decides.
//! Whatever they do to each other, every refusal is a typed one, no unit appears or
//! vanishes, and the audit holds.
//!
//! `HITOTSU_INTERLEAVE_SECONDS=60` lets them work longer; `HITOTSU_SEED=7` repeats what everybody
//! sets out to do under a printed seed, step by step; what they do it to depends on who was faster.

mod acts;
mod conservation;
mod counter;
mod floor;
mod supply;

use std::time::{Duration, Instant};

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
                let person = u64::try_from(person).unwrap();
                let (mut done, mut refused) = (0_u32, 0_u32);
                for step in 0.. {
                    if Instant::now() >= end {
                        break;
                    }
                    let (deed, random) = acts::plan(seed, person, step);
                    match acts::act(&floor, deed, &random).await {
                        Ok(()) => done += 1,
                        Err(error) => {
                            assert!(is_fair(&error), "seed {seed}, person {person}, step {step}, deed {deed}: {error}");
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

/// A printed seed says what everybody sets out to do, whatever happens meanwhile.
#[test]
fn a_seed_is_a_plan() {
    let plan = |seed: u64| -> Vec<(u64, u64)> {
        let steps = (0..16).flat_map(|person| (0..100).map(move |step| (person, step)));
        let drawn = steps.map(|(person, step)| acts::plan(seed, person, step));
        drawn.map(|(deed, random)| (deed, random.below(1_000_000))).collect()
    };
    assert_eq!(plan(7), plan(7));
    assert_ne!(plan(7), plan(8));
    let kinds: std::collections::BTreeSet<u64> = plan(7).into_iter().map(|(deed, _)| deed).collect();
    assert!(kinds.len() > 40, "every deed comes up: {kinds:?}");
    assert_eq!(plan(7).into_iter().collect::<std::collections::BTreeSet<_>>().len(), 1_600, "no two are alike");
}
