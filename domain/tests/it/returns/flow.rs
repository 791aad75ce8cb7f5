//! The long way: asked for, approved, sent, received in parts, inspected.

use chrono::TimeDelta;
use domain::ErrorCode;
use domain::returns::claim::{ResolveClaim, resolve};
use domain::returns::decide::{self, ApproveReturn};
use domain::returns::facts::returnability;
use domain::returns::inspect::{InspectReturn, inspect};
use domain::returns::policy::Conditions;
use domain::returns::receive::{ReceiveReturn, receive};
use domain::returns::remind::remind_due;
use domain::returns::request::{RequestReturn, request};
use domain::returns::slip;
use domain::returns::upsert::{self, UpsertPolicy};
use domain::{Ctx, Permission};
use entity::id::ReturnId;
use entity::words::*;
use support::{World, both_databases};

use super::{Bought, bought, item};
use crate::fulfillment::shop::yen;

/// Thirty days, 10 % kept, ¥500 for sending it.
pub(super) fn rules() -> UpsertPolicy {
    UpsertPolicy {
        id: None,
        expected_version: None,
        name: "usual".to_owned(),
        priority: 1,
        conditions: Conditions::default(),
        window_days: Some(30),
        final_sale: false,
        needs_unused: false,
        restocking_ppm: 100_000,
        return_shipping_fee: Some(yen(500)),
        methods: vec![],
        instructions: vec![("ja".to_owned(), "箱に入れてください。".to_owned())],
        active: true,
    }
}

pub(super) async fn manager(world: &World) -> Ctx {
    world.staff(&[Permission::ReturnPoliciesWrite]).await
}

fn arriving(
    bought: &Bought,
    id: ReturnId,
    lines: Vec<(entity::id::ReturnLineId, i64)>,
    nothing_more: bool,
) -> ReceiveReturn {
    ReceiveReturn {
        return_id: id,
        expected_version: None,
        location_id: bought.shop.store.id,
        lines,
        nothing_more,
        note: String::new(),
        idempotency_key: bought.key(),
    }
}

fn looking(bought: &Bought, id: ReturnId, items: Vec<domain::returns::inspect::InspectItem>) -> InspectReturn {
    InspectReturn {
        return_id: id,
        expected_version: None,
        location_id: None,
        items,
        units: vec![],
        shipping: None,
        waive_fees: false,
        note: None,
        register_id: None,
        idempotency_key: bought.key(),
    }
}

/// Hands all events to the handler, each once.
async fn deliver(world: &World) {
    let events = <entity::event::Entity as sea_orm::EntityTrait>::find().all(world.db()).await.unwrap();
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    domain::messaging::dispatch::run(&world.ctx(), &[domain::returns::mail::HANDLER], &ids).await.unwrap();
}

