//! The grammar of `CATALOG_CRON`, which was Ruby code once and is data here.

use std::time::Duration;

use croner::parser::{CronParser, Seconds};

/// When something runs again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    Every(Duration),
    /// A checked cron line of five fields.
    Cron(String),
}

/// Anything faster would only queue up behind itself.
const LEAST: u64 = 5;
const DAY: u64 = 24 * 60 * 60;
/// A longer pause is surely a mistake, and the sum must not overflow.
const MOST: u64 = 366 * DAY;

const FIX: &str = "write minutes (10), an interval (30.seconds, 10.minutes, 2.hours, 1.day) \
                   or a cron line of five fields (*/15 * * * *)";

impl Schedule {
    /// Reads minutes, `30.seconds` and the like, or a cron line. The error says what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.split_ascii_whitespace().count() == 5 {
            return cron(text);
        }
        let (number, unit) = text.split_once('.').unwrap_or((text, "minutes"));
        let seconds = match unit {
            "second" | "seconds" => 1,
            "minute" | "minutes" => 60,
            "hour" | "hours" => 60 * 60,
            "day" | "days" => DAY,
            _ => return Err(format!("is not a schedule; {FIX}")),
        };
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("is not a schedule; {FIX}"));
        }
        match number
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(seconds))
        {
            Some(total @ LEAST..=MOST) => Ok(Self::Every(Duration::from_secs(total))),
            Some(total @ 0..LEAST) => Err(format!(
                "asks for every {total} seconds; the shortest interval is {LEAST} seconds"
            )),
            _ => Err("is longer than a year; write a shorter interval".to_owned()),
        }
    }
}

fn cron(text: &str) -> Result<Schedule, String> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).build();
    match parser.parse(text) {
        Ok(_) => Ok(Schedule::Cron(
            text.split_ascii_whitespace().collect::<Vec<_>>().join(" "),
        )),
        Err(error) => Err(format!("is not a cron line ({error}); {FIX}")),
    }
}
