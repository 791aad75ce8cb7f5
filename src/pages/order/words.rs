//! How states are told to customers: Japanese and English side by side.

use entity::words::{
    OrderFulfillmentStatus, OrderPaymentStatus, OrderStatus, PickupChoice, PickupStatus, ReturnStatus, TrackingStatus,
};
use entity::{order, pickup};

type Both = (&'static str, &'static str);

/// Where an order stands, in one line.
pub(super) const fn order(order: &order::Model) -> Both {
    use OrderFulfillmentStatus as F;
    match order.status {
        OrderStatus::Draft => ("ご注文を準備しております", "Your order is being prepared"),
        OrderStatus::Canceled => ("ご注文はキャンセルされました", "Your order was canceled"),
        OrderStatus::Closed => ("お届け・お渡しがすべて完了しました", "You have received everything"),
        OrderStatus::Open => match (order.payment_status, order.fulfillment_status) {
            (OrderPaymentStatus::Unpaid, _) => ("お支払いをお待ちしております", "We wait for your payment"),
            (_, F::Fulfilled) => ("発送・お渡しが完了しました", "Everything is on its way or handed over"),
            (_, F::PartiallyFulfilled) => {
                ("商品の一部を発送・お渡ししました", "Part of your order is on its way or handed over")
            }
            (_, F::InProgress) => ("商品を準備しております", "We are preparing your goods"),
            (_, F::Unfulfilled | F::Scheduled | F::OnHold) => ("ご注文を承りました", "We have your order"),
        },
    }
}

/// What was paid.
pub(super) const fn payment(status: OrderPaymentStatus) -> Both {
    match status {
        OrderPaymentStatus::Unpaid => ("お支払い前", "Not paid yet"),
        OrderPaymentStatus::Authorized => ("お支払い手続き済み", "Payment reserved"),
        OrderPaymentStatus::PartiallyPaid => ("一部お支払い済み", "Partly paid"),
        OrderPaymentStatus::Paid => ("お支払い済み", "Paid"),
        OrderPaymentStatus::PartiallyRefunded => ("一部返金済み", "Partly refunded"),
        OrderPaymentStatus::Refunded => ("返金済み", "Refunded"),
        OrderPaymentStatus::Overpaid => ("お支払いが超過しています", "More was paid than due"),
        OrderPaymentStatus::Voided => ("お支払いは取り消されました", "The payment was given up"),
    }
}

/// Where a parcel is; of one that left nobody may have said more yet.
pub(super) const fn parcel(status: TrackingStatus, has_left: bool) -> Both {
    match status {
        TrackingStatus::PreTransit if has_left => ("発送しました", "Sent"),
        TrackingStatus::PreTransit => ("発送準備中", "Being made ready"),
        TrackingStatus::InTransit => ("配送中", "On its way"),
        TrackingStatus::OutForDelivery => ("本日配達予定", "Out for delivery"),
        TrackingStatus::Delivered => ("お届け済み", "Delivered"),
        TrackingStatus::Failed => ("お届けできませんでした", "Could not be delivered"),
        TrackingStatus::ReturnToSender => ("返送中", "On its way back to us"),
    }
}

/// How far a pickup is. Of one that ended because its customer chose another way, which way that is.
pub(super) const fn pickup(pickup: &pickup::Model) -> Both {
    match pickup.status {
        PickupStatus::AwaitingTransfer => ("店舗へ取り寄せ中", "On its way to the store"),
        PickupStatus::Arrived | PickupStatus::Assigned => ("準備を待っています", "Waiting to be prepared"),
        PickupStatus::Picking => ("店舗で準備中", "The store prepares it"),
        PickupStatus::Short => ("ご用意できませんでした", "The store could not find it"),
        PickupStatus::Ready => ("お受け取りいただけます", "Ready to collect"),
        PickupStatus::Collected => ("お受け取り済み", "Collected"),
        PickupStatus::Expired => ("お受け取り期限切れ", "The time to collect has passed"),
        PickupStatus::Canceled => match pickup.choice {
            Some(PickupChoice::OtherStore) => ("ほかの店舗での受け取りに変更しました", "Moved to another store"),
            Some(PickupChoice::Ship) => ("配送に変更しました", "Changed to delivery"),
            Some(PickupChoice::Wait | PickupChoice::Cancel) | None => ("取り消し済み", "Canceled"),
        },
    }
}

/// What can be done about a pickup on its own page.
pub(super) const fn to_do(pickup: &pickup::Model) -> Both {
    match pickup.status {
        PickupStatus::Short => ("お受け取り方法を選ぶ", "Choose how to go on"),
        PickupStatus::Ready
        | PickupStatus::AwaitingTransfer
        | PickupStatus::Arrived
        | PickupStatus::Assigned
        | PickupStatus::Picking
        | PickupStatus::Collected
        | PickupStatus::Expired
        | PickupStatus::Canceled => ("到着の連絡・お取り置きの延長", "I am here, or keep it longer"),
    }
}

/// How far a return is; whether its goods are to come now, and whether it became an exchange.
pub(super) const fn returned(status: ReturnStatus, is_awaited: bool, became: bool) -> Both {
    match status {
        ReturnStatus::Requested => ("内容を確認しております", "We are reviewing your request"),
        ReturnStatus::Approved if !is_awaited => ("内容を確認しております", "We are looking into it"),
        ReturnStatus::Approved => ("商品をお待ちしております", "We are waiting for the goods"),
        ReturnStatus::Declined => ("お受けできません", "We cannot take it back"),
        ReturnStatus::InTransit => ("返送中", "On its way to us"),
        ReturnStatus::PartlyReceived => ("一部到着", "Part of it arrived"),
        ReturnStatus::Received => ("到着し、確認しております", "It arrived and is being checked"),
        ReturnStatus::Inspected | ReturnStatus::Closed => ("お手続き完了", "Settled"),
        ReturnStatus::Canceled if became => ("交換に変更しました", "Became an exchange"),
        ReturnStatus::Canceled => ("取り消し済み", "Canceled"),
    }
}
