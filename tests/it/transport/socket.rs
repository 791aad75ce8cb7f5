//! Subscriptions' sockets, by a client of our own.

use std::time::Duration;

use serde_json::json;

use super::server::Server;
use crate::harness::{OURS, Socket};

#[tokio::test(flavor = "multi_thread")]
async fn operations_run_on_a_socket() {
    let server = Server::start("operations_run_on_a_socket", &[]).await;
    for path in ["/graphql/ws", "/graphql/staff/ws"] {
        let (mut socket, head) = Socket::open(server.address, path, OURS).await;
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        assert!(head.to_lowercase().contains("sec-websocket-protocol: graphql-transport-ws"), "{head}");
        socket.say(&json!({ "type": "connection_init" })).await;
        assert_eq!(socket.hear().await.unwrap()["type"], "connection_ack");
        socket.say(&json!({ "type": "ping" })).await;
        assert_eq!(socket.hear().await.unwrap()["type"], "pong");
        socket.say(&json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ serverTime }" } })).await;
        let next = socket.hear().await.unwrap();
        assert_eq!(next["type"], "next");
        assert!(next["payload"]["data"]["serverTime"].is_string(), "{next}");
        assert_eq!(socket.hear().await.unwrap(), json!({ "type": "complete", "id": "1" }));
        socket.say(&json!({ "type": "subscribe", "id": "2", "payload": { "query": "{ nope }" } })).await;
        let error = socket.hear().await.unwrap();
        assert_eq!(error["type"], "error");
        assert_eq!(error["payload"][0]["extensions"]["code"], "INVALID_DOCUMENT");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_are_closed_by_the_numbers_of_the_protocol() {
    let server = Server::start("sockets_are_closed", &[]).await;
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ serverTime }" } });
    let init = json!({ "type": "connection_init" });
    let forged = json!({ "type": "connection_init", "payload": { "Authorization": "Bearer forged" } });
    for (messages, close) in [
        (vec![subscribe.clone()], 4401),
        (vec![init.clone(), init.clone()], 4429),
        (vec![forged], 4403),
        (vec![json!({ "type": "nonsense" })], 4400),
        (vec![init.clone(), json!({ "type": "subscribe", "id": "", "payload": {} })], 4400),
    ] {
        let (mut socket, _) = Socket::open(server.address, "/graphql/ws", OURS).await;
        for message in &messages {
            socket.say(message).await;
        }
        let number = loop {
            if let Err(number) = socket.hear().await {
                break number;
            }
        };
        assert_eq!(number, close, "{messages:?}");
    }
    let (mut silent, _) = Socket::open(server.address, "/graphql/ws", OURS).await;
    assert_eq!(silent.hear().await, Err(4408), "who never says who they are is sent away");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_protocol_and_allowed_origins_get_a_socket() {
    let server = Server::start("only_our_protocol", &[]).await;
    let (_, head) = Socket::open(server.address, "/graphql/ws", "").await;
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    let (_, head) = Socket::open(server.address, "/graphql/ws", "sec-websocket-protocol: graphql-ws\r\n").await;
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    let foreign = format!("{OURS}origin: https://evil.example\r\n");
    let (_, head) = Socket::open(server.address, "/graphql/ws", &foreign).await;
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_end_with_the_process() {
    let server = Server::start("sockets_end_with_the_process", &[]).await;
    let (mut socket, _) = Socket::open(server.address, "/graphql/ws", OURS).await;
    socket.say(&json!({ "type": "connection_init" })).await;
    socket.hear().await.unwrap();
    server.stop.stop();
    assert_eq!(socket.hear().await, Err(1001));
    let ended = tokio::time::timeout(Duration::from_secs(10), server.task).await;
    ended.expect("open sockets keep no process alive").unwrap().unwrap();
}
