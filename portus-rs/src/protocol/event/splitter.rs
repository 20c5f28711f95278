//! Takes an envelope apart while it streams in, keeping only what an event needs.
//!
//! With references switched on an event may have megabytes, of which one kilobyte matters. Unknown
//! fields, nested values and all references but the first are skipped without being stored, so
//! memory is bounded by one event's kept part, whatever the sender does.

use super::{Event, Malformed};

/// Bytes kept of one event.
pub const MAX_EVENT: usize = 64 * 1024;
/// Entries reported of one envelope, events and faults together; registries send one.
pub const MAX_EVENTS: usize = 10_000;
/// Longest key compared; longer ones are unknown.
const MAX_KEY: usize = 32;
/// Fields of an event that are kept.
const FIELDS: [&[u8]; 7] = [
    b"id",
    b"timestamp",
    b"action",
    b"target",
    b"request",
    b"actor",
    b"source",
];

// How many containers are open around a value.
const IN_ENVELOPE: usize = 1;
const IN_EVENTS: usize = 2;
const IN_EVENT: usize = 3;
const IN_PART: usize = 4;
const IN_REFERENCES: usize = 5;

/// An incremental reader of one envelope.
#[derive(Debug, Default)]
pub struct EventReader {
    open: Vec<Container>,
    state: State,
    kept: Vec<u8>,
    overflown: bool,
    seen_events: bool,
    broken: bool,
    reported: usize,
    found: Vec<Result<Event, Malformed>>,
}

#[derive(Debug, Default)]
enum State {
    /// Between tokens.
    #[default]
    Between,
    /// In a string that is kept; a key is also noted in its container.
    Text { key: bool, escaped: bool },
    /// In a number or word that is kept.
    Word,
    /// In a value that is not kept.
    Skipping {
        depth: usize,
        text: bool,
        escaped: bool,
        word: bool,
    },
    /// Behind the closing brace of the envelope.
    Done,
}

#[derive(Debug)]
struct Container {
    object: bool,
    expects_key: bool,
    key: Vec<u8>,
    index: usize,
}

impl EventReader {
    /// A reader at the start of an envelope.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads on; returns the events that ended within `chunk`, and what was none.
    pub fn feed(&mut self, chunk: &[u8]) -> Vec<Result<Event, Malformed>> {
        for byte in chunk {
            if self.broken {
                break;
            }
            self.step(*byte);
        }
        std::mem::take(&mut self.found)
    }

    /// Ends the envelope; tells if it was cut short or held no list of events.
    pub fn finish(self) -> Option<Result<Event, Malformed>> {
        match self.state {
            // Already told when it broke.
            _ if self.broken => None,
            State::Done if self.seen_events => None,
            State::Done => Some(Err(Malformed::NoEvents)),
            _ => Some(Err(Malformed::NotJson)),
        }
    }

