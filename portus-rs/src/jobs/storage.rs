//! Counts how much room images take, some namespaces at a time, so that neither memory nor a single statement grows with
//! what is stored. It may be run at any time, by any process.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::{NaiveDateTime, TimeDelta};

use super::{Stop, is_stopped};
use crate::{
    actions,
    app::App,
    error::Result,
    queries::storage::{self, Mark},
};

/// Seconds between two looks whether there is anything new to be counted.
pub const EVERY: u64 = 60;
/// Namespaces counted at a time.
const TOGETHER: u64 = 100;
/// After this long everything is counted anew, whatever the marks say.
const AT_LEAST: TimeDelta = TimeDelta::hours(1);

/// What counting may take of a process's time, at most one part in so many: where there is much to count, and something
/// new each minute, it is counted less often.
const SHARE: u32 = 50;
/// A count that takes less is no burden.
const QUICK: Duration = Duration::from_millis(500);

/// When this process counted last.
#[derive(Debug, Default)]
pub struct Counted(Mutex<Option<Count>>);

#[derive(Clone, Copy, Debug)]
struct Count {
    began: NaiveDateTime,
    took: Duration,
    /// What there was then.
    mark: Mark,
}

impl Count {
    /// Whether another one is worth its time.
    fn is_over(&self, mark: Mark, now: NaiveDateTime) -> bool {
        let age = now - self.began;
        let rest = TimeDelta::from_std(self.took * SHARE).unwrap_or(AT_LEAST);
        let rested = self.took < QUICK || age >= rest.min(AT_LEAST);
        age >= AT_LEAST || (self.mark != mark && rested)
    }
}

impl Counted {
    fn last(&self) -> std::sync::MutexGuard<'_, Option<Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts everything if anything has changed. Returns of how many namespaces the size has changed.
pub async fn run(app: &Arc<App>, stop: &Stop) -> Result<usize> {
    let now = app.clock.now();
    // Taken before, so that what comes meanwhile is counted the next time.
    let mark = storage::mark(app).await?;
    let last = *app.counted.last();
    if last.is_some_and(|it| !it.is_over(mark, now)) {
        return Ok(0);
    }
    let begin = Instant::now();
    let (mut after, mut news) = (0, 0);
    loop {
        if is_stopped(stop) {
            return Ok(news);
        }
        let namespaces = storage::next_namespaces(app, after, TOGETHER).await?;
        let Some(last) = namespaces.last() else {
            break;
        };
        after = *last;
        let counted = storage::count(app, &namespaces).await?;
        news += actions::storage::write(app, &namespaces, &counted).await?;
    }
    *app.counted.last() = Some(Count {
        began: now,
        took: begin.elapsed(),
        mark,
    });
    Ok(news)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_is_counted_less_often() {
        let began = NaiveDateTime::default();
        let mark = Mark::default();
        let newer = Mark {
            entry: Some(1),
            ..mark
        };
        let count = |seconds| Count {
            began,
            took: Duration::from_secs(seconds),
            mark,
        };
        let over = |seconds, mark, minutes| {
            count(seconds).is_over(mark, began + TimeDelta::minutes(minutes))
        };
        assert!(!over(0, mark, 1) && over(0, newer, 1), "something is new");
        assert!(!over(6, newer, 4) && over(6, newer, 5), "one part in fifty");
        assert!(
            over(0, mark, 60) && over(10_000, newer, 60),
            "in an hour at the latest"
        );
        assert!(!over(10_000, newer, 59));
    }
}
