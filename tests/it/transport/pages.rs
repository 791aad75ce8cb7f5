//! Our own pages pass the same doors as the API.

use super::server::{Server, code};

/// Every address of the mailbox.
const MAILBOX: [&str; 5] =
    ["/dev/mailbox", "/dev/mailbox.json", "/dev/mailbox/one", "/dev/mailbox/one.json", "/dev/mailbox/one/html"];

#[tokio::test(flavor = "multi_thread")]
async fn the_mailbox_has_the_headers_of_every_answer() {
    let server = Server::start("mailbox_headers", &[]).await;
    for path in MAILBOX {
        let answer = server.get(path).header("x-request-id", "mailbox-1234").send().await.unwrap();
        let headers = answer.headers();
        assert_eq!(headers["x-request-id"], "mailbox-1234", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
        assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"), "{path}");
        let changed = server.client.delete(server.url(path)).send().await.unwrap();
        assert_eq!((changed.status().as_u16(), code(changed).await.as_str()), (405, "METHOD_NOT_ALLOWED"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mailbox_is_shed_when_it_gets_too_much() {
    let server = Server::start("mailbox_shed", &[("HITOTSU_MAX_IN_FLIGHT", "1")]).await;
    let taken = server.exhaust_pool().await;
    let first = tokio::spawn(server.waiting_post().send());
    server.until_in_flight(1).await;
    for path in MAILBOX {
        let answer = server.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 503, "{path}");
        assert_eq!(answer.headers()["retry-after"], "1", "{path}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(code(answer).await, "BUSY", "{path}");
    }
    drop(taken);
    first.await.unwrap().unwrap();
    assert_eq!(server.get("/dev/mailbox.json").send().await.unwrap().status(), 200);
}
