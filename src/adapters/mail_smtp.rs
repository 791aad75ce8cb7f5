//! Mail over SMTP, with TLS as the address says: `smtp://user:password@host:587?tls=required`, `smtps://…`.
//!
//! One connection is kept and used again. It is taken out before it is used and put back only when a mail went all the way:
//! one whose answer did not come in time would give that answer to the next mail.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::messaging::feedback::is_of_dead_address;
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use lettre::address::Envelope;
use lettre::transport::smtp;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use secrecy::{ExposeSecret, SecretString};

use super::dkim::{DkimKey, Signer};
use super::mail_build::build;
use super::smtp_server::SmtpServer;

/// Longest wait for a connection, and for one answer of the server. RFC 5321 §4.5.3.2 would wait minutes; the job tries
/// again instead.
const PATIENCE: Duration = Duration::from_secs(20);
/// How much longer the answer to a whole mail may take: whoever gives up too early sends it twice.
const LAST: u32 = 3;
/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(30);
/// Longest wait for a goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// The address of the mail server cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it must look like smtp://user:password@host:587?tls=required or smtps://host ({0})")]
pub struct SmtpSetupError(String);

/// Longest name of a mail at its server that is kept.
const NAME: usize = 200;

/// Sends mail to a server.
pub struct SmtpMail {
    server: SmtpServer,
    signer: Signer,
    patience: Duration,
    kept: Mutex<Option<Kept>>,
}

/// A connection between two mails.
struct Kept {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl std::fmt::Debug for SmtpMail {
    /// The server has a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpMail").finish_non_exhaustive()
    }
}

/// How far a mail has come, and so what a refusal speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// To the server: connection, greeting, TLS, our sign-in.
    Way,
    /// The sender.
    Sender,
    /// The recipient.
    Recipient,
    /// The mail itself.
    Content,
}

/// A step that was not done.
#[derive(Debug)]
enum Failure {
    /// No answer in time.
    Silence,
    /// An answer, or none for another reason.
    Error(smtp::Error),
}

impl SmtpMail {
    /// Connects lazily: a mail server that is down keeps no process from starting. Errors: the address cannot be used.
    pub fn new(url: &SecretString) -> Result<Self, SmtpSetupError> {
        let server = SmtpServer::parse(url.expose_secret()).map_err(|problem| SmtpSetupError(problem.to_owned()))?;
        Ok(Self { server, signer: Signer::default(), patience: PATIENCE, kept: Mutex::default() })
    }

    /// The same, signing what comes from the domains of these keys. Errors: a key cannot be used.
    pub fn signed(self, keys: &[DkimKey]) -> Result<Self, SmtpSetupError> {
        let signer = Signer::new(keys).map_err(|problem| SmtpSetupError(format!("HITOTSU_DKIM_KEYS: {problem}")))?;
        Ok(Self { signer, ..self })
    }

    /// The same, waiting so long for one answer.
    #[must_use]
    pub fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    fn take(&self) -> Option<AsyncSmtpConnection> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.filter(|kept| kept.since.elapsed() < IDLE).map(|kept| kept.connection)
    }

    fn put_back(&self, connection: AsyncSmtpConnection) {
        let kept = Kept { connection, since: Instant::now() };
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }

    /// A connection on which the server has taken the sender.
    async fn begin(&self, envelope: &Envelope, is_ascii: bool) -> Result<AsyncSmtpConnection, SendError> {
        if let Some(mut kept) = self.take() {
            let mail = opening(&kept, envelope, is_ascii)?;
            if within(self.patience, kept.command(mail)).await.is_ok() {
                return Ok(kept);
            }
            // It was closed meanwhile, or the server has had enough of it: nothing was handed over, and a new one tells.
        }
        let opened = within(self.patience, self.server.open(self.patience / 2)).await;
        let mut fresh = opened.map_err(|failure| told(&failure, Stage::Way))?;
        let mail = opening(&fresh, envelope, is_ascii)?;
        match within(self.patience, fresh.command(mail)).await {
            Ok(_) => Ok(fresh),
            Err(failure) => Err(leave(fresh, &failure, Stage::Sender)),
        }
    }

    /// Hands a mail over, to the server's last word.
    async fn hand_over(
        &self,
        connection: &mut AsyncSmtpConnection,
        envelope: &Envelope,
        mail: &str,
    ) -> Result<Response, (Failure, Stage)> {
        for to in envelope.to() {
            let recipient = connection.command(Rcpt::new(to.clone(), Vec::new()));
            within(self.patience, recipient).await.map_err(|failure| (failure, Stage::Recipient))?;
        }
        let content = |failure| (failure, Stage::Content);
        within(self.patience, connection.command(Data)).await.map_err(content)?;
        within(self.patience * LAST, connection.command(Content(mail))).await.map_err(content)
    }
}

