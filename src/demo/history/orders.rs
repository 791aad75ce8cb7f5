//! Turning planned sales into the rows that the commands would have written.

use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use domain::kernel::secret::token_hash;
use domain::order::status;
use domain::pricing::totals::{LineInput, ShippingInput, Totals, TotalsInput, totals};
use entity::id::{OrderDiscountId, OrderId, OrderLineId, OrderShippingId};
use entity::words::{
    DeliveryMethod, DiscountKind, IdentifierKind, OrderFulfillmentStatus, OrderPaymentStatus, OrderPickupStatus,
    OrderReturnStatus, OrderStatus, PromotionTarget,
};
use entity::{
    channel, event_delivery, location, order, order_discount, order_discount_share, order_line, order_shipping,
    order_tax, shipping_method,
};
use serde_json::json;

use super::super::dice::Dice;
use super::super::people::Person;
use super::Shop;
use super::books::{Books, Told};
use super::plan::{self, Sale, Stage, Way};
use super::receipts;
use super::work;

/// How long after the order its parcel leaves.
pub(super) const LEAVES_AFTER: TimeDelta = TimeDelta::hours(20);

/// Everything about one sale while it is booked.
pub(super) struct Booking<'a> {
    pub(super) sale: &'a Sale,
    pub(super) channel: &'a channel::Model,
    /// Who hands the goods over.
    pub(super) location: &'a location::Model,
    pub(super) order: order::Model,
    pub(super) lines: Vec<order_line::Model>,
    pub(super) totals: Totals,
}

/// Books `count` sales.
pub(super) fn book(shop: &Shop<'_>, count: usize, dice: &Dice) -> Result<Books> {
    let mut books = Books::default();
    for (number, sale) in (1_i64..).zip(plan::sales(shop, count, dice)) {
        let mut booking = booking(shop, &sale, number)?;
        settle(shop, &mut books, &mut booking)?;
    }
    books.open_and_count(shop, dice);
    Ok(books)
}

fn booking<'a>(shop: &'a Shop<'_>, sale: &'a Sale, number: i64) -> Result<Booking<'a>> {
    let (channel, location) = place(shop, sale).context("the demo's places")?;
    let person = sale.person.and_then(|index| shop.people.get(index));
    let country =
        person.filter(|_| sale.way == Way::Europe).map_or("JP", |person| person.address.address.country.as_str());
    let order_id = OrderId(shop.id(sale.at));
    let shipping = method(shop, sale);
    let input = input(shop, sale, channel, country, shipping)?;
    let totals = totals(&input)?;
    let lines = lines(shop, sale, order_id, location, &input, &totals)?;
    let order = order(shop, sale, channel, location, person, (order_id, number), &totals);
    Ok(Booking { sale, channel, location, order, lines, totals })
}

fn place<'a>(shop: &'a Shop<'_>, sale: &Sale) -> Option<(&'a channel::Model, &'a location::Model)> {
    let places = shop.places;
    Some(match sale.way {
        Way::Europe => (&places.europe, &places.warehouse),
        Way::Online => (&places.online, sale.store.map_or(Some(&places.warehouse), |store| places.stores.get(store))?),
        Way::Till(till) => {
            let till = places.registers.get(till)?;
            (&places.pos, places.stores.iter().find(|store| store.id == till.location_id)?)
        }
    })
}

fn method<'a>(shop: &'a Shop<'_>, sale: &Sale) -> Option<&'a shipping_method::Model> {
    match (sale.way, sale.delivery) {
        (Way::Online, DeliveryMethod::Ship) => Some(&shop.places.shipping_japan),
        (Way::Europe, _) => Some(&shop.places.shipping_europe),
        _ => None,
    }
}

fn input(
    shop: &Shop<'_>,
    sale: &Sale,
    channel: &channel::Model,
    country: &str,
    shipping: Option<&shipping_method::Model>,
) -> Result<TotalsInput> {
    let mut lines = Vec::with_capacity(sale.lines.len());
    for (good, quantity) in &sale.lines {
        let good = shop.goods.get(*good).context("goods")?;
        let unit_price = good.price(channel.currency);
        let (_, tax_rate_ppm) = shop.rate(country, good.tax_class_id)?;
        let discount = unit_price * quantity * sale.discount_percent / 100;
        lines.push(LineInput { unit_price, quantity: *quantity, discount, tax_rate_ppm });
    }
    let goods: i64 = lines.iter().map(|line| line.unit_price * line.quantity - line.discount).sum();
    let shipping = match shipping {
        None => None,
        Some(method) => {
            let free = method.free_over.is_some_and(|limit| goods >= limit);
            let (_, tax_rate_ppm) = shop.rate(country, method.tax_class_id)?;
            Some(ShippingInput { amount: if free { 0 } else { method.amount }, discount: 0, tax_rate_ppm })
        }
    };
    Ok(TotalsInput {
        currency: channel.currency,
        prices_include_tax: channel.prices_include_tax,
        tax_rounding: channel.tax_rounding,
        lines,
        shipping,
        order_discount: 0,
    })
}

