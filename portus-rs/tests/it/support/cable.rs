//! The way to a server that can be pulled out and put back, with whatever went over it at that moment.

use std::{
    io::copy,
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::spawn,
};

/// Listens until the test process ends.
pub struct Cable {
    pub port: u16,
    ends: Arc<Mutex<Ends>>,
}

#[derive(Default)]
struct Ends {
    out: bool,
    open: Vec<TcpStream>,
}

fn locked(ends: &Mutex<Ends>) -> MutexGuard<'_, Ends> {
    ends.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cable {
    /// To the server at this port of ours.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
        let port = listener.local_addr().expect("an address").port();
        let ends = Arc::new(Mutex::new(Ends::default()));
        let known = Arc::clone(&ends);
        spawn(move || {
            for near in listener.incoming().flatten() {
                let mut ends = locked(&known);
                if ends.out {
                    continue;
                }
                let Ok(far) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (mut from, mut to) = (twin(from), twin(to));
                    spawn(move || {
                        // Either end may hang up, and that is the end of it.
                        let _ = copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                ends.open.extend([near, far]);
            }
        });
        Self { port, ends }
    }

    /// Nothing gets through from now on.
    pub fn pull(&self) {
        let mut ends = locked(&self.ends);
        ends.out = true;
        for stream in ends.open.drain(..) {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Whoever connects again gets through.
    pub fn plug(&self) {
        locked(&self.ends).out = false;
    }
}

fn twin(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("another handle")
}
