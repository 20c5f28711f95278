//! The smallest HTTP client, for asking whether a server is up from code that does
//! not await.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The status of `GET path` at `address` (`host:port`), or nothing while nobody answers.
pub fn status(address: &str, path: &str) -> Option<u16> {
    get(address, path).map(|(status, _)| status)
}

/// Status and body of a plain `GET`.
pub fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let answer = exchange(address, path)?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let body = answer
        .split_once("\r\n\r\n")
        .map_or("", |(_, body)| body)
        .to_owned();
    Some((status, body))
}

fn exchange(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}

/// Status line and headers of the answer to a plain `GET`.
pub fn head(address: &str, path: &str) -> Option<String> {
    let answer = exchange(address, path)?;
    Some(answer.split_once("\r\n\r\n")?.0.to_owned())
}

/// Whether the server at `address` speaks first, as MariaDB does.
pub fn greets(address: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else {
        return false;
    };
    let mut first = [0_u8; 1];
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .and_then(|()| stream.read_exact(&mut first))
        .is_ok()
}
