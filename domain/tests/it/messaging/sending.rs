//! From messages to the mail server, and back again when it will not have them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::jobs::{self, Abandoned, Adapters, DESKS, Ran, run_due};
use domain::kernel::job::{LEASE, NewJob, WORK, any_due_of, claim, claim_of};
use domain::messaging::request::{Note, SEND_ASKED_JOB, SEND_CODE_JOB, SEND_JOB};
use domain::messaging::{MessageTransport, OutgoingMail, SendError, send};
use entity::words::{ConsentChannel, ConsentPurpose, JobState, MessageChannel, MessageStatus, SuppressionScope};
use entity::{job, message};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter};
use serde_json::json;
use support::{World, both_databases, race};
use tokio::sync::Notify;

use super::asked::hanako;
use super::fixture::{Server, clear, code, messages, note, parcel};

async fn jobs_left(world: &World) -> Vec<job::Model> {
    job::Entity::find().all(world.db()).await.unwrap()
}

/// Accepts the mail and never answers, like a process that dies in between.
#[derive(Debug)]
struct DiesAfterSending(Arc<Server>);

#[async_trait]
impl MessageTransport for DiesAfterSending {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        self.0.send(mail).await?;
        std::future::pending().await
    }
}

/// Accepts mails, says so, and never answers: whoever hears it is killed.
#[derive(Debug)]
struct Killing {
    server: Arc<Server>,
    accepted: Notify,
}

#[async_trait]
impl MessageTransport for Killing {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        self.server.send(mail).await?;
        self.accepted.notify_one();
        std::future::pending().await
    }
}

/// Says when it has a mail, and takes it when it is told to.
#[derive(Debug)]
struct Gate {
    server: Arc<Server>,
    entered: Notify,
    open: Notify,
}

#[async_trait]
impl MessageTransport for Gate {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        self.entered.notify_one();
        self.open.notified().await;
        self.server.send(mail).await
    }
}

/// Accepts a mail and takes the table away in which that is to be written, for a moment.
#[derive(Debug)]
struct Breaking {
    server: Arc<Server>,
    db: DatabaseConnection,
}

#[async_trait]
impl MessageTransport for Breaking {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        self.server.send(mail).await?;
        self.db.execute_unprepared("ALTER TABLE job RENAME TO job_away").await.unwrap();
        let db = self.db.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(250)).await;
            db.execute_unprepared("ALTER TABLE job_away RENAME TO job").await.unwrap();
        });
        Ok(())
    }
}

fn by_sms(to: &str, key: &str) -> Note {
    Note { channel: MessageChannel::Sms, ..parcel(to, key) }
}

