//! The table of the machine: what it does not know is refused, whatever a client sends.

use domain::returns::decide::{self, ApproveReturn};
use domain::returns::inspect::{InspectReturn, inspect};
use domain::returns::receive::{ReceiveReturn, receive};
use domain::returns::request::request;
use domain::{Error, ErrorCode};
use entity::id::ReturnId;
use entity::status::{ReturnAction, StateMachine};
use entity::words::{Disposition, ReturnStatus};
use support::{World, both_databases};

use super::{Bought, bought, item};

async fn in_state(bought: &Bought, status: ReturnStatus) -> ReturnId {
    use ReturnAction as A;
    let steps: &[A] = match status {
        ReturnStatus::Requested => &[],
        ReturnStatus::Approved => &[A::Approve],
        ReturnStatus::Declined => &[A::Decline],
        ReturnStatus::InTransit => &[A::Approve, A::Send],
        ReturnStatus::PartlyReceived => &[A::Approve, A::ReceivePart],
        ReturnStatus::Received => &[A::Approve, A::Receive],
        ReturnStatus::Inspected => &[A::Approve, A::Receive, A::Inspect],
        ReturnStatus::Closed => &[A::Approve, A::Receive, A::Inspect, A::Close],
        ReturnStatus::Canceled => &[A::Cancel],
    };
    let id = request(&bought.guest, bought.wish(2)).await.unwrap().row.id;
    for step in steps {
        take(bought, id, *step).await.unwrap();
    }
    id
}

async fn take(bought: &Bought, id: ReturnId, action: ReturnAction) -> Result<ReturnStatus, Error> {
    let clerk = &bought.clerk;
    let row = domain::returns::query::by_id(bought.shop.world.db(), id).await.unwrap().unwrap();
    let line = bought.line_of(&row).await;
    let open = (line.quantity - line.received).max(1);
    let come = |units| ReceiveReturn {
        return_id: id,
        expected_version: None,
        location_id: bought.shop.store.id,
        lines: vec![(line.id, units)],
        nothing_more: false,
        note: String::new(),
        idempotency_key: bought.key(),
    };
    match action {
        ReturnAction::Approve => decide::approve(clerk, id, None, ApproveReturn::default()).await,
        ReturnAction::Decline => decide::decline(clerk, id, None, "no").await,
        ReturnAction::Send => decide::send(clerk, id, None, None, (None, None)).await,
        ReturnAction::ReceivePart => receive(clerk, come(1)).await.map(|done| done.row),
        ReturnAction::Receive => receive(clerk, come(open)).await.map(|done| done.row),
        ReturnAction::Inspect => {
            let look = InspectReturn {
                return_id: id,
                expected_version: None,
                location_id: Some(bought.shop.store.id),
                items: vec![item(line.id, (line.received - line.inspected).max(1), Disposition::Restock)],
                units: vec![],
                shipping: None,
                waive_fees: false,
                note: None,
                register_id: None,
                idempotency_key: bought.key(),
            };
            inspect(clerk, look).await.map(|done| done.row)
        }
        ReturnAction::Close => decide::close(clerk, id, None).await,
        ReturnAction::Reopen => decide::reopen(clerk, id, None).await,
        ReturnAction::Cancel => decide::cancel(clerk, id, None, None).await,
    }
    .map(|row| row.status)
}

both_databases! {
    /// Every state and every action: where the table leads, or a refusal.
    async fn returns_follow_their_table(world: World) {
        let bought = bought(&world, 200).await;
        for from in ReturnStatus::STATES.iter().copied() {
            for action in ReturnStatus::ACTIONS.iter().copied() {
                let id = in_state(&bought, from).await;
                let found = take(&bought, id, action).await;
                match (from, action, from.next(action), &found) {
                    // The last unit of a part completes it; units may be looked at while others are still to come.
                    (ReturnStatus::PartlyReceived, ReturnAction::ReceivePart, _, Ok(to)) => assert_eq!(*to, ReturnStatus::Received),
                    (ReturnStatus::PartlyReceived, ReturnAction::Inspect, _, Ok(to)) => assert_eq!(*to, from),
                    // Only a claim that was answered ends without goods.
                    (ReturnStatus::Approved, ReturnAction::Close, _, Err(refused)) => {
                        assert_eq!(refused.code(), ErrorCode::InvalidTransition);
                    }
                    (_, _, Some(to), Ok(found)) => assert_eq!(to, *found, "{from} {action}"),
                    (_, _, None, Err(refused)) => assert_eq!(refused.code(), ErrorCode::InvalidTransition, "{from} {action}: {refused}"),
                    (_, _, expected, found) => panic!("{from} {action}: {expected:?}, {found:?}"),
                }
            }
        }
    }
}
