//! Who may hand a message over: whoever has its job and can say so, while the process goes on.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::jobs::{self, Abandoned, Adapters, DESKS, Ran};
use domain::kernel::job::{LEASE, WORK, claim, claim_of};
use domain::messaging::request::{Note, SEND_ASKED_JOB, SEND_CODE_JOB, SEND_ELSEWHERE_JOB, SEND_JOB};
use domain::messaging::{MessageTransport, OutgoingMail, SendError, policy, send};
use entity::words::{JobState, MessageChannel, MessageStatus};
use entity::{job, message};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};
use support::{World, both_databases};

use super::asked::{ask, channel, hanako, read};
use super::fixture::{Server, clear, messages, note, parcel};

/// Asks the server; before it is written down what it said, something keeps the message back.
#[derive(Debug)]
struct Withholding {
    server: Arc<Server>,
    db: DatabaseConnection,
    /// Whether its recipient is erased, so that nothing stays of it.
    erases: bool,
}

#[async_trait]
impl MessageTransport for Withholding {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        let answer = self.server.send(mail).await;
        let mut update = message::Entity::update_many()
            .col_expr(message::Column::Status, Expr::value(MessageStatus::Suppressed))
            .col_expr(message::Column::Reason, Expr::value(if self.erases { "ERASED" } else { "FLOW_OFF" }))
            .filter(message::Column::Id.eq(mail.id));
        if self.erases {
            for column in
                [message::Column::Recipient, message::Column::Subject, message::Column::Html, message::Column::Text]
            {
                update = update.col_expr(column, Expr::value(""));
            }
        }
        assert_eq!(update.exec(&self.db).await.unwrap().rows_affected, 1);
        answer
    }
}

async fn jobs_left(world: &World) -> Vec<job::Model> {
    job::Entity::find().order_by_asc(job::Column::Id).all(world.db()).await.unwrap()
}

fn by(channel: MessageChannel, to: &str) -> Note {
    Note { channel, ..parcel(to, to) }
}

