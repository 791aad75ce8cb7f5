//! Orders that staff prepare.

use chrono::TimeDelta;
use domain::cart::by_hand::SetByHand;
use domain::cart::contact::Contact;
use domain::cart::create::CreateCart;
use domain::cart::{NewLine, query as carts};
use domain::customer::{AddIdentifier, CreateCustomer, Names, create_customer};
use domain::fulfillment::complete_cart::Completed;
use domain::jobs::HANDLERS;
use domain::kernel::paging::PageRequest;
use domain::messaging::dispatch;
use domain::order_change::draft::query::{DraftFilter, DraftState, count, page, shown, state};
use domain::order_change::draft::{
    CompleteDraft, CreateDraft, DraftOrder, UpdateDraft, complete, create, discard, expire_due, give_by_hand, reserve,
    update,
};
use domain::payment::tender::TenderInput;
use domain::promotion::ByHandValue;
use domain::{Ctx, ErrorCode, Permission, Result};
use entity::id::{CartId, VariantId};
use entity::words::{DiscountKind, Gateway, IdentifierKind, ManualMethod, OrderPaymentStatus, TestOutcome};
use entity::{event, message, order, payment_link, stock_hold};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use serde_json::json;
use support::build::japanese_address;
use support::{World, both_databases, race};

use super::Desk;
use crate::fulfillment::shop::{buy, yen};

const STAFF: &[Permission] = &[
    Permission::OrdersEdit,
    Permission::OrdersRead,
    Permission::DiscountsGive,
    Permission::StockHold,
    Permission::PaymentsCapture,
    Permission::CustomersWrite,
];

fn line(variant_id: VariantId, quantity: i64) -> NewLine {
    NewLine { variant_id, quantity, delivery: None, pickup_location_id: None, metadata: json!({}) }
}

fn draft(desk: &Desk, quantity: i64, key: &str) -> CreateDraft {
    let contact = Contact {
        email: Some("phone@example.jp".to_owned()),
        name: Some("電話 太郎".to_owned()),
        ..Contact::default()
    };
    let cart = CreateCart {
        channel_id: desk.shop.online.id,
        locale: None,
        lines: vec![line(desk.shirt.id(), quantity)],
        contact,
        shipping_address: Some(japanese_address()),
        billing_address: None,
        shipping_method_id: Some(desk.shop.shipping),
        codes: Vec::new(),
        metadata: json!({}),
    };
    CreateDraft { cart, customer_id: None, expires_at: None, idempotency_key: key.to_owned() }
}

fn nothing(cart_id: CartId) -> UpdateDraft {
    UpdateDraft {
        cart_id,
        expected_version: None,
        customer_id: None,
        lines: None,
        contact: Contact::default(),
        shipping_address: None,
        billing_address: None,
        shipping_method_id: None,
        codes: None,
        expires_at: None,
    }
}

fn tender(gateway: Gateway, method: Option<ManualMethod>) -> Vec<TenderInput> {
    vec![TenderInput {
        gateway,
        amount: None,
        tendered: None,
        reference: None,
        code: None,
        method,
        test_outcome: TestOutcome::Approve,
    }]
}

async fn order_it(clerk: &Ctx, id: CartId, total: i64, payments: Vec<TenderInput>, key: &str) -> Result<Completed> {
    let input = CompleteDraft {
        cart_id: id,
        expected_total: yen(total),
        payments,
        notify: true,
        idempotency_key: key.to_owned(),
    };
    complete(clerk, input).await
}

fn total(draft: &DraftOrder) -> i64 {
    draft.view.priced.totals.total
}

async fn kinds(world: &World) -> Vec<String> {
    let events = event::Entity::find().order_by_asc(event::Column::Id).all(world.db()).await.unwrap();
    events.into_iter().map(|event| event.kind).filter(|kind| kind.starts_with("draft_order")).collect()
}

async fn orders(world: &World) -> u64 {
    order::Entity::find().count(world.db()).await.unwrap()
}

/// The templates of all mails, sorted, and their texts by template.
async fn mails(world: &World) -> Vec<message::Model> {
    let events = event::Entity::find().all(world.db()).await.unwrap();
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    dispatch::run(&world.ctx(), HANDLERS, &ids).await.unwrap();
    message::Entity::find().order_by_asc(message::Column::Template).all(world.db()).await.unwrap()
}

