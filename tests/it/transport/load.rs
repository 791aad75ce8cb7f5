//! What happens when it gets too much, and when it ends.

use std::time::{Duration, Instant};

use super::server::{Server, code};

#[tokio::test(flavor = "multi_thread")]
async fn health_answers_while_no_connection_is_left() {
    let server = Server::start("health_answers", &[]).await;
    let taken = server.exhaust_pool().await;
    let began = Instant::now();
    assert_eq!(server.get("/healthz").send().await.unwrap().status(), 200);
    assert!(began.elapsed() < Duration::from_secs(1));
    let ready = server.get("/readyz").send().await.unwrap();
    assert_eq!(ready.status(), 503);
    assert!(began.elapsed() < Duration::from_secs(4));
    let waiting = server.waiting_post().send().await.unwrap();
    assert_eq!(waiting.status(), 503, "a waiter fails after three seconds");
    assert_eq!(code(waiting).await, "BUSY");
    drop(taken);
    assert_eq!(server.get("/readyz").send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_told_to_come_back() {
    let server = Server::start("too_many_requests", &[("HITOTSU_MAX_IN_FLIGHT", "1")]).await;
    let taken = server.exhaust_pool().await;
    let first = tokio::spawn(server.waiting_post().send());
    server.until_in_flight(1).await;
    let second = server.post(r#"{"query":"{ serverTime }"}"#).send().await.unwrap();
    assert_eq!(second.status(), 503);
    assert_eq!(second.headers()["retry-after"], "1");
    assert_eq!(code(second).await, "BUSY");
    assert_eq!(server.get("/healthz").send().await.unwrap().status(), 200);
    drop(taken);
    first.await.unwrap().unwrap();
    assert_eq!(server.post(r#"{"query":"{ serverTime }"}"#).send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_too_long_is_stopped() {
    let server = Server::start("takes_too_long", &[("HITOTSU_REQUEST_TIMEOUT", "1")]).await;
    let taken = server.exhaust_pool().await;
    let began = Instant::now();
    let answer = server.waiting_post().send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "1");
    assert!(began.elapsed() < Duration::from_millis(2500), "{:?}", began.elapsed());
    drop(taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_given_up() {
    let server = Server::start("a_body_that_does_not_come", &[("HITOTSU_REQUEST_TIMEOUT", "2")]).await;
    let head =
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"query\"";
    let answer = server.raw(head.as_bytes(), Duration::from_secs(3)).await;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    assert!(matches!(status, "408" | "503"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_in_flight_ends_before_the_process_does() {
    let server = Server::start("work_in_flight_ends", &[]).await;
    let taken = server.exhaust_pool().await;
    let running = tokio::spawn(server.waiting_post().send());
    server.until_in_flight(1).await;
    server.stop.stop();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!server.task.is_finished(), "it waits for what was begun");
    drop(taken);
    let answer = running.await.unwrap().unwrap();
    assert_eq!(answer.status(), 200);
    let ended = tokio::time::timeout(Duration::from_secs(10), server.task).await;
    ended.expect("the process ends soon after the last request").unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_keep_no_process_alive() {
    let server = Server::start("idle_connections", &[]).await;
    let mut idle = tokio::net::TcpStream::connect(server.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut idle, b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = [0_u8; 12];
    tokio::io::AsyncReadExt::read_exact(&mut idle, &mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    server.stop.stop();
    let ended = tokio::time::timeout(Duration::from_secs(10), server.task).await;
    ended.expect("nobody waits for a client who says nothing").unwrap().unwrap();
}
