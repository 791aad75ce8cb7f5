//! The tables of the two machines: what they do not know is refused, whatever a client sends.

use domain::transfer::purchase::{self, ClosePurchaseOrder};
use domain::transfer::{self, CloseTransfer};
use domain::{Error, ErrorCode};
use entity::id::{PurchaseOrderId, TransferId};
use entity::status::{PurchaseOrderAction, StateMachine, TransferAction};
use entity::words::{PurchaseOrderStatus, TransferCancelOutcome, TransferStatus};
use support::{World, both_databases};

use super::Shop;

async fn transfer_in(shop: &Shop, status: TransferStatus) -> TransferId {
    match status {
        TransferStatus::Draft => shop.draft(2).await,
        TransferStatus::Ready => shop.ready(2).await,
        TransferStatus::InTransit => shop.under_way(2).await,
        TransferStatus::PartlyReceived | TransferStatus::Received => {
            let id = shop.under_way(2).await;
            shop.arrive(id, if status == TransferStatus::Received { 2 } else { 1 }).await.unwrap();
            id
        }
        TransferStatus::Canceled => {
            let id = shop.draft(2).await;
            transfer::cancel(&shop.worker, shop.giving_up(id, None)).await.unwrap();
            id
        }
    }
}

async fn try_transfer(shop: &Shop, id: TransferId, action: TransferAction) -> Result<TransferStatus, Error> {
    let worker = &shop.worker;
    let left = shop.line(id).await;
    let left = left.dispatched - left.received;
    let done = match action {
        TransferAction::MakeReady => transfer::make_ready(worker, shop.step(id)).await,
        TransferAction::Reopen => transfer::reopen(worker, shop.step(id)).await,
        TransferAction::Dispatch => transfer::dispatch(worker, shop.leaving(id, None)).await,
        // Of two units one is a part; of the last one it is the rest.
        TransferAction::ReceivePart => transfer::receive(worker, shop.arriving(id, 1, 0, 0)).await,
        TransferAction::Receive => {
            let close = CloseTransfer {
                transfer_id: id,
                expected_version: None,
                reason: "lost".to_owned(),
                idempotency_key: shop.key(),
            };
            transfer::close_rest(worker, close).await
        }
        TransferAction::Cancel => {
            let outcome = (left > 0).then_some(TransferCancelOutcome::WriteBack);
            transfer::cancel(worker, shop.giving_up(id, outcome)).await
        }
    };
    done.map(|done| done.row.status)
}

async fn purchase_in(shop: &Shop, status: PurchaseOrderStatus) -> PurchaseOrderId {
    match status {
        PurchaseOrderStatus::Draft => shop.purchase_draft(3, 0).await,
        PurchaseOrderStatus::Ordered => shop.ordered(3, 0).await,
        PurchaseOrderStatus::PartlyReceived | PurchaseOrderStatus::Received => {
            let id = shop.ordered(3, 0).await;
            shop.deliver(id, if status == PurchaseOrderStatus::Received { 3 } else { 1 }).await.unwrap();
            id
        }
        PurchaseOrderStatus::Canceled => {
            let id = shop.purchase_draft(3, 0).await;
            purchase::cancel(&shop.worker, shop.purchase_step(id)).await.unwrap();
            id
        }
    }
}

async fn try_purchase(
    shop: &Shop,
    id: PurchaseOrderId,
    action: PurchaseOrderAction,
) -> Result<PurchaseOrderStatus, Error> {
    let worker = &shop.worker;
    let done = match action {
        PurchaseOrderAction::Order => purchase::order(worker, shop.purchase_step(id)).await,
        PurchaseOrderAction::ReceivePart => shop.deliver(id, 1).await,
        PurchaseOrderAction::Receive => {
            let close = ClosePurchaseOrder {
                purchase_order_id: id,
                expected_version: None,
                reason: "sold out".to_owned(),
                idempotency_key: shop.key(),
            };
            purchase::close_rest(worker, close).await
        }
        PurchaseOrderAction::Cancel => purchase::cancel(worker, shop.purchase_step(id)).await,
    };
    done.map(|done| done.row.status)
}

fn assert_refused(refused: &Error, from: impl std::fmt::Display, allowed: usize) {
    assert_eq!(refused.code(), ErrorCode::InvalidTransition, "{refused}");
    let Error::InvalidTransition { from: told, allowed: offered, .. } = refused else { panic!("{refused}") };
    assert_eq!((told.as_str(), offered.len()), (from.to_string().as_str(), allowed));
}

both_databases! {
    /// Every state of a transfer and every action: where the table leads, or a refusal that names what is possible.
    async fn transfers_follow_their_table(world: World) {
        let shop = Shop::open(&world, 1_000).await;
        for from in TransferStatus::STATES.iter().copied() {
            for action in TransferStatus::ACTIONS.iter().copied() {
                let id = transfer_in(&shop, from).await;
                let found = try_transfer(&shop, id, action).await;
                match (from.next(action), &found) {
                    // The last unit of a part ends the transfer.
                    (Some(TransferStatus::PartlyReceived), Ok(to)) if from == TransferStatus::PartlyReceived => {
                        assert_eq!(*to, TransferStatus::Received);
                    }
                    (Some(to), Ok(found)) => assert_eq!(to, *found, "{from} {action}"),
                    (None, Err(refused)) => assert_refused(refused, from, from.supported_actions().len()),
                    (expected, found) => panic!("{from} {action}: {expected:?}, {found:?}"),
                }
            }
        }
    }

    /// The same for purchase orders.
    async fn purchase_orders_follow_their_table(world: World) {
        let shop = Shop::open(&world, 1).await;
        for from in PurchaseOrderStatus::STATES.iter().copied() {
            for action in PurchaseOrderStatus::ACTIONS.iter().copied() {
                let id = purchase_in(&shop, from).await;
                let found = try_purchase(&shop, id, action).await;
                match (from.next(action), &found) {
                    (Some(to), Ok(found)) => assert_eq!(to, *found, "{from} {action}"),
                    (None, Err(refused)) => assert_refused(refused, from, from.supported_actions().len()),
                    (expected, found) => panic!("{from} {action}: {expected:?}, {found:?}"),
                }
            }
        }
    }
}
