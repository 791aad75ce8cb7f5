//! Messages: none against consent or to an address that was stopped, none that is forgotten, none that keeps a secret.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::MessageId;
use entity::words::{JobState, MessageStatus};
use entity::{job, message};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;

use super::check::{Check, Sql};
use super::report::{CheckResult, Finding, MAX_FINDINGS};
use crate::Result;
use crate::messaging::request::SEND_JOBS;

/// How long after a message was written its job may be missing: they are written together, but read one after the other.
const GRACE: TimeDelta = TimeDelta::minutes(5);
/// Most messages that are looked through.
const MOST: u64 = 10_000;

/// What was decided in the eleven minutes before a message was marked as sent may have been decided while the mail server had
/// it: a send may take ten, and its mark a moment more. Accounts that others were merged into are left out: what was said by
/// whom is not told apart any more.
macro_rules! sent_against_consent {
    ($before:literal) => {
        concat!(
            "SELECT m.id AS id, m.template || ': sent after its consent was withdrawn' AS detail
             FROM message m
             JOIN customer_consent c ON c.customer_id = m.customer_id AND c.channel = m.channel AND c.purpose = m.class
             WHERE m.class IN ('SURVEY', 'MARKETING') AND m.status = 'SENT' AND NOT c.granted AND ",
            $before,
            " AND NOT EXISTS (SELECT 1 FROM customer_consent n WHERE n.customer_id = c.customer_id
                    AND n.channel = c.channel AND n.purpose = c.purpose AND n.id > c.id AND n.recorded_at <= m.sent_at)
                AND NOT EXISTS (SELECT 1 FROM customer a WHERE a.merged_into_id = m.customer_id)"
        )
    };
}

/// Addresses are kept as keyed hashes, so they are told by the message that showed that they are to be stopped.
macro_rules! sent_to_suppressed {
    ($before:literal) => {
        concat!(
            "SELECT m.id AS id, m.template || ': sent to an address that was stopped: ' || s.reason AS detail
             FROM suppression s JOIN message b ON b.id = s.message_id
             JOIN message m ON m.recipient = b.recipient AND m.channel = s.channel
             WHERE b.recipient <> '' AND m.status = 'SENT' AND m.id <> b.id
                AND (s.scope = 'ALL' OR (s.reason = 'COMPLAINT' AND m.class <> 'TRANSACTIONAL')) AND ",
            $before
        )
    };
}

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "message_within_consent",
        invariant: 10,
        rule: "no survey and no advertisement was sent to somebody who had withdrawn their consent to it",
        prefix: "msg",
        sql: Sql::Each {
            sqlite: sent_against_consent!("julianday(c.recorded_at) < julianday(m.sent_at) - 11.0 / 1440"),
            postgres: sent_against_consent!("c.recorded_at < m.sent_at - INTERVAL '11 minutes'"),
        },
    },
    Check {
        name: "message_not_to_stopped_address",
        invariant: 10,
        rule: "no message was sent to an address while it was stopped",
        prefix: "msg",
        sql: Sql::Each {
            sqlite: sent_to_suppressed!("julianday(s.created_at) < julianday(m.sent_at) - 11.0 / 1440"),
            postgres: sent_to_suppressed!("s.created_at < m.sent_at - INTERVAL '11 minutes'"),
        },
    },
    Check {
        name: "message_kept_back_says_why",
        invariant: 10,
        rule: "a message that was kept back has its reason",
        prefix: "msg",
        sql: Sql::Both(
            "SELECT id, template || ': kept back without a reason' AS detail FROM message
             WHERE status = 'SUPPRESSED' AND reason IS NULL",
        ),
    },
    Check {
        name: "message_secret_wiped",
        invariant: 10,
        rule: "what holds a code is empty once it was sent or given up, and so is the address of a farewell",
        prefix: "msg",
        sql: Sql::Both(
            "SELECT id, template || ': ' || status || ' and still readable' AS detail FROM message
             WHERE status <> 'QUEUED' AND (html <> '' OR text <> '') AND template IN ('sign_in_code',
                'verify_identifier', 'password_reset', 'pickup_ready', 'pickup_reminder', 'pickup_short',
                'store_reservation', 'store_reservation_reminder', 'gift_card', 'account_deleted')
             UNION ALL
             SELECT id, template || ': still addressed' FROM message
             WHERE template = 'account_deleted' AND status <> 'QUEUED' AND recipient <> ''",
        ),
    },
];

/// Every message that waits has a job that will send it. The ids in jobs are texts, so they are compared here.
pub(super) async fn run(db: &impl ConnectionTrait, now: DateTime<Utc>) -> CheckResult {
    let rule = "a message that waits has a job that will send it";
    CheckResult::new(("message_has_its_job", 10, rule), find(db, now).await)
}

#[derive(Deserialize)]
struct SendInput {
    message_id: MessageId,
}

async fn find(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<Finding>> {
    let waiting: Vec<MessageId> = message::Entity::find()
        .select_only()
        .column(message::Column::Id)
        .filter(message::Column::Status.eq(MessageStatus::Queued))
        .filter(message::Column::CreatedAt.lt(now - GRACE))
        .order_by_asc(message::Column::Id)
        .limit(MOST)
        .into_tuple()
        .all(db)
        .await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let payloads: Vec<serde_json::Value> = job::Entity::find()
        .select_only()
        .column(job::Column::Payload)
        .filter(job::Column::Kind.is_in(SEND_JOBS.iter().copied()))
        .filter(job::Column::State.ne(JobState::Dead))
        .into_tuple()
        .all(db)
        .await?;
    let read = |payload| serde_json::from_value::<SendInput>(payload).ok();
    let sending: BTreeSet<MessageId> = payloads.into_iter().filter_map(read).map(|job| job.message_id).collect();
    let mut found = Vec::new();
    for id in waiting.into_iter().filter(|id| !sending.contains(id)) {
        if found.len() > MAX_FINDINGS {
            break;
        }
        // Sent between the two reads, together with its job: it does not wait any more.
        let still = message::Entity::find_by_id(id).filter(message::Column::Status.eq(MessageStatus::Queued));
        if still.one(db).await?.is_some() {
            found.push(Finding { subject: id.to_string(), detail: "waits for a job that is not there".to_owned() });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::TemplateName;
    use crate::messaging::template::is_secret;

    #[test]
    fn every_message_with_a_secret_is_looked_at() {
        let check = CHECKS.iter().find(|check| check.name == "message_secret_wiped").expect("the check");
        let Sql::Both(sql) = check.sql else { panic!("one text for both") };
        for name in TemplateName::ALL {
            let named = sql.contains(&format!("'{}'", name.as_str()));
            assert_eq!(named, is_secret(name.as_str()), "{}", name.as_str());
        }
    }
}