fn lines(
    shop: &Shop<'_>,
    sale: &Sale,
    order_id: OrderId,
    location: &location::Model,
    input: &TotalsInput,
    totals: &Totals,
) -> Result<Vec<order_line::Model>> {
    let locale = if sale.way == Way::Europe { "en" } else { "ja" };
    let rows = sale.lines.iter().zip(&input.lines).zip(&totals.lines).zip(1..);
    rows.map(|((((good, quantity), line), totals), position)| {
        let good = shop.goods.get(*good).context("goods")?;
        Ok(order_line::Model {
            id: OrderLineId(shop.id(sale.at)),
            order_id,
            position,
            variant_id: good.variant_id,
            title: good.title(locale).to_owned(),
            variant_title: good.variant_title.clone(),
            sku: good.sku.clone(),
            quantity: *quantity,
            unit_price: line.unit_price,
            subtotal: totals.subtotal,
            discount: totals.discount,
            tax_class_id: good.tax_class_id,
            tax_rate_ppm: line.tax_rate_ppm,
            tax: totals.tax,
            total: totals.total,
            delivery: sale.delivery,
            pickup_location_id: (sale.delivery == DeliveryMethod::Pickup).then_some(location.id),
            fulfilled: if sale.stage == Stage::Done { *quantity } else { 0 },
            canceled: if sale.stage == Stage::Canceled { *quantity } else { 0 },
            return_requested: 0,
            received_back: 0,
            metadata: json!({}),
            revision: 1,
        })
    })
    .collect()
}

fn order(
    shop: &Shop<'_>,
    sale: &Sale,
    channel: &channel::Model,
    location: &location::Model,
    person: Option<&Person>,
    (id, number): (OrderId, i64),
    totals: &Totals,
) -> order::Model {
    let till = match sale.way {
        Way::Till(till) => shop.places.registers.get(till),
        Way::Online | Way::Europe => None,
    };
    let online = till.is_none();
    let email = person.and_then(|person| person.identifier(IdentifierKind::Email)).map(str::to_owned);
    let email = email.or_else(|| online.then(|| format!("guest{number}@example.net")));
    let ships = sale.delivery == DeliveryMethod::Ship;
    let address = person
        .map(|person| person.address.address.clone())
        .or_else(|| shop.people.first().map(|first| first.address.address.clone()));
    order::Model {
        id,
        number: format!("{}{}", channel.order_prefix, 100_000 + number),
        channel_id: channel.id,
        customer_id: person.map(|person| person.row.id),
        status: OrderStatus::Open,
        payment_status: OrderPaymentStatus::Unpaid,
        fulfillment_status: OrderFulfillmentStatus::Unfulfilled,
        pickup_status: OrderPickupStatus::None,
        return_status: OrderReturnStatus::None,
        currency: channel.currency,
        locale: channel.default_locale.clone(),
        email,
        phone: None,
        contact_name: person.map(Person::full_name),
        shipping_address: address.filter(|_| ships),
        billing_address: None,
        prices_include_tax: channel.prices_include_tax,
        tax_rounding: channel.tax_rounding,
        subtotal: totals.subtotal,
        discount_total: totals.discount_total,
        shipping_total: totals.shipping_total,
        tax_total: totals.tax_total,
        total: totals.total,
        token_hash: Some(token_hash(&shop.ctx.services.secrets.object_token("order", id.uuid()))),
        cart_id: None,
        location_id: till.map(|_| location.id),
        register_id: till.map(|till| till.id),
        staff_id: till.and_then(|_| shop.staff.get(2)).map(|clerk| clerk.id),
        external_reference: None,
        note: String::new(),
        placed_at: Some(sale.at),
        canceled_at: None,
        closed_at: None,
        version: 1,
        metadata: json!({}),
        private_metadata: json!({}),
        created_at: sale.at,
        updated_at: sale.at,
    }
}

/// Adds what follows from the order: taxes, work, stock, money, and the statuses that they say.
fn settle(shop: &Shop<'_>, books: &mut Books, booking: &mut Booking<'_>) -> Result<()> {
    let sale = booking.sale;
    let order_id = booking.order.id;
    let placed = books.tell(
        shop,
        sale.at,
        told(
            booking,
            "order_placed",
            json!({
                "order_id": order_id,
                "number": booking.order.number,
                "channel_id": booking.order.channel_id,
                "via": booking.channel.kind,
                "total": booking.order.total,
                "currency": booking.order.currency,
                "carried_out": matches!(sale.way, Way::Till(_)),
            }),
        ),
    );
    books.deliveries.push(event_delivery::Model {
        handler: "order_mail".to_owned(),
        event_id: placed,
        outcome: "demo_history".to_owned(),
        handled_at: sale.at,
    });
    discount(books, booking);
    taxes(shop, books, booking)?;
    let work = work::of(shop, books, booking, placed)?;
    let paid = receipts::pay(shop, books, booking, placed);
    let order = &mut booking.order;
    order.payment_status = paid.status(order.total);
    order.fulfillment_status = status::fulfillment(&booking.lines, &[work]);
    order.pickup_status = status::pickup(&booking.lines, &[]);
    order.return_status = status::returns(&booking.lines);
    close(shop, books, booking);
    if matches!(sale.way, Way::Till(_)) {
        receipts::issue(shop, books, booking)?;
    }
    books.orders.push(booking.order.clone());
    books.lines.append(&mut booking.lines);
    Ok(())
}

