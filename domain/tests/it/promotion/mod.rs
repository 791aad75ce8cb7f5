//! Promotions, codes and discounts by hand, from the cart to the order and back.

mod earning;
mod keeping;
mod limits;
mod till;

use std::collections::BTreeSet;

use domain::cart::codes::{apply_code, remove_code};
use domain::cart::{CartView, Target, look};
use domain::order::refund;
use domain::pickup::cancel_order::{CancelOrder, cancel_order};
use domain::promotion::activate::set_active;
use domain::promotion::codes::{CreateCodes, create_codes, set_code_active};
use domain::promotion::conditions::Conditions;
use domain::promotion::offer::Benefit;
use domain::promotion::query;
use domain::promotion::upsert::{UpsertPromotion, upsert};
use domain::{ErrorCode, Permission};
use entity::id::{CartId, OrderId, OrderLineId};
use entity::money::Currency;
use entity::words::{
    DeliveryMethod, DiscountRefusal, OrderStatus, PromotionStacking, PromotionTarget, PromotionTrigger,
};
use entity::{cart, order_discount_share, promotion};
use sea_orm::{ActiveValue::Set, EntityTrait};
use support::{World, both_databases};

use crate::fulfillment::shop::{Line, Shop, buy};

/// A combining promotion on the order as a whole.
pub(crate) fn plain(name: &str, trigger: PromotionTrigger, benefit: Benefit) -> UpsertPromotion {
    UpsertPromotion {
        id: None,
        expected_version: None,
        name: name.to_owned(),
        titles: [("ja".to_owned(), format!("{name}の特典"))].into(),
        trigger,
        target: PromotionTarget::Order,
        benefit,
        currency: Some(Currency::JPY),
        maximum: None,
        stacking: PromotionStacking::Combine,
        priority: 1,
        conditions: Conditions::default(),
        starts_at: None,
        ends_at: None,
        usage_limit: None,
        customer_limit: None,
    }
}

/// A promotion that holds.
pub(crate) async fn running(world: &World, input: UpsertPromotion) -> promotion::Model {
    let row = upsert(&world.ctx(), input).await.unwrap();
    set_active(&world.ctx(), row.id, None, true).await.unwrap()
}

/// A promotion that holds, with a code.
pub(crate) async fn coded(world: &World, code: &str, input: UpsertPromotion) -> promotion::Model {
    let row = running(world, input).await;
    let codes = CreateCodes {
        promotion_id: row.id,
        codes: vec![code.to_owned()],
        count: 0,
        prefix: String::new(),
        usage_limit: None,
    };
    create_codes(&world.ctx(), codes).await.unwrap();
    row
}

pub(crate) async fn used(world: &World, id: entity::id::PromotionId) -> i64 {
    promotion::Entity::find_by_id(id).one(world.db()).await.unwrap().unwrap().used
}

pub(crate) fn target(cart_id: CartId) -> Target {
    Target { cart_id, expected_version: None }
}

fn problems(view: &CartView) -> Vec<ErrorCode> {
    view.priced.problems.iter().filter(|it| it.promotion_code.is_some()).map(|it| it.code).collect()
}

async fn view(world: &World, id: CartId) -> CartView {
    let row = cart::Entity::find_by_id(id).one(world.db()).await.unwrap().unwrap();
    look(&world.ctx(), row).await.unwrap()
}

/// Cancels units, or all that is left.
async fn cancel(world: &World, order_id: OrderId, lines: Vec<(OrderLineId, i64)>, key: String) -> (OrderStatus, i64) {
    let clerk = world.staff(&[Permission::OrdersCancel, Permission::OrdersRead]).await;
    let input = CancelOrder {
        order_id,
        lines,
        reason: entity::words::CancelReason::Customer,
        notify: false,
        note: None,
        expected_version: None,
        idempotency_key: key,
    };
    let done = cancel_order(&clerk, input).await.unwrap();
    (done.order.status, done.refund.map_or(0, |refund| refund.amount))
}

