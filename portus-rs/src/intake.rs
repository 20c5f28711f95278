//! What the inbox remembers in this process: who waits, which registry processes are known, who was turned away.
//! All of it is bounded, and losing it loses nothing but counts.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use chrono::NaiveDateTime;
use moka::sync::Cache;
use tokio::sync::{Mutex, MutexGuard, oneshot};

use crate::protocol::event::Event;

/// Unknown hosts remembered for admins.
const STRANGERS: usize = 50;
/// Registry processes, hosts and addresses remembered.
const REMEMBERED: u64 = 10_000;
/// For how long deliveries of one address are counted together.
const WINDOW: Duration = Duration::from_secs(10);
/// Deliveries that were turned away, of one address in one [`WINDOW`], before it is no longer listened to.
const REFUSED: u64 = 200;
/// Deliveries taken without a secret, of one address in one [`WINDOW`]: more than a registry can send.
const UNPROVEN: u64 = 20_000;

/// A delivery that waits to be written.
pub(crate) struct Delivery {
    pub registry_id: i64,
    pub events: Vec<Event>,
    pub answer: oneshot::Sender<Result<u64, String>>,
}

/// A host that named itself in events and is no registry of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    pub host: String,
    /// Where its last delivery came from.
    pub address: String,
    pub events: u64,
    pub last_at: NaiveDateTime,
}

/// Why something was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    WrongSecret,
    UnknownHost,
    Malformed,
    TooLarge,
}

/// How much has come in since this process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events stored.
    pub stored: u64,
    /// Events that were known already.
    pub repeated: u64,
    /// Blobs, our own reads and other things without meaning for us.
    pub ignored: u64,
    /// Parts of envelopes that are no events.
    pub malformed: u64,
    /// Events of unknown registries.
    pub unknown: u64,
    /// Deliveries with a wrong secret, or without one where it is needed.
    pub refused: u64,
}

#[derive(Default)]
struct Counters {
    stored: AtomicU64,
    repeated: AtomicU64,
    ignored: AtomicU64,
    malformed: AtomicU64,
    unknown: AtomicU64,
    refused: AtomicU64,
}

/// The inbox of this process.
pub struct Inbox {
    waiting: std::sync::Mutex<Vec<Delivery>>,
    turn: Mutex<()>,
    instances: Cache<(i64, String), ()>,
    other_hosts: Cache<(i64, String), ()>,
    strangers: std::sync::Mutex<HashMap<String, Stranger>>,
    refused: Cache<IpAddr, std::sync::Arc<AtomicU64>>,
    unproven: Cache<IpAddr, std::sync::Arc<AtomicU64>>,
    pulls: Cache<u64, NaiveDateTime>,
    counters: Counters,
}

impl Default for Inbox {
    fn default() -> Self {
        let counted = || {
            Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(WINDOW)
                .build()
        };
        Self {
            waiting: std::sync::Mutex::default(),
            turn: Mutex::default(),
            instances: Cache::new(REMEMBERED),
            other_hosts: Cache::new(REMEMBERED),
            strangers: std::sync::Mutex::default(),
            refused: counted(),
            unproven: counted(),
            pulls: Cache::builder()
                .max_capacity(5 * REMEMBERED)
                .time_to_live(2 * PULL_WINDOW)
                .build(),
            counters: Counters::default(),
        }
    }
}

/// Reads by the same client of the same manifest within this time are one pull.
const PULL_WINDOW: Duration = Duration::from_mins(1);

impl Inbox {
    pub(crate) fn wait(&self, delivery: Delivery) {
        lock(&self.waiting).push(delivery);
    }

    pub(crate) fn take(&self) -> Vec<Delivery> {
        std::mem::take(&mut *lock(&self.waiting))
    }

    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    pub(crate) fn knows_instance(&self, registry_id: i64, instance: &str) -> bool {
        self.instances
            .contains_key(&(registry_id, instance.to_owned()))
    }

