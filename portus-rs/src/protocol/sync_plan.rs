//! What a comparison asks of a registry, from what it lists and what we have. Plans only: nothing is proved or changed
//! here.
//!
//! A listing never proves an absence: what it lacks is a candidate that the registry must be asked about, one by one.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDateTime, TimeDelta};

/// A tag first seen in an event this recently is not removed: the push may not be finished.
pub const SETTLING: TimeDelta = TimeDelta::minutes(10);
/// With this many repositories or fewer the brake never holds.
pub const BRAKE_FROM: usize = 10;

/// A tag as our rows have it.
pub trait KnownTag {
    fn name(&self) -> &str;
    /// When we last learnt where it points, UTC.
    fn observed_at(&self) -> NaiveDateTime;
    fn created_at(&self) -> NaiveDateTime;
    /// Whether a comparison found it; such a push has long been finished.
    fn is_found(&self) -> bool;

    /// Whether something newer than a listing read at this moment is known.
    fn is_newer_than(&self, read_at: NaiveDateTime) -> bool {
        self.observed_at() >= read_at
    }

    /// Whether an event told us of it so recently that the push may not be finished.
    fn is_settling(&self, read_at: NaiveDateTime) -> bool {
        let since = read_at - SETTLING;
        !self.is_found() && (self.created_at() > since || self.observed_at() > since)
    }

    /// Whether it may be removed at all, should the registry deny it.
    fn is_removable(&self, read_at: NaiveDateTime) -> bool {
        !self.is_newer_than(read_at) && !self.is_settling(read_at)
    }
}

/// Something to ask about a listed tag.
#[derive(Debug, PartialEq, Eq)]
pub enum Look<'a, T> {
    /// It is new to us: everything about it.
    First(&'a str),
    /// Whether it still points where we think.
    Again(&'a T),
}

/// What to ask about one repository.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan<'a, T> {
    pub looks: Vec<Look<'a, T>>,
    /// Tags that the list lacks: whether the registry denies each of them.
    pub doubtful: Vec<&'a T>,
}

/// Compares one repository's list of tags with ours. `read_at` is when reading of the list began: what an event has said
/// since then is newer and stays.
pub fn plan<'a, T: KnownTag>(
    listed: &'a [String],
    known: &'a [T],
    read_at: NaiveDateTime,
) -> Plan<'a, T> {
    let rows: HashMap<&str, &T> = known.iter().map(|row| (row.name(), row)).collect();
    let looks = listed
        .iter()
        .filter_map(|name| match rows.get(name.as_str()) {
            None => Some(Look::First(name)),
            Some(row) => (!row.is_newer_than(read_at)).then_some(Look::Again(*row)),
        })
        .collect();
    let names: HashSet<&str> = listed.iter().map(String::as_str).collect();
    // An empty list is as good as none: registries list what was emptied for ever.
    let doubtful = known
        .iter()
        .filter(|row| !names.is_empty() && !names.contains(row.name()))
        .filter(|row| row.is_removable(read_at))
        .collect();
    Plan { looks, doubtful }
}

/// Whether removing `missing` of `known` repositories needs somebody's word.
pub fn brakes(missing: usize, known: usize) -> bool {
    known > BRAKE_FROM && missing > known / 2
}

#[cfg(test)]
mod tests;
