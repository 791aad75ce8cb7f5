//! Every pair of state and action that the table does not know is refused, and changes nothing.

use domain::pickup::cancel::cancel;
use domain::pickup::choose::{Choose, choose};
use domain::pickup::collect::collect;
use domain::pickup::expire::expire;
use domain::pickup::prepare::{put_back, start, unready};
use domain::pickup::ready::{MakeReady, fall_short, make_ready};
use domain::{Error, Result};
use entity::id::PickupId;
use entity::status::{PickupAction, StateMachine};
use entity::words::{PickupChoice, PickupStatus};
use sea_orm::{ConnectionTrait, Statement};
use support::{World, both_databases};

use super::counter::{Counter, all_there};

/// Calls the command of an action; `None` for actions that only other areas take.
async fn act(counter: &Counter, id: PickupId, action: PickupAction, key: &str) -> Option<Result<()>> {
    let clerk = &counter.clerk;
    let input = || MakeReady { idempotency_key: key.to_owned(), ..all_there(id) };
    let by_name = domain::pickup::collect::Collect {
        pickup_id: Some(id),
        proof: domain::pickup::collect::Proof::Person("山田花子".to_owned()),
        ..counter.with_code("", key)
    };
    Some(match action {
        PickupAction::Start => start(clerk, id, None).await.map(|_| ()),
        PickupAction::PutBack => put_back(clerk, id, None).await.map(|_| ()),
        PickupAction::Unready => unready(clerk, id, None).await.map(|_| ()),
        PickupAction::MakeReady => make_ready(clerk, input()).await.map(|_| ()),
        PickupAction::FallShort => fall_short(clerk, input()).await.map(|_| ()),
        PickupAction::CollectPart | PickupAction::Collect => collect(clerk, by_name).await.map(|_| ()),
        PickupAction::Cancel => cancel(clerk, id, None).await.map(|_| ()),
        // The job finds nothing to do.
        PickupAction::Expire => match expire(&counter.shop.world.ctx(), id).await {
            Ok(false) => Err(Error::transition("pickup", PickupStatus::Short, PickupAction::Expire)),
            other => other.map(|_| ()),
        },
        // Both come of a customer's choice; which of them depends on who can bring the goods.
        PickupAction::Wait | PickupAction::Await => {
            let wait =
                Choose { pickup_id: id, token: None, choice: PickupChoice::Wait, location_id: None, address: None };
            choose(&counter.shop.world.ctx(), wait).await.map(|_| ())
        }
        // The transfer's events do it, and find nothing to do.
        PickupAction::Arrive => return None,
    })
}

both_databases! {
    async fn what_the_table_does_not_know_is_refused(world: World) {
        let counter = Counter::open(&world).await;
        let (_, id) = counter.order(1).await;
        let put = |status: PickupStatus| {
            let sql = format!("UPDATE pickup SET status = '{status}', expires_at = NULL");
            Statement::from_string(world.db().get_database_backend(), sql)
        };
        let mut refused = 0;
        for state in PickupStatus::STATES {
            for action in PickupStatus::ACTIONS.iter().filter(|action| state.next(**action).is_none()) {
                world.db().execute_raw(put(*state)).await.unwrap();
                let before = counter.pickup(id).await;
                let Some(result) = act(&counter, id, *action, &format!("{state}-{action}")).await else { continue };
                assert!(matches!(result, Err(Error::InvalidTransition { .. })), "{state} {action}: {result:?}");
                assert_eq!(counter.pickup(id).await, before, "{state} {action}");
                refused += 1;
            }
        }
        assert!(refused > 55, "{refused}");
        world.db().execute_raw(put(PickupStatus::Assigned)).await.unwrap();
    }
}