    pub(crate) fn learn_instance(&self, registry_id: i64, instance: String) {
        self.instances.insert((registry_id, instance), ());
    }

    /// Whether it is the first time that this registry's events name this host.
    pub fn is_new_host(&self, registry_id: i64, host: &str) -> bool {
        let key = (registry_id, shortened(host));
        let new = !self.other_hosts.contains_key(&key);
        if new {
            self.other_hosts.insert(key, ());
        }
        new
    }

    pub fn note_stored(&self, new: u64, sent: u64) {
        add(&self.counters.stored, new);
        add(&self.counters.repeated, sent.saturating_sub(new));
    }

    pub fn note_ignored(&self, events: u64) {
        add(&self.counters.ignored, events);
    }

    /// Counts what was turned away, and from where.
    pub fn note_refusal(&self, address: Option<IpAddr>, refusal: Refusal, events: u64) {
        let counter = match refusal {
            Refusal::WrongSecret => &self.counters.refused,
            Refusal::UnknownHost => &self.counters.unknown,
            Refusal::Malformed | Refusal::TooLarge => &self.counters.malformed,
        };
        add(counter, events);
        if let Some(address) = address {
            count(&self.refused, address);
        }
    }

    /// Whether an address that proves nothing has been turned away too often of late to be listened to.
    pub fn is_tiresome(&self, address: IpAddr) -> bool {
        let refused = self.refused.get(&address);
        refused.is_some_and(|it| it.load(Ordering::Relaxed) >= REFUSED)
            || count(&self.unproven, address) > UNPROVEN
    }

    /// Remembers an unknown host. Returns whether it is new to us.
    pub fn note_stranger(
        &self,
        host: &str,
        address: &str,
        events: u64,
        now: NaiveDateTime,
    ) -> bool {
        let host = shortened(host);
        let mut strangers = lock(&self.strangers);
        if let Some(known) = strangers.get_mut(&host) {
            known.events += events;
            known.last_at = now;
            address.clone_into(&mut known.address);
            return false;
        }
        if strangers.len() >= STRANGERS {
            let oldest = strangers.values().min_by_key(|it| it.last_at);
            if let Some(oldest) = oldest.map(|it| it.host.clone()) {
                strangers.remove(&oldest);
            }
        }
        let stranger = Stranger {
            host: host.clone(),
            address: address.to_owned(),
            events,
            last_at: now,
        };
        strangers.insert(host, stranger);
        true
    }

    /// The unknown hosts, the latest first.
    pub fn strangers(&self) -> Vec<Stranger> {
        let mut all: Vec<_> = lock(&self.strangers).values().cloned().collect();
        all.sort_by(|a, b| b.last_at.cmp(&a.last_at).then_with(|| a.host.cmp(&b.host)));
        all
    }

    pub fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            stored: read(&self.counters.stored),
            repeated: read(&self.counters.repeated),
            ignored: read(&self.counters.ignored),
            malformed: read(&self.counters.malformed),
            unknown: read(&self.counters.unknown),
            refused: read(&self.counters.refused),
        }
    }

    /// When the pull of this fingerprint was last counted, unless that is long ago.
    pub fn last_pull(&self, pull: u64) -> Option<NaiveDateTime> {
        self.pulls.get(&pull)
    }

    pub fn learn_pulls(&self, pulls: impl IntoIterator<Item = (u64, NaiveDateTime)>) {
        for (pull, at) in pulls {
            self.pulls.insert(pull, at);
        }
    }
}

/// A panic elsewhere leaves these maps whole.
fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn add(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Ordering::Relaxed);
}

fn count(counted: &Cache<IpAddr, std::sync::Arc<AtomicU64>>, address: IpAddr) -> u64 {
    let so_far = counted.get_with(address, std::sync::Arc::default);
    so_far.fetch_add(1, Ordering::Relaxed) + 1
}

/// Host names of strangers may be anything.
fn shortened(host: &str) -> String {
    host.chars().filter(|c| !c.is_control()).take(255).collect()
}
