//! From the text of a setting to its value, by the declared kind of the key.

use std::time::Duration;

use regex::Regex;
use url::Url;

use super::Secret;
use super::key::{Key, Kind};
use super::scanning::Endpoint;

/// A value that fits its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Not given, where that is allowed.
    None,
    Text(String),
    Secret(Secret),
    Flag(bool),
    Number(i64),
    Span(Duration),
    Endpoint(Endpoint),
    List(Vec<String>),
}

/// A value, and a remark about the form in which it was given.
pub(super) type Coerced = (Value, Option<&'static str>);

pub(super) const BOOLEAN_FIX: &str = "is neither true nor false; write one of these two words";

const DOTTED: &str = "is read for the sake of old set-ups; write a number of minutes";
const OTHER_BOOLEAN: &str = "is read as a boolean; Portus took only the word true for yes";

/// Reads `text`; the error says what is wrong and what to write.
pub(super) fn coerce(key: &Key, text: &str) -> Result<Coerced, String> {
    let plain = |value| Ok((value, None));
    match key.kind {
        Kind::Text if key.secret => plain(Value::Secret(Secret::new(text))),
        Kind::Text | Kind::File | Kind::Path => plain(Value::Text(text.to_owned())),
        Kind::Boolean => {
            let bare = unquoted(text);
            let value = boolean(bare).ok_or(BOOLEAN_FIX)?;
            let usual = ["true", "false", ""]
                .iter()
                .any(|word| word.eq_ignore_ascii_case(bare));
            Ok((Value::Flag(value), (!usual).then_some(OTHER_BOOLEAN)))
        }
        Kind::Switch => plain(Value::Flag(boolean(unquoted(text)).unwrap_or(true))),
        Kind::Presence => plain(Value::Flag(!text.is_empty())),
        Kind::Integer { .. } if text.is_empty() && key.default.is_empty() => plain(Value::None),
        Kind::Integer { min, max } => integer(text, min, max).map(|n| (Value::Number(n), None)),
        Kind::Minutes => minutes(text),
        Kind::Choice(words) => choice(text, words).map(|word| (Value::Text(word.to_owned()), None)),
        _ if text.trim().is_empty() => plain(Value::None),
        Kind::Pattern => match Regex::new(text) {
            Ok(_) => plain(Value::Text(text.to_owned())),
            Err(error) => Err(format!(
                "is not a regular expression: {}",
                one_line(&error.to_string())
            )),
        },
        Kind::Url => {
            let url = web_url(text.trim())?;
            if url.username().is_empty() && url.password().is_none() {
                plain(Value::Text(text.trim().to_owned()))
            } else {
                Err(
                    "must not hold a user name or password; remove the part before the @"
                        .to_owned(),
                )
            }
        }
        Kind::Endpoint => {
            let text = text.trim();
            let url = if text.contains("://") {
                web_url(text)
            } else {
                web_url(&format!("http://{text}"))
            };
            plain(Value::Endpoint(Endpoint::new(url?)))
        }
        Kind::Email => {
            let fits = text.split_once('@').is_some_and(|(name, domain)| {
                !name.is_empty() && !domain.is_empty() && !domain.contains('@')
            });
            if fits && !text.contains(char::is_whitespace) {
                plain(Value::Text(text.to_owned()))
            } else {
                let leaf = key.name.rsplit('.').next().unwrap_or(key.name);
                Err(format!(
                    "is not a proper email address (Mail: bad config value for '{leaf}'); write one such as portus@your.domain"
                ))
            }
        }
        Kind::List => {
            let items = text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty());
            plain(Value::List(items.map(str::to_owned).collect()))
        }
    }
}

/// The YAML 1.1 words and their kin; empty is no.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "off" | "0" | "" => Some(false),
        _ => None,
    }
}

/// Compose passes the quotes of `- NAME='false'` on.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    for quote in ['\'', '"'] {
        if let Some(inner) = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
        {
            return inner.trim();
        }
    }
    text
}

fn integer(text: &str, min: i64, max: i64) -> Result<i64, String> {
    let bare = unquoted(text);
    // The shipped configuration of Portus had `port: 587,`.
    let bare = bare.strip_suffix(',').unwrap_or(bare).trim_end();
    let digits = bare.strip_prefix(['-', '+']).unwrap_or(bare);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!(
            "is not a whole number; write one from {min} to {max}"
        ));
    }
    match bare.parse::<i64>() {
        Ok(number) if (min..=max).contains(&number) => Ok(number),
        _ => Err(format!(
            "is out of range; write a whole number from {min} to {max}"
        )),
    }
}

/// Docker expects tokens to be good for a minute at least.
fn minutes(text: &str) -> Result<Coerced, String> {
    const FIX: &str = "is not a number of minutes; write one such as 15";
    const MOST: i64 = 366 * 24 * 60;
    let bare = unquoted(text);
    let Some((number, unit)) = bare.split_once('.') else {
        let number = integer(text, 1, MOST)?;
        return Ok((
            Value::Span(Duration::from_secs(60 * number.unsigned_abs())),
            None,
        ));
    };
    let seconds = match unit {
        "second" | "seconds" => 1,
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3600,
        "day" | "days" => 24 * 3600,
        _ => return Err(FIX.to_owned()),
    };
    let total = integer(number, 1, i64::MAX / seconds).map_err(|_| FIX)? * seconds;
    if !(60..=MOST * 60).contains(&total) {
        return Err(format!(
            "is out of range; write a number of minutes from 1 to {MOST}"
        ));
    }
    Ok((
        Value::Span(Duration::from_secs(total.unsigned_abs())),
        Some(DOTTED),
    ))
}

fn choice(text: &str, words: &[(&str, &'static str)]) -> Result<&'static str, String> {
    let bare = unquoted(text);
    words
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(bare))
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| {
            let known: Vec<&str> = words
                .iter()
                .map(|(word, _)| if word.is_empty() { "nothing" } else { *word })
                .collect();
            format!("is not known here; write one of: {}", known.join(", "))
        })
}

fn web_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| {
        format!("is not a URL ({error}); write one such as https://host.example")
    })?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err("must begin with http:// or https://".to_owned())
    }
}

/// The last line of a pattern error is its reason; those before draw the pattern.
fn one_line(error: &str) -> String {
    let last = error.lines().last().unwrap_or(error);
    last.trim_start_matches("error: ").trim().to_owned()
}
