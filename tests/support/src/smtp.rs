//! A mail server that keeps what it gets and answers as it is told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Split};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};

/// A mail that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// Headers and body as they came over the wire, dots unstuffed.
    pub data: String,
}

impl Mail {
    /// The value of a header on one line (unfolded), when it is there.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ").replace("\r\n\t", " ");
        head.split("\r\n").find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// How the sink answers one mail; without an answer it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 250.
    Accept,
    /// Refuses the recipient with this code, such as 421, 451 or 550.
    Refuse(u16),
    /// Refuses the recipient in these words, which begin with the code.
    Say(&'static str),
    /// Refuses the sender in these words, which begin with the code.
    RefuseSender(&'static str),
    /// Takes the recipient, and answers the whole mail in these words.
    RefuseMail(&'static str),
    /// Asks for the mail only after a while.
    SlowToAsk(Duration),
    /// Accepts after a while.
    Slow(Duration),
    /// Keeps the mail, then hangs up without an answer: the sender cannot know.
    HangUpAfterData,
}

/// The running sink. It stops with the runtime that started it.
#[derive(Clone, Debug)]
pub struct SmtpSink {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    mails: Vec<Mail>,
    script: VecDeque<Answer>,
    sessions: usize,
    greeting: Option<&'static str>,
    is_plain: bool,
}

impl SmtpSink {
    /// Listens on a free port of the loopback.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let sink = Self { address: listener.local_addr()?, state: Arc::default() };
        let serving = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sink = serving.clone();
                tokio::spawn(async move { sink.serve(stream).await });
            }
        });
        Ok(sink)
    }

    /// What to set `HITOTSU_SMTP_URL` to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Answers the next mails so, in this order.
    pub fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        self.with(|state| state.script.extend(answers));
    }

    /// Greets the next session in these words instead of taking it, then hangs up.
    pub fn turn_away(&self, words: &'static str) {
        self.with(|state| state.greeting = Some(words));
    }

    /// Knows neither SMTPUTF8 nor 8BITMIME from now on.
    pub fn knows_ascii_only(&self) {
        self.with(|state| state.is_plain = true);
    }

    /// How many sessions were begun.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.with(|state| state.sessions)
    }

    /// Everything that was accepted so far.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.with(|state| state.mails.clone())
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One session of RFC 5321, as little of it as a client needs.
    async fn serve(self, stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).split(b'\n');
        let mut mail = Mail { from: String::new(), to: Vec::new(), data: String::new() };
        let mut answer = Answer::Accept;
        let (greeting, is_plain) = self.with(|state| {
            state.sessions += 1;
            (state.greeting.take(), state.is_plain)
        });
        if let Some(words) = greeting {
            return write.write_all(format!("{words}\r\n").as_bytes()).await;
        }
        write.write_all(b"220 sink.example ESMTP\r\n").await?;
        while let Some(line) = lines.next_segment().await? {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let verb = line.get(..4).unwrap_or_default().to_uppercase();
            let reply = match verb.as_str() {
                "EHLO" | "HELO" if is_plain => "250 sink.example\r\n".to_owned(),
                "EHLO" | "HELO" => "250-sink.example\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n".to_owned(),
                "MAIL" => {
                    answer = self.with(|state| state.script.pop_front()).unwrap_or(Answer::Accept);
                    mail = Mail { from: address(&line), to: Vec::new(), data: String::new() };
                    if let Answer::RefuseSender(words) = answer {
                        format!("{words}\r\n")
                    } else {
                        "250 ok\r\n".to_owned()
                    }
                }
                "RCPT" => match answer {
                    Answer::Refuse(code) => format!("{code} refused by script\r\n"),
                    Answer::Say(words) => format!("{words}\r\n"),
                    Answer::Accept
                    | Answer::Slow(_)
                    | Answer::HangUpAfterData
                    | Answer::RefuseSender(_)
                    | Answer::RefuseMail(_)
                    | Answer::SlowToAsk(_) => {
                        mail.to.push(address(&line));
                        "250 ok\r\n".to_owned()
                    }
                },
                "DATA" => {
                    if let Answer::SlowToAsk(delay) = answer {
                        tokio::time::sleep(delay).await;
                    }
                    write.write_all(b"354 go on\r\n").await?;
                    match content(&mut lines).await? {
                        Some(data) => mail.data = data,
                        None => return Ok(()),
                    }
                    if let Answer::RefuseMail(words) = answer {
                        write.write_all(format!("{words}\r\n").as_bytes()).await?;
                        continue;
                    }
                    if let Answer::Slow(delay) = answer {
                        tokio::time::sleep(delay).await;
                    }
                    self.with(|state| state.mails.push(mail.clone()));
                    if answer == Answer::HangUpAfterData {
                        return Ok(());
                    }
                    "250 kept\r\n".to_owned()
                }
                "QUIT" => {
                    write.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                "RSET" | "NOOP" => "250 ok\r\n".to_owned(),
                _ => "502 not here\r\n".to_owned(),
            };
            write.write_all(reply.as_bytes()).await?;
        }
        Ok(())
    }
}

/// Headers and body, up to the single dot; `None` for what is cut off before its end: that is no mail.
async fn content(lines: &mut Split<BufReader<OwnedReadHalf>>) -> std::io::Result<Option<String>> {
    let mut data = String::new();
    while let Some(line) = lines.next_segment().await? {
        let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
        if line == "." {
            return Ok(Some(data));
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
        data.push_str("\r\n");
    }
    Ok(None)
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    line.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or_else(String::new, |(inside, _)| inside.to_owned())
}