/// An event about the order.
pub(super) fn told(booking: &Booking<'_>, kind: &'static str, payload: serde_json::Value) -> Told<'static> {
    Told {
        kind,
        aggregate_kind: "order",
        aggregate_id: booking.order.id.uuid(),
        customer_id: booking.order.customer_id,
        staff: None,
        payload,
    }
}

/// What members got off on their day.
fn discount(books: &mut Books, booking: &Booking<'_>) {
    let order = &booking.order;
    if order.discount_total == 0 {
        return;
    }
    // One per order, so that the order's own id names it.
    let id = OrderDiscountId(order.id.uuid());
    let shares = booking.lines.iter().filter(|line| line.discount > 0).map(|line| order_discount_share::Model {
        order_discount_id: id,
        order_line_id: line.id,
        amount: line.discount,
    });
    books.shares.extend(shares);
    books.discounts.push(order_discount::Model {
        id,
        order_id: order.id,
        position: 1,
        kind: DiscountKind::Manual,
        target: PromotionTarget::Order,
        title: if order.locale.starts_with("ja") { "会員デー割引" } else { "Members’ day" }.to_owned(),
        promotion_id: None,
        code: None,
        amount: order.discount_total,
        reason: Some("members' day".to_owned()),
        staff_id: order.staff_id,
        approved_by: None,
    });
}

fn taxes(shop: &Shop<'_>, books: &mut Books, booking: &Booking<'_>) -> Result<()> {
    for rate in &booking.totals.taxes {
        let name = shop.rates.iter().find(|(.., ppm)| *ppm == rate.rate_ppm).map(|(_, _, name, _)| name.clone());
        books.taxes.push(order_tax::Model {
            order_id: booking.order.id,
            rate_ppm: rate.rate_ppm,
            name: name.context("a tax without a name")?,
            taxable: rate.net(booking.order.prices_include_tax),
            tax: rate.tax,
        });
    }
    if let (Some(method), Some(shipping)) = (method(shop, booking.sale), &booking.totals.shipping) {
        let country = booking.order.shipping_address.as_ref().map_or("JP", |address| address.country.as_str());
        let country = if booking.sale.way == Way::Europe { country } else { "JP" };
        books.shippings.push(order_shipping::Model {
            id: OrderShippingId(shop.id(booking.sale.at)),
            order_id: booking.order.id,
            method_id: Some(method.id),
            name: method.name.clone(),
            amount: shipping.amount,
            tax_rate_ppm: shop.rate(country, method.tax_class_id)?.1,
            tax: shipping.tax,
            total: shipping.total,
            delivery_on: None,
            delivery_slot: None,
            discount: 0,
            revision: 1,
        });
    }
    Ok(())
}

/// An order that is paid and has left is closed; one that was given up is canceled.
fn close(shop: &Shop<'_>, books: &mut Books, booking: &mut Booking<'_>) {
    let sale = booking.sale;
    let at = match sale.way {
        Way::Till(_) => sale.at,
        // Whatever comes last: the parcel or the money.
        Way::Online | Way::Europe => sale.at + LEAVES_AFTER.max(receipts::MONEY_ARRIVES_AFTER),
    };
    let fulfilled = booking.order.fulfillment_status == OrderFulfillmentStatus::Fulfilled;
    if sale.stage == Stage::Canceled {
        let order = &mut booking.order;
        (order.status, order.canceled_at) = (OrderStatus::Canceled, Some(sale.at + LEAVES_AFTER));
        (order.version, order.updated_at) = (2, sale.at + LEAVES_AFTER);
        let canceled = told(booking, "order_canceled", json!({ "reason": "UNPAID" }));
        books.tell(shop, sale.at + LEAVES_AFTER, Told { staff: shop.staff.get(4), ..canceled });
    } else if fulfilled && booking.order.payment_status == OrderPaymentStatus::Paid {
        let order = &mut booking.order;
        (order.status, order.closed_at, order.updated_at) = (OrderStatus::Closed, Some(at), at);
        order.version = if matches!(sale.way, Way::Till(_)) { 1 } else { 2 };
        books.tell(shop, at, told(booking, "order_closed", json!({})));
    }
}
