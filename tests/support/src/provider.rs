//! A stand-in for a provider that is called over HTTP: it keeps what it gets and answers as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A call that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Method and path.
    pub line: String,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: String,
}

/// An answer: a status, headers and a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// One header, when it matters.
    pub header: Option<(&'static str, &'static str)>,
    /// Body.
    pub body: &'static str,
}

impl Reply {
    /// An answer of a status and a body.
    #[must_use]
    pub const fn new(status: u16, body: &'static str) -> Self {
        Self { status, header: None, body }
    }
}

/// The running stand-in. It stops with the runtime that started it.
#[derive(Clone, Debug)]
pub struct Provider {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<Call>,
    script: VecDeque<Option<Reply>>,
}

impl Provider {
    /// Starts on a free port; without a script it answers 200 and `{}`.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let provider = Self { address: listener.local_addr()?, state: Arc::default() };
        let server = provider.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        Ok(provider)
    }

    /// Its base address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Says how the next calls are answered; `None` hangs up.
    pub fn script(&self, replies: impl IntoIterator<Item = Option<Reply>>) {
        self.lock().script.extend(replies);
    }

    /// Every call so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self, stream: TcpStream) -> Option<()> {
        let (reader, mut writer) = stream.into_split();
        let mut reader = BufReader::new(reader);
        loop {
            let mut head = String::new();
            reader.read_line(&mut head).await.ok().filter(|read| *read > 0)?;
            let line = head.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
            let mut headers = BTreeMap::new();
            loop {
                let mut text = String::new();
                reader.read_line(&mut text).await.ok()?;
                let Some((name, value)) = text.trim_end().split_once(':') else { break };
                headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
            let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            let mut body = vec![0; length];
            reader.read_exact(&mut body).await.ok()?;
            let call = Call { line, headers, body: String::from_utf8_lossy(&body).into_owned() };
            let reply = {
                let mut state = self.lock();
                state.calls.push(call);
                state.script.pop_front().unwrap_or(Some(Reply::new(200, "{}")))
            };
            // Hanging up is an answer, too.
            let Reply { status, header, body } = reply?;
            let header = header.map_or_else(String::new, |(name, value)| format!("{name}: {value}\r\n"));
            let text = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{header}content-length: {}\r\n\r\n{body}",
                body.len()
            );
            writer.write_all(text.as_bytes()).await.ok()?;
        }
    }
}
