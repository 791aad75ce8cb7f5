//! New goods first, against what a card reserves: agreed to by a link, and taken before the bank lets it go.

use chrono::{DateTime, TimeDelta, Utc};
use domain::fulfillment::pay_link::{PayLink, pay_link};
use domain::kernel::network_gateway::IntentStatus;
use domain::messaging::payment_links;
use domain::order::refund;
use domain::returns::exchange::attend::attend_due;
use domain::returns::exchange::create::{CreateExchange, create};
use domain::returns::exchange::{Exchanged, NewGoods};
use domain::{Actor, Ctx, ErrorCode, Permission, payment as payments};
use entity::id::{OrderId, PaymentLinkId};
use entity::words::*;
use entity::{message, payment_link};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use support::{World, both_databases};

use super::{Floor, floor, pay};
use crate::payment::bank::{Bank, work};

/// How long before the bank's own end the money is taken.
const MARGIN: TimeDelta = TimeDelta::hours(12);

/// A coat of ¥1,500 in advance for a shirt of ¥1,000, secured by a card.
struct Story {
    floor: Floor,
    bank: Bank,
    system: Ctx,
    guest: Ctx,
    done: Exchanged,
}

fn wish(floor: &Floor) -> CreateExchange {
    CreateExchange {
        payments: vec![pay(Gateway::Stripe)],
        ..floor.wish(ExchangeMode::Advance, &[(floor.coat.id(), 1)])
    }
}

impl Story {
    async fn begin(world: &World) -> Self {
        let floor = floor(world, 1).await;
        let bank = Bank::default();
        let at_the_bank = |ctx: &Ctx| Ctx { services: bank.services(world), ..ctx.clone() };
        let done = create(&at_the_bank(&floor.clerk), wish(&floor)).await.unwrap();
        let (system, guest) = (at_the_bank(&world.ctx()), at_the_bank(&world.guest()));
        Self { floor, bank, system, guest, done }
    }

    fn order_id(&self) -> OrderId {
        self.done.row.order_id.unwrap()
    }

    async fn work(&self) {
        self.floor.world().advance(TimeDelta::seconds(1));
        work(&self.system).await;
        self.floor.world().advance(TimeDelta::seconds(1));
    }

    async fn sweep(&self) {
        attend_due(&self.system.with_actor(Actor::System)).await.unwrap();
        self.work().await;
    }

    /// The links of the new order, oldest first.
    async fn links(&self) -> Vec<payment_link::Model> {
        let found = payment_link::Entity::find().filter(payment_link::Column::OrderId.eq(self.order_id()));
        found.order_by_asc(payment_link::Column::CreatedAt).all(self.floor.world().db()).await.unwrap()
    }

    async fn open(&self, link: PaymentLinkId, gateway: Gateway) -> Result<i64, ErrorCode> {
        let token = payment_links::token(&self.guest.services.secrets, link);
        let input = PayLink { token, gateway, test_outcome: TestOutcome::Approve };
        pay_link(&self.guest, input).await.map(|paid| paid.payment.amount).map_err(|error| error.code())
    }

    /// The customer opens the first link and agrees; the bank holds it until then, a week when it does not say.
    async fn agree(&self, until: Option<DateTime<Utc>>) {
        let link = self.links().await[0].id;
        assert_eq!(self.open(link, Gateway::Stripe).await, Ok(1_500));
        self.bank.agree();
        for intent in self.bank.0.lock().unwrap().intents.values_mut() {
            intent.authorized_until = until;
        }
        assert_eq!(self.open(link, Gateway::Stripe).await, Ok(1_500));
        self.work().await;
    }

    /// What was reserved, taken and given up of the guarantee.
    async fn secured(&self) -> (i64, i64, i64) {
        let id = self.floor.row(&self.done).await.guarantee_payment_id.unwrap();
        let events = payments::query::events(self.floor.world().db(), &[id]).await.unwrap();
        let sums = payments::sums::Sums::of(&events);
        (sums.authorized, sums.captured, sums.voided)
    }

    async fn status(&self) -> (ExchangeStatus, OrderPaymentStatus) {
        let row = self.floor.row(&self.done).await;
        (row.status, self.floor.order(row.order_id).await.payment_status)
    }

    /// What the new order still costs.
    async fn left(&self) -> i64 {
        let order = self.floor.order(Some(self.order_id())).await;
        refund::balance(self.floor.world().db(), &order).await.unwrap().left()
    }

    async fn work_status(&self) -> String {
        self.floor.bought.shop.work(self.order_id()).await[0].1.clone()
    }

    async fn send(&self) {
        use domain::fulfillment::desk::WorkRef;
        use domain::shipping::parcel::Label;
        let world = self.floor.world();
        let packer = world.staff(&[Permission::FulfillmentWork]).await;
        let parcel = domain::fulfillment::query::of_orders(world.db(), &[self.order_id()]).await.unwrap().remove(0);
        let input = domain::shipping::ship::Ship {
            work: WorkRef { id: parcel.id, expected_version: None },
            label: Label { carrier: Some(Carrier::Yamato), ..Label::default() },
            tracking_number: None,
            units: Vec::new(),
            idempotency_key: "ship-new".to_owned(),
        };
        domain::shipping::ship::ship(&packer, input).await.unwrap();
        self.work().await;
    }
}

