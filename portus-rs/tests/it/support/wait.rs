//! Waiting for a condition, with an end. There are no fixed sleeps in the tests.

use std::future::Future;
use std::time::{Duration, Instant};

/// How often a condition is asked again.
const STEP: Duration = Duration::from_millis(15);

/// Asks `condition` until it holds.
///
/// # Panics
/// When `limit` passes first, naming `what` was waited for.
pub fn wait_for(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    wait_for_value(what, limit, || condition().then_some(()));
}

/// Asks `look` until it finds something, and gives it back.
///
/// # Panics
/// When `limit` passes first.
pub fn wait_for_value<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            Instant::now() < end,
            "waited {limit:?} in vain until {what}"
        );
        std::thread::sleep(STEP);
    }
}

/// [`wait_for`] for a condition that itself awaits.
///
/// # Panics
/// When `limit` passes first.
pub async fn eventually<F>(what: &str, limit: Duration, mut condition: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let end = Instant::now() + limit;
    while !condition().await {
        assert!(
            Instant::now() < end,
            "waited {limit:?} in vain until {what}"
        );
        tokio::time::sleep(STEP).await;
    }
}