both_databases! {
    /// Four of four are asked back, three come in two parcels, one is broken, one never came: money for three, minus fees.
    async fn goods_come_in_parts(world: World) {
        let bought = bought(&world, 4).await;
        upsert::policy(&manager(&world).await, rules()).await.unwrap();
        let asked = request(&bought.guest, bought.wish(4)).await.unwrap().row;
        assert_eq!((asked.status, asked.restocking_fee, asked.return_shipping_fee), (ReturnStatus::Requested, 400, 500));
        assert_eq!(bought.sold().await.0.return_status, OrderReturnStatus::Requested);
        let twice = request(&bought.guest, bought.wish(1)).await.unwrap_err();
        assert_eq!(twice.code(), ErrorCode::NotReturnable);
        let approved = decide::approve(&bought.clerk, asked.id, None, ApproveReturn::default()).await.unwrap();
        assert!(approved.expected_by.is_some());
        let sent = decide::send(&bought.guest, asked.id, None, None, (Some("ヤマト".to_owned()), None)).await.unwrap();
        assert_eq!(sent.status, ReturnStatus::InTransit);
        let line = bought.line_of(&asked).await.id;
        let some = receive(&bought.clerk, arriving(&bought, asked.id, vec![(line, 2)], false)).await.unwrap().row;
        assert_eq!(some.status, ReturnStatus::PartlyReceived);
        let items = vec![item(line, 1, Disposition::Restock), item(line, 1, Disposition::QualityControl)];
        inspect(&bought.clerk, looking(&bought, asked.id, items)).await.unwrap();
        let all = receive(&bought.clerk, arriving(&bought, asked.id, vec![(line, 1)], true)).await.unwrap().row;
        assert_eq!(all.status, ReturnStatus::Received);
        assert_eq!(bought.sold().await.0.return_status, OrderReturnStatus::PartiallyReturned);
        let last = inspect(&bought.clerk, looking(&bought, asked.id, vec![item(line, 1, Disposition::Damaged)])).await.unwrap().row;
        assert_eq!(last.status, ReturnStatus::Inspected);
        let closed = decide::close(&bought.clerk, asked.id, None).await.unwrap();
        assert_eq!(closed.status, ReturnStatus::Closed);
        assert_eq!(bought.refunded().await, [2_000 - 200 - 500, 1_000 - 100]);
        let level = bought.level(&bought.shop.store).await.unwrap();
        assert_eq!((level.on_hand, level.damaged, level.quality_control), (3, 1, 1));
        let (_, line) = bought.sold().await;
        assert_eq!((line.return_requested, line.received_back), (3, 3), "what never came is with the customer");
        assert_eq!(request(&bought.guest, bought.wish(1)).await.unwrap().row.status, ReturnStatus::Requested);
    }

    /// Store credit is somebody's: an order without a customer gives none, so a return that asks for it is not taken, and
    /// what it would come to is not told either.
    async fn a_guest_gets_no_store_credit(world: World) {
        let bought = bought(&world, 2).await;
        let wish = RequestReturn { refund_to: RefundDestination::StoreCredit, ..bought.wish(1) };
        let told = domain::returns::preview::preview(&bought.guest, &wish).await.unwrap_err();
        assert_eq!(told.code(), ErrorCode::Required);
        for who in [&bought.guest, &bought.clerk] {
            let refused = request(who, wish.clone()).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::Required);
        }
        assert_eq!(bought.sold().await.1.return_requested, 0, "what was refused counts nowhere");
        assert_eq!(request(&bought.guest, bought.wish(1)).await.unwrap().row.status, ReturnStatus::Requested);
    }

    /// The rules bind customers; staff need a reason and somebody else who allows it.
    async fn rules_bind_customers_and_advise_staff(world: World) {
        let bought = bought(&world, 2).await;
        upsert::policy(&manager(&world).await, rules()).await.unwrap();
        world.advance(TimeDelta::days(31));
        let told = returnability(&bought.guest, bought.order).await.unwrap();
        assert_eq!((told[0].units, told[0].refusal), (0, Some(ReturnRefusal::WindowOver)));
        assert_eq!(request(&bought.guest, bought.wish(1)).await.unwrap_err().code(), ErrorCode::NotReturnable);
        assert_eq!(request(&bought.clerk, bought.wish(1)).await.unwrap_err().path(), "input.overrideReason");
        let kind = RequestReturn { override_reason: Some("a regular".to_owned()), ..bought.wish(1) };
        assert_eq!(request(&bought.clerk, kind).await.unwrap_err().code(), ErrorCode::ApprovalRequired);
        let claim = RequestReturn { kind: ReturnKind::Claim, ..bought.wish(1) };
        assert_eq!(request(&bought.guest, claim).await.unwrap().row.kind, ReturnKind::Claim, "what is wrong may be said");
    }

    /// Refused, asked again, given up; each time the units are free or bound.
    async fn refused_and_asked_again(world: World) {
        let bought = bought(&world, 1).await;
        let asked = request(&bought.guest, bought.wish(1)).await.unwrap().row;
        let no = decide::decline(&bought.clerk, asked.id, None, "worn").await.unwrap();
        assert_eq!((no.status, bought.sold().await.1.return_requested), (ReturnStatus::Declined, 0));
        let again = decide::reopen(&bought.clerk, asked.id, None).await.unwrap();
        assert_eq!((again.status, bought.sold().await.1.return_requested), (ReturnStatus::Requested, 1));
        decide::cancel(&bought.guest, asked.id, None, None).await.unwrap();
        assert_eq!(bought.sold().await.0.return_status, OrderReturnStatus::None);
        let stranger = world.guest();
        assert_eq!(decide::cancel(&stranger, asked.id, None, None).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(request(&stranger, bought.wish(1)).await.unwrap_err().code(), ErrorCode::Unauthenticated);
    }

    /// A claim is paid without goods, once, and its unit cannot come back as well.
    async fn a_claim_is_paid_and_the_unit_is_settled(world: World) {
        let bought = bought(&world, 1).await;
        let wish = RequestReturn { kind: ReturnKind::Claim, method: ReturnMethod::None, ..bought.wish(1) };
        let claim = request(&bought.guest, wish).await.unwrap().row;
        let answer = |resolution| ResolveClaim {
            return_id: claim.id,
            expected_version: None,
            resolution,
            goods_back: false,
            refund_to: None,
            shipping: None,
            amount: None,
            goods: Vec::new(),
            note: None,
            register_id: None,
            idempotency_key: bought.key(),
        };
        let both = resolve(&bought.clerk, answer(ClaimResolution::ReplaceAndRefund)).await.unwrap_err();
        assert_eq!((both.code(), both.path()), (ErrorCode::Required, "input.amount"));
        let paid = resolve(&bought.clerk, answer(ClaimResolution::Refund)).await.unwrap().row;
        assert_eq!((paid.status, bought.refunded().await), (ReturnStatus::Closed, vec![1_000]));
        assert_eq!(resolve(&bought.clerk, answer(ClaimResolution::Refund)).await.unwrap_err().code(), ErrorCode::InvalidTransition);
        assert_eq!(request(&bought.guest, bought.wish(1)).await.unwrap_err().code(), ErrorCode::NotReturnable);
    }

    /// The slip says how to send the goods from the approval until they are on their way. Who named no place gets the
    /// address of the one that sent the goods, on the slip and in the mail.
    async fn a_slip_tells_where_to_while_goods_are_awaited(world: World) {
        let bought = bought(&world, 2).await;
        upsert::policy(&manager(&world).await, rules()).await.unwrap();
        let (mut ids, guest) = (Vec::new(), world.guest());
        for _ in 0..2 {
            ids.push(request(&bought.guest, bought.wish(1)).await.unwrap().row.id);
        }
        let shown = async |id: ReturnId| {
            let token = domain::returns::access::visit_token(&world.ctx(), id);
            let slip = slip::read(&guest, id, Some(&token)).await.unwrap().unwrap();
            let told = [!slip.instructions.is_empty(), !slip.to.is_empty(), slip.until.is_some()];
            assert_eq!(told, [slip.is_awaited; 3], "{slip:?}");
            slip
        };
        let slip = shown(ids[0]).await;
        assert!(!slip.is_awaited && slip.can_cancel, "nobody allowed it yet");
        for id in &ids {
            decide::approve(&bought.clerk, *id, None, ApproveReturn::default()).await.unwrap();
        }
        let slip = shown(ids[0]).await;
        assert!(slip.is_awaited && slip.can_cancel && slip.to[0] == bought.shop.warehouse.name, "{slip:?}");
        deliver(&world).await;
        let mails = <entity::message::Entity as sea_orm::EntityTrait>::find().all(world.db()).await.unwrap();
        let approved = mails.iter().find(|mail| mail.template == "return_approved").unwrap();
        assert!(approved.text.contains(&bought.shop.warehouse.name), "{}", approved.text);
        decide::send(&bought.guest, ids[0], None, None, (None, None)).await.unwrap();
        decide::cancel(&bought.guest, ids[1], None, None).await.unwrap();
        for id in ids {
            let slip = shown(id).await;
            assert!(!slip.is_awaited && !slip.can_cancel, "on its way, or given up: {slip:?}");
        }
    }

    /// Of a claim of which nothing is to come nobody asks for goods: neither its slip nor a mail.
    async fn nobody_waits_for_what_stays(world: World) {
        let bought = bought(&world, 1).await;
        let wish = RequestReturn { kind: ReturnKind::Claim, method: ReturnMethod::None, ..bought.wish(1) };
        let claim = request(&bought.guest, wish).await.unwrap().row;
        decide::approve(&bought.clerk, claim.id, None, ApproveReturn::default()).await.unwrap();
        let token = domain::returns::access::visit_token(&world.ctx(), claim.id);
        let slip = slip::read(&world.guest(), claim.id, Some(&token)).await.unwrap().unwrap();
        assert_eq!((slip.status, slip.is_awaited, slip.can_cancel), (ReturnStatus::Approved, false, true));
        world.advance(TimeDelta::days(12));
        assert_eq!(remind_due(&world.ctx()).await.unwrap(), 1);
        deliver(&world).await;
        let mails = <entity::message::Entity as sea_orm::EntityTrait>::find().all(world.db()).await.unwrap();
        let told: Vec<&str> = mails.iter().map(|mail| mail.template.as_str()).collect();
        assert!(!told.contains(&"return_approved") && !told.contains(&"return_reminder"), "{told:?}");
    }

    /// The customer is written to at each step, and reminded once.
    async fn mails_tell_each_step(world: World) {
        let bought = bought(&world, 1).await;
        upsert::policy(&manager(&world).await, rules()).await.unwrap();
        let asked = request(&bought.guest, bought.wish(1)).await.unwrap().row;
        deliver(&world).await;
        let how = ApproveReturn { destination_location_id: Some(bought.shop.warehouse.id), ..ApproveReturn::default() };
        decide::approve(&bought.clerk, asked.id, None, how).await.unwrap();
        deliver(&world).await;
        world.advance(TimeDelta::days(12));
        assert_eq!(remind_due(&world.ctx()).await.unwrap(), 1);
        assert_eq!(remind_due(&world.ctx()).await.unwrap(), 0);
        deliver(&world).await;
        let mails = <entity::message::Entity as sea_orm::EntityTrait>::find().all(world.db()).await.unwrap();
        let told: Vec<&str> = mails.iter().map(|mail| mail.template.as_str()).filter(|name| name.starts_with("return")).collect();
        assert_eq!(told, ["return_requested", "return_approved", "return_reminder"]);
        let token = domain::returns::access::visit_token(&world.ctx(), asked.id);
        let slip = slip::read(&world.guest(), asked.id, Some(&token)).await.unwrap().unwrap();
        assert_eq!((slip.number.as_str(), slip.qr.is_some(), slip.to.is_empty()), (asked.number.as_str(), true, false));
        assert!(slip::read(&world.guest(), asked.id, Some("wrong")).await.unwrap().is_none());
        let approved = mails.iter().find(|mail| mail.template == "return_approved").unwrap();
        assert!(approved.text.contains("箱に入れてください。") && approved.text.contains(&asked.number), "{}", approved.text);
    }
}
