//! What customers say.

use domain::survey::{self, AnswerInput, Invite};
use entity::id::{OrderId, ProductReviewId};
use entity::product_review;
use entity::words::{ReviewStatus, SurveyVia};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use support::World;

use super::{Shop, insert};

/// Somebody is asked and answers.
pub(super) async fn asked(world: &World, order_id: OrderId) {
    let ctx = world.ctx();
    let invitation = ctx.write(|tx| async move {
        let invite = Invite {
            survey_code: "nps",
            order_id: Some(order_id),
            customer_id: None,
            via: SurveyVia::Mail,
            dedupe_key: "asked".to_owned(),
            flow_run_id: None,
            locale: "ja".to_owned(),
        };
        survey::invite(&tx, invite).await
    });
    let invitation = invitation.await.unwrap().unwrap();
    let score = AnswerInput { question_id: "score".to_owned(), score: Some(9), choices: vec![], text: None };
    survey::answer(&world.guest(), invitation.id, vec![score]).await.unwrap();
}

/// Somebody reviews what they bought, and everybody may read it.
pub(super) async fn reviewed(world: &World, shop: &Shop, order_id: OrderId) {
    let line = domain::order::query::lines(world.db(), &[order_id]).await.unwrap().remove(0);
    let row = product_review::Model {
        id: ProductReviewId(world.new_uuid()),
        product_id: shop.tea.product.id,
        customer_id: None,
        order_line_id: Some(line.id),
        channel_id: Some(shop.channel.id),
        author: "花".to_owned(),
        rating: 5,
        title: "香りがよい".to_owned(),
        body: String::new(),
        locale: "ja".to_owned(),
        status: ReviewStatus::Published,
        is_verified: true,
        moderation_reason: None,
        moderated_by: None,
        moderated_at: Some(world.now()),
        reply: None,
        replied_by: None,
        replied_at: None,
        version: 2,
        created_at: world.now(),
        updated_at: world.now(),
    };
    insert!(world, product_review, row);
}
