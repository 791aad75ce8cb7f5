//! What a person said in surveys and reviews: its erasure and its export. The rows alone, because the areas that write
//! them lie above this one.

use entity::id::CustomerId;
use entity::words::ReviewStatus;
use entity::{order, order_line, product_review, survey_answer, survey_invitation};
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::{Value, json};

use crate::kernel::{Result, Tx};

/// Invitations to a person, or about an order of theirs.
fn asked(id: CustomerId) -> Condition {
    let orders: SelectStatement = Query::select()
        .column(order::Column::Id)
        .from(order::Entity)
        .and_where(order::Column::CustomerId.eq(id))
        .to_owned();
    Condition::any()
        .add(survey_invitation::Column::CustomerId.eq(id))
        .add(survey_invitation::Column::OrderId.in_subquery(orders))
}

/// Reviews by a person, or of something in an order of theirs.
fn written(id: CustomerId) -> Condition {
    let lines = order_line::Entity::find()
        .select_only()
        .column(order_line::Column::Id)
        .inner_join(order::Entity)
        .filter(order::Column::CustomerId.eq(id))
        .into_query();
    Condition::any()
        .add(product_review::Column::CustomerId.eq(id))
        .add(product_review::Column::OrderLineId.in_subquery(lines))
}

/// Wipes what the person wrote about themselves: comments of surveys, and the name under reviews. Scores stay, and so do
/// the words of reviews that everybody reads already; reviews that nobody has seen go whole.
pub(super) async fn erase(tx: &Tx, id: CustomerId) -> Result<()> {
    let invitations = Query::select()
        .column(survey_invitation::Column::Id)
        .from(survey_invitation::Entity)
        .cond_where(asked(id))
        .to_owned();
    survey_answer::Entity::update_many()
        .col_expr(survey_answer::Column::Texts, Expr::value(json!({})))
        .col_expr(survey_answer::Column::Comment, Expr::value(""))
        .filter(survey_answer::Column::SurveyInvitationId.in_subquery(invitations))
        .exec(tx)
        .await?;
    product_review::Entity::delete_many()
        .filter(written(id))
        .filter(product_review::Column::Status.ne(ReviewStatus::Published))
        .exec(tx)
        .await?;
    product_review::Entity::update_many()
        .col_expr(product_review::Column::Author, Expr::value(""))
        .col_expr(product_review::Column::CustomerId, Expr::value(Option::<CustomerId>::None))
        .filter(written(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Answers and reviews for the person, at most so many of each.
pub(super) async fn exported(db: &impl ConnectionTrait, id: CustomerId, most: u64) -> Result<(Value, Value)> {
    let answers = survey_answer::Entity::find()
        .find_also_related(survey_invitation::Entity)
        .filter(asked(id))
        .order_by_asc(survey_answer::Column::SurveyInvitationId)
        .limit(most)
        .all(db)
        .await?;
    let reviews = product_review::Entity::find()
        .filter(written(id))
        .order_by_asc(product_review::Column::Id)
        .limit(most)
        .all(db)
        .await?;
    let answer = |(row, invitation): &(survey_answer::Model, Option<survey_invitation::Model>)| {
        json!({
            "survey_id": row.survey_id, "order_id": invitation.as_ref().and_then(|it| it.order_id), "score": row.score,
            "answers": row.answers, "texts": row.texts, "answered_at": row.occurred_at,
        })
    };
    let review = |row: &product_review::Model| {
        json!({
            "product_id": row.product_id, "author": row.author, "rating": row.rating, "title": row.title,
            "body": row.body, "status": row.status, "reply": row.reply, "created_at": row.created_at,
        })
    };
    Ok((answers.iter().map(answer).collect(), reviews.iter().map(review).collect()))
}