#[async_trait]
impl MessageTransport for SmtpMail {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        self.send_named(mail).await.map(|_| ())
    }

    async fn send_named(&self, mail: &OutgoingMail) -> Result<Option<String>, SendError> {
        let mut message = build(mail)?;
        let from = message.envelope().from().map(ToString::to_string).unwrap_or_default();
        self.signer.sign(&mut message, &from, mail.unsubscribe_url.is_some());
        let envelope = message.envelope().clone();
        // All that is not text in it is Base64.
        let text = String::from_utf8(message.formatted())
            .map_err(|_| SendError::Permanent("the mail is no text".to_owned()))?;
        let mut connection = self.begin(&envelope, text.is_ascii()).await?;
        match self.hand_over(&mut connection, &envelope, &text).await {
            Ok(answer) => {
                self.put_back(connection);
                Ok(name(&answer.message().collect::<Vec<_>>().join(" ")))
            }
            Err((failure, stage)) => Err(leave(connection, &failure, stage)),
        }
    }
}

/// A whole mail with its end, as it goes over the wire (RFC 5321 §4.5.2), in one piece: written apart from the rest, the end
/// would wait for TCP to fill a packet (RFC 9293 §3.7.4), 40 ms for each mail.
struct Content<'a>(&'a str);

impl std::fmt::Display for Content<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in self.0.split_inclusive("\r\n") {
            if line.starts_with('.') {
                f.write_str(".")?;
            }
            f.write_str(line)?;
        }
        f.write_str(if self.0.ends_with("\r\n") { ".\r\n" } else { "\r\n.\r\n" })
    }
}

/// One step, done in time.
async fn within<T>(patience: Duration, step: impl Future<Output = Result<T, smtp::Error>>) -> Result<T, Failure> {
    match tokio::time::timeout(patience, step).await {
        Ok(done) => done.map_err(Failure::Error),
        Err(_) => Err(Failure::Silence),
    }
}