both_databases! {
    /// A worker that stood still for longer than its lease sends nothing of what another has now, and leaves it alone.
    async fn who_lost_the_job_does_not_send(world: World) {
        let server = Arc::new(Server::default());
        note(&world, parcel("hanako@example.jp", "once")).await;
        let [mine] = claim(&world.ctx(), "slow", 1).await.unwrap().try_into().unwrap();
        world.advance(LEASE + TimeDelta::seconds(1));
        let [heirs] = claim(&world.ctx(), "heir", 1).await.unwrap().try_into().unwrap();
        assert_eq!(jobs::run(&world.ctx(), &server.adapters(), &mine).await.unwrap(), Ran::Again);
        assert_eq!(jobs::abandon(&world.ctx(), &mine, Abandoned::Panicked).await.unwrap(), Ran::Again);
        assert!(server.mails().is_empty(), "what it could not mark");
        let [row] = jobs_left(&world).await.try_into().unwrap();
        assert_eq!((row.state, row.attempts, row.last_error), (JobState::Running, 2, None));
        assert_eq!(jobs::run(&world.ctx(), &server.adapters(), &heirs).await.unwrap(), Ran::Done);
        assert_eq!((server.mails().len(), messages(&world).await[0].status), (1, MessageStatus::Sent));
        clear(&world).await;
    }

    /// A database that is read but takes no writes: nothing is sent that could not be marked as sent.
    async fn what_cannot_be_marked_is_not_sent(world: World) {
        let server = Arc::new(Server::default());
        note(&world, parcel("hanako@example.jp", "once")).await;
        let [job] = claim(&world.ctx(), "worker", 1).await.unwrap().try_into().unwrap();
        // Just after the claim it is known that the database takes what is written.
        world.advance(TimeDelta::seconds(5));
        world.db().execute_unprepared("ALTER TABLE job RENAME TO job_away").await.unwrap();
        let ended = jobs::run(&world.ctx(), &server.adapters(), &job).await;
        world.db().execute_unprepared("ALTER TABLE job_away RENAME TO job").await.unwrap();
        assert!(ended.is_err() && server.mails().is_empty());
        world.advance(LEASE + TimeDelta::seconds(1));
        server.work(&world).await;
        assert_eq!((server.mails().len(), messages(&world).await[0].status), (1, MessageStatus::Sent));
        clear(&world).await;
    }

    /// What takes too long met a slow server; only what brings its sender down is set aside early.
    async fn what_took_too_long_is_tried_again(world: World) {
        note(&world, parcel("hanako@example.jp", "slow")).await;
        for _ in 0..5 {
            let [job] = claim(&world.ctx(), "worker", 1).await.unwrap().try_into().unwrap();
            assert_eq!(jobs::abandon(&world.ctx(), &job, Abandoned::TookTooLong).await.unwrap(), Ran::Again);
            world.advance(TimeDelta::hours(6));
        }
        assert_eq!(messages(&world).await[0].status, MessageStatus::Queued);
        clear(&world).await;
    }

    /// A process that stops hands nothing over; another may do it at once, and it was no try.
    async fn a_stop_costs_no_try(world: World) {
        let server = Arc::new(Server::default());
        server.answers.lock().unwrap().push_back(SendError::Stopping);
        note(&world, parcel("hanako@example.jp", "stop")).await;
        let [job] = claim(&world.ctx(), "stopping", 1).await.unwrap().try_into().unwrap();
        assert_eq!(jobs::run(&world.ctx(), &server.adapters(), &job).await.unwrap(), Ran::Done);
        let [left] = jobs_left(&world).await.try_into().unwrap();
        assert_eq!((left.state, left.attempts, left.run_at), (JobState::Queued, 0, world.now()));
        assert_eq!(messages(&world).await[0].attempts, 0);
        server.work(&world).await;
        assert_eq!(server.mails().len(), 1);
        clear(&world).await;
    }

    /// A desk is closed while all rest by whom it sends; one that rests stops nothing that goes by the others.
    async fn a_desk_is_closed_while_all_it_needs_rest(world: World) {
        let ctx = world.ctx();
        let open = || -> Vec<&str> {
            let sends = DESKS.iter().filter(|desk| desk.name != WORK);
            sends.filter(|desk| desk.is_open(&ctx)).map(|desk| desk.name).collect()
        };
        let rest = |channel: MessageChannel| {
            ctx.services.db.rests().begin(channel.as_str(), ctx.now(), ctx.now() + TimeDelta::seconds(30));
        };
        rest(MessageChannel::Sms);
        assert!(send::is_resting(&ctx, MessageChannel::Sms));
        assert_eq!(open(), [SEND_CODE_JOB, SEND_JOB, SEND_ELSEWHERE_JOB, SEND_ASKED_JOB]);
        rest(MessageChannel::Email);
        assert_eq!(open(), [SEND_ELSEWHERE_JOB, SEND_ASKED_JOB]);
        rest(MessageChannel::Line);
        assert_eq!(open(), [SEND_ELSEWHERE_JOB]);
    }

    /// Somebody waits for a code, by whatever way it comes: it does not stand behind webhooks.
    async fn codes_to_phones_have_the_desk_of_codes(world: World) {
        let code = |channel, to| Note { template: "sign_in_code", ..by(channel, to) };
        note(&world, code(MessageChannel::Email, "hanako@example.jp")).await;
        note(&world, code(MessageChannel::Sms, "+819012345678")).await;
        note(&world, by(MessageChannel::Sms, "+819087654321")).await;
        note(&world, by(MessageChannel::Webhook, "https://a.example")).await;
        let desks: Vec<_> = jobs_left(&world).await.into_iter().map(|job| (job.kind, job.desk)).collect();
        let expected = [SEND_CODE_JOB, SEND_CODE_JOB, SEND_ELSEWHERE_JOB, SEND_ELSEWHERE_JOB];
        assert_eq!(desks, expected.map(|name| (name.to_owned(), name.to_owned())));
        clear(&world).await;
    }

    /// What left is sent, also when its flow was switched off or its recipient erased while the server had it: the cap counts
    /// it, and what was wiped stays wiped.
    async fn what_left_is_sent_whatever_is_decided_meanwhile(world: World) {
        let (shop, hanako) = (channel(&world, |_| {}).await, hanako(&world).await);
        let server = Arc::new(Server::default());
        for erases in [false, true] {
            let asked = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
            assert_eq!(asked.status, MessageStatus::Queued);
            let mail = Withholding { server: Arc::clone(&server), db: world.db().clone(), erases };
            let job = claim_of(&world.ctx(), "worker", Some(SEND_ASKED_JOB), 1).await.unwrap().remove(0);
            let adapters = Adapters { mail: Arc::new(mail) };
            assert_eq!(jobs::run(&world.ctx(), &adapters, &job).await.unwrap(), Ran::Done);
            let row = read(&world, asked.id).await;
            assert_eq!((row.status, row.reason, row.attempts), (MessageStatus::Sent, None, 1));
            assert_eq!(row.sent_at, Some(world.now()));
            let words = [&row.recipient, &row.subject, &row.html, &row.text];
            assert!(words.iter().all(|word| word.is_empty() == erases), "{words:?}");
        }
        assert_eq!(server.mails().len(), 2);
        let third = ask(&world, shop.id, Some(hanako.id), |_| {}).await;
        assert_eq!((third.status, third.reason.as_deref()), (MessageStatus::Suppressed, Some(policy::FREQUENCY_CAP)));
        server.work(&world).await;
        assert!(jobs_left(&world).await.is_empty());
    }

    /// What was refused did not leave: it stays kept back, for the reason that was given.
    async fn what_was_refused_stays_kept_back(world: World) {
        let server = Arc::new(Server::default());
        server.answers.lock().unwrap().push_back(SendError::Permanent("SMTP 550".to_owned()));
        let id = note(&world, parcel("hanako@example.jp", "refused")).await;
        let mail = Withholding { server: Arc::clone(&server), db: world.db().clone(), erases: false };
        let [job] = claim(&world.ctx(), "worker", 1).await.unwrap().try_into().unwrap();
        assert_eq!(jobs::run(&world.ctx(), &Adapters { mail: Arc::new(mail) }, &job).await.unwrap(), Ran::Dead);
        let row = read(&world, id).await;
        assert_eq!((row.status, row.reason.as_deref(), row.sent_at), (MessageStatus::Suppressed, Some("FLOW_OFF"), None));
        assert!(server.mails().is_empty());
        clear(&world).await;
    }
}
