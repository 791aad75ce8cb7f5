//! Mail as it leaves the process: to a real server, into the mailbox, and by the worker.

mod channels;
mod learning;
mod log;
mod mailbox;
mod own_shop;
mod signing;
mod smtp;
mod worker;

use domain::messaging::OutgoingMail;

/// A mail with everything that is hard to send.
fn mail() -> OutgoingMail {
    OutgoingMail {
        id: entity::id::MessageId(uuid::Uuid::from_u128(1)),
        channel: entity::words::MessageChannel::Email,
        message_id: "<msg_01@shop.example>".into(),
        from_name: "ひとつ商店".into(),
        from_address: "shop@shop.example".into(),
        reply_to: None,
        to: "hanako@example.jp".into(),
        subject: "ご注文ありがとうございます".into(),
        html: "<p>髙﨑 𠮷野</p>\n.\n<p>end</p>".into(),
        text: "髙﨑 𠮷野\n.\nend".into(),
        date: chrono::DateTime::from_timestamp(1_795_219_200, 0).unwrap(),
        request_id: "request-1".into(),
        references: vec!["<order_01@shop.example>".into()],
        inline: Vec::new(),
        unsubscribe_url: None,
    }
}
