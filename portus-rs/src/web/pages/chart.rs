//! Bars, drawn here: pages need no script and no library for them.

use chrono::DateTime;
use serde::Serialize;

use super::view::Moment;
use crate::queries::{
    storage::{Share, Shares},
    traffic::Day,
};

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

/// How wide a share of everything is at most.
const WHOLE: i64 = 100;

/// Shares of something, the greatest first, each with a bar; what is left of it comes last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ranking {
    /// How wide the greatest is.
    pub width: i64,
    pub rows: Vec<Ranked>,
    /// How many are not among the rows, and what they come to.
    pub others: i64,
    pub others_bytes: i64,
    pub others_width: i64,
    pub bytes: i64,
    pub counted_at: Moment,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ranked {
    pub id: i64,
    pub name: String,
    pub bytes: i64,
    pub width: i64,
}

impl Ranking {
    /// Nothing before there is anything to be seen.
    pub fn of(shares: Shares) -> Option<Self> {
        let counted_at = shares.counted_at.filter(|_| shares.bytes > 0)?;
        let most = shares.greatest.first().map_or(0, |it| it.bytes);
        let most = most.max(shares.others_bytes).max(1);
        let width = |bytes: i64| match bytes {
            0 => 0,
            _ => (bytes.saturating_mul(WHOLE) / most).max(1),
        };
        Some(Self {
            width: WHOLE,
            others: shares.others,
            others_bytes: shares.others_bytes,
            others_width: width(shares.others_bytes),
            bytes: shares.bytes,
            counted_at: Moment(counted_at),
            rows: shares
                .greatest
                .into_iter()
                .map(|it| Ranked {
                    id: it.namespace_id,
                    width: width(it.bytes),
                    name: it.name,
                    bytes: it.bytes,
                })
                .collect(),
        })
    }

    pub fn sample(others: i64) -> Self {
        let share = |namespace_id| Share {
            namespace_id,
            name: "space<canary>".to_owned(),
            bytes: 1 << (40 - 10 * namespace_id),
        };
        let shares = Shares {
            greatest: (0..4).map(share).collect(),
            others,
            others_bytes: others * 7,
            bytes: 1 << 42,
            counted_at: Some(chrono::NaiveDateTime::default()),
        };
        Self::of(shares).unwrap_or_else(|| unreachable!("there is something to be seen"))
    }
}

/// A day since 1970, as in ISO 8601.
pub fn date(day: i64) -> String {
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
    fn the_greatest_share_fills_the_picture_and_the_least_is_still_seen() {
        let share = |bytes| Share {
            namespace_id: bytes,
            name: String::new(),
            bytes,
        };
        let shares = |greatest: &[i64], others_bytes| Shares {
            greatest: greatest.iter().map(|it| share(*it)).collect(),
            others: 3,
            others_bytes,
            bytes: greatest.iter().sum::<i64>() + others_bytes,
            counted_at: Some(chrono::NaiveDateTime::default()),
        };
        let widths = |it: Ranking| -> Vec<i64> {
            let rows = it.rows.iter().map(|row| row.width);
            rows.chain([it.others_width]).collect()
        };
        let it = Ranking::of(shares(&[400, 100, 1], 0)).unwrap();
        assert_eq!(widths(it), [100, 25, 1, 0]);
        let it = Ranking::of(shares(&[i64::MAX / 4], 1)).unwrap();
        assert!(widths(it).iter().all(|it| (1..=100).contains(it)));
        // All the little ones together may be more than the greatest.
        let it = Ranking::of(shares(&[10, 5], 20)).unwrap();
        assert_eq!(widths(it), [50, 25, 100]);
        assert_eq!(Ranking::of(shares(&[], 0)), None);
        assert_eq!(Ranking::of(Shares::default()), None);
    }

    #[test]
    fn nothing_at_all_is_a_flat_picture() {
        assert!(chart(&[0, 0]).bars.iter().all(|bar| bar.height == 0));
        assert_eq!(chart(&[]).bars, []);
    }
}
