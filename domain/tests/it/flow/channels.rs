//! Steps by LINE and SMS: to whom, what, and what policy says of each channel.

use chrono::TimeDelta;
use domain::customer::query;
use domain::messaging::consent;
use domain::messaging::suppression::{AddSuppression, suppress};
use entity::words::*;
use entity::{customer, customer_consent};
use serde_json::{Value, json};
use support::{World, both_databases};

use super::fixture::{Desk, after_order};

fn line_user(nth: u8) -> String {
    format!("U{nth:032x}")
}

fn number(nth: u8) -> String {
    format!("+8190123456{nth:02}")
}

/// Somebody with an address for each channel who agrees to all of them.
async fn reachable(desk: &Desk, nth: u8) -> customer::Model {
    let person = desk
        .world
        .new_customer("佐藤", "花子")
        .verified(IdentifierKind::Email, &format!("p{nth}@example.jp"))
        .verified(IdentifierKind::Phone, &number(nth))
        .unverified(IdentifierKind::Line, &line_user(nth))
        .create()
        .await;
    for channel in [ConsentChannel::Email, ConsentChannel::Line, ConsentChannel::Sms] {
        desk.consent_by(channel, person.id, true).await;
    }
    person
}

fn by(channel: &str, id: &str, template: &str) -> Value {
    json!({ "kind": "SEND", "id": id, "template": template, "channel": channel })
}

/// What the steps of one more order say.
async fn told(desk: &Desk, person: &customer::Model) -> Vec<(String, Option<String>)> {
    let before = desk.steps().await.len();
    desk.order(Some(person.id)).await;
    desk.work().await;
    desk.steps().await.into_iter().skip(before).map(|(step, _, reason)| (step, reason)).collect()
}

fn why(step: &str, reason: &str) -> (String, Option<String>) {
    (step.to_owned(), Some(reason.to_owned()))
}

