//! How long something took, for people.

use chrono::NaiveDateTime;
use serde::Serialize;

/// The message `took-UNIT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Took {
    unit: &'static str,
    n: i64,
    /// Of the next smaller unit.
    rest: i64,
}

impl Took {
    /// Nothing where there is no end, or one of an earlier time.
    pub fn between(start: Option<NaiveDateTime>, end: Option<NaiveDateTime>) -> Option<Self> {
        let seconds = (end? - start?).num_seconds();
        let (unit, n, rest) = match seconds {
            ..0 => return None,
            0 => ("moment", 0, 0),
            1..60 => ("seconds", seconds, 0),
            60..3600 => ("minutes", seconds / 60, seconds % 60),
            _ => ("hours", seconds / 3600, seconds % 3600 / 60),
        };
        Some(Self { unit, n, rest })
    }

    /// One of each unit.
    pub fn samples() -> Vec<Self> {
        let start = NaiveDateTime::default();
        let after = |seconds| start + chrono::TimeDelta::seconds(seconds);
        [0, 5, 65, 3700]
            .into_iter()
            .filter_map(|it| Self::between(Some(start), Some(after(it))))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Took;

    #[test]
    fn it_is_told_in_the_two_units_that_matter() {
        let told: Vec<_> = Took::samples()
            .into_iter()
            .map(|it| (it.unit, it.n, it.rest))
            .collect();
        let wanted = [
            ("moment", 0, 0),
            ("seconds", 5, 0),
            ("minutes", 1, 5),
            ("hours", 1, 1),
        ];
        assert_eq!(told, wanted);
        let (early, late) = (
            chrono::NaiveDateTime::default(),
            chrono::NaiveDateTime::default() + chrono::TimeDelta::seconds(1),
        );
        assert_eq!(Took::between(Some(late), Some(early)), None);
        assert_eq!(Took::between(Some(early), None), None);
    }
}
