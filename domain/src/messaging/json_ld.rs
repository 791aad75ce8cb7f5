//! What machines read of a message: schema.org `Order` and `ParcelDelivery` as JSON-LD, so that mail programs show the
//! order, its parcel and the way to follow it.

use entity::address::Address;
use entity::money::Money;
use entity::words::{
    DeliveryMethod, ManualMethod, OrderFulfillmentStatus, OrderPaymentStatus, OrderPickupStatus, OrderReturnStatus,
    OrderStatus,
};
use serde_json::{Value, json};

use super::order_context::OrderContext;
use super::order_view::OrderView;

/// Goods that are told: more make a mail long and no card better.
const MOST: usize = 20;

/// An order (schema.org/Order).
pub(super) fn order(context: &OrderContext, view: &OrderView) -> Value {
    let order = &context.order;
    let price = |minor: i64| Money::new(minor, order.currency).amount().to_string();
    let offers: Vec<Value> = context
        .lines
        .iter()
        .take(MOST)
        .map(|line| {
            json!({
                "@type": "Offer",
                "itemOffered": product(&line.title, line.sku.as_deref()),
                "price": price(line.unit_price),
                "priceCurrency": order.currency.code(),
                "eligibleQuantity": { "@type": "QuantitativeValue", "value": line.quantity },
            })
        })
        .collect();
    json!({
        "@context": "https://schema.org",
        "@type": "Order",
        "merchant": organization(&view.seller.name),
        "orderNumber": order.number,
        "orderDate": order.placed_at.unwrap_or(order.created_at).to_rfc3339(),
        "orderStatus": format!("https://schema.org/{}", status(context)),
        "price": price(order.total),
        "priceCurrency": order.currency.code(),
        "customer": { "@type": "Person", "name": view.customer },
        "acceptedOffer": offers,
    })
}

/// How an order stands (schema.org/OrderStatus), as far as the order knows: that a parcel arrived stands with the parcel,
/// so what left by a carrier is in transit.
fn status(context: &OrderContext) -> &'static str {
    let order = &context.order;
    let has_left = order.fulfillment_status == OrderFulfillmentStatus::Fulfilled;
    let mut wanted = context.lines.iter().filter(|line| line.quantity > line.canceled);
    if order.status == OrderStatus::Canceled {
        "OrderCancelled"
    } else if order.return_status == OrderReturnStatus::Returned {
        "OrderReturned"
    } else if is_payment_due(context) {
        "OrderPaymentDue"
    } else if has_left && wanted.all(|line| is_handed_over(line.delivery)) {
        "OrderDelivered"
    } else if has_left {
        "OrderInTransit"
    } else if order.pickup_status == OrderPickupStatus::Ready {
        "OrderPickupAvailable"
    } else {
        "OrderProcessing"
    }
}

/// Whether money is awaited. What is paid at the door is not due before.
fn is_payment_due(context: &OrderContext) -> bool {
    let is_open = match context.order.payment_status {
        OrderPaymentStatus::Unpaid | OrderPaymentStatus::PartiallyPaid => true,
        OrderPaymentStatus::Authorized
        | OrderPaymentStatus::Paid
        | OrderPaymentStatus::PartiallyRefunded
        | OrderPaymentStatus::Refunded
        | OrderPaymentStatus::Overpaid
        | OrderPaymentStatus::Voided => false,
    };
    let mut payments = context.payments.iter();
    is_open && context.order.total > 0 && !payments.any(|payment| payment.method == Some(ManualMethod::CashOnDelivery))
}

/// Whether customers have in their hands what has left.
const fn is_handed_over(delivery: DeliveryMethod) -> bool {
    match delivery {
        DeliveryMethod::Pickup | DeliveryMethod::CarryOut => true,
        DeliveryMethod::Ship | DeliveryMethod::LocalDelivery => false,
    }
}

/// A parcel of an order (schema.org/ParcelDelivery).
pub(super) fn parcel(context: &OrderContext, view: &OrderView, parcel: &Value) -> Value {
    let text = |name: &str| parcel.get(name).and_then(Value::as_str).unwrap_or_default();
    let lines = parcel.get("lines").and_then(Value::as_array).map_or_else(Default::default, Vec::as_slice);
    let shipped: Vec<Value> =
        lines.iter().take(MOST).filter_map(Value::as_str).map(|line| product(line, None)).collect();
    let mut told = json!({
        "@context": "https://schema.org",
        "@type": "ParcelDelivery",
        "carrier": organization(text("carrier")),
        "itemShipped": shipped,
        "partOfOrder": {
            "@type": "Order",
            "orderNumber": context.order.number,
            "merchant": organization(&view.seller.name),
        },
    });
    let optional = [("trackingNumber", text("tracking_number")), ("trackingUrl", text("url"))];
    for (name, value) in optional.into_iter().filter(|(_, value)| !value.is_empty()) {
        put(&mut told, name, json!(value));
    }
    if let Some(to) = &context.order.shipping_address {
        put(&mut told, "deliveryAddress", address(to));
    }
    if !text("day").is_empty() {
        put(&mut told, "expectedArrivalUntil", json!(text("day")));
    }
    told
}