both_databases! {
    /// Each step goes by its channel, once, in the words of the channel, with the way out.
    async fn steps_go_by_their_channel(world: World) {
        let desk = Desk::open(&world).await;
        let steps = json!([
            { "kind": "SEND", "id": "mail", "template": "thanks" },
            by("LINE", "push", "how_to_use"),
            by("SMS", "text", "thanks"),
        ]);
        desk.flow("three", &after_order(&steps)).await;
        let hana = reachable(&desk, 1).await;
        let order = desk.order(Some(hana.id)).await;
        desk.work().await;
        let messages = desk.messages().await;
        let sent: Vec<_> = messages.iter().map(|row| (row.channel, row.recipient.clone(), row.status)).collect();
        assert_eq!(sent, [
            (MessageChannel::Email, "p1@example.jp".to_owned(), MessageStatus::Sent),
            (MessageChannel::Line, line_user(1), MessageStatus::Sent),
            (MessageChannel::Sms, number(1), MessageStatus::Sent),
        ]);
        let keys: Vec<_> = messages.iter().map(|row| row.dedupe_key.clone()).collect();
        let key = |end: &str| format!("flow:three:{}:{end}", order.id);
        assert_eq!(keys, [key("mail:email"), key("push:line"), key("text:sms")]);
        for row in &messages[1..] {
            assert!(row.html.is_empty() && row.unsubscribe_url.is_none(), "{row:?}");
            assert!(row.text.starts_with("株式会社ひとつ\n"), "who writes: {}", row.text);
            let way_out = format!("\n配信設定の変更・配信停止: {}/", world.services().settings.public_url);
            assert!(row.text.contains(&way_out), "{}", row.text);
            assert!(row.text.contains(&order.number) && !row.text.contains("佐藤"), "{}", row.text);
        }
        assert!(messages[1].text.contains("70℃で1分"), "{}", messages[1].text);
        assert!(messages[2].text.encode_utf16().count() <= 670, "{}", messages[2].text);
        desk.done().await;
    }

    /// Without an address of the channel nothing goes; a number must be proved.
    async fn what_has_no_address_is_left_out(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow("two", &after_order(&json!([by("LINE", "push", "thanks"), by("SMS", "text", "thanks")]))).await;
        let nowhere = [why("push", "NO_ADDRESS"), why("text", "NO_ADDRESS")];
        let mail_only = desk.person("hana").await;
        assert_eq!(told(&desk, &mail_only).await, nowhere);
        let unproved = world.new_customer("佐藤", "次郎").unverified(IdentifierKind::Phone, &number(9)).create().await;
        desk.consent_by(ConsentChannel::Sms, unproved.id, true).await;
        assert_eq!(told(&desk, &unproved).await, nowhere);
        assert!(desk.messages().await.is_empty());
        desk.done().await;
    }

    /// Consent, stops and the cap are those of the channel; the cap counts all channels together.
    async fn policy_decides_for_each_channel(world: World) {
        let desk = Desk::open(&world).await;
        let steps = json!([by("LINE", "push", "thanks"), by("SMS", "text", "thanks"), by("EMAIL", "mail", "thanks")]);
        desk.flow("three", &after_order(&steps)).await;
        let hana = reachable(&desk, 1).await;
        world.advance(TimeDelta::seconds(1));
        desk.consent_by(ConsentChannel::Line, hana.id, false).await;
        let stop = AddSuppression {
            channel: MessageChannel::Sms,
            address: number(1),
            scope: SuppressionScope::All,
            note: None,
        };
        suppress(&world.ctx(), stop).await.unwrap();
        assert_eq!(told(&desk, &hana).await, [
            why("push", "NO_CONSENT"), why("text", "SUPPRESSED_ADDRESS"), ("mail".to_owned(), None),
        ]);
        desk.policy(2, 7, "00:00", "00:00").await;
        let taro = reachable(&desk, 2).await;
        assert_eq!(told(&desk, &taro).await, [
            ("push".to_owned(), None), ("text".to_owned(), None), why("mail", "FREQUENCY_CAP"),
        ]);
        desk.done().await;
    }

    /// Who has the link of one message may read no other address: they say yes for its channel alone, and no for all.
    async fn a_link_says_yes_for_its_channel_alone(world: World) {
        let desk = Desk::open(&world).await;
        desk.flow("one", &after_order(&json!([by("EMAIL", "mail", "thanks")]))).await;
        let hana = desk.person("hana").await;
        desk.consent_by(ConsentChannel::Line, hana.id, true).await;
        desk.order(Some(hana.id)).await;
        desk.work().await;
        let [mail] = desk.messages().await.try_into().unwrap();
        let said = async |channel: ConsentChannel, granted: bool| {
            world.advance(TimeDelta::seconds(1));
            let choice = consent::Choice { channel, purpose: ConsentPurpose::Marketing, granted };
            consent::set_preferences(&world.ctx(), mail.id, &[choice], "page").await.unwrap();
            let rows = query::consents(world.db(), hana.id).await.unwrap();
            let of = |row: &&customer_consent::Model| row.channel == channel && row.purpose == ConsentPurpose::Marketing;
            rows.iter().find(of).map(|row| row.granted)
        };
        assert_eq!(said(ConsentChannel::Sms, true).await, None, "nobody asked at the number");
        assert_eq!(said(ConsentChannel::Line, false).await, Some(false));
        assert_eq!(said(ConsentChannel::Line, true).await, Some(false));
        assert_eq!(said(ConsentChannel::Email, false).await, Some(false));
        assert_eq!(said(ConsentChannel::Email, true).await, Some(true));
        desk.done().await;
    }

    /// Short messages wait for the morning, too; and who ends them by their link still gets mails.
    async fn short_messages_rest_and_end(world: World) {
        let desk = Desk::open(&world).await;
        desk.policy(100, 7, "21:00", "08:00").await;
        desk.flow("two", &after_order(&json!([by("SMS", "text", "thanks"), by("EMAIL", "mail", "thanks")]))).await;
        let hana = reachable(&desk, 1).await;
        // 23:00 in Tokyo.
        desk.hours(14).await;
        desk.order(Some(hana.id)).await;
        desk.work().await;
        assert!(desk.messages().await.is_empty());
        desk.hours(9).await;
        assert_eq!(desk.sent().await.len(), 2);
        let text = desk.messages().await.remove(0);
        assert_eq!(text.channel, MessageChannel::Sms);
        consent::unsubscribe(&world.ctx(), text.id, "page").await.unwrap();
        desk.later(TimeDelta::hours(1)).await;
        assert_eq!(told(&desk, &hana).await, [why("text", "NO_CONSENT"), ("mail".to_owned(), None)]);
        desk.done().await;
    }
}