both_databases! {
    /// On the phone: begun, changed, made cheaper with a reason, ordered, to be paid by a mailed link; the goods wait.
    async fn an_order_by_phone(world: World) {
        let desk = Desk::open(&world).await;
        let clerk = world.staff(STAFF).await;
        let email = AddIdentifier { kind: IdentifierKind::Email, value: "taro@example.jp".to_owned(), country: "JP".to_owned() };
        let customer = CreateCustomer {
            names: Names { family_name: "電話".to_owned(), given_name: "太郎".to_owned(), ..Names::default() },
            locale: "ja".to_owned(),
            identifiers: vec![email],
            note: String::new(),
            tags: Vec::new(),
        };
        let customer = create_customer(&clerk, customer).await.unwrap();
        let begun = create(&clerk, draft(&desk, 2, "begin")).await.unwrap();
        let id = begun.draft.cart_id;
        assert_eq!((total(&begun), begun.draft.version, begun.draft.number.starts_with('D')), (2_550, 1, true));
        assert_eq!(create(&clerk, draft(&desk, 2, "begin")).await.unwrap().draft.cart_id, id, "the same key, the same draft");
        let reused = create(&clerk, draft(&desk, 3, "begin")).await.unwrap_err();
        assert_eq!(reused.code(), ErrorCode::IdempotencyKeyReused);
        let three = UpdateDraft {
            customer_id: Some(customer.id),
            lines: Some(vec![line(desk.shirt.id(), 3)]),
            expected_version: Some(1),
            ..nothing(id)
        };
        let changed = update(&clerk, three.clone()).await.unwrap();
        assert_eq!((total(&changed), changed.draft.version, changed.draft.customer_id), (3_550, 2, Some(customer.id)));
        assert_eq!(update(&clerk, three).await.unwrap_err().code(), ErrorCode::StaleVersion);
        assert_eq!(carts::open_of_customer(world.db(), customer.id, None).await.unwrap(), None, "the customer's own carts stay apart");
        let cheaper = SetByHand {
            line_id: Some(changed.view.priced.lines[0].line.id),
            kind: DiscountKind::PriceOverride,
            currency: None,
            value: Some(ByHandValue::Price(950)),
            reason: "a regular customer".to_owned(),
            approval: None,
        };
        let cheap = give_by_hand(&clerk, (id, Some(2)), cheaper).await.unwrap();
        assert_eq!(total(&cheap), 3_400);
        let wrong = order_it(&clerk, id, 3_550, Vec::new(), "order").await.unwrap_err();
        assert_eq!(wrong.code(), ErrorCode::PriceChanged);
        let done = order_it(&clerk, id, 3_400, Vec::new(), "order").await.unwrap();
        assert_eq!((done.order.total, done.order.customer_id, done.replayed), (3_400, Some(customer.id), false));
        assert!(order_it(&clerk, id, 3_400, Vec::new(), "order").await.unwrap().replayed);
        assert!(order_it(&clerk, id, 3_400, Vec::new(), "another").await.unwrap().replayed, "a draft makes one order");
        assert_eq!((orders(&world).await, desk.committed().await), (1, 3));
        assert_eq!(desk.shop.work(done.order.id).await[0].1, "ON_HOLD", "the goods wait for the money");
        let link = payment_link::Entity::find().one(world.db()).await.unwrap().unwrap();
        assert_eq!((link.order_id, link.amount), (done.order.id, 3_400));
        let told = mails(&world).await;
        let names: Vec<&str> = told.iter().map(|mail| mail.template.as_str()).collect();
        assert_eq!(names, ["order_confirmation"], "one moment, one mail");
        let total = yen(3_400).formatted("ja");
        for part in [&told[0].text, &told[0].html.replace("&#x2f;", "/")] {
            assert!(part.contains("https://shop.example/pay/") && part.contains(&total) && part.contains("shirt"), "{part}");
        }
        assert_eq!(kinds(&world).await, ["draft_order_created", "draft_order_changed", "draft_order_changed", "draft_order_completed"]);
        let now = shown(&clerk, id).await.unwrap();
        assert_eq!((state(&now.draft, &now.view.cart), now.order.unwrap().id), (DraftState::Ordered, done.order.id));
        for error in [
            update(&clerk, nothing(id)).await.unwrap_err(),
            discard(&clerk, id, None).await.unwrap_err(),
            reserve(&clerk, (id, None), None).await.unwrap_err(),
        ] {
            assert_eq!(error.code(), ErrorCode::InvalidTransition);
        }
    }

    /// What staff may take at a desk, and what not.
    async fn means_of_payment_at_a_desk(world: World) {
        let desk = Desk::open(&world).await;
        let clerk = world.staff(STAFF).await;
        let id = |key: &str| create(&clerk, draft(&desk, 1, key));
        let one = id("a").await.unwrap().draft.cart_id;
        for gateway in [Gateway::Cash, Gateway::Stripe, Gateway::Exchange] {
            let refused = order_it(&clerk, one, 1_550, tender(gateway, None), "x").await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::GatewayUnavailable, "{gateway}");
        }
        let unable = world.staff(&[Permission::OrdersEdit]).await;
        let refused = order_it(&unable, one, 1_550, tender(Gateway::CardTerminal, None), "x").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden);
        let paid = order_it(&clerk, one, 1_550, tender(Gateway::CardTerminal, None), "x").await.unwrap().order;
        assert_eq!(paid.payment_status, OrderPaymentStatus::Paid);
        let two = id("b").await.unwrap().draft.cart_id;
        let cod = tender(Gateway::Manual, Some(ManualMethod::CashOnDelivery));
        let door = order_it(&clerk, two, 1_550, cod, "x").await.unwrap().order;
        assert_eq!(door.payment_status, OrderPaymentStatus::Unpaid);
        assert_eq!(desk.shop.work(door.id).await[0].1, "OPEN", "nothing waits for what is paid at the door");
        assert_eq!(payment_link::Entity::find().count(world.db()).await.unwrap(), 0);
    }

    /// Held stock is nobody else's; what is not held may be gone at the end, and then nothing is ordered.
    async fn stock_is_held_or_may_be_gone(world: World) {
        let desk = Desk::open(&world).await;
        let clerk = world.staff(STAFF).await;
        let lines = vec![line(desk.tea.id(), 5)];
        let id = create(&clerk, draft(&desk, 1, "a")).await.unwrap().draft.cart_id;
        update(&clerk, UpdateDraft { lines: Some(lines.clone()), ..nothing(id) }).await.unwrap();
        let tomorrow = Some(world.now() + TimeDelta::days(1));
        let held = reserve(&clerk, (id, None), tomorrow).await.unwrap();
        assert_eq!(held.draft.reserved_until, tomorrow);
        let (cart, guest) = desk.shop.cart_of(desk.tea.id(), 1).await;
        assert_eq!(buy(&guest, cart, 1_350, "buy").await.unwrap_err().code(), ErrorCode::InsufficientStock);
        let six = UpdateDraft { lines: Some(vec![line(desk.tea.id(), 6)]), ..nothing(id) };
        assert_eq!(update(&clerk, six).await.unwrap_err().code(), ErrorCode::InsufficientStock);
        let four = UpdateDraft { lines: Some(vec![line(desk.tea.id(), 4)]), ..nothing(id) };
        update(&clerk, four).await.unwrap();
        buy(&guest, cart, 1_350, "buy").await.unwrap();
        let again = UpdateDraft { lines: Some(lines), ..nothing(id) };
        assert_eq!(update(&clerk, again).await.unwrap_err().code(), ErrorCode::InsufficientStock, "held for four");
        world.advance(TimeDelta::days(2));
        let (cart, guest) = desk.shop.cart_of(desk.tea.id(), 1).await;
        buy(&guest, cart, 1_350, "buy").await.unwrap();
        let gone = order_it(&clerk, id, 3_750, Vec::new(), "order").await.unwrap_err();
        assert_eq!(gone.code(), ErrorCode::InsufficientStock);
        assert_eq!((orders(&world).await, payment_link::Entity::find().count(world.db()).await.unwrap()), (2, 0));
    }

    /// Given up by hand or by the clock: the stock is free, nothing is ordered any more, and the list tells.
    async fn a_draft_ends(world: World) {
        let desk = Desk::open(&world).await;
        let clerk = world.staff(STAFF).await;
        let one = create(&clerk, draft(&desk, 1, "a")).await.unwrap().draft.cart_id;
        let soon = Some(world.now() + TimeDelta::hours(2));
        let two = create(&clerk, CreateDraft { expires_at: soon, ..draft(&desk, 1, "b") }).await.unwrap();
        reserve(&clerk, (two.draft.cart_id, None), soon).await.unwrap();
        assert_eq!(stock_hold::Entity::find().count(world.db()).await.unwrap(), 1);
        assert_eq!(discard(&clerk, one, Some(7)).await.unwrap_err().code(), ErrorCode::StaleVersion);
        discard(&clerk, one, Some(1)).await.unwrap();
        assert_eq!(order_it(&clerk, one, 1_550, Vec::new(), "x").await.unwrap_err().code(), ErrorCode::InvalidTransition);
        assert_eq!(expire_due(&world.ctx()).await.unwrap(), 0);
        world.advance(TimeDelta::hours(2));
        assert_eq!((expire_due(&world.ctx()).await.unwrap(), expire_due(&world.ctx()).await.unwrap()), (1, 0));
        assert_eq!(stock_hold::Entity::find().count(world.db()).await.unwrap(), 0);
        let three = create(&clerk, draft(&desk, 1, "c")).await.unwrap();
        let listed = |state| {
            let filter = DraftFilter { state, ..DraftFilter::default() };
            let clerk = clerk.clone();
            async move {
                let found = page(&clerk, &filter, &PageRequest::default()).await.unwrap();
                assert_eq!(count(&clerk, &filter).await.unwrap(), found.rows.len() as u64);
                found.rows.into_iter().map(|(_, row)| row.draft.cart_id).collect::<Vec<_>>()
            }
        };
        assert_eq!(listed(None).await, [three.draft.cart_id, two.draft.cart_id, one], "newest first");
        assert_eq!(listed(Some(DraftState::Open)).await, [three.draft.cart_id]);
        assert_eq!(listed(Some(DraftState::Discarded)).await, [two.draft.cart_id, one]);
        assert!(listed(Some(DraftState::Ordered)).await.is_empty());
    }

    /// Who may not, and what makes no sense.
    async fn nonsense_is_refused(world: World) {
        let desk = Desk::open(&world).await;
        let clerk = world.staff(STAFF).await;
        let id = create(&clerk, draft(&desk, 1, "a")).await.unwrap().draft.cart_id;
        let nobody = world.staff(&[Permission::OrdersRead]).await;
        assert_eq!(create(&nobody, draft(&desk, 1, "b")).await.unwrap_err().code(), ErrorCode::Forbidden);
        assert_eq!(shown(&nobody, id).await.unwrap_err().code(), ErrorCode::Forbidden);
        assert_eq!(create(&world.guest(), draft(&desk, 1, "b")).await.unwrap_err().code(), ErrorCode::Unauthenticated);
        for quantity in [i64::MIN, -1, 0, 10_000, i64::MAX] {
            assert_eq!(create(&clerk, draft(&desk, quantity, "b")).await.unwrap_err().code(), ErrorCode::InvalidQuantity);
        }
        let unknown = CartId(world.new_uuid());
        assert_eq!(update(&clerk, nothing(unknown)).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(order_it(&clerk, unknown, 1, Vec::new(), "x").await.unwrap_err().code(), ErrorCode::NotFound);
        let (own, _) = desk.shop.cart_of(desk.shirt.id(), 1).await;
        assert_eq!(shown(&clerk, own).await.unwrap_err().code(), ErrorCode::NotFound, "an ordinary cart is no draft");
        for at in [world.now(), world.now() - TimeDelta::days(1), world.now() + TimeDelta::days(400)] {
            let wrong = UpdateDraft { expires_at: Some(at), ..nothing(id) };
            assert_eq!(update(&clerk, wrong).await.unwrap_err().code(), ErrorCode::InvalidDate);
            assert_eq!(reserve(&clerk, (id, None), Some(at)).await.unwrap_err().code(), ErrorCode::InvalidDate);
        }
        let huge = order_it(&clerk, id, i64::MAX, Vec::new(), "x").await.unwrap_err();
        assert_eq!(huge.code(), ErrorCode::PriceChanged);
        assert_eq!(orders(&world).await, 0);
    }

    /// Many complete the same draft by keys of their own, while somebody gives it up: one order, or none.
    async fn ordered_or_given_up(world: World) {
        let desk = Desk::open(&world).await;
        let clerk = world.staff(STAFF).await;
        let mut placed = 0;
        for round in 0..6 {
            let id = create(&clerk, draft(&desk, 1, &format!("race-{round}"))).await.unwrap().draft.cart_id;
            let answers = race(6, |number| {
                let clerk = clerk.clone();
                async move {
                    if number == 0 {
                        discard(&clerk, id, None).await.map(|_| None).map_err(|error| error.code())
                    } else {
                        let done = order_it(&clerk, id, 1_550, Vec::new(), &format!("{round}-{number}")).await;
                        done.map(|done| Some(done.order.id)).map_err(|error| error.code())
                    }
                }
            })
            .await;
            let mut ids: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok().copied().flatten()).collect();
            ids.sort();
            ids.dedup();
            let discarded = answers[0].is_ok();
            assert_eq!(ids.len(), usize::from(!discarded), "{answers:?}");
            assert!(answers.iter().all(|it| it.as_ref().map_or_else(|code| *code == ErrorCode::InvalidTransition, |_| true)), "{answers:?}");
            placed += ids.len() as u64;
        }
        assert_eq!(orders(&world).await, placed);
    }
}
