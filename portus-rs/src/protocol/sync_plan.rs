//! What a sync should do, from what a registry lists and what we have: plans only, nothing is proved or changed here.
//!
//! A listing never proves an absence: whatever a plan would delete is a candidate that the caller
//! must ask the registry about, one by one.

use super::digest::Digest;
use chrono::{NaiveDateTime, TimeDelta};
use std::collections::{BTreeMap, BTreeSet};

/// A tag first seen in an event this recently is not removed: the push may not be finished.
pub const SETTLING: TimeDelta = TimeDelta::minutes(10);
/// With this many repositories or fewer the brake never holds.
pub const BRAKE_FROM: usize = 10;

/// What a strategy allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// Removing tags and repositories that the registry no longer has.
    pub deletions: bool,
}

/// What the registry says about one repository's tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// The complete list; a digest is `None` where it could not be learnt.
    Tags(BTreeMap<String, Option<Digest>>),
    /// The list could not be read: that proves nothing.
    Unknown,
}

/// A tag as our rows have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTag {
    /// Its name.
    pub name: String,
    /// `None` where it has not been learnt yet.
    pub digest: Option<Digest>,
    /// Newest event that named it, UTC.
    pub last_event: Option<NaiveDateTime>,
}

/// What to do with one repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepositoryPlan {
    /// Tags that only the registry has.
    pub add: Vec<(String, Option<Digest>)>,
    /// Tags that point elsewhere by now.
    pub change: Vec<(String, Digest)>,
    /// Tags that the registry does not list; to be asked for one by one.
    pub remove: Vec<String>,
    /// Tags that stay as they are.
    pub untouched: usize,
}

impl RepositoryPlan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.change.is_empty() && self.remove.is_empty()
    }
}

/// Compares one repository's tags. `read_at` is when reading of the listing began: what an event
/// said since then is newer and stays.
pub fn plan_repository(
    listing: &Listing,
    known: &[KnownTag],
    allowed: Allowed,
    read_at: NaiveDateTime,
) -> RepositoryPlan {
    let mut plan = RepositoryPlan::default();
    let Listing::Tags(listed) = listing else {
        plan.untouched = known.len();
        return plan;
    };
    for tag in known {
        let newer = tag.last_event.is_some_and(|event| event >= read_at);
        let settling = tag
            .last_event
            .is_some_and(|event| event > read_at - SETTLING);
        match listed.get(&tag.name) {
            Some(Some(digest)) if tag.digest.as_ref() != Some(digest) && !newer => {
                plan.change.push((tag.name.clone(), digest.clone()));
            }
            // An empty list is as good as unknown: registries list what was emptied for ever.
            None if allowed.deletions && !settling && !listed.is_empty() => {
                plan.remove.push(tag.name.clone());
            }
            _ => plan.untouched += 1,
        }
    }
    let names: BTreeSet<&str> = known.iter().map(|tag| tag.name.as_str()).collect();
    let new = listed
        .iter()
        .filter(|(name, _)| !names.contains(name.as_str()));
    plan.add = new
        .map(|(name, digest)| (name.clone(), digest.clone()))
        .collect();
    plan
}

/// What the registry's catalog says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Catalog {
    /// Every page was read.
    Complete(BTreeSet<String>),
    /// A page failed: what is missing here may exist.
    Partial(BTreeSet<String>),
}

/// A repository as our rows have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRepository {
    /// Full name.
    pub name: String,
    /// Newest event that named it, UTC.
    pub last_event: Option<NaiveDateTime>,
}

/// What to do with a registry's repositories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// Nothing is missing, or nothing may be deleted, or the catalog proves nothing.
    None,
    /// Repositories to ask the registry about, then remove.
    Candidates(Vec<String>),
    /// So many are missing that somebody must confirm it first.
    Held(Vec<String>),
}

/// Finds repositories that the catalog lacks, and brakes where they are more than half.
pub fn plan_missing(
    catalog: &Catalog,
    known: &[KnownRepository],
    allowed: Allowed,
    confirmed: bool,
    read_at: NaiveDateTime,
) -> Missing {
    let listed = match catalog {
        Catalog::Complete(listed) if allowed.deletions && !listed.is_empty() => listed,
        _ => return Missing::None,
    };
    let settled =
        |event: Option<NaiveDateTime>| event.is_none_or(|event| event <= read_at - SETTLING);
    let missing: Vec<String> = known
        .iter()
        .filter(|known| !listed.contains(&known.name) && settled(known.last_event))
        .map(|known| known.name.clone())
        .collect();
    if missing.is_empty() {
        Missing::None
    } else if brakes(missing.len(), known.len()) && !confirmed {
        Missing::Held(missing)
    } else {
        Missing::Candidates(missing)
    }
}

/// Whether removing `missing` of `known` repositories needs somebody's word.
pub fn brakes(missing: usize, known: usize) -> bool {
    known > BRAKE_FROM && missing > known / 2
}

#[cfg(test)]
mod tests;
