//! Connections kept open between questions, and no more of them than a directory bears.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{
    connection::{Address, Connection},
    fault::Fault,
};

/// Connections at once.
pub const SEATS: usize = 8;
/// Servers and firewalls drop what is silent for long.
const IDLE: Duration = Duration::from_mins(1);
/// A server that was taken out of service is left behind after this long.
const AGE: Duration = Duration::from_mins(15);

/// Connections that are all alike: bound for searches, or for trying passwords.
pub(super) struct Pool {
    idle: Mutex<Vec<Connection>>,
    seats: Semaphore,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            idle: Mutex::default(),
            seats: Semaphore::new(SEATS),
        }
    }
}

impl Pool {
    /// Waits for leave to use a connection.
    pub async fn seat(&self, address: &Address) -> Result<SemaphorePermit<'_>, Fault> {
        timeout(address.patience, self.seats.acquire())
            .await
            .map_err(|_| Fault::Crowded)?
            .map_err(|_| Fault::Crowded)
    }

    /// The one used last that is still good.
    pub fn take(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        idle.retain(|it| now < it.used + IDLE && now < it.opened + AGE);
        idle.pop()
    }

    pub fn put(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < SEATS {
            idle.push(connection);
        }
    }

    /// When one has died, the others most likely have too.
    pub fn clear(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.clear();
    }
}
