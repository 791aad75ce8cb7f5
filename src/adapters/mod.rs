//! What rules need from outside, with the world behind it: mail servers and files.

mod mail_build;
pub mod mail_file;
pub mod mail_smtp;

use std::sync::Arc;

use domain::jobs::Adapters;

use crate::config::Config;
use mail_file::FileMail;
use mail_smtp::{SmtpMail, SmtpSetupError};

/// Builds the adapters of a process: mail goes to the server of `HITOTSU_SMTP_URL`, or into the mailbox in the data
/// folder when none is set. Errors: the address of the mail server cannot be used.
pub fn build(config: &Config) -> Result<Adapters, SmtpSetupError> {
    let mail: Arc<dyn domain::messaging::MessageTransport> = match &config.smtp_url {
        Some(url) => Arc::new(SmtpMail::new(url)?),
        None => Arc::new(FileMail::new(FileMail::folder(&config.data_dir))),
    };
    Ok(Adapters { mail })
}
