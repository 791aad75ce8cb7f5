//! From messages to the mail server, and back again when it will not have them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::jobs::{self, Adapters, run_due};
use domain::kernel::job::{LEASE, claim};
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use entity::job;
use entity::words::{JobState, MessageStatus};
use sea_orm::EntityTrait;
use support::{World, both_databases, race};
use tokio::sync::Notify;

use super::fixture::{Server, clear, code, messages};

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

both_databases! {
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
        code(&world, "hanako@example.jp", "down").await.unwrap();
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