    fn step(&mut self, byte: u8) {
        match &mut self.state {
            State::Text { key, escaped } => {
                let (is_key, was_escaped) = (*key, *escaped);
                *escaped = !was_escaped && byte == b'\\';
                let ends = byte == b'"' && !was_escaped;
                if ends {
                    self.state = State::Between;
                } else if is_key
                    && let Some(container) = self.open.last_mut()
                    && container.key.len() <= MAX_KEY
                {
                    container.key.push(byte);
                }
                self.keep(byte);
            }
            State::Skipping {
                depth,
                text,
                escaped,
                word,
            } => {
                if *text {
                    let was_escaped = *escaped;
                    *escaped = !was_escaped && byte == b'\\';
                    *text = byte != b'"' || was_escaped;
                    if !*text && *depth == 0 {
                        self.state = State::Between;
                    }
                    return;
                }
                match byte {
                    // A word has no end of its own: what follows it belongs to the container.
                    b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n' if *word && *depth == 0 => {
                        self.state = State::Between;
                        self.between(byte);
                    }
                    b'"' => *text = true,
                    b'{' | b'[' => *depth += 1,
                    b'}' | b']' => {
                        *depth = depth.saturating_sub(1);
                        if *depth == 0 {
                            self.state = State::Between;
                        }
                    }
                    _ => {}
                }
            }
            State::Word | State::Between => self.between(byte),
            State::Done => {
                if !byte.is_ascii_whitespace() {
                    self.give_up(Malformed::NotJson);
                }
            }
        }
    }

    fn between(&mut self, byte: u8) {
        let in_word = matches!(self.state, State::Word);
        if byte.is_ascii_whitespace() {
            if in_word {
                // Keeps two words from becoming one.
                self.keep(b' ');
                self.state = State::Between;
            }
            return;
        }
        match byte {
            b',' => {
                self.state = State::Between;
                let depth = self.open.len();
                if let Some(container) = self.open.last_mut() {
                    container.index += 1;
                    container.expects_key = container.object;
                }
                if depth != IN_REFERENCES {
                    self.keep(byte);
                }
            }
            b':' => {
                self.state = State::Between;
                if let Some(container) = self.open.last_mut() {
                    container.expects_key = false;
                }
                self.keep(byte);
            }
            b'}' | b']' => self.close(byte),
            b'"' if self
                .open
                .last()
                .is_some_and(|container| container.expects_key) =>
            {
                if let Some(container) = self.open.last_mut() {
                    container.key.clear();
                }
                self.state = State::Text {
                    key: true,
                    escaped: false,
                };
                self.keep(byte);
            }
            _ if in_word => self.keep(byte),
            _ => self.value(byte),
        }
    }

    /// A value begins: keep it or skip it.
    fn value(&mut self, byte: u8) {
        let container = matches!(byte, b'{' | b'[');
        let (key, index): (&[u8], usize) = self
            .open
            .last()
            .map_or((b"", 0), |open| (&open.key, open.index));
        let kept = match self.open.len() {
            0 if byte == b'{' => true,
            0 => return self.give_up(Malformed::NotJson),
            IN_ENVELOPE if key == b"events" => {
                self.seen_events |= byte == b'[';
                byte == b'['
            }
            IN_ENVELOPE => false,
            IN_EVENTS => {
                if byte == b'{' {
                    self.kept.clear();
                    self.overflown = false;
                } else {
                    self.report(Err(Malformed::NotAnObject));
                }
                byte == b'{'
            }
            IN_EVENT => FIELDS.contains(&key) && byte != b'[',
            IN_PART => !container || (key == b"references" && byte == b'['),
            IN_REFERENCES => index == 0,
            _ => !container,
        };
        if kept && container {
            self.open.push(Container {
                object: byte == b'{',
                expects_key: byte == b'{',
                key: Vec::new(),
                index: 0,
            });
            self.keep(byte);
            self.state = State::Between;
        } else if kept {
            self.keep(byte);
            self.state = match byte {
                b'"' => State::Text {
                    key: false,
                    escaped: false,
                },
                _ => State::Word,
            };
        } else {
            if self.open.len() != IN_REFERENCES {
                b"null".iter().for_each(|byte| self.keep(*byte));
            }
            self.state = State::Skipping {
                depth: usize::from(container),
                text: byte == b'"',
                escaped: false,
                word: !container && byte != b'"',
            };
        }
    }

    fn close(&mut self, byte: u8) {
        self.keep(byte);
        self.state = State::Between;
        let fits = self
            .open
            .pop()
            .is_some_and(|open| open.object == (byte == b'}'));
        if !fits {
            return self.give_up(Malformed::NotJson);
        }
        match self.open.len() {
            0 => self.state = State::Done,
            IN_EVENTS => {
                let event = std::mem::take(&mut self.kept);
                let entry = if self.overflown {
                    Err(Malformed::TooLarge)
                } else {
                    Event::parse(&event)
                };
                self.report(entry);
            }
            _ => {}
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.open.len() < IN_EVENT || self.overflown {
            return;
        }
        if self.kept.len() >= MAX_EVENT {
            self.overflown = true;
            self.kept = Vec::new();
        } else {
            self.kept.push(byte);
        }
    }

    fn give_up(&mut self, fault: Malformed) {
        self.broken = true;
        self.found.push(Err(fault));
    }

    /// The first entry beyond the bound is told as a fault; those after it are passed over.
    fn report(&mut self, entry: Result<Event, Malformed>) {
        self.reported += 1;
        if self.reported <= MAX_EVENTS {
            self.found.push(entry);
        } else if self.reported == MAX_EVENTS + 1 {
            self.found.push(Err(Malformed::TooMany));
        }
    }
}
