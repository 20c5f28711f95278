//! Something at an LDAP server's address that is no good.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    time::Duration,
};

/// What it does with whoever connects.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// Listens, and says nothing.
    Hangs,
    /// Hears the first question out and hangs up.
    HangsUp,
    /// Speaks another protocol.
    SpeaksHttp,
    /// Speaks the right encoding, but no sense.
    TalksNonsense,
    /// Says a success to whatever is asked, with the wrong kind of answer.
    SaysYes,
    /// Is busy, as RFC 4511 says it.
    IsBusy,
    /// Lets the account for searches in, and says nothing more.
    BindsAndHangs,
    /// Lets it in, and resets the connection at the next question.
    BindsAndResets,
}

/// Starts it; it ends with the test process. Returns its port.
pub fn start(manner: Manner) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream, manner));
        }
    });
    port
}

fn answer(mut stream: TcpStream, manner: Manner) {
    let mut bound = false;
    let mut question = [0; 4096];
    loop {
        // As much as tells what is asked; what is left unread makes a reset of the end.
        let some = match (manner, bound) {
            (Manner::BindsAndResets, true) => 8,
            _ => question.len(),
        };
        match stream.read(&mut question[..some]) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let id = question[4];
        let said: Vec<u8> = match manner {
            Manner::SpeaksHttp => b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            Manner::TalksNonsense => vec![0x30, 0x05, 0x02, 0x01, id, 0x04, 0x00],
            // A search's end, to whatever is asked.
            Manner::SaysYes => result(id, 0x65, 0),
            Manner::IsBusy => result(id, kind(question[5]), 51),
            Manner::BindsAndHangs | Manner::BindsAndResets if question[5] == 0x60 => {
                bound = true;
                result(id, 0x61, 0)
            }
            Manner::Hangs | Manner::BindsAndHangs => {
                std::thread::sleep(Duration::from_mins(1));
                return;
            }
            Manner::HangsUp | Manner::BindsAndResets => return,
        };
        if stream.write_all(&said).is_err() {
            return;
        }
    }
}

/// The answer's kind for a question's.
fn kind(question: u8) -> u8 {
    match question {
        0x60 => 0x61,
        0x63 => 0x65,
        other => other + 1,
    }
}

/// `LDAPMessage { id, kind { code, "", "" } }`.
fn result(id: u8, kind: u8, code: u8) -> Vec<u8> {
    vec![
        0x30, 0x0c, 0x02, 0x01, id, kind, 0x07, 0x0a, 0x01, code, 0x04, 0x00, 0x04, 0x00,
    ]
}
