//! The worker: in turn, through panics, and to an orderly end.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::{Adapters, DESKS, SCHEDULES};
use domain::kernel::clock::Clock;
use domain::kernel::ctx::Services;
use domain::kernel::job::NewJob;
use domain::kernel::random::Random;
use domain::messaging::request::{Note, SEND_JOB};
use domain::messaging::{MessageRequest, MessageTransport, OutgoingMail, SendError, Template, request};
use entity::words::{CodePurpose, JobState, MessageChannel, MessageStatus};
use hitotsu::http::health::{Behind, Queue};
use hitotsu::worker::Worker;
use sea_orm::EntityTrait;
use serde_json::json;
use support::{World, both_databases};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A mail server that takes its time, counts how many it serves at once, and panics at one address.
#[derive(Debug, Default)]
struct Slow {
    sent: Mutex<Vec<String>>,
    now: AtomicUsize,
    most: AtomicUsize,
    panics: AtomicUsize,
}

#[async_trait]
impl MessageTransport for Slow {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        assert!(mail.to != "panic@example.jp" || self.panics.fetch_add(1, Ordering::SeqCst) > 0, "a panic on purpose");
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(150)).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        self.sent.lock().unwrap().push(mail.to.clone());
        Ok(())
    }
}

/// A mail server that answers nobody until it is let.
#[derive(Debug)]
struct Stuck {
    sent: Mutex<Vec<String>>,
    asked: AtomicUsize,
    gate: Semaphore,
}

#[async_trait]
impl MessageTransport for Stuck {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        if mail.channel == MessageChannel::Email {
            self.asked.fetch_add(1, Ordering::SeqCst);
            drop(self.gate.acquire().await.unwrap());
        }
        self.sent.lock().unwrap().push(mail.to.clone());
        Ok(())
    }
}

/// The time, and now and then a panic instead.
#[derive(Debug)]
struct Breaking {
    inner: Arc<dyn Clock>,
    is_broken: AtomicBool,
    panics: AtomicUsize,
}

impl Clock for Breaking {
    fn now(&self) -> DateTime<Utc> {
        if self.is_broken.load(Ordering::SeqCst) {
            self.panics.fetch_add(1, Ordering::SeqCst);
            panic!("a panic on purpose");
        }
        self.inner.now()
    }
}

/// The same services, with another clock.
fn with_clock(own: &Services, clock: Arc<dyn Clock>) -> Arc<Services> {
    Arc::new(Services {
        db: own.db.clone(),
        clock,
        random: Random::default(),
        secrets: own.secrets.clone(),
        settings: own.settings.clone(),
        gateways: own.gateways.clone(),
    })
}

/// Waits until the schedules are planted and nothing is left to run.
async fn until_idle(world: &World) {
    let waited = async {
        loop {
            let jobs = entity::job::Entity::find().all(world.db()).await.unwrap();
            let is_idle = |job: &entity::job::Model| job.state == JobState::Queued && job.run_at > world.now();
            if jobs.len() >= SCHEDULES.len() && jobs.iter().all(is_idle) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waited).await.expect("it takes too long");
}

fn start<T: MessageTransport + 'static>(world: &World, server: &Arc<T>) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    let worker = Worker::new(world.services(), Adapters { mail: Arc::<T>::clone(server) });
    (stop.clone(), tokio::spawn(worker.run(stop)))
}

async fn note(world: &World, channel: MessageChannel, to: &str) {
    let wanted = Note {
        template: "shipment_shipped",
        channel,
        recipient: to.to_owned(),
        locale: "ja".into(),
        dedupe_key: to.to_owned(),
        subject: "お荷物を発送しました".into(),
        text: "お荷物を発送しました。".into(),
        channel_id: None,
        customer_id: None,
        order_id: None,
        event_id: None,
        step: None,
    };
    let asked = world.ctx();
    let asked = asked.write(|tx| {
        let wanted = wanted.clone();
        async move { request::note(&tx, wanted).await }
    });
    asked.await.unwrap().unwrap();
}

async fn code(world: &World, to: String) {
    let wanted = MessageRequest {
        template: Template::Code { purpose: CodePurpose::SignIn, code: "482913".into(), valid_minutes: 10 },
        dedupe_key: to.clone(),
        recipient: to,
        locale: "ja".into(),
        channel_id: None,
        customer_id: None,
        event_id: None,
    };
    let asked = world.ctx();
    let asked = asked.write(|tx| {
        let wanted = wanted.clone();
        async move { request(&tx, wanted).await }
    });
    asked.await.unwrap().unwrap();
}

async fn until(mut done: impl FnMut() -> bool) {
    let waited = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waited).await.expect("it takes too long");
}

async fn sent_rows(world: &World) -> usize {
    let rows = entity::message::Entity::find().all(world.db()).await.unwrap();
    rows.iter().filter(|row| row.status == MessageStatus::Sent).count()
}

async fn panicked(world: &World) -> bool {
    let jobs = entity::job::Entity::find().all(world.db()).await.unwrap();
    jobs.iter().any(|job| job.last_error.as_deref() == Some("panicked"))
}

