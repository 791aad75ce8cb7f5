//! Every step that the table of states does not know is refused, by the table itself.

use domain::fulfillment::accept::{accept, put_back};
use domain::fulfillment::hold_work::{HoldWork, hold, release};
use domain::fulfillment::pick::{PickWork, pick};
use domain::fulfillment::pick_list;
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::{Ctx, Error, ErrorCode};
use entity::id::FulfillmentOrderId;
use entity::status::{FulfillmentOrderAction, OrderAction, PickListAction, StateMachine};
use entity::words::{FulfillmentHoldReason, FulfillmentOrderStatus, OrderStatus, PickListStatus};
use entity::{fulfillment_order, order, pick_list as list_rows};
use sea_orm::{ActiveValue::Set, EntityTrait};
use support::{World, both_databases};

use super::clerk::{CLERK, pack_lines, work_ref};
use super::shop::Shop;

/// Does to work what an action says; `None` for actions that no clerk does by name.
async fn attempt(ctx: &Ctx, id: FulfillmentOrderId, action: FulfillmentOrderAction) -> Option<Result<(), Error>> {
    use FulfillmentOrderAction as A;
    let work = work_ref(id);
    Some(match action {
        A::Accept => accept(ctx, &[work]).await.map(|_| ()),
        A::PutBack => put_back(ctx, &[work]).await.map(|_| ()),
        A::Hold => {
            let input = HoldWork { work, reason: FulfillmentHoldReason::Other, note: None };
            hold(ctx, input).await.map(|_| ())
        }
        A::Resume => release(ctx, work).await.map(|_| ()),
        A::Pack => pack_lines(ctx, &[id], &[], "pack").await.map(|_| ()),
        // Parcels are dispatched and unpacked, whole units canceled; stock releases and parks work.
        A::Release | A::Dispatch | A::Unpack | A::Park | A::Cancel => return None,
    })
}

async fn set(world: &World, id: FulfillmentOrderId, status: FulfillmentOrderStatus) {
    let change = fulfillment_order::ActiveModel { id: Set(id), status: Set(status), ..Default::default() };
    fulfillment_order::Entity::update(change).exec(world.db()).await.unwrap();
}

both_databases! {
    async fn what_the_table_does_not_know_is_refused(world: World) {
        world.without_audit();
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let clerk = world.staff(CLERK).await;
        let (order_id, work) = shop.ordered_one(mug.id(), 2).await;
        let mut refused = 0;
        for status in FulfillmentOrderStatus::STATES {
            set(&world, work, *status).await;
            for action in FulfillmentOrderStatus::ACTIONS.iter().filter(|action| status.next(**action).is_none()) {
                let Some(answer) = attempt(&clerk, work, *action).await else { continue };
                let error = answer.expect_err("the table does not know it");
                let Error::InvalidTransition { from, allowed, .. } = &error else { panic!("{status} {action}: {error}") };
                assert_eq!(from, status.as_str());
                let known: Vec<_> = status.supported_actions().iter().map(ToString::to_string).collect();
                assert_eq!(*allowed, known);
                refused += 1;
            }
            if *status != FulfillmentOrderStatus::InProgress {
                let input = PickWork {
                    fulfillment_order_id: work,
                    lines: Vec::new(),
                    expected_version: None,
                    idempotency_key: "pick".to_owned(),
                };
                assert_eq!(pick(&clerk, input).await.unwrap_err().code(), ErrorCode::InvalidTransition);
            }
        }
        assert_eq!(refused, 30, "five actions in seven states, five of them allowed");

        for status in OrderStatus::STATES.iter().filter(|status| status.next(OrderAction::Cancel).is_none()) {
            let change = order::ActiveModel { id: Set(order_id), status: Set(*status), ..Default::default() };
            order::Entity::update(change).exec(world.db()).await.unwrap();
            let input = CancelOrder {
                order_id,
                lines: Vec::new(),
                reason: entity::words::CancelReason::Customer, notify: false, note: None,
                expected_version: None,
                idempotency_key: "cancel".to_owned(),
            };
            assert_eq!(cancel_order(&clerk, input).await.unwrap_err().code(), ErrorCode::InvalidTransition, "{status}");
        }
    }

    async fn a_list_that_ended_stays_ended(world: World) {
        let shop = Shop::open(&world).await;
        let mug = world.product("mug").price(&shop.online, 1_000).stock(&shop.warehouse, 9).create().await;
        let clerk = world.staff(CLERK).await;
        shop.ordered_one(mug.id(), 2).await;
        let input = pick_list::CreatePickList {
            location_id: shop.warehouse.id,
            work: Vec::new(),
            up_to: None,
            idempotency_key: "walk".to_owned(),
        };
        let list = pick_list::create(&clerk, input).await.unwrap().pick_list;
        for status in PickListStatus::STATES {
            let change = list_rows::ActiveModel { id: Set(list.id), status: Set(*status), ..Default::default() };
            list_rows::Entity::update(change).exec(world.db()).await.unwrap();
            for action in PickListStatus::ACTIONS.iter().filter(|action| status.next(**action).is_none()) {
                let answer = match action {
                    PickListAction::Finish => pick_list::finish(&clerk, list.id, None).await.map(|_| ()),
                    PickListAction::Cancel => pick_list::cancel(&clerk, list.id, None).await.map(|_| ()),
                    PickListAction::Pick => continue,
                };
                assert_eq!(answer.unwrap_err().code(), ErrorCode::InvalidTransition, "{status} {action}");
            }
        }
    }
}