both_databases! {
    /// Agreed to by the link, the goods leave; when the old ones come, the rest is taken and the remainder let go.
    async fn a_card_secures_the_new_goods(world: World) {
        let story = Box::pin(Story::begin(&world)).await;
        let told = story.floor.back(&story.done).await.expected_by.unwrap();
        assert_eq!(told, world.now() + TimeDelta::days(7) - MARGIN, "the bank may hold it no longer");
        story.work().await;
        assert_eq!(story.status().await, (ExchangeStatus::Placed, OrderPaymentStatus::Unpaid));
        assert_eq!(story.work_status().await, "ON_HOLD");
        let mails = message::Entity::find().all(world.db()).await.unwrap();
        let mail = mails.iter().find(|mail| mail.template == "exchange_reserve_requested").unwrap();
        assert!(mail.text.contains("/pay/") && mail.text.contains("1,500"), "{}", mail.text);
        assert_eq!(story.open(story.links().await[0].id, Gateway::Test).await, Err(ErrorCode::GatewayUnavailable));
        let agreed_at = world.now();
        story.agree(None).await;
        assert_eq!(story.status().await, (ExchangeStatus::Placed, OrderPaymentStatus::Authorized));
        assert_eq!((story.work_status().await.as_str(), story.left().await), ("OPEN", 0));
        let due_at = story.floor.row(&story.done).await.due_at.unwrap();
        assert!(due_at >= agreed_at + TimeDelta::days(7) - MARGIN && due_at < agreed_at + TimeDelta::days(7));
        assert_eq!(story.floor.back(&story.done).await.expected_by, Some(told), "nobody is told twice");
        story.send().await;
        assert_eq!((story.secured().await, story.bank.only().captured), ((1_500, 0, 0), 0));
        story.floor.come(story.done.back.id, Disposition::Restock).await;
        story.work().await;
        story.work().await;
        assert_eq!(story.secured().await, (1_500, 500, 1_000));
        assert_eq!((story.bank.only().captured, story.bank.only().status), (500, IntentStatus::Captured));
        assert_eq!(story.status().await, (ExchangeStatus::Completed, OrderPaymentStatus::Paid));
        assert_eq!(story.links().await.len(), 1, "nothing more is asked for");
        assert_eq!(story.floor.gone(story.order_id()).await, []);
    }

    /// The goods of the same price came before the new ones left: nothing is taken.
    async fn all_of_it_is_let_go(world: World) {
        let floor = floor(&world, 1).await;
        let bank = Bank::default();
        let clerk = Ctx { services: bank.services(&world), ..floor.clerk.clone() };
        let goods = vec![NewGoods { variant_id: floor.large.id(), ..wish(&floor).goods.remove(0) }];
        let done = create(&clerk, CreateExchange { goods, ..wish(&floor) }).await.unwrap();
        let story = Story {
            system: Ctx { services: bank.services(&world), ..world.ctx() },
            guest: Ctx { services: bank.services(&world), ..world.guest() },
            floor,
            bank,
            done,
        };
        let link = story.links().await[0].id;
        assert_eq!(story.open(link, Gateway::Stripe).await, Ok(1_000));
        story.bank.agree();
        assert_eq!(story.open(link, Gateway::Stripe).await, Ok(1_000));
        story.work().await;
        story.floor.come(story.done.back.id, Disposition::Restock).await;
        story.work().await;
        assert_eq!((story.secured().await, story.bank.only().status), ((1_000, 0, 1_000), IntentStatus::Canceled));
        assert_eq!(story.status().await, (ExchangeStatus::Completed, OrderPaymentStatus::Paid));
    }

    /// Nothing comes: taken twelve hours before the bank lets it go, however long the goods had; the customer is told the
    /// earlier day.
    async fn taken_before_the_bank_lets_it_go(world: World) {
        let story = Box::pin(Story::begin(&world)).await;
        let until = world.now() + TimeDelta::days(5);
        story.agree(Some(until)).await;
        assert_eq!(story.floor.row(&story.done).await.due_at, Some(until - MARGIN));
        assert_eq!(story.floor.back(&story.done).await.expected_by, Some(until - MARGIN));
        let mails = message::Entity::find().all(world.db()).await.unwrap();
        assert!(mails.iter().any(|mail| mail.template == "return_reminder"), "the day is sooner than was told");
        story.send().await;
        story.sweep().await;
        assert_eq!(story.status().await.0, ExchangeStatus::Placed);
        world.advance(TimeDelta::days(5) - MARGIN);
        story.sweep().await;
        story.sweep().await;
        assert_eq!(story.status().await, (ExchangeStatus::Defaulted, OrderPaymentStatus::Paid));
        assert_eq!((story.secured().await, story.bank.only().captured), ((1_500, 1_500, 0), 1_500));
        story.floor.come(story.done.back.id, Disposition::Restock).await;
        story.work().await;
        let gone = story.floor.gone(story.floor.bought.order).await;
        assert_eq!(gone, [(Gateway::Test, RefundDestination::Original, PaymentOutcome::Success, 1_000)]);
    }

    /// The goods came, and nobody looked at them in time: the money is taken, and goes back when somebody did.
    async fn goods_that_nobody_looked_at_cost_nobody_money(world: World) {
        let story = Box::pin(Story::begin(&world)).await;
        story.agree(None).await;
        story.send().await;
        story.floor.arrive(story.done.back.id).await;
        world.advance(TimeDelta::days(6) + TimeDelta::hours(13));
        story.sweep().await;
        story.sweep().await;
        assert_eq!(story.status().await, (ExchangeStatus::Placed, OrderPaymentStatus::Paid));
        assert_eq!(story.bank.only().captured, 1_500);
        story.floor.look(story.done.back.id, Disposition::Restock).await;
        story.work().await;
        story.work().await;
        assert_eq!(story.status().await.0, ExchangeStatus::Completed);
        let gone = story.floor.gone(story.order_id()).await;
        let (gateway, to) = (Gateway::Stripe, RefundDestination::Original);
        assert_eq!(gone, [(gateway, to, PaymentOutcome::Pending, 1_000), (gateway, to, PaymentOutcome::Success, 1_000)]);
        assert_eq!((story.left().await, story.bank.0.lock().unwrap().refunds.len()), (0, 1));
    }

    /// The bank let it go although it was not to: the order shows what is owed, and a link asks for it.
    async fn what_the_bank_let_go_is_asked_for(world: World) {
        let story = Box::pin(Story::begin(&world)).await;
        story.agree(None).await;
        story.send().await;
        for intent in story.bank.0.lock().unwrap().intents.values_mut() {
            (intent.status, intent.capturable) = (IntentStatus::Canceled, 0);
        }
        world.advance(TimeDelta::days(14));
        story.sweep().await;
        story.work().await;
        assert_eq!(story.status().await, (ExchangeStatus::Defaulted, OrderPaymentStatus::Voided));
        assert_eq!((story.secured().await, story.left().await), ((1_500, 0, 1_500), 1_500));
        let links = story.links().await;
        assert_eq!((links.len(), links[1].amount), (2, 1_500));
        let mails = message::Entity::find().all(world.db()).await.unwrap();
        assert!(mails.iter().any(|mail| mail.template == "order_payment_requested"));
        assert_eq!(story.open(links[1].id, Gateway::Test).await, Ok(1_500));
        assert_eq!(story.status().await.1, OrderPaymentStatus::Paid);
        story.work().await;
    }

    /// The goods were faster than the customer: what is owed then is asked for, and an intent that is agreed to too late
    /// takes no more than that.
    async fn a_slow_customer_pays_what_is_owed(world: World) {
        let story = Box::pin(Story::begin(&world)).await;
        let first = story.links().await[0].id;
        assert_eq!(story.open(first, Gateway::Stripe).await, Ok(1_500));
        story.floor.come(story.done.back.id, Disposition::Restock).await;
        story.work().await;
        assert_eq!(story.status().await, (ExchangeStatus::Completed, OrderPaymentStatus::PartiallyPaid));
        assert_eq!((story.left().await, story.work_status().await.as_str()), (500, "ON_HOLD"));
        let links = story.links().await;
        assert_eq!((links.len(), links[1].amount), (2, 500));
        story.bank.agree();
        assert_eq!(story.open(first, Gateway::Stripe).await, Ok(1_500), "agreed before it could be taken back");
        story.work().await;
        story.work().await;
        assert_eq!((story.secured().await, story.bank.only().captured), ((1_500, 500, 1_000), 500));
        assert_eq!(story.status().await, (ExchangeStatus::Completed, OrderPaymentStatus::Paid));
        assert_eq!(story.work_status().await, "OPEN");
        assert_eq!(story.open(links[1].id, Gateway::Test).await, Err(ErrorCode::InvalidAmount), "nothing is owed");
    }

    /// Without the gateway, with more beside it, or for another amount, nothing is agreed on.
    async fn only_a_card_alone_secures(world: World) {
        let floor = floor(&world, 1).await;
        let refused = create(&floor.clerk, wish(&floor)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::GatewayUnavailable);
        let clerk = Ctx { services: Bank::default().services(&world), ..floor.clerk.clone() };
        let mut part = wish(&floor);
        part.payments[0].amount = super::money(1_000);
        assert_eq!(create(&clerk, part).await.unwrap_err().code(), ErrorCode::PaymentMismatch);
        let mut two = wish(&floor);
        two.payments[0].amount = super::money(1_000);
        two.payments.push(pay(Gateway::Test));
        assert_eq!(create(&clerk, two).await.unwrap_err().code(), ErrorCode::GatewayUnavailable);
    }
}
