//! A WebSocket client of a few lines (RFC 6455).

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The header that asks for the protocol of subscriptions.
pub(crate) const OURS: &str = "sec-websocket-protocol: graphql-transport-ws\r\n";

/// An open socket that carries JSON.
pub(crate) struct Socket(TcpStream);

impl Socket {
    /// Shakes hands (RFC 6455 §4); returns the head of the answer, too.
    pub(crate) async fn open(address: SocketAddr, path: &str, headers: &str) -> (Self, String) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        (Self(stream), String::from_utf8(answer).unwrap())
    }

    /// One masked text frame; the mask of zeros is a mask, too.
    pub(crate) async fn say(&mut self, message: &Value) {
        let text = message.to_string();
        let mut frame = vec![0x81];
        match u8::try_from(text.len()) {
            Ok(length) if length < 126 => frame.push(0x80 | length),
            _ => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&u16::try_from(text.len()).unwrap().to_be_bytes());
            }
        }
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(text.as_bytes());
        self.0.write_all(&frame).await.unwrap();
    }

    /// The next text, or the number with which the server closes.
    pub(crate) async fn hear(&mut self) -> Result<Value, u16> {
        let read = async {
            let kind = self.0.read_u8().await.unwrap() & 0x0f;
            let mut length = u64::from(self.0.read_u8().await.unwrap() & 0x7f);
            if length == 126 {
                length = u64::from(self.0.read_u16().await.unwrap());
            } else if length == 127 {
                length = self.0.read_u64().await.unwrap();
            }
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.0.read_exact(&mut payload).await.unwrap();
            if kind == 8 {
                Err(u16::from_be_bytes([payload[0], payload[1]]))
            } else {
                Ok(serde_json::from_slice(&payload).unwrap())
            }
        };
        tokio::time::timeout(Duration::from_secs(20), read).await.expect("the server says something")
    }
}
