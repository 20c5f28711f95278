//! Turns at something of which there is little, such as threads for hashes. Each address waits behind itself: however much
//! one of them asks for, another's comes next.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};

/// What one address has waiting at most; the last of it waits for some seconds.
const MOST_WAITING: usize = 64;
/// Addresses that are told apart while something of theirs waits.
const ADDRESSES: u64 = 10_000;
const REMEMBERED_FOR: Duration = Duration::from_mins(1);

/// So many may be served at once, and one address no more than half of them.
pub struct Turns {
    all: Arc<Semaphore>,
    queues: Cache<String, Arc<Queue>>,
    /// Turns that one address has at a time.
    share: usize,
}

/// What waits from one address.
struct Queue {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// A place in an address's queue, left by whoever has been served, or has gone.
pub struct Place(Arc<Queue>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Leave to be served, until it is dropped.
pub struct Turn {
    _own: Option<OwnedSemaphorePermit>,
    _one: OwnedSemaphorePermit,
}

impl Turns {
    pub fn new(at_once: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(at_once)),
            queues: Cache::builder()
                .max_capacity(ADDRESSES)
                .time_to_idle(REMEMBERED_FOR)
                .build(),
            share: at_once.div_ceil(2),
        }
    }

    /// A place in the queue of this address, unless it is too long.
    pub fn join(&self, source: &str) -> Option<Place> {
        let queue = self.queues.get_with_by_ref(source, || {
            Arc::new(Queue {
                turns: Arc::new(Semaphore::new(self.share)),
                waiting: AtomicUsize::new(0),
            })
        });
        let before = queue.waiting.fetch_add(1, Ordering::Relaxed);
        let place = Place(queue);
        (before < MOST_WAITING).then_some(place)
    }

    /// Waits until it is one's turn, behind one's own address first.
    pub async fn wait(&self, place: &Place) -> Result<Turn> {
        let own = Arc::clone(&place.0.turns).acquire_owned().await;
        let own = own.map_err(closed)?;
        Ok(Turn {
            _own: Some(own),
            ..self.any().await?
        })
    }

    /// The same for what no address asks for.
    pub async fn any(&self) -> Result<Turn> {
        let one = Arc::clone(&self.all).acquire_owned().await;
        Ok(Turn {
            _own: None,
            _one: one.map_err(closed)?,
        })
    }
}

fn closed(error: AcquireError) -> Error {
    Error::Internal(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_has_half_of_the_turns_and_so_many_places() {
        let turns = Turns::new(4);
        let places: Vec<Place> = (0..MOST_WAITING)
            .map_while(|_| turns.join("flood"))
            .collect();
        assert_eq!(places.len(), MOST_WAITING);
        assert!(turns.join("flood").is_none());
        let first = turns.wait(&places[0]).await.unwrap();
        let second = turns.wait(&places[1]).await.unwrap();
        let soon = Duration::from_millis(20);
        let third = tokio::time::timeout(soon, turns.wait(&places[2])).await;
        assert!(third.is_err(), "half of them are the flood's");
        let other = turns.join("other").unwrap();
        turns.wait(&other).await.unwrap();
        drop(first);
        turns.wait(&places[2]).await.unwrap();
        drop((second, places));
        assert!(turns.join("flood").is_some());
    }
}
