//! The table of the machine: what it does not know is refused, whatever a client sends.

use chrono::TimeDelta;
use domain::returns::exchange::attend::attend_due;
use domain::returns::exchange::cancel::{CancelExchange, cancel};
use domain::returns::exchange::create::{CreateExchange, create};
use domain::returns::exchange::settle::{SettleExchange, settle};
use domain::returns::exchange::{Exchanged, settle_due};
use domain::{Error, ErrorCode};
use entity::status::{ExchangeAction, StateMachine};
use entity::words::*;
use support::{World, both_databases};

use super::{Floor, floor, pay};

async fn begun(floor: &Floor, status: ExchangeStatus) -> Exchanged {
    let mode = match status {
        ExchangeStatus::Placed | ExchangeStatus::Defaulted => ExchangeMode::Advance,
        ExchangeStatus::AwaitingReturn | ExchangeStatus::Completed | ExchangeStatus::Canceled => {
            ExchangeMode::AwaitingReturn
        }
    };
    let advance = mode == ExchangeMode::Advance;
    let wish = CreateExchange {
        payments: if advance { vec![pay(Gateway::Test)] } else { vec![] },
        due_at: advance.then(|| floor.world().now() + TimeDelta::minutes(1)),
        ..floor.wish(mode, &[(floor.cap.id(), 1)])
    };
    let done = create(&floor.clerk, wish).await.unwrap();
    match status {
        ExchangeStatus::AwaitingReturn | ExchangeStatus::Placed => {}
        ExchangeStatus::Completed => {
            floor.come(done.back.id, Disposition::Restock).await;
            settle_due(&floor.world().ctx(), done.row.id).await.unwrap();
        }
        ExchangeStatus::Defaulted => {
            floor.world().advance(TimeDelta::minutes(1));
            attend_due(&floor.world().ctx()).await.unwrap();
        }
        ExchangeStatus::Canceled => {
            take(floor, &done, ExchangeAction::Cancel).await.unwrap();
        }
    }
    assert_eq!(floor.row(&done).await.status, status);
    done
}

/// Takes a step as a client, or the clock, would.
async fn take(floor: &Floor, done: &Exchanged, action: ExchangeAction) -> Result<ExchangeStatus, Error> {
    match action {
        ExchangeAction::Place | ExchangeAction::Complete => {
            if floor.back(done).await.status == ReturnStatus::Approved {
                floor.come(done.back.id, Disposition::Restock).await;
            }
            let input = SettleExchange {
                exchange_id: done.row.id,
                expected_version: None,
                payments: vec![],
                register_id: None,
                idempotency_key: floor.bought.key(),
            };
            settle(&floor.clerk, input).await.map(|done| done.row.status)
        }
        ExchangeAction::Cancel => {
            let input = CancelExchange {
                exchange_id: done.row.id,
                expected_version: None,
                register_id: None,
                idempotency_key: floor.bought.key(),
            };
            cancel(&floor.clerk, input).await.map(|done| done.row.status)
        }
        ExchangeAction::Default => {
            floor.world().advance(TimeDelta::minutes(1));
            attend_due(&floor.world().ctx()).await.unwrap();
            let now = floor.row(done).await.status;
            if now == ExchangeStatus::Defaulted { Ok(now) } else { Err(Error::transition("exchange", now, action)) }
        }
    }
}

both_databases! {
    /// Every state and every action: where the table leads, or a refusal that changes nothing.
    async fn exchanges_follow_their_table(world: World) {
        let floor = floor(&world, 40).await;
        for from in ExchangeStatus::STATES.iter().copied() {
            for action in ExchangeStatus::ACTIONS.iter().copied() {
                let done = begun(&floor, from).await;
                let found = take(&floor, &done, action).await;
                match (from, action, from.next(action), &found) {
                    // Goods that came first are placed and settled in one go.
                    (ExchangeStatus::AwaitingReturn, ExchangeAction::Place | ExchangeAction::Complete, _, Ok(to))
                    // One command settles, however far the exchange is.
                    | (ExchangeStatus::Placed, ExchangeAction::Place, _, Ok(to)) => {
                        assert_eq!(*to, ExchangeStatus::Completed);
                    }
                    // The clock ends it once.
                    (ExchangeStatus::Defaulted, ExchangeAction::Default, None, Ok(to)) => assert_eq!(*to, from),
                    (_, _, Some(to), Ok(found)) => assert_eq!(to, *found, "{from} {action}"),
                    (_, _, None, Err(refused)) => {
                        assert_eq!(refused.code(), ErrorCode::InvalidTransition, "{from} {action}: {refused}");
                        assert_eq!(floor.row(&done).await.status, from);
                    }
                    (_, _, expected, found) => panic!("{from} {action}: {expected:?}, {found:?}"),
                }
            }
        }
    }
}
