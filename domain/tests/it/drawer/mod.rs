//! Drawers: from opening to the Z report.

mod late;
mod races;

use domain::access::{Approval, RoleAt, UpsertRole, UpsertStaff, upsert_role, upsert_staff};
use domain::drawer::{CountDrawer, MoveCash, OpenSession, Pieces, count_drawer, move_cash, open, query};
use domain::payment::tender::TenderInput;
use domain::register::close::{CloseSession, close, x_report, z_report};
use domain::register::report::Sum;
use domain::register::sell::{SaleLine, Sell, sell};
use domain::{Ctx, ErrorCode, Permission};
use entity::id::{RegisterSessionId, VariantId};
use entity::words::{CashMovementKind, Gateway, TestOutcome};
use entity::{cash_movement, payment, receipt, register, register_session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::{World, both_databases};

use crate::fulfillment::shop::{Shop, yen};

pub(crate) fn tender(gateway: Gateway, tendered: Option<i64>) -> TenderInput {
    TenderInput {
        gateway,
        amount: None,
        tendered: tendered.map(yen),
        reference: None,
        test_outcome: TestOutcome::Approve,
        code: None,
        method: None,
    }
}

pub(crate) fn sale(shop: &Shop, variant_id: VariantId, payment: TenderInput, key: &str) -> Sell {
    Sell {
        reservation_code: None,
        units: Vec::new(),
        discounts: Default::default(),
        register_id: Some(shop.register),
        cart_id: None,
        lines: vec![SaleLine { variant_id, quantity: 1 }],
        customer_id: None,
        email: None,
        locale: None,
        expected_total: None,
        payments: vec![payment],
        idempotency_key: key.to_owned(),
    }
}

pub(crate) fn opening(shop: &Shop, float: i64, key: &str) -> OpenSession {
    OpenSession { register_id: Some(shop.register), float: yen(float), idempotency_key: key.to_owned() }
}

pub(crate) fn cash(shop: &Shop, kind: CashMovementKind, amount: i64, key: &str) -> MoveCash {
    MoveCash {
        register_id: Some(shop.register),
        kind,
        amount: yen(amount),
        reason: "stamps".to_owned(),
        approval: None,
        idempotency_key: key.to_owned(),
    }
}

pub(crate) fn closing(session_id: RegisterSessionId, counted: i64, reason: Option<&str>, key: &str) -> CloseSession {
    CloseSession {
        session_id,
        pieces: Some(vec![Pieces { value: 1, count: counted }]),
        difference_reason: reason.map(str::to_owned),
        expected_version: None,
        idempotency_key: key.to_owned(),
    }
}

/// A clerk who sells and works with the drawer.
pub(crate) async fn clerk(shop: &Shop) -> Ctx {
    shop.world.staff_at(shop.store.id, &[Permission::PosSell, Permission::DrawerWork]).await
}

pub(crate) async fn manager(shop: &Shop) -> Ctx {
    shop.world.staff_at(shop.store.id, &[Permission::PosSell, Permission::DrawerManage]).await
}

pub(crate) async fn require_session(shop: &Shop, limit: Option<i64>) {
    register::Entity::update_many()
        .col_expr(register::Column::RequiresSession, Expr::value(true))
        .col_expr(register::Column::CashLimit, Expr::value(limit))
        .filter(register::Column::Id.eq(shop.register))
        .exec(shop.world.db())
        .await
        .unwrap();
}

pub(crate) async fn session(world: &World, id: RegisterSessionId) -> register_session::Model {
    query::by_id(world.db(), id).await.unwrap().unwrap()
}

fn code<T: std::fmt::Debug>(answer: domain::Result<T>) -> ErrorCode {
    answer.unwrap_err().code()
}

both_databases! {
    /// A whole day: change money, a cash and a card sale, cash out and to the safe, a blind count, a difference with
    /// its reason, and a Z report that says all of it.
    async fn a_day_ends_with_its_z_report(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.pos, 5_500).stock(&shop.store, 3).create().await;
        let tea = world.product("tea").reduced_tax().price(&shop.pos, 1_080).stock(&shop.store, 3).create().await;
        let (clerk, manager) = (clerk(&shop).await, manager(&shop).await);
        let (opened, _) = open(&clerk, opening(&shop, 10_000, "open")).await.unwrap();
        assert_eq!((opened.number, opened.cash), (1, 10_000));
        sell(&clerk, sale(&shop, shirt.id(), tender(Gateway::Cash, Some(6_000)), "a")).await.unwrap();
        let by_card = sell(&clerk, sale(&shop, tea.id(), tender(Gateway::CardTerminal, None), "b")).await.unwrap();
        assert_eq!(by_card.receipt.register_session_id, Some(opened.id));
        move_cash(&clerk, cash(&shop, CashMovementKind::Out, 500, "out")).await.unwrap();
        let (moved, _) = move_cash(&clerk, cash(&shop, CashMovementKind::Drop, 4_000, "drop")).await.unwrap();
        assert_eq!(moved.cash, 11_000);
        let (again, replayed) = move_cash(&clerk, cash(&shop, CashMovementKind::Drop, 4_000, "drop")).await.unwrap();
        assert_eq!((again.cash, replayed), (11_000, true));

        // Who counts does not know what should be there.
        assert_eq!(code(x_report(&clerk, opened.id).await), ErrorCode::Forbidden);
        assert!(!query::sees_expected(&clerk, &moved).await.unwrap());
        let x = x_report(&manager, opened.id).await.unwrap();
        assert_eq!((x.z_number, x.expected, x.counted), (None, 11_000, None));

        let pieces = vec![Pieces { value: 10_000, count: 1 }, Pieces { value: 100, count: 9 }, Pieces { value: 50, count: 1 }];
        let count = CountDrawer { session_id: opened.id, pieces, expected_version: None };
        assert_eq!(count_drawer(&clerk, count.clone()).await.unwrap().counted, Some(10_950));
        // Cash that moves afterwards voids the count.
        move_cash(&clerk, cash(&shop, CashMovementKind::In, 50, "in")).await.unwrap();
        let nothing = CloseSession { pieces: None, ..closing(opened.id, 0, None, "close") };
        assert_eq!(code(close(&clerk, nothing.clone()).await), ErrorCode::Required);
        count_drawer(&clerk, count).await.unwrap();
        assert_eq!(code(close(&clerk, nothing.clone()).await), ErrorCode::Required);
        let reason = Some("wrong change".to_owned());
        let (closed, _) = close(&clerk, CloseSession { difference_reason: reason, ..nothing }).await.unwrap();
        assert_eq!((closed.expected, closed.difference, closed.z_number), (Some(11_050), Some(-100), Some(1)));

        let z = z_report(&clerk, opened.id).await.unwrap().unwrap();
        assert_eq!((z.sales, z.z_number, z.is_complete), (Sum { count: 2, amount: 6_580 }, Some(1), true));
        assert_eq!((z.first_receipt, z.last_receipt), (Some(1), Some(2)));
        let taxes: Vec<_> = z.taxes.iter().map(|tax| (tax.rate_ppm, tax.taxable, tax.tax)).collect();
        assert_eq!(taxes, [(100_000, 5_000, 500), (80_000, 1_000, 80)]);
        let tenders: Vec<_> = z.tenders.iter().map(|it| (it.gateway, it.sum.amount)).collect();
        assert_eq!(tenders.len(), 2);
        assert!(tenders.contains(&(Gateway::Cash, 5_500)) && tenders.contains(&(Gateway::CardTerminal, 1_080)));
        assert_eq!(z.cash.iter().map(|it| it.sum.amount).sum::<i64>(), z.expected);
        assert_eq!((z.expected, z.counted, z.difference), (11_050, Some(10_950), Some(-100)));
        assert!(z.text().contains("¥11,050") && z.html().contains("wrong change"));
        assert_eq!(code(move_cash(&clerk, cash(&shop, CashMovementKind::In, 1, "late")).await), ErrorCode::RegisterSessionRequired);
    }

    /// A till that needs a session sells nothing without one, and a sale in one costs two statements more at most.
    async fn a_till_sells_only_while_its_drawer_is_open(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.pos, 1_000).stock(&shop.store, 9).create().await;
        require_session(&shop, None).await;
        let selling = |key: &str| sale(&shop, shirt.id(), tender(Gateway::Cash, None), key);
        let refused = sell(&clerk(&shop).await, selling("a")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::RegisterSessionRequired);
        assert!(refused.message(domain::kernel::language::Language::Ja).contains("レジ"));
        assert_eq!(shop.level(&shop.store, shirt.id()).await, (9, 0));
        let (opened, _) = open(&clerk(&shop).await, opening(&shop, 0, "open")).await.unwrap();
        let busy = clerk(&shop).await;
        let sold = sell(&busy, selling("a")).await.unwrap();
        assert!(busy.statements.get() <= 12, "{} statements", busy.statements.get());
        let paid = payment::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(paid[0].register_session_id, Some(opened.id));
        assert_eq!(session(&world, opened.id).await.cash, 1_000);
        let moved = cash_movement::Entity::find().all(world.db()).await.unwrap();
        assert_eq!((moved.len(), moved[0].order_id, moved[0].payment_id), (1, Some(sold.order.id), Some(paid[0].id)));
        // The drawer is closed, but a sale that was made answers again.
        close(&clerk(&shop).await, closing(opened.id, 1_000, None, "close")).await.unwrap();
        assert!(sell(&clerk(&shop).await, selling("a")).await.unwrap().replayed);
    }

    /// More than the limit leaves only with the PIN of somebody else who may allow it.
    async fn much_cash_needs_somebody_else(world: World) {
        let shop = Shop::open(&world).await;
        require_session(&shop, Some(1_000)).await;
        let role = UpsertRole {
            code: "lead".to_owned(),
            name: "Lead".to_owned(),
            permissions: vec!["exceptions.approve".to_owned()],
            expected_version: None,
        };
        upsert_role(&world.ctx(), role).await.unwrap();
        for (email, role) in [("lead@example.com", Some("lead")), ("friend@example.com", None)] {
            let roles = role.map(|code| RoleAt { code: code.to_owned(), location_id: Some(shop.store.id), channel_id: None });
            let person = UpsertStaff {
                id: None,
                email: email.to_owned(),
                name: email.to_owned(),
                locale: "ja".to_owned(),
                password: None,
                pin: Some("2468".to_owned()),
                active: true,
                roles: Some(roles.into_iter().collect()),
                expected_version: None,
            };
            upsert_staff(&world.ctx(), person).await.unwrap();
        }
        let clerk = clerk(&shop).await;
        let (opened, _) = open(&clerk, opening(&shop, 5_000, "open")).await.unwrap();
        let with = |email: &str, pin: &str, key: &str| MoveCash {
            approval: Some(Approval { email: email.to_owned(), pin: pin.to_owned() }),
            ..cash(&shop, CashMovementKind::Out, 1_001, key)
        };
        move_cash(&clerk, cash(&shop, CashMovementKind::Out, 1_000, "little")).await.unwrap();
        let alone = move_cash(&clerk, cash(&shop, CashMovementKind::Out, 1_001, "a")).await;
        assert_eq!(code(alone), ErrorCode::ApprovalRequired);
        assert_eq!(code(move_cash(&clerk, with("lead@example.com", "1111", "b")).await), ErrorCode::InvalidCredentials);
        assert_eq!(code(move_cash(&clerk, with("friend@example.com", "2468", "c")).await), ErrorCode::ApprovalRequired);
        move_cash(&clerk, with("lead@example.com", "2468", "d")).await.unwrap();
        let rows = query::movements(world.db(), &[opened.id]).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.approved_by.is_some()).count(), 1);
        assert_eq!(session(&world, opened.id).await.cash, 2_999);
    }

    /// Nonsense, other stores and other rights: refused, and nothing changed.
    async fn nonsense_is_refused(world: World) {
        let shop = Shop::open(&world).await;
        let clerk = clerk(&shop).await;
        let elsewhere = world.staff_at(shop.warehouse.id, &[Permission::DrawerWork]).await;
        let seller = world.staff_at(shop.store.id, &[Permission::PosSell]).await;
        let (opened, _) = open(&clerk, opening(&shop, 100, "open")).await.unwrap();
        let out = |amount: i64, key: &str| cash(&shop, CashMovementKind::Out, amount, key);
        let refused = [
            (code(open(&clerk, opening(&shop, 0, "twice")).await), ErrorCode::RegisterSessionOpen),
            (code(open(&elsewhere, opening(&shop, 0, "there")).await), ErrorCode::NotFound),
            (code(open(&seller, opening(&shop, 0, "seller")).await), ErrorCode::Forbidden),
            (code(open(&clerk, opening(&shop, -1, "less")).await), ErrorCode::InvalidAmount),
            (code(move_cash(&clerk, out(0, "nothing")).await), ErrorCode::InvalidAmount),
            (code(move_cash(&clerk, out(-5, "less")).await), ErrorCode::InvalidAmount),
            (code(move_cash(&clerk, out(101, "more")).await), ErrorCode::InsufficientCash),
            (code(move_cash(&clerk, cash(&shop, CashMovementKind::Sale, 5, "sale")).await), ErrorCode::Invalid),
            (code(move_cash(&clerk, MoveCash { reason: String::new(), ..out(1, "why") }).await), ErrorCode::Required),
            (code(close(&elsewhere, closing(opened.id, 100, None, "there")).await), ErrorCode::NotFound),
            (code(close(&clerk, closing(opened.id, -1, None, "less")).await), ErrorCode::InvalidQuantity),
            (code(close(&clerk, closing(opened.id, 99, Some(" "), "why")).await), ErrorCode::Required),
        ];
        for (number, (answer, wanted)) in refused.into_iter().enumerate() {
            assert_eq!(answer, wanted, "case {number}");
        }
        assert_eq!(session(&world, opened.id).await.cash, 100);
        close(&clerk, closing(opened.id, 100, None, "close")).await.unwrap();
        assert_eq!(code(close(&clerk, closing(opened.id, 100, None, "again")).await), ErrorCode::InvalidTransition);
        assert_eq!(receipt::Entity::find().all(world.db()).await.unwrap().len(), 0);
    }
}
