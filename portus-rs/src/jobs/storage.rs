//! Counts how much room images take, some namespaces at a time, so that neither memory nor a single statement grows with
//! what is stored. It may be run at any time, by any process.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{Stop, is_stopped};
use crate::{actions, app::App, error::Result, queries::storage};

/// Seconds between two looks whether there is anything new to be counted.
pub const EVERY: u64 = 60;
/// Namespaces counted at a time.
const TOGETHER: u64 = 100;
/// After this long everything is counted anew, whatever the marks say.
const AT_LEAST: TimeDelta = TimeDelta::hours(1);

/// Counts everything if anything has changed. Returns of how many namespaces the size has changed.
pub async fn run(app: &Arc<App>, stop: &Stop) -> Result<usize> {
    let now = app.clock.now();
    // Taken before, so that what comes meanwhile is counted the next time.
    let mark = storage::mark(app).await?;
    if app.counted.is_current(mark, now - AT_LEAST) {
        return Ok(0);
    }
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
    app.counted.note(mark, now);
    Ok(news)
}
