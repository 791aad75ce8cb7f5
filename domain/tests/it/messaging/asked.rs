//! Messages that need consent, and everything that they need.

use domain::Permission;
use domain::messaging::resend::{ResendMessage, resend};
use entity::id::{ChannelId, CustomerConsentId, CustomerId, FlowId, FlowVersionId, MessageId};
use entity::words::{ConsentChannel, ConsentPurpose, FlowStatus, IdentifierKind, MessageClass, MessageStatus};
use entity::{channel, customer, customer_consent, flow, flow_version, message, message_policy};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;
use support::{World, message_row};

/// A channel that may ask and advertise: quiet from 21:00 to 9:00 in Tokyo, at most two messages in seven days.
pub(super) async fn channel(world: &World, change: impl FnOnce(&mut message_policy::Model)) -> channel::Model {
    let channel = world.channel(&format!("c{}", world.new_uuid().simple())).create().await;
    let mut policy = message_policy::Model {
        channel_id: channel.id,
        quiet_from: "21:00".into(),
        quiet_until: "09:00".into(),
        time_zone: "Asia/Tokyo".into(),
        cap_count: 2,
        cap_days: 7,
        consent_wording: json!({ "ja": "お知らせを受け取ります。" }),
        wording_version: "1".into(),
        track_opens: false,
        version: 1,
        created_at: world.now(),
        updated_at: world.now(),
    };
    change(&mut policy);
    message_policy::Entity::insert(policy.into_active_model().reset_all())
        .exec_without_returning(world.db())
        .await
        .unwrap();
    channel
}

/// Hanako, who said yes to both.
pub(super) async fn hanako(world: &World) -> customer::Model {
    let hanako = world.new_customer("髙﨑", "花子").verified(IdentifierKind::Email, "hanako@example.jp").create().await;
    for purpose in [ConsentPurpose::Marketing, ConsentPurpose::Survey] {
        says(world, hanako.id, purpose, true).await;
    }
    hanako
}

/// A yes or a no; the latest holds.
pub(super) async fn says(world: &World, customer_id: CustomerId, purpose: ConsentPurpose, granted: bool) {
    let row = customer_consent::Model {
        id: CustomerConsentId(world.new_uuid()),
        customer_id,
        channel: ConsentChannel::Email,
        purpose,
        granted,
        source: "test".into(),
        text_version: "1".into(),
        recorded_at: world.now(),
    };
    customer_consent::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(world.db())
        .await
        .unwrap();
}

/// A flow with this status.
pub(super) async fn flow(world: &World, code: &str, status: FlowStatus) -> FlowId {
    let row = flow::Model {
        id: FlowId(world.new_uuid()),
        code: code.to_owned(),
        name: code.to_owned(),
        class: MessageClass::Marketing,
        status,
        is_built_in: false,
        current_number: 1,
        trigger_kind: "event".to_owned(),
        hold_out_percent: 0,
        version: 1,
        created_at: world.now(),
        updated_at: world.now(),
    };
    let id = row.id;
    flow::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
    let version = flow_version::Model {
        id: FlowVersionId(world.new_uuid()),
        flow_id: id,
        number: 1,
        definition: serde_json::json!({}),
        staff_id: None,
        created_at: world.now(),
    };
    let version = version.into_active_model().reset_all();
    flow_version::Entity::insert(version).exec_without_returning(world.db()).await.unwrap();
    id
}

/// Asks for a message as a flow does; `change` says what differs. Returns it as it was written.
pub(super) async fn ask(
    world: &World,
    channel_id: ChannelId,
    customer_id: Option<CustomerId>,
    change: impl FnOnce(&mut message::Model),
) -> message::Model {
    let id = MessageId(world.new_uuid());
    let mut original = message::Model {
        dedupe_key: format!("original:{id}"),
        template: "cross_sell".into(),
        status: MessageStatus::Failed,
        customer_id,
        sender: "株式会社ひとつ <shop@shop.example>".into(),
        subject: "お茶のお供".into(),
        html: "<html><body><p>お茶</p></body></html>".into(),
        text: "お茶".into(),
        class: MessageClass::Marketing,
        channel_id: Some(channel_id),
        ..message_row(id, world.now())
    };
    change(&mut original);
    let of_flow = (original.flow_id, original.flow_run_id, original.step.clone(), original.variant.clone());
    message::Entity::insert(original.into_active_model().reset_all()).exec_without_returning(world.db()).await.unwrap();
    // The one way in from outside: a copy goes through policy like any other message, and is then made one of a flow.
    let support = world.staff(&[Permission::MessagesSend]).await;
    let again = ResendMessage { message_id: id, idempotency_key: format!("ask:{id}") };
    let asked = resend(&support, again).await.unwrap().message.id;
    let row = read(world, asked).await;
    assert!(row.flow_id.is_none() && row.step.is_none() && row.variant.is_none(), "a copy is none of a flow's");
    let (flow_id, flow_run_id, step, variant) = of_flow;
    let row = message::Model { flow_id, flow_run_id, step, variant, ..row };
    message::Entity::update(row.clone().into_active_model().reset_all()).exec(world.db()).await.unwrap();
    row
}

/// A message as it stands.
pub(super) async fn read(world: &World, id: MessageId) -> message::Model {
    message::Entity::find_by_id(id).one(world.db()).await.unwrap().unwrap()
}