/// Names the sender, with what an address or a text beyond ASCII needs (RFC 6531, RFC 6152). Error: permanent, when the
/// server has it not.
fn opening(connection: &AsyncSmtpConnection, envelope: &Envelope, is_ascii: bool) -> Result<Mail, SendError> {
    let has = |extension| connection.server_info().supports_feature(extension);
    let is_plain = |address: &lettre::Address| address.user().is_ascii() && address.domain().is_ascii();
    let mut parameters = Vec::new();
    if !envelope.from().into_iter().chain(envelope.to()).all(is_plain) {
        if !has(Extension::SmtpUtfEight) {
            return Err(SendError::Permanent("the mail server takes no addresses beyond ASCII".to_owned()));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !is_ascii {
        if !has(Extension::EightBitMime) {
            return Err(SendError::Permanent("the mail server takes no mails beyond ASCII".to_owned()));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(Mail::new(envelope.from().cloned(), parameters))
}

/// Gives a connection up, with a goodbye where the server still listens, and says what the failure means.
fn leave(mut connection: AsyncSmtpConnection, failure: &Failure, stage: Stage) -> SendError {
    if matches!(failure, Failure::Error(error) if error.status().is_some()) {
        tokio::spawn(async move { drop(tokio::time::timeout(GOODBYE, connection.quit()).await) });
    }
    told(failure, stage)
}

/// The name that a server gives a mail in its answer: `250 2.0.0 Ok: queued as 4XyZ`, `250 Ok 0101018f…`.
fn name(answer: &str) -> Option<String> {
    let after = |mark: &str| answer.split_once(mark).map(|(_, rest)| rest);
    let is_long = |word: &&str| word.len() >= 16 && word.chars().any(|c| c.is_ascii_digit());
    let named = after("queued as ").and_then(|rest| rest.split_whitespace().next());
    let name = named.or_else(|| answer.split_whitespace().find(is_long))?;
    let name: String = name.chars().filter(|c| c.is_ascii_graphic()).take(NAME).collect();
    (!name.is_empty()).then_some(name)
}

/// What a failure means. Whatever happens before the server hears of a recipient is no fault of theirs: a wrong password, a
/// sender that is refused or a server that has had enough of us must not cost every customer a mail. After that 4xx may
/// pass, and so may a demand to sign in (RFC 4954); 5xx is final for this mail. An address is only given up when the
/// server, asked for the recipient, says in an enhanced code that nobody is there: a bare 550 may as well say that it does
/// not relay for us (Exim: `550 relay not permitted`), and must not stop everybody's address.
fn told(failure: &Failure, stage: Stage) -> SendError {
    let error = match failure {
        Failure::Silence => return SendError::Unreachable("time-out".to_owned()),
        Failure::Error(error) => error,
    };
    let code = error.status().map(u16::from);
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let enhanced = words.split_whitespace().next().filter(|word| code.is_some() && is_enhanced(word));
    let reason = match (code, enhanced) {
        (Some(code), Some(enhanced)) => format!("SMTP {code} {enhanced}"),
        (Some(code), None) => format!("SMTP {code}"),
        (None, _) => wordless(error).to_owned(),
    };
    let is_final = error.is_permanent() && !matches!(code, Some(530 | 534 | 535 | 538));
    match stage {
        Stage::Way => SendError::Unreachable(reason),
        Stage::Sender => SendError::Temporary(reason),
        Stage::Recipient | Stage::Content if !is_final => SendError::Temporary(reason),
        Stage::Recipient if enhanced.is_some_and(is_of_dead_address) => SendError::DeadAddress(reason),
        Stage::Recipient | Stage::Content => SendError::Permanent(reason),
    }
}

/// Whether a word is an enhanced status code (RFC 3463 §2).
fn is_enhanced(word: &str) -> bool {
    let mut parts = word.split('.');
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let class = parts.next().is_some_and(|class| matches!(class, "2" | "4" | "5"));
    class && parts.clone().count() == 2 && parts.all(is_number)
}

/// The kind of a failure without a code.
fn wordless(error: &smtp::Error) -> &'static str {
    if error.is_timeout() {
        "time-out"
    } else if error.is_tls() {
        "TLS failed"
    } else if error.is_response() {
        "the answer cannot be read"
    } else if error.is_client() {
        "the server does not offer what is asked of it"
    } else {
        "no connection"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_begins_with_a_dot_ends_no_mail() {
        assert_eq!(Content("a\r\n.\r\n..b\r\nc.\r\n").to_string(), "a\r\n..\r\n...b\r\nc.\r\n.\r\n");
        assert_eq!(Content(".a\n.b").to_string(), "..a\n.b\r\n.\r\n");
    }

    #[test]
    fn servers_name_mails_in_their_own_ways() {
        assert_eq!(name("2.0.0 Ok: queued as 4XyZ1").as_deref(), Some("4XyZ1"));
        let ses = "0101018f3b2c1d4e-6f7a8b9c-0d1e-4f2a-8b3c-4d5e6f7a8b9c-000000";
        assert_eq!(name(&format!("Ok {ses}")).as_deref(), Some(ses));
        assert_eq!(name("kept"), None);
        assert_eq!(name(""), None);
    }

    #[test]
    fn enhanced_codes_are_told_from_words() {
        for code in ["5.1.1", "5.7.26", "4.2.2"] {
            assert!(is_enhanced(code), "{code}");
        }
        for word in ["5.1", "5.1.1.1", "6.1.1", "5.a.1", "5..1", "refused", ""] {
            assert!(!is_enhanced(word), "{word}");
        }
    }
}
