//! A real server on a free port, over a fresh database.

use std::net::SocketAddr;
use std::time::Duration;

use hitotsu::app::{App, StartError, Stop};
use hitotsu::config::Config;
use sea_orm::{DatabaseTransaction, TransactionTrait as _};
use support::{Backend, World};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

pub(super) struct Server {
    pub(super) world: World,
    pub(super) address: SocketAddr,
    pub(super) metrics: SocketAddr,
    pub(super) client: reqwest::Client,
    pub(super) stop: Stop,
    pub(super) task: JoinHandle<Result<(), StartError>>,
}

impl Server {
    pub(super) async fn start(name: &str, settings: &[(&str, &str)]) -> Self {
        let world = World::fresh(Backend::Sqlite, name).await.unwrap();
        let base = [
            ("HITOTSU_LISTEN", "127.0.0.1:0"),
            ("HITOTSU_METRICS_LISTEN", "127.0.0.1:0"),
            ("HITOTSU_HTTP_THREADS", "1"),
            ("HITOTSU_DATA_DIR", std::env::temp_dir().to_str().unwrap()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let extra = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = Config::parse("", base.into_iter().chain(extra)).unwrap();
        let app = App::build(config, world.services(), false).unwrap();
        let (address, metrics, stop) = (app.address().unwrap(), app.metrics_address().unwrap(), app.stop_handle());
        let task = tokio::spawn(app.run());
        hitotsu::adapters::use_ring();
        Self { world, address, metrics, client: reqwest::Client::new(), stop, task }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(self.url(path))
    }

    /// `POST /graphql` of a JSON text.
    pub(super) fn post(&self, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        self.client.post(self.url("/graphql")).header("content-type", "application/json").body(body)
    }

    /// A request that waits for a connection of the database, because it has to look up the secret of a cart.
    pub(super) fn waiting_post(&self) -> reqwest::RequestBuilder {
        self.post(r#"{"query":"{ serverTime }"}"#).header("x-cart-token", "nobody's")
    }

    /// Takes every connection that readers have, until it is dropped.
    pub(super) async fn exhaust_pool(&self) -> Vec<DatabaseTransaction> {
        let mut taken = Vec::new();
        let reader = self.world.services().db.reader().clone();
        while let Ok(Ok(transaction)) = tokio::time::timeout(Duration::from_millis(300), reader.begin()).await {
            taken.push(transaction);
        }
        assert!(!taken.is_empty());
        taken
    }

    /// Waits until so many requests are being worked on.
    pub(super) async fn until_in_flight(&self, count: u64) {
        for _ in 0..200 {
            let page = self.client.get(format!("http://{}/metrics", self.metrics)).send();
            // The page of metrics reads the queue and so waits for the database, too: its time-out is short.
            if let Ok(Ok(page)) = tokio::time::timeout(Duration::from_millis(2500), page).await
                && page.text().await.unwrap().contains(&format!("hitotsu_http_in_flight {count}\n"))
            {
                return;
            }
        }
        panic!("there were never {count} requests in flight");
    }

    /// Sends bytes as they are and reads what comes back until the server closes or nothing comes for a while.
    pub(super) async fn raw(&self, request: &[u8], patience: Duration) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        let mut chunk = [0_u8; 4096];
        while let Ok(Ok(read)) = tokio::time::timeout(patience, stream.read(&mut chunk)).await {
            if read == 0 {
                break;
            }
            answer.extend_from_slice(&chunk[..read]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// The code of the first error of an answer.
pub(super) async fn code(answer: reqwest::Response) -> String {
    let body: serde_json::Value = answer.json().await.unwrap();
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}
