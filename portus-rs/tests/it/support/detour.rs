//! A way to a registry that can be spoilt: errors, half answers, an empty catalog.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::room;

/// What becomes of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// This status, whatever was asked.
    Status(u16),
    /// The answer ends after half of it.
    Cut,
    /// The catalog names nothing; the rest is as it is.
    EmptyCatalog,
    /// Every connection is closed at once.
    Down,
}

/// Listens until the test process ends; one request for each connection.
pub struct Detour {
    /// `host:port`.
    pub address: String,
    fault: Arc<Mutex<Fault>>,
}

impl Detour {
    /// A way to the server at `address`, without faults so far.
    pub fn to(address: &str) -> Self {
        let own = format!("127.0.0.1:{}", room::free_port());
        let listener = TcpListener::bind(&own).expect("listen");
        let fault = Arc::new(Mutex::new(Fault::None));
        let (target, now) = (address.to_owned(), Arc::clone(&fault));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let fault = *now.lock().unwrap_or_else(PoisonError::into_inner);
                let target = target.clone();
                std::thread::spawn(move || {
                    // Who hangs up early learns nothing.
                    let _ = pass(stream, &target, fault);
                });
            }
        });
        Self {
            address: own,
            fault,
        }
    }

    pub fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }
}

fn pass(mut client: TcpStream, target: &str, fault: Fault) -> std::io::Result<()> {
    if fault == Fault::Down {
        return client.shutdown(Shutdown::Both);
    }
    client.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut head = Vec::new();
    let mut byte = [0_u8; 1];
    while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    if let Fault::Status(status) = fault {
        return answer(&mut client, status, r#"{"errors":[]}"#);
    }
    if fault == Fault::EmptyCatalog && head.contains(" /v2/_catalog") {
        return answer(&mut client, 200, r#"{"repositories":[]}"#);
    }
    let mut server = TcpStream::connect(target)?;
    // So that the end of the connection is the end of the answer.
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    server.write_all(head.as_bytes())?;
    let mut whole = Vec::new();
    server.read_to_end(&mut whole)?;
    if fault == Fault::Cut {
        whole.truncate(whole.len() - 10);
    }
    client.write_all(&whole)
}

fn answer(client: &mut TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    write!(
        client,
        "HTTP/1.1 {status} X\r\nDocker-Distribution-Api-Version: registry/2.0\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