/// Puts it into the HTML of a message, in front of its end.
pub(super) fn put_into(html: &str, json_ld: &Value, order_url: Option<&str>) -> String {
    let mut told = json_ld.clone();
    if let Some(url) = order_url {
        let owner =
            if told.get("@type") == Some(&json!("Order")) { Some(&mut told) } else { told.get_mut("partOfOrder") };
        if let Some(owner) = owner {
            put(owner, "url", json!(url));
        }
    }
    let script = format!("<script type=\"application/ld+json\">{}</script>", escaped(&told));
    match html.rfind("</body>") {
        Some(end) => {
            let (body, rest) = html.split_at(end);
            format!("{body}{script}{rest}")
        }
        None => format!("{html}{script}"),
    }
}

/// JSON that cannot end its element nor begin another one: what HTML sees is written as JSON escapes.
fn escaped(value: &Value) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        match character {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            other => text.push(other),
        }
    }
    text
}

fn put(into: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = into {
        fields.insert(name.to_owned(), value);
    }
}

fn organization(name: &str) -> Value {
    json!({ "@type": "Organization", "name": name })
}

fn product(name: &str, sku: Option<&str>) -> Value {
    match sku {
        Some(sku) => json!({ "@type": "Product", "name": name, "sku": sku }),
        None => json!({ "@type": "Product", "name": name }),
    }
}

fn address(at: &Address) -> Value {
    json!({
        "@type": "PostalAddress",
        "name": format!("{} {}", at.family_name, at.given_name),
        "streetAddress": format!("{} {}", at.line1, at.line2),
        "addressLocality": at.city,
        "addressRegion": at.region,
        "postalCode": at.postal_code,
        "addressCountry": at.country,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::language::Language;
    use crate::messaging::render_tests::web;

    fn stands(change: fn(&mut OrderContext)) -> &'static str {
        let mut context = web();
        change(&mut context);
        status(&context)
    }

    #[test]
    fn machines_read_how_an_order_stands() {
        assert_eq!(stands(|_| {}), "OrderProcessing");
        assert_eq!(stands(|it| it.order.payment_status = OrderPaymentStatus::Unpaid), "OrderPaymentDue");
        let at_the_door = stands(|it| {
            it.order.payment_status = OrderPaymentStatus::Unpaid;
            it.payments[0].method = Some(ManualMethod::CashOnDelivery);
        });
        assert_eq!(at_the_door, "OrderProcessing");
        assert_eq!(stands(|it| it.order.pickup_status = OrderPickupStatus::Ready), "OrderPickupAvailable");
        let left = |it: &mut OrderContext| it.order.fulfillment_status = OrderFulfillmentStatus::Fulfilled;
        assert_eq!(stands(left), "OrderInTransit");
        let collected = stands(|it| {
            it.order.fulfillment_status = OrderFulfillmentStatus::Fulfilled;
            it.lines[0].canceled = it.lines[0].quantity;
        });
        assert_eq!(collected, "OrderDelivered", "what was to be sent is canceled, the rest was collected");
        assert_eq!(stands(|it| it.order.return_status = OrderReturnStatus::Returned), "OrderReturned");
        let mut canceled = web();
        canceled.order.status = OrderStatus::Canceled;
        canceled.order.payment_status = OrderPaymentStatus::Unpaid;
        let view = OrderView::of(&canceled, Language::Ja).unwrap();
        assert_eq!(order(&canceled, &view)["orderStatus"], "https://schema.org/OrderCancelled");
    }

    #[test]
    fn nothing_ends_the_element() {
        let told = json!({ "name": "</script><script>alert(1)</script><!--" });
        let html = put_into("<html><body>x</body></html>", &told, None);
        assert_eq!((html.matches("<script").count(), html.matches("</script").count()), (1, 1), "{html}");
        assert!(html.ends_with("</script></body></html>"));
        let json = html.split_once("json\">").and_then(|(_, rest)| rest.split_once("</script>"));
        let back: Value = serde_json::from_str(json.map(|(json, _)| json).unwrap_or_default()).unwrap_or_default();
        assert_eq!(back, told);
    }
}
