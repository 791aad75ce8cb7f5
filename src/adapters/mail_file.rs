//! Mail into a folder, for development: each mail as `.eml`, and beside it what `/dev/mailbox` shows.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::messaging::{MessageTransport, OutgoingMail, SendError};
use serde::{Deserialize, Serialize};

use super::mail_build::build;

/// Most mails that a listing shows.
const NEWEST: usize = 200;

/// Writes mail into a folder.
#[derive(Debug, Clone)]
pub struct FileMail {
    folder: PathBuf,
}

/// A mail as the mailbox shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredMail {
    /// Its name in the mailbox; later mails sort later.
    pub id: String,
    /// RFC 5322 Message-ID.
    pub message_id: String,
    /// Sender.
    pub from: String,
    /// Recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// When it was written.
    pub date: DateTime<Utc>,
    /// The request that caused it.
    pub request_id: String,
    /// All headers as they would go over the wire.
    pub headers: String,
    /// Text part.
    pub text: String,
    /// HTML part.
    pub html: String,
}

impl FileMail {
    /// Mail into this folder; it is made with the first mail.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The mailbox of a data folder.
    #[must_use]
    pub fn folder(data_dir: &Path) -> PathBuf {
        data_dir.join("mailbox")
    }

    /// The newest mails, newest first; to one address when it is given.
    pub fn list(&self, to: Option<&str>) -> std::io::Result<Vec<StoredMail>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names: Vec<String> = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".json").map(str::to_owned))
            .collect();
        names.sort_unstable_by(|left, right| right.cmp(left));
        let mails = names.iter().filter_map(|name| self.read(name).ok().flatten());
        Ok(mails.filter(|mail| to.is_none_or(|to| mail.to.eq_ignore_ascii_case(to))).take(NEWEST).collect())
    }

    /// One mail by its name; `None` when there is none of that name.
    pub fn read(&self, id: &str) -> std::io::Result<Option<StoredMail>> {
        let is_name =
            !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !is_name {
            return Ok(None);
        }
        match std::fs::read(self.folder.join(format!("{id}.json"))) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, mail: &OutgoingMail, eml: &[u8]) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let id = self.free_name(mail)?;
        std::fs::write(self.folder.join(format!("{id}.eml")), eml)?;
        let head = String::from_utf8_lossy(eml);
        let stored = StoredMail {
            message_id: mail.message_id.clone(),
            from: format!("{} <{}>", mail.from_name, mail.from_address).trim().to_owned(),
            to: mail.to.clone(),
            subject: mail.subject.clone(),
            date: mail.date,
            request_id: mail.request_id.clone(),
            headers: head.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n", "\n"),
            text: mail.text.clone(),
            // A browser knows no pictures of a mail: they stand in the page.
            html: domain::messaging::inline::embedded(&mail.html),
            id: id.clone(),
        };
        // Renamed when complete: a reader never meets half a mail.
        let partial = self.folder.join(format!("{id}.partial"));
        std::fs::write(&partial, serde_json::to_vec_pretty(&stored)?)?;
        std::fs::rename(partial, self.folder.join(format!("{id}.json")))
    }

    /// Claims a name that sorts by time. A mail that is sent twice is there twice, as it would be at a server.
    fn free_name(&self, mail: &OutgoingMail) -> std::io::Result<String> {
        let id = mail.message_id.trim_start_matches('<').split('@').next().unwrap_or_default();
        let id: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let time = mail.date.format("%Y%m%d-%H%M%S%6f");
        for copy in 1..1_000 {
            let name = if copy == 1 { format!("{time}-{id}") } else { format!("{time}-{id}-{copy}") };
            match std::fs::File::create_new(self.folder.join(format!("{name}.eml"))) {
                Ok(_) => return Ok(name),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(std::io::ErrorKind::AlreadyExists.into())
    }
}

#[async_trait]
impl MessageTransport for FileMail {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        let eml = build(mail)?.formatted();
        let (files, mail) = (self.clone(), mail.clone());
        let written = tokio::task::spawn_blocking(move || files.write(&mail, &eml)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(SendError::Temporary(format!("the mailbox cannot be written: {}", error.kind()))),
            Err(_) => Err(SendError::Temporary("writing the mailbox broke off".to_owned())),
        }
    }
}