both_databases! {
    /// Mails leave one at a time, so that a kill repeats one at most; a stop lets the running send end and starts no more.
    async fn mails_leave_one_at_a_time_and_what_began_ends(world: World) {
        let server = Arc::new(Slow::default());
        let (stop, worker) = start(&world, &server);
        for number in 0..12 {
            code(&world, format!("customer{number}@example.jp")).await;
        }
        until(|| server.sent.lock().unwrap().len() >= 3).await;
        stop.cancel();
        worker.await.unwrap();
        assert_eq!(server.now.load(Ordering::SeqCst), 0);
        let sent = server.sent.lock().unwrap().len();
        assert_eq!(sent_rows(&world).await, sent, "what was sent is marked as sent");
        let (stop, worker) = start(&world, &server);
        until(|| server.sent.lock().unwrap().len() == 12).await;
        stop.cancel();
        worker.await.unwrap();
        assert_eq!(sent_rows(&world).await, 12);
        assert_eq!(server.most.load(Ordering::SeqCst), 1);
        entity::job::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// While a mail server answers nobody, other work goes on, and so do other channels.
    async fn a_server_that_hangs_holds_up_nothing_else(world: World) {
        let server = Arc::new(Stuck { sent: Mutex::default(), asked: AtomicUsize::default(), gate: Semaphore::new(0) });
        for number in 0..20 {
            note(&world, MessageChannel::Email, &format!("customer{number}@example.jp")).await;
        }
        let (stop, worker) = start(&world, &server);
        until(|| server.asked.load(Ordering::SeqCst) > 0).await;
        world
            .ctx()
            .write(|tx| async move {
                tx.enqueue(NewJob::new("nobody_knows_it", json!({})));
                Ok(())
            })
            .await
            .unwrap();
        note(&world, MessageChannel::Sms, "+819012345678").await;
        until(|| server.sent.lock().unwrap().as_slice() == ["+819012345678"]).await;
        let waited = async {
            loop {
                let jobs = entity::job::Entity::find().all(world.db()).await.unwrap();
                if jobs.iter().any(|job| job.kind == "nobody_knows_it" && job.state == JobState::Dead) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waited).await.expect("other work waits for mails");
        assert_eq!(server.asked.load(Ordering::SeqCst), 1, "and mails still go one at a time");
        server.gate.add_permits(100);
        until(|| server.sent.lock().unwrap().len() == 21).await;
        stop.cancel();
        worker.await.unwrap();
        assert_eq!(sent_rows(&world).await, 21);
        entity::job::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// Of those that wait for their turn none begins after the stop, and it costs them no try.
    async fn nothing_begins_after_the_stop(world: World) {
        let server = Arc::new(Stuck { sent: Mutex::default(), asked: AtomicUsize::default(), gate: Semaphore::new(0) });
        for number in 0..4 {
            note(&world, MessageChannel::Email, &format!("customer{number}@example.jp")).await;
        }
        let (stop, worker) = start(&world, &server);
        until(|| server.asked.load(Ordering::SeqCst) > 0).await;
        stop.cancel();
        server.gate.add_permits(100);
        worker.await.unwrap();
        assert_eq!((server.asked.load(Ordering::SeqCst), sent_rows(&world).await), (1, 1));
        let jobs = entity::job::Entity::find().all(world.db()).await.unwrap();
        let left = jobs.iter().filter(|job| job.desk == SEND_JOB);
        let left: Vec<_> = left.map(|job| (job.state, job.attempts)).collect();
        assert_eq!(left, [(JobState::Queued, 0); 3]);
        entity::job::Entity::delete_many().exec(world.db()).await.unwrap();
        entity::message::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// Only the desk whose messages do not leave is late.
    async fn each_desk_tells_how_late_it_is(world: World) {
        note(&world, MessageChannel::Email, "hanako@example.jp").await;
        world.advance(TimeDelta::seconds(90));
        code(&world, "taro@example.jp".into()).await;
        let late = Queue::behind(world.db(), world.now(), 60).await.unwrap();
        assert_eq!(late, [Behind { desk: SEND_JOB.to_owned(), waiting: 1, lag_seconds: 90 }]);
        entity::job::Entity::delete_many().exec(world.db()).await.unwrap();
        entity::message::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// A desk that panics starts anew.
    async fn a_desk_that_panics_starts_anew(world: World) {
        let own = world.services();
        let clock = Arc::new(Breaking {
            inner: Arc::clone(&own.clock),
            is_broken: AtomicBool::new(false),
            panics: AtomicUsize::default(),
        });
        let services = with_clock(&own, Arc::<Breaking>::clone(&clock));
        let (server, stop) = (Arc::new(Slow::default()), CancellationToken::new());
        let worker = Worker::new(services, Adapters { mail: Arc::<Slow>::clone(&server) });
        let worker = tokio::spawn(worker.run(stop.clone()));
        until_idle(&world).await;
        clock.is_broken.store(true, Ordering::SeqCst);
        until(|| clock.panics.load(Ordering::SeqCst) > DESKS.len()).await;
        clock.is_broken.store(false, Ordering::SeqCst);
        code(&world, "code@example.jp".into()).await;
        note(&world, MessageChannel::Email, "hanako@example.jp").await;
        note(&world, MessageChannel::Sms, "+819012345678").await;
        until(|| server.sent.lock().unwrap().len() == 3).await;
        stop.cancel();
        worker.await.unwrap();
        assert_eq!(sent_rows(&world).await, 3);
        entity::job::Entity::delete_many().exec(world.db()).await.unwrap();
    }

    /// A job that panics is tried again later and takes nothing down with it.
    async fn a_panic_is_a_failure_like_others(world: World) {
        let server = Arc::new(Slow::default());
        let (stop, worker) = start(&world, &server);
        code(&world, "panic@example.jp".into()).await;
        code(&world, "hanako@example.jp".into()).await;
        until(|| server.sent.lock().unwrap().as_slice() == ["hanako@example.jp"]).await;
        while !panicked(&world).await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // The retry waits for the clock.
        world.advance(TimeDelta::minutes(1));
        until(|| server.sent.lock().unwrap().len() == 2).await;
        stop.cancel();
        worker.await.unwrap();
        assert_eq!(sent_rows(&world).await, 2);
        entity::job::Entity::delete_many().exec(world.db()).await.unwrap();
    }
}
