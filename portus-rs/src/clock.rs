//! The time, which tests can set.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, NaiveDateTime, Utc};

/// Tells the time in UTC. A clone tells the same time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Microseconds that this clock runs ahead of the machine's.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// Now, in whole microseconds: what every database can hold.
    pub fn now(&self) -> NaiveDateTime {
        self.moment().naive_utc()
    }

    /// Seconds since 1970, as tokens carry them.
    pub fn unix(&self) -> i64 {
        self.moment().timestamp()
    }

    /// Moves this clock and all its clones.
    pub fn advance(&self, by: chrono::TimeDelta) {
        self.ahead
            .fetch_add(by.num_microseconds().unwrap_or(0), Ordering::Relaxed);
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine"
    )]
    fn moment(&self) -> DateTime<Utc> {
        let micros = Utc::now().timestamp_micros() + self.ahead.load(Ordering::Relaxed);
        DateTime::from_timestamp_micros(micros).unwrap_or_default()
    }
}
