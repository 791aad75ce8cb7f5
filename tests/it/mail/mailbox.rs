//! Mail into the folder of development.

use domain::messaging::MessageTransport;
use hitotsu::adapters::mail_file::FileMail;

use super::mail;

#[tokio::test]
async fn mails_are_kept_newest_first_and_copies_show() {
    let folder = std::env::temp_dir().join(format!("hitotsu-mailbox-{}", std::process::id()));
    let mailbox = FileMail::new(folder.clone());
    assert!(mailbox.list(None).unwrap().is_empty());
    let mut later = mail();
    later.date += chrono::TimeDelta::seconds(1);
    later.to = "taro@example.jp".into();
    later.message_id = "<msg_02@shop.example>".into();
    for mail in [&mail(), &mail(), &later] {
        mailbox.send(mail).await.unwrap();
    }
    let mails = mailbox.list(None).unwrap();
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>()[0], "taro@example.jp");
    assert_eq!(mails.len(), 3);
    assert_eq!(mailbox.list(Some("HANAKO@example.jp")).unwrap().len(), 2);
    let one = mailbox.read(&mails[0].id).unwrap().unwrap();
    assert!(
        one.headers.contains("Message-ID: <msg_02@shop.example>") && one.text == later.text && one.html == later.html
    );
    for outside in ["../secret", "..", "a/b", "", "a\0b"] {
        assert!(mailbox.read(outside).unwrap().is_none(), "{outside:?}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
