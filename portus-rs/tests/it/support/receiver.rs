//! A server of somebody else's, on loopback: it answers everything and keeps what it was asked.

use std::{
    io::{BufRead as _, BufReader, Read, Write},
    net::TcpListener,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use openssl::ssl::{SslAcceptor, SslFiletype, SslMethod};

use super::{room, smtpd};

/// A picture of one pixel.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method, path and headers.
    pub head: String,
    pub body: String,
}

impl Asked {
    /// Method and path.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The value of a header, empty if it did not come.
    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map_or("", |(_, value)| value)
    }
}

/// Listens until the test process ends.
pub struct Receiver {
    /// `http://127.0.0.1:port`.
    pub url: String,
    shared: Arc<Mutex<Shared>>,
}

/// Lets answers go when it is dropped.
pub struct Held(Arc<AtomicBool>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

struct Shared {
    asked: Vec<Asked>,
    status: u16,
    /// True while nobody is answered.
    held: Arc<AtomicBool>,
}

impl Receiver {
    /// Answers a sentence, without TLS.
    pub fn start() -> Self {
        Self::saying("Thank you.", "text/plain")
    }

    /// Answers these words, as content of this type, without TLS.
    pub fn saying(words: &str, kind: &'static str) -> Self {
        Self::listen(room::free_port(), None, (words.into(), kind))
    }

    /// Answers a picture at this port, with TLS and a certificate that nobody trusts.
    pub fn of_pictures(port: u16) -> Self {
        let place = tempfile::tempdir().unwrap();
        smtpd::certify(place.path());
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        let at = |name: &str| place.path().join(name);
        builder
            .set_private_key_file(at("server.key"), SslFiletype::PEM)
            .unwrap();
        builder
            .set_certificate_chain_file(at("server.crt"))
            .unwrap();
        let picture = STANDARD.decode(PICTURE).expect("it is base64");
        Self::listen(port, Some(builder.build()), (picture, "image/png"))
    }

    fn listen(port: u16, tls: Option<SslAcceptor>, answer: (Vec<u8>, &'static str)) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("listen");
        let shared = Arc::new(Mutex::new(Shared {
            asked: Vec::new(),
            status: 200,
            held: Arc::default(),
        }));
        let kept = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, tls, answer) = (Arc::clone(&kept), tls.clone(), answer.clone());
                std::thread::spawn(move || {
                    // Who hangs up early is not answered.
                    let _ = match tls {
                        None => serve(stream, &kept, &answer),
                        Some(tls) => match tls.accept(stream) {
                            Ok(stream) => serve(stream, &kept, &answer),
                            Err(_) => Ok(()),
                        },
                    };
                });
            }
        });
        Self {
            url: format!("http://127.0.0.1:{port}"),
            shared,
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers with this status from now on.
    pub fn answers(&self, status: u16) {
        self.shared().status = status;
    }

    /// Answers nobody as long as this is kept.
    pub fn hold(&self) -> Held {
        let held = Arc::clone(&self.shared().held);
        held.store(true, Ordering::Relaxed);
        Held(held)
    }

    /// Everything it was asked, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared().asked.clone()
    }
}

/// One request for each connection.
fn serve(
    stream: impl Read + Write,
    shared: &Mutex<Shared>,
    (answer, kind): &(Vec<u8>, &str),
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head)? > 0 {}
    let mut asked = Asked {
        head,
        body: String::new(),
    };
    let length = asked.header("content-length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    asked.body = String::from_utf8_lossy(&body).into_owned();
    let (status, held) = {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.asked.push(asked);
        (shared.status, Arc::clone(&shared.held))
    };
    while held.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let stream = stream.get_mut();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nX-Answered-By: the receiver\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    )?;
    stream.write_all(answer)?;
    stream.flush()
}
