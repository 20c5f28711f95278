//! Bars, drawn here: pages need no script and no library for them.

use chrono::DateTime;
use serde::Serialize;

use crate::queries::traffic::Day;

/// The picture's height; what a bar stands for is [`STEP`] wide.
const HEIGHT: i64 = 64;
const STEP: i64 = 10;
const BAR: i64 = 7;
/// The least that shows of anything at all.
const LEAST: i64 = 2;

/// Bars with what they stand for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chart {
    pub width: i64,
    pub height: i64,
    pub total: i64,
    pub bars: Vec<Bar>,
    /// The first and the last.
    pub from: String,
    pub to: String,
}

/// A day, or a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bar {
    pub label: String,
    pub count: i64,
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
}

impl Chart {
    /// One bar per day.
    pub fn of_days(days: &[Day], count: fn(&Day) -> i64) -> Self {
        Self::new(days.iter().map(|it| (date(it.day), count(it))))
    }

    /// Bars by what they stand for, from the left.
    pub fn new(counts: impl IntoIterator<Item = (String, i64)>) -> Self {
        let counts: Vec<(String, i64)> = counts.into_iter().collect();
        let most = counts.iter().map(|it| it.1).max().unwrap_or(0).max(1);
        let ends = |it: Option<&(String, i64)>| it.map(|it| it.0.clone()).unwrap_or_default();
        let (from, to) = (ends(counts.first()), ends(counts.last()));
        let total = counts.iter().map(|it| it.1).sum();
        let bar = |(place, (label, count)): (i64, (String, i64))| {
            let height = match count {
                0 => 0,
                _ => (count * HEIGHT / most).max(LEAST),
            };
            Bar {
                label,
                count,
                x: place * STEP,
                y: HEIGHT - height,
                width: BAR,
                height,
            }
        };
        Self {
            width: STEP * i64::try_from(counts.len()).unwrap_or(0),
            height: HEIGHT,
            total,
            from,
            to,
            bars: (0..).zip(counts).map(bar).collect(),
        }
    }
}

/// As in ISO 8601.
fn date(day: i64) -> String {
    let at = DateTime::from_timestamp(day.saturating_mul(86_400), 0);
    at.map(|it| it.date_naive().to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(counts: &[i64]) -> Chart {
        let days: Vec<Day> = (19_000..)
            .zip(counts)
            .map(|(day, pushes)| Day {
                day,
                pushes: *pushes,
                pulls: 0,
            })
            .collect();
        Chart::of_days(&days, |it| it.pushes)
    }

    #[test]
    fn the_busiest_day_is_as_high_as_the_picture() {
        let it = chart(&[0, 5, 10, 1000]);
        let heights: Vec<i64> = it.bars.iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [0, LEAST, LEAST, HEIGHT]);
        assert!(it.bars.iter().all(|bar| bar.y + bar.height == HEIGHT));
        assert_eq!((it.total, it.width), (1015, 40));
        assert_eq!(it.from, "2022-01-08");
    }

    #[test]
    fn nothing_at_all_is_a_flat_picture() {
        assert!(chart(&[0, 0]).bars.iter().all(|bar| bar.height == 0));
        assert_eq!(chart(&[]).bars, []);
    }
}
