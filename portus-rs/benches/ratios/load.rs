//! Asks a server as fast as it answers, over a number of connections, from one thread of this process.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// When to stop asking.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    Passed(Duration),
    Asked(u64),
}

/// How to ask.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// `host:port`.
    pub address: &'a str,
    pub connections: usize,
    pub until: Until,
    /// A new connection for each request.
    pub afresh: bool,
    /// The status that every answer must have.
    pub status: u16,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Load {
    pub done: u64,
    pub seconds: f64,
    /// In milliseconds, sorted.
    latencies: Vec<f64>,
    /// The last answer's body.
    pub body: String,
    /// The last answer's head.
    pub head: String,
}

impl Load {
    pub fn per_second(&self) -> f64 {
        self.done as f64 / self.seconds
    }

    /// Milliseconds within which this part of the answers came.
    pub fn within(&self, part: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of a length"
        )]
        let index = (self.latencies.len() as f64 * part) as usize;
        let last = self.latencies.len().saturating_sub(1);
        self.latencies[index.min(last)]
    }
}

struct State {
    asked: Cell<u64>,
    load: RefCell<Load>,
    begun: Instant,
}

/// Sends what `make` writes for each number, and waits for the answers.
///
/// # Panics
/// At the first answer with another status: a figure over failures means nothing.
pub fn run(plan: Plan<'_>, make: impl Fn(u64) -> Vec<u8>) -> Load {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let state = Rc::new(State {
        asked: Cell::new(0),
        load: RefCell::default(),
        begun: Instant::now(),
    });
    runtime.block_on(async {
        let each = (0..plan.connections).map(|_| ask(plan, &make, &state));
        futures_util::future::join_all(each).await;
    });
    let mut load = state.load.take();
    load.seconds = state.begun.elapsed().as_secs_f64();
    load.latencies.sort_by(f64::total_cmp);
    assert!(load.done > 0, "nothing was asked of {}", plan.address);
    load
}

/// One caller who asks for the same again and again, with everything warm.
pub fn repeat(address: &str, request: &[u8]) -> Load {
    let plan = |count| Plan {
        address,
        connections: 1,
        until: Until::Asked(count),
        afresh: false,
        status: 200,
    };
    run(plan(5), |_| request.to_vec());
    run(plan(30), |_| request.to_vec())
}

async fn ask(plan: Plan<'_>, make: &impl Fn(u64) -> Vec<u8>, state: &State) {
    let mut open = None;
    loop {
        let number = state.asked.get();
        let enough = match plan.until {
            Until::Passed(time) => state.begun.elapsed() >= time,
            Until::Asked(count) => number >= count,
        };
        if enough {
            return;
        }
        state.asked.set(number + 1);
        let request = make(number);
        let begun = Instant::now();
        let mut stream = match open.take() {
            Some(stream) => stream,
            None => connect(plan.address).await,
        };
        send(&mut stream, &request).await;
        let (status, head, body) = answer(&mut stream).await;
        let taken = begun.elapsed();
        assert_eq!(status, plan.status, "{head}{body}");
        if !plan.afresh {
            open = Some(stream);
        }
        let mut load = state.load.borrow_mut();
        load.done += 1;
        load.latencies.push(taken.as_secs_f64() * 1000.0);
        load.head = head;
        load.body = body;
    }
}

pub async fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).await.expect("connect");
    stream.set_nodelay(true).expect("set TCP_NODELAY");
    stream
}

pub async fn send(stream: &mut TcpStream, request: &[u8]) {
    stream.write_all(request).await.expect("send a request");
}

/// Status, head and body of one answer.
pub async fn answer(stream: &mut TcpStream) -> (u16, String, String) {
    let mut bytes = Vec::with_capacity(4096);
    let end = loop {
        if let Some(end) = find(&bytes, b"\r\n\r\n") {
            break end + 4;
        }
        let read = stream.read_buf(&mut bytes).await.expect("read an answer");
        assert!(read > 0, "the server hung up");
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = bytes.split_off(end);
    loop {
        let complete = match length {
            Some(length) => body.len() >= length,
            None => body.ends_with(b"0\r\n\r\n"),
        };
        if complete {
            break;
        }
        let read = stream.read_buf(&mut body).await.expect("read an answer");
        assert!(read > 0, "the server hung up within an answer");
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    (
        status.expect("an answer begins with its status"),
        head,
        body,
    )
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|it| it == wanted)
}
