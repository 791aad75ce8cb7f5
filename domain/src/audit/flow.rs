//! Flows: what a run sent stands in its steps, and nothing goes after its end.

use super::check::{Check, Sql};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "flow_message_has_its_step",
        invariant: 10,
        rule: "every message of a run is named by exactly one of its steps; messages sent again apart",
        prefix: "msg",
        sql: Sql::Both(
            "SELECT m.id AS id, 'named by ' || CAST(COUNT(s.id) AS TEXT) || ' steps' AS detail
             FROM message m LEFT JOIN flow_step s ON s.message_id = m.id AND s.flow_run_id = m.flow_run_id
             WHERE m.flow_run_id IS NOT NULL AND m.dedupe_key NOT LIKE 'resend:%'
             GROUP BY m.id HAVING COUNT(s.id) <> 1",
        ),
    },
    Check {
        name: "flow_step_sends_once",
        invariant: 10,
        rule: "a step of a run makes at most one message",
        prefix: "frun",
        sql: Sql::Both(
            "SELECT s.flow_run_id AS id, s.step || ': ' || CAST(COUNT(*) AS TEXT) || ' messages' AS detail
             FROM flow_step s WHERE s.message_id IS NOT NULL GROUP BY s.flow_run_id, s.step HAVING COUNT(*) > 1",
        ),
    },
    Check {
        name: "flow_stopped_sends_nothing",
        invariant: 10,
        rule: "a run that was stopped made no message after that, none of it waits but calls; one that is held out has none",
        prefix: "msg",
        sql: Sql::Both(
            "SELECT m.id AS id, 'of a run that is ' || r.status AS detail
             FROM message m JOIN flow_run r ON r.id = m.flow_run_id
             WHERE m.dedupe_key NOT LIKE 'resend:%' AND (r.status = 'HELD_OUT'
                OR (r.status = 'STOPPED'
                    AND ((m.status = 'QUEUED' AND m.class <> 'TRANSACTIONAL') OR m.created_at > r.updated_at)))",
        ),
    },
    Check {
        name: "flow_version_exists",
        invariant: 10,
        rule: "the current version of a flow is there, and a run follows a version of its own flow",
        prefix: "flow",
        sql: Sql::Both(
            "SELECT f.id AS id, f.code || ': no version ' || CAST(f.current_number AS TEXT) AS detail FROM flow f
             WHERE NOT EXISTS (SELECT 1 FROM flow_version v WHERE v.flow_id = f.id AND v.number = f.current_number)
             UNION ALL
             SELECT r.id, 'a run follows a version of another flow' FROM flow_run r
             JOIN flow_version v ON v.id = r.flow_version_id WHERE v.flow_id <> r.flow_id",
        ),
    },
    Check {
        name: "flow_run_waits_for_a_time",
        invariant: 10,
        rule: "a run that waits knows until when, and a run that ended waits for nothing; one that was stopped says why",
        prefix: "frun",
        sql: Sql::Both(
            "SELECT r.id AS id, r.status || ' at ' || r.step AS detail FROM flow_run r
             WHERE (r.status = 'WAITING') <> (r.wake_at IS NOT NULL)
                OR (r.status <> 'WAITING' AND r.waits_for IS NOT NULL)
                OR (r.status = 'STOPPED' AND r.reason IS NULL)",
        ),
    },
];