both_databases! {
    /// Whoever gives no answer is left alone for half a minute: others by that channel do not wait for the same silence,
    /// and it costs them no try. Other channels go on.
    async fn who_gives_no_answer_is_left_alone_for_a_while(world: World) {
        let server = Arc::new(Server::default());
        server.answers.lock().unwrap().push_back(SendError::Unreachable("no connection".to_owned()));
        for to in ["a@example.jp", "b@example.jp", "c@example.jp"] {
            note(&world, parcel(to, to)).await;
        }
        note(&world, by_sms("+819012345678", "sms")).await;
        server.work(&world).await;
        assert_eq!(server.mails().iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["+819012345678"]);
        assert!(send::is_resting(&world.ctx(), MessageChannel::Email));
        assert!(!send::is_resting(&world.ctx(), MessageChannel::Sms));
        let open = |name| DESKS.iter().find(|desk| desk.name == name);
        assert!(!open(SEND_JOB).unwrap().is_open(&world.ctx()), "nothing is claimed to be put back");
        assert!([SEND_CODE_JOB, SEND_ASKED_JOB].iter().all(|name| open(*name).unwrap().is_open(&world.ctx())));
        let mut tries: Vec<_> = jobs_left(&world).await.into_iter().map(|job| job.attempts).collect();
        tries.sort_unstable();
        assert_eq!(tries, [0, 0, 1]);
        world.advance(TimeDelta::seconds(29));
        server.work(&world).await;
        assert_eq!(server.mails().len(), 1);
        world.advance(TimeDelta::seconds(1));
        server.work(&world).await;
        assert_eq!(server.mails().len(), 3, "the one that was tried waits longer");
        assert!(open(SEND_JOB).unwrap().is_open(&world.ctx()));
        world.advance(TimeDelta::seconds(30));
        server.work(&world).await;
        assert_eq!(server.mails().len(), 4);
        clear(&world).await;
    }

    /// Each system that is called rests for itself.
    async fn one_silent_webhook_keeps_no_other_waiting(world: World) {
        let server = Arc::new(Server::default());
        server.answers.lock().unwrap().push_back(SendError::Unreachable("no connection".to_owned()));
        let hook = |to: &str, key: &str| Note { channel: MessageChannel::Webhook, ..parcel(to, key) };
        for (to, key) in [("https://a.example", "1"), ("https://a.example", "2"), ("https://b.example", "3")] {
            note(&world, hook(to, key)).await;
        }
        let lanes: BTreeSet<_> = jobs_left(&world).await.into_iter().map(|job| job.subject.unwrap()).collect();
        assert_eq!(lanes.len(), 3, "a message that is not taken holds up no other to the same address");
        server.work(&world).await;
        assert_eq!(server.mails().iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["https://b.example"]);
        clear(&world).await;
    }

    /// A code does not wait behind a receipt that is tried again, and one that does not work any more stays here.
    async fn a_code_leaves_in_time_or_not_at_all(world: World) {
        let server = Arc::new(Server::default());
        note(&world, parcel("hanako@example.jp", "parcel")).await;
        server.busy(1);
        server.work(&world).await;
        code(&world, "hanako@example.jp", "in time").await.unwrap();
        server.work(&world).await;
        assert_eq!(server.mails().len(), 1, "the code is before the receipt");
        let late = code(&world, "hanako@example.jp", "late").await.unwrap();
        server.busy(1);
        server.work(&world).await;
        world.advance(TimeDelta::minutes(10));
        server.work(&world).await;
        assert_eq!(server.mails().len(), 2, "the receipt");
        let late = messages(&world).await.into_iter().find(|message| message.id == late).unwrap();
        assert_eq!((late.status, late.reason.as_deref()), (MessageStatus::Suppressed, Some(send::EXPIRED)));
        assert_eq!((late.html.as_str(), late.text.as_str()), ("", ""));
        assert!(jobs_left(&world).await.is_empty());
        clear(&world).await;
    }

    /// What happens while a message waits for its turn counts: it is read when it is its turn.
    async fn what_is_not_wanted_any_more_does_not_leave(world: World) {
        let server = Arc::new(Server::default());
        let gate = Arc::new(Gate { server: Arc::clone(&server), entered: Notify::new(), open: Notify::new() });
        let adapters = Adapters { mail: Arc::<Gate>::clone(&gate) };
        note(&world, parcel("a@example.jp", "a")).await;
        let unwanted = note(&world, parcel("b@example.jp", "b")).await;
        let [first, second] = claim(&world.ctx(), "worker", 2).await.unwrap().try_into().unwrap();
        let ctx = world.ctx();
        let mut one = Box::pin(jobs::run(&ctx, &adapters, &first));
        tokio::select! {
            _ = &mut one => panic!("the gate is closed"),
            () = gate.entered.notified() => {}
        }
        let mut two = Box::pin(jobs::run(&ctx, &adapters, &second));
        assert!(tokio::time::timeout(Duration::from_millis(300), &mut two).await.is_err(), "it waits for its turn");
        message::Entity::update_many()
            .col_expr(message::Column::Status, Expr::value(MessageStatus::Suppressed))
            .col_expr(message::Column::Reason, Expr::value("ERASED"))
            .filter(message::Column::Id.eq(unwanted))
            .exec(world.db())
            .await
            .unwrap();
        gate.open.notify_one();
        assert_eq!(one.await.unwrap(), Ran::Done);
        assert_eq!(two.await.unwrap(), Ran::Done);
        assert_eq!(server.mails().iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["a@example.jp"]);
        assert!(jobs_left(&world).await.is_empty());
        clear(&world).await;
    }

    /// A database that fails for a moment, just after the server took a mail, repeats none.
    async fn what_was_accepted_is_written_down_with_patience(world: World) {
        code(&world, "hanako@example.jp", "once").await.unwrap();
        let server = Arc::new(Server::default());
        let breaking = Adapters { mail: Arc::new(Breaking { server: Arc::clone(&server), db: world.db().clone() }) };
        let [job] = claim(&world.ctx(), "worker", 1).await.unwrap().try_into().unwrap();
        assert_eq!(jobs::run(&world.ctx(), &breaking, &job).await.unwrap(), Ran::Done);
        assert_eq!(messages(&world).await[0].status, MessageStatus::Sent);
        assert!(jobs_left(&world).await.is_empty());
        clear(&world).await;
    }

    /// A message that brings its sender down is set aside after three tries, and those behind it go.
    async fn a_poisoned_message_holds_up_its_lane_for_three_tries(world: World) {
        let server = Arc::new(Server::default());
        for key in ["poison", "fine"] {
            note(&world, parcel("hanako@example.jp", key)).await;
        }
        for last in [Ran::Again, Ran::Again, Ran::Dead] {
            let [job] = claim(&world.ctx(), "worker", 10).await.unwrap().try_into().unwrap();
            assert_eq!(jobs::abandon(&world.ctx(), &job, Abandoned::Panicked).await.unwrap(), last);
            world.advance(TimeDelta::minutes(5));
        }
        server.work(&world).await;
        let states: Vec<_> = messages(&world).await.into_iter().map(|message| (message.status, message.error)).collect();
        assert_eq!(states, [(MessageStatus::Failed, Some("panicked".to_owned())), (MessageStatus::Sent, None)]);
        let [dead] = jobs_left(&world).await.try_into().unwrap();
        assert_eq!((dead.state, dead.attempts), (JobState::Dead, 3));
        clear(&world).await;
    }

    /// Who replied STOP agreed to nothing any more; the number is not dead.
    async fn a_stop_at_the_provider_ends_consent(world: World) {
        let server = Arc::new(Server::default());
        let hanako = hanako(&world).await;
        let stopped = || SendError::Unsubscribed("SMS 400 21610".to_owned());
        server.answers.lock().unwrap().extend([stopped(), stopped()]);
        note(&world, Note { customer_id: Some(hanako.id), ..by_sms("+819012345678", "hers") }).await;
        note(&world, by_sms("+819087654321", "a guest's")).await;
        server.work(&world).await;
        assert!(messages(&world).await.iter().all(|message| message.status == MessageStatus::Failed));
        let consents = domain::customer::query::consents(world.db(), hanako.id).await.unwrap();
        let by_sms: Vec<_> = consents.iter().filter(|row| row.channel == ConsentChannel::Sms).collect();
        assert!(by_sms.len() == ConsentPurpose::ALL.len() && by_sms.iter().all(|row| !row.granted && row.source == "provider"));
        assert!(consents.iter().any(|row| row.channel == ConsentChannel::Email && row.granted));
        let [stop] = entity::suppression::Entity::find().all(world.db()).await.unwrap().try_into().unwrap();
        assert_eq!((stop.channel, stop.scope), (MessageChannel::Sms, SuppressionScope::Marketing), "the guest's");
        entity::suppression::Entity::delete_many().exec(world.db()).await.unwrap();
        clear(&world).await;
    }

    /// Offers that became due first stand before nothing but offers.
    async fn each_desk_finds_its_own_jobs(world: World) {
        let ctx = world.ctx();
        let desks = [SEND_ASKED_JOB; 30].into_iter().chain([SEND_JOB, SEND_CODE_JOB, WORK]);
        for desk in desks {
            ctx.write(|tx| async move {
                tx.enqueue(NewJob::new("test", json!({})).desk(desk));
                Ok(())
            })
            .await
            .unwrap();
        }
        let mut found = BTreeMap::new();
        for desk in DESKS {
            let is_due = any_due_of(&ctx.db(), Some(desk.name), world.now()).await.unwrap();
            let claimed = claim_of(&ctx, "worker", Some(desk.name), u64::try_from(desk.slots).unwrap()).await.unwrap();
            assert_eq!(is_due, !claimed.is_empty());
            for job in claimed {
                *found.entry(job.desk).or_insert(0) += 1;
            }
        }
        let expected = [(SEND_ASKED_JOB, 8), (SEND_CODE_JOB, 1), (SEND_JOB, 1), (WORK, 1)];
        assert_eq!(found, BTreeMap::from(expected.map(|(kind, number)| (kind.to_owned(), number))));
        clear(&world).await;
    }

    /// Fifty workers are killed at the worst moment, each between the server's word and the mark: each repeats one mail
    /// at most, under the same Message-ID, and none is lost.
    async fn fifty_kills_repeat_fifty_mails_at_most(world: World) {
        let server = Arc::new(Server::default());
        let killing = Arc::new(Killing { server: Arc::clone(&server), accepted: Notify::new() });
        let dying = Adapters { mail: Arc::<Killing>::clone(&killing) };
        for round in 0..50 {
            code(&world, &format!("person{round}@example.jp"), &format!("mail{round}")).await.unwrap();
            let [job] = claim(&world.ctx(), "dying", 1).await.unwrap().try_into().unwrap();
            let ctx = world.ctx();
            tokio::select! {
                _ = jobs::run(&ctx, &dying, &job) => panic!("it outlived its kill"),
                () = killing.accepted.notified() => {}
            }
            world.advance(LEASE + TimeDelta::seconds(1));
            server.work(&world).await;
        }
        let mails = server.mails();
        assert_eq!(mails.len(), 100);
        let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
        for mail in &mails {
            *copies.entry(&mail.message_id).or_default() += 1;
        }
        assert!(copies.len() == 50 && copies.values().all(|copies| *copies == 2));
        assert!(messages(&world).await.iter().all(|message| message.status == MessageStatus::Sent));
        clear(&world).await;
    }

    /// Eight workers, one message: it goes out once.
    async fn two_workers_send_one_message_once(world: World) {
        code(&world, "hanako@example.jp", "once").await.unwrap();
        let server = Arc::new(Server::default());
        let (ctx, adapters) = (world.ctx(), server.adapters());
        race(8, |_| {
            let (ctx, adapters) = (ctx.clone(), adapters.clone());
            async move { run_due(&ctx, &adapters).await.unwrap() }
        })
        .await;
        assert_eq!(server.mails().len(), 1);
        assert!(jobs_left(&world).await.is_empty());
        clear(&world).await;
    }

    /// The same key asks once, ever.
    async fn one_key_is_one_message(world: World) {
        assert!(code(&world, "hanako@example.jp", "key").await.is_some());
        assert!(code(&world, "taro@example.jp", "key").await.is_none());
        assert_eq!((messages(&world).await.len(), jobs_left(&world).await.len()), (1, 1));
        clear(&world).await;
    }

    /// A worker dies after the server took the mail: it goes out again with the same Message-ID and date.
    async fn a_copy_can_be_told_by_its_message_id(world: World) {
        code(&world, "hanako@example.jp", "copy").await.unwrap();
        let server = Arc::new(Server::default());
        let dying = Adapters { mail: Arc::new(DiesAfterSending(Arc::clone(&server))) };
        let [job] = claim(&world.ctx(), "dying", 1).await.unwrap().try_into().unwrap();
        let died = tokio::time::timeout(Duration::from_millis(500), jobs::run(&world.ctx(), &dying, &job)).await;
        assert!(died.is_err() && server.mails().len() == 1);
        server.work(&world).await;
        assert_eq!(server.mails().len(), 1, "the lease still runs");
        world.advance(LEASE + TimeDelta::seconds(1));
        server.work(&world).await;
        let [first, second] = server.mails().try_into().unwrap();
        assert_eq!((&first.message_id, first.date, &first.text), (&second.message_id, second.date, &second.text));
        assert_eq!(messages(&world).await[0].status, MessageStatus::Sent);
        clear(&world).await;
    }

    /// Mails to one address wait for each other; others do not wait.
    async fn one_recipient_gets_mails_in_order(world: World) {
        let server = Arc::new(Server::default());
        server.busy(1);
        for (to, key) in [("a@example.jp", "a1"), ("A@Example.jp", "a2"), ("b@example.jp", "b1")] {
            code(&world, to, key).await.unwrap();
        }
        server.work(&world).await;
        let sent = |server: &Server| server.mails().into_iter().map(|mail| mail.to).collect::<Vec<_>>();
        assert_eq!(sent(&server), ["b@example.jp"]);
        world.advance(TimeDelta::milliseconds(59_999));
        server.work(&world).await;
        assert_eq!(sent(&server).len(), 1, "the first retry comes after a minute");
        world.advance(TimeDelta::milliseconds(1));
        server.work(&world).await;
        assert_eq!(sent(&server), ["b@example.jp", "a@example.jp", "A@Example.jp"]);
        clear(&world).await;
    }

    /// A message that is refused for good is set aside at once, and alone.
    async fn a_refused_message_is_set_aside_alone(world: World) {
        let server = Arc::new(Server { unknown: Some("nobody@example.jp"), ..Server::default() });
        for (to, key) in [("nobody@example.jp", "1"), ("nobody@example.jp", "2"), ("hanako@example.jp", "3")] {
            code(&world, to, key).await.unwrap();
        }
        server.work(&world).await;
        assert_eq!(server.mails().len(), 1);
        let states: Vec<_> = messages(&world).await.into_iter().map(|message| (message.status, message.error)).collect();
        let failed = (MessageStatus::Failed, Some("SMTP 550".to_owned()));
        assert_eq!(states, [failed.clone(), failed, (MessageStatus::Sent, None)]);
        let left = jobs_left(&world).await;
        assert!(left.len() == 2 && left.iter().all(|job| job.state == JobState::Dead && job.attempts == 1));
        assert!(left.iter().all(|job| job.last_error.as_deref() == Some("SMTP 550")));
        clear(&world).await;
    }

    /// Nobody is at the address: nothing more goes there, and what waits is kept back with the reason.
    async fn a_dead_address_gets_nothing_more(world: World) {
        let server = Arc::new(Server::default());
        server.answers.lock().unwrap().push_back(SendError::DeadAddress("SMTP 550 5.1.1".to_owned()));
        for (to, key) in [("nobody@example.jp", "1"), ("Nobody@example.jp", "2"), ("hanako@example.jp", "3")] {
            code(&world, to, key).await.unwrap();
        }
        server.work(&world).await;
        assert_eq!(server.mails().iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["hanako@example.jp"]);
        let states: Vec<_> = messages(&world).await.into_iter().map(|it| (it.status, it.error, it.reason)).collect();
        assert_eq!(states[0], (MessageStatus::Failed, Some("SMTP 550 5.1.1".to_owned()), None));
        assert_eq!(states[1], (MessageStatus::Suppressed, None, Some("SUPPRESSED_ADDRESS".to_owned())));
        code(&world, "nobody@example.jp", "4").await.unwrap();
        assert_eq!(messages(&world).await[3].status, MessageStatus::Suppressed);
        entity::suppression::Entity::delete_many().exec(world.db()).await.unwrap();
        clear(&world).await;
    }

    /// A server that is down for days: tried twelve times over two days, then the message says that it failed.
    async fn a_message_is_given_up_after_twelve_tries(world: World) {
        note(&world, parcel("hanako@example.jp", "down")).await;
        let server = Arc::new(Server::default());
        server.busy(100);
        let mut tries = 0;
        while jobs_left(&world).await.iter().any(|job| job.state != JobState::Dead) {
            assert_eq!(messages(&world).await[0].status, MessageStatus::Queued);
            server.work(&world).await;
            tries += 1;
            assert!(tries <= 12);
            world.advance(TimeDelta::hours(6));
        }
        assert_eq!((tries, server.mails().len()), (12, 0));
        let [message] = messages(&world).await.try_into().unwrap();
        assert_eq!((message.status, message.error.as_deref()), (MessageStatus::Failed, Some("SMTP 451")));
        clear(&world).await;
    }

    /// A code stands in the message until that is settled, and nowhere else.
    async fn a_code_is_wiped_when_its_message_is_settled(world: World) {
        code(&world, "hanako@example.jp", "secret").await.unwrap();
        let [before] = messages(&world).await.try_into().unwrap();
        assert!(before.html.contains("482913") && before.text.contains("482913") && !before.subject.contains("482913"));
        let [job] = jobs_left(&world).await.try_into().unwrap();
        let kept = format!("{job:?}");
        assert!(!kept.contains("482913") && !kept.contains("hanako"), "{kept}");
        let server = Arc::new(Server::default());
        server.busy(1);
        server.work(&world).await;
        assert!(messages(&world).await[0].html.contains("482913"), "it is still to be sent");
        world.advance(TimeDelta::minutes(1));
        server.work(&world).await;
        assert!(server.mails()[0].html.contains("482913"));
        let [after] = messages(&world).await.try_into().unwrap();
        assert_eq!((after.html.as_str(), after.text.as_str()), ("", ""));
        clear(&world).await;
    }

    /// Schedules are one row each for all processes and come back by the clock.
    async fn a_schedule_runs_once_per_interval(world: World) {
        for _ in 0..3 {
            jobs::Schedule::plant(&world.ctx()).await.unwrap();
        }
        let server = Arc::new(Server::default());
        assert_eq!(jobs_left(&world).await.len(), jobs::SCHEDULES.len());
        assert_eq!(run_due(&world.ctx(), &server.adapters()).await.unwrap(), jobs::SCHEDULES.len());
        assert_eq!(run_due(&world.ctx(), &server.adapters()).await.unwrap(), 0);
        world.advance(TimeDelta::hours(1));
        assert_eq!(run_due(&world.ctx(), &server.adapters()).await.unwrap(), jobs::SCHEDULES.len());
        clear(&world).await;
    }
}