both_databases! {
    /// Ten percent off and free shipping: rows, shares, tax per rate and the totals agree; without a limit it costs one
    /// statement more than no promotion.
    async fn an_order_is_given_what_its_cart_showed(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_005).stock(&shop.warehouse, 50).create().await;
        let tea = world.product("tea").reduced_tax().price(&shop.online, 540).stock(&shop.warehouse, 50).create().await;
        let ship = DeliveryMethod::Ship;
        let lines: Vec<Line> = vec![(shirt.id(), 1, ship, None), (tea.id(), 2, ship, None)];
        let (plain_cart, buyer) = shop.cart(&lines).await;
        buy(&buyer, plain_cart, 2_635, "plain").await.unwrap();
        let without = buyer.statements.get();

        let ten = running(&world, plain("秋", PromotionTrigger::Automatic, Benefit::Percent(100_000))).await;
        let free = UpsertPromotion {
            target: PromotionTarget::Shipping,
            conditions: Conditions { minimum_amount: Some(2_000), ..Conditions::default() },
            ..plain("送料", PromotionTrigger::Automatic, Benefit::Free)
        };
        let free = running(&world, free).await;
        let (cart_id, buyer) = shop.cart(&lines).await;
        let seen = view(&world, cart_id).await.priced.totals;
        assert_eq!((seen.subtotal, seen.discount_total, seen.shipping_total, seen.total), (2_085, 209 + 550, 550, 1_876));
        let order = buy(&buyer, cart_id, 1_876, "given").await.unwrap().order;
        assert!(buyer.statements.get() <= without + 1, "{} after {without}", buyer.statements.get());
        assert_eq!((order.discount_total, order.total), (759, 1_876));
        let given = query::of_orders(world.db(), &[order.id]).await.unwrap();
        let told: Vec<_> = given.iter().map(|it| (it.title.as_str(), it.amount, it.promotion_id)).collect();
        assert_eq!(told, [("秋の特典", 209, Some(ten.id)), ("送料の特典", 550, Some(free.id))]);
        let shares = order_discount_share::Entity::find().all(world.db()).await.unwrap();
        assert_eq!(shares.iter().map(|share| share.amount).sum::<i64>(), 209);
        assert_eq!((used(&world, ten.id).await, used(&world, free.id).await), (1, 1));

        let (status, amount) = cancel(&world, order.id, Vec::new(), "all".to_owned()).await;
        assert_eq!((status, amount), (OrderStatus::Canceled, 1_876));
        assert_eq!((used(&world, ten.id).await, used(&world, free.id).await), (0, 0), "the uses are given back");
    }

    /// Random orders with two rates, odd prices and discounts, canceled unit by unit: what comes back is what was paid.
    async fn units_come_back_for_what_was_paid(world: World) {
        let shop = Shop::open(&world).await;
        let odd = UpsertPromotion { priority: 0, ..plain("端数", PromotionTrigger::Automatic, Benefit::Percent(333_333)) };
        running(&world, odd).await;
        running(&world, plain("値引", PromotionTrigger::Automatic, Benefit::Fixed(97))).await;
        let shipping = UpsertPromotion {
            target: PromotionTarget::Shipping,
            ..plain("送料", PromotionTrigger::Automatic, Benefit::Percent(500_000))
        };
        running(&world, shipping).await;
        for round in 0..3_u64 {
            let mut lines: Vec<Line> = Vec::new();
            for number in 0..3_u64 {
                let random = &world.services().random;
                let (price, quantity) = (100 + random.below(3_333) as i64, 1 + random.below(4) as i64);
                let product = world.product(&format!("p{round}{number}")).price(&shop.online, price);
                let product = product.stock(&shop.warehouse, 50);
                let product = if number == 1 { product.reduced_tax() } else { product };
                lines.push((product.create().await.id(), quantity, DeliveryMethod::Ship, None));
            }
            let (cart_id, buyer) = shop.cart(&lines).await;
            let total = view(&world, cart_id).await.priced.totals.total;
            let order = buy(&buyer, cart_id, total, &format!("buy-{round}")).await.unwrap().order;
            let rows = domain::order::query::lines(world.db(), &[order.id]).await.unwrap();
            assert!(rows.iter().all(|line| line.discount > 0));
            let mut units: Vec<OrderLineId> =
                rows.iter().flat_map(|line| std::iter::repeat_n(line.id, line.quantity as usize)).collect();
            let mut back = 0;
            while !units.is_empty() {
                let pick = world.services().random.below(units.len() as u64) as usize;
                let unit = units.swap_remove(pick);
                back += cancel(&world, order.id, vec![(unit, 1)], format!("{round}-{}", units.len())).await.1;
                assert!(back <= total);
            }
            assert_eq!(back, total, "round {round}");
            let refunds = refund::of_orders(world.db(), &[order.id]).await.unwrap();
            assert_eq!(refunds.iter().map(|refund| refund.amount).sum::<i64>(), total);
        }
    }

    /// Codes are read as people type them; what can never apply is refused, what does not fit yet stays and tells why.
    async fn codes_tell_what_is_wrong_with_them(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let (cart_id, guest) = shop.cart_of(shirt.id(), 1).await;
        let code = async |code: &str| apply_code(&guest, target(cart_id), code).await.map_err(|error| error.code());
        let with_code = |name: &str| plain(name, PromotionTrigger::Code, Benefit::Fixed(100));

        assert_eq!(code("NOTHING").await.unwrap_err(), ErrorCode::CodeNotAccepted);
        let over = UpsertPromotion { ends_at: Some(world.now()), ..with_code("over") };
        coded(&world, "OVER", over).await;
        assert_eq!(code("OVER").await.unwrap_err(), ErrorCode::CodeExpired);
        let stopped = coded(&world, "STOPPED", with_code("stopped")).await;
        set_active(&world.ctx(), stopped.id, Some(stopped.version), false).await.unwrap();
        assert_eq!(code("STOPPED").await.unwrap_err(), ErrorCode::CodeExpired);
        let conditions = Conditions { minimum_amount: Some(1_500), ..Conditions::default() };
        coded(&world, "big-2026", UpsertPromotion { conditions, ..with_code("big") }).await;
        let seen = code(" ｂｉｇ 2026 ").await.unwrap();
        assert_eq!((problems(&seen), seen.priced.totals.discount_total), (vec![ErrorCode::CodeNotApplicable], 0));
        let refused = &seen.priced.outcome.refused;
        let why = refused.iter().find(|it| it.code.is_some()).unwrap();
        assert_eq!((why.reason, why.missing), (DiscountRefusal::BelowMinimum, Some(500)));
        let line = seen.priced.lines[0].line.id;
        let seen = domain::cart::lines::update_line(&guest, target(cart_id), line, 2).await.unwrap();
        assert_eq!((problems(&seen), seen.priced.totals.discount_total), (vec![], 100));
        // Twice is once.
        let seen = code("BIG2026").await.unwrap();
        assert_eq!((seen.cart.codes.0.len(), seen.priced.totals.discount_total), (1, 100));
        let seen = remove_code(&guest, target(cart_id), "big 2026").await.unwrap();
        assert_eq!((seen.cart.codes.0.len(), seen.priced.totals.discount_total), (0, 0));
    }

    /// A code that can be used once is refused to the second; a code may be stopped without its promotion.
    async fn a_code_has_a_limit_of_its_own(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let row = running(&world, plain("once", PromotionTrigger::Code, Benefit::Fixed(100))).await;
        let make = CreateCodes {
            promotion_id: row.id,
            codes: vec!["one".to_owned()],
            count: 20,
            prefix: "a-".to_owned(),
            usage_limit: Some(1),
        };
        let codes = create_codes(&world.ctx(), make.clone()).await.unwrap();
        let texts: BTreeSet<&str> = codes.iter().map(|code| code.code.as_str()).collect();
        assert!(texts.len() == 21 && texts.contains("ONE") && texts.iter().filter(|code| code.starts_with('A')).count() == 20);
        assert_eq!(create_codes(&world.ctx(), make).await.unwrap_err().code(), ErrorCode::AlreadyExists);
        let (cart_id, guest) = shop.cart_of(shirt.id(), 1).await;
        apply_code(&guest, target(cart_id), "ONE").await.unwrap();
        let order = buy(&guest, cart_id, 1_450, "first").await.unwrap().order;
        let given = query::of_orders(world.db(), &[order.id]).await.unwrap();
        assert_eq!(given[0].code.as_deref(), Some("ONE"));
        let (cart_id, guest) = shop.cart_of(shirt.id(), 1).await;
        let refused = apply_code(&guest, target(cart_id), "ONE").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::CodeUsedUp);
        let other = codes.iter().find(|code| code.code != "ONE").unwrap();
        apply_code(&guest, target(cart_id), &other.code).await.unwrap();
        set_code_active(&world.ctx(), other.id, false).await.unwrap();
        assert_eq!(problems(&view(&world, cart_id).await), [ErrorCode::CodeExpired]);
    }

    /// Categories reach below, collections and tags count, and first orders are first orders.
    async fn conditions_ask_the_catalog_and_the_customer(world: World) {
        let shop = Shop::open(&world).await;
        let shirt = world.product("shirt").price(&shop.online, 1_000).stock(&shop.warehouse, 50).create().await;
        let (cart_id, guest) = shop.cart_of(shirt.id(), 1).await;
        let first = Conditions { first_order: true, ..Conditions::default() };
        let welcome = UpsertPromotion { conditions: first, ..plain("初回", PromotionTrigger::Automatic, Benefit::Fixed(100)) };
        let welcome = running(&world, welcome).await;
        let about = Conditions { products: BTreeSet::from([shirt.product.id]), ..Conditions::default() };
        let vip = Conditions { customer_tags: BTreeSet::from(["vip".to_owned()]), ..about };
        running(&world, UpsertPromotion { conditions: vip, ..plain("VIP", PromotionTrigger::Automatic, Benefit::Fixed(10)) }).await;
        let seen = view(&world, cart_id).await;
        assert_eq!(seen.priced.totals.discount_total, 100);
        assert_eq!(seen.priced.outcome.refused[0].reason, DiscountRefusal::OtherCustomer);
        buy(&guest, cart_id, 1_450, "first").await.unwrap();
        let (again, _) = shop.cart_of(shirt.id(), 1).await;
        let seen = view(&world, again).await;
        let why = seen.priced.outcome.refused.iter().find(|it| it.id == welcome.id).unwrap();
        assert_eq!((why.reason, seen.priced.totals.discount_total), (DiscountRefusal::NotFirstOrder, 0));

        let customer = world.new_customer("山田", "花子").create().await;
        let tag = entity::customer_tag::ActiveModel { customer_id: Set(customer.id), tag: Set("vip".to_owned()) };
        entity::customer_tag::Entity::insert(tag).exec_without_returning(world.db()).await.unwrap();
        let owned = cart::ActiveModel { id: Set(again), customer_id: Set(Some(customer.id)), ..Default::default() };
        cart::Entity::update(owned).exec(world.db()).await.unwrap();
        assert_eq!(view(&world, again).await.priced.totals.discount_total, 10);
    }

    /// Who may not change promotions may not, and what makes no sense is refused with its path.
    async fn promotions_are_checked(world: World) {
        let clerk = world.staff(&[Permission::PosSell]).await;
        let input = || plain("x", PromotionTrigger::Automatic, Benefit::Fixed(100));
        assert_eq!(upsert(&clerk, input()).await.unwrap_err().code(), ErrorCode::Forbidden);
        let store = world.store("SBY").await;
        let local = world.staff_at(store.id, &[Permission::PromotionsWrite]).await;
        assert_eq!(upsert(&local, input()).await.unwrap_err().code(), ErrorCode::Forbidden);
        let cases = [
            (UpsertPromotion { name: " ".to_owned(), ..input() }, ErrorCode::Required, "name"),
            (UpsertPromotion { currency: None, ..input() }, ErrorCode::Required, "currency"),
            (UpsertPromotion { benefit: Benefit::Fixed(0), ..input() }, ErrorCode::InvalidAmount, "amount"),
            (UpsertPromotion { benefit: Benefit::Percent(1_000_001), ..input() }, ErrorCode::InvalidAmount, "percentPpm"),
            (UpsertPromotion { usage_limit: Some(0), ..input() }, ErrorCode::Invalid, "usageLimit"),
            (UpsertPromotion { starts_at: Some(world.now()), ends_at: Some(world.now()), ..input() }, ErrorCode::Invalid, "endsAt"),
        ];
        for (case, code, path) in cases {
            let refused = upsert(&world.ctx(), case).await.unwrap_err();
            assert_eq!((refused.code(), refused.path()), (code, path));
        }
        let nowhere = BTreeSet::from([entity::id::LocationId(world.new_uuid())]);
        let nowhere = Conditions { locations: nowhere, ..Conditions::default() };
        let nowhere = UpsertPromotion { conditions: nowhere, ..input() };
        assert_eq!(upsert(&world.ctx(), nowhere).await.unwrap_err().code(), ErrorCode::NotFound);
        let row = running(&world, input()).await;
        let other = UpsertPromotion { id: Some(row.id), trigger: PromotionTrigger::Code, ..input() };
        assert_eq!(upsert(&world.ctx(), other).await.unwrap_err().code(), ErrorCode::InUse);
        let stale = UpsertPromotion { id: Some(row.id), expected_version: Some(1), ..input() };
        assert_eq!(upsert(&world.ctx(), stale).await.unwrap_err().code(), ErrorCode::StaleVersion);
        let same = UpsertPromotion { id: Some(row.id), expected_version: Some(row.version), ..input() };
        assert_eq!(upsert(&world.ctx(), same).await.unwrap().version, row.version);
    }
}
