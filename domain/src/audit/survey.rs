//! Surveys and reviews: one answer per invitation, scores on their scale, reviews of what was bought.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "survey_answered_once",
        invariant: 10,
        rule: "an invitation is answered exactly when there is its answer, of the same survey",
        prefix: "sinv",
        sql: Sql::Both(
            "SELECT i.id AS id, 'answered without an answer' AS detail FROM survey_invitation i
             LEFT JOIN survey_answer a ON a.survey_invitation_id = i.id
             WHERE i.answered_at IS NOT NULL AND a.survey_invitation_id IS NULL
             UNION ALL
             SELECT a.survey_invitation_id, 'an answer to an invitation that is open' FROM survey_answer a
             LEFT JOIN survey_invitation i ON i.id = a.survey_invitation_id WHERE i.answered_at IS NULL
             UNION ALL
             SELECT i.id, 'the answer is to another survey' FROM survey_invitation i
             JOIN survey_answer a ON a.survey_invitation_id = i.id WHERE a.survey_id <> i.survey_id",
        ),
    },
    Check {
        name: "survey_score_on_scale",
        invariant: 10,
        rule: "a score lies on the scale of its kind of survey",
        prefix: "sinv",
        sql: Sql::Both(
            "SELECT a.survey_invitation_id AS id, s.kind || ': score ' || CAST(a.score AS TEXT) AS detail
             FROM survey_answer a JOIN survey s ON s.id = a.survey_id
             WHERE a.score IS NOT NULL AND ((s.kind = 'NPS' AND a.score NOT BETWEEN 0 AND 10)
                OR (s.kind = 'CSAT' AND a.score NOT BETWEEN 1 AND 5) OR (s.kind = 'CES' AND a.score NOT BETWEEN 1 AND 7)
                OR (s.kind = 'CUSTOM' AND a.score NOT BETWEEN 0 AND 10))
             UNION ALL
             SELECT a.survey_invitation_id, s.kind || ': no score' FROM survey_answer a JOIN survey s ON s.id = a.survey_id
             WHERE a.score IS NULL AND s.kind <> 'CUSTOM'",
        ),
    },
    Check {
        name: "review_of_what_was_bought",
        invariant: 10,
        rule: "a review of a line of an order is one of its product; only such a one is verified",
        prefix: "rev",
        sql: Sql::Both(
            "SELECT r.id AS id, 'the line is another product' AS detail FROM product_review r
             JOIN order_line l ON l.id = r.order_line_id JOIN variant v ON v.id = l.variant_id
             WHERE v.product_id <> r.product_id
             UNION ALL
             SELECT id, 'verified without a purchase' FROM product_review WHERE is_verified AND order_line_id IS NULL",
        ),
    },
    Check {
        name: "review_decided",
        invariant: 10,
        rule: "a review that is published or rejected was decided about, and a rejected one has its reason",
        prefix: "rev",
        sql: Sql::Both(
            "SELECT id, status || ': nobody decided' AS detail FROM product_review
             WHERE status <> 'PENDING' AND moderated_at IS NULL
             UNION ALL
             SELECT id, 'rejected without a reason' FROM product_review
             WHERE status = 'REJECTED' AND COALESCE(moderation_reason, '') = ''",
        ),
    },
];
