//! Asks identity providers whether the people who came from them are still theirs. It may be run at any time; what a
//! provider does not answer changes nothing.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::TimeDelta;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};

use super::{Stop, is_stopped};
use crate::{
    actions::identities::{
        lapse,
        upkeep::{self, Answer, Asked},
    },
    app::App,
    error::{Error, Result},
    remote::oauth::Provider,
};

/// People who are asked about at a time.
const PARALLEL: usize = 8;
/// People in memory at a time.
const PAGE: u64 = 100;
/// Failures in a row after which a provider is left alone until the next time.
const ENOUGH: u32 = 3;
/// Whoever was asked about this short a time ago is left out, so that another attempt after a failure is for those whom
/// it concerns.
const JUST_NOW: TimeDelta = TimeDelta::seconds(60);

/// About whom providers are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Everybody but those of whom a provider has just spoken.
    Due,
    Everybody,
}

/// How a provider did in this run.
#[derive(Clone, Debug, Default)]
struct Course {
    answered: u32,
    ended: u32,
    failed: u32,
    in_a_row: u32,
    last: String,
}

impl Course {
    fn is_hopeless(&self) -> bool {
        self.in_a_row >= ENOUGH
    }
}

#[derive(Default)]
struct Courses(Mutex<BTreeMap<&'static str, Course>>);

impl Courses {
    fn note(&self, provider: &'static str, answer: Answer) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let course = all.entry(provider).or_default();
        match answer {
            Answer::There | Answer::Ended => {
                course.answered += 1;
                course.ended += u32::from(matches!(answer, Answer::Ended));
                course.in_a_row = 0;
            }
            Answer::Trouble(detail) => {
                course.failed += 1;
                course.in_a_row += 1;
                course.last = detail;
            }
        }
    }

    fn is_hopeless(&self, provider: &str) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(provider).is_some_and(Course::is_hopeless)
    }

    fn into_result(self) -> Result<u32> {
        let all = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let ended = all.values().map(|course| course.ended).sum();
        let mut silent = Vec::new();
        for (provider, course) in all {
            if course.failed == 0 {
                continue;
            }
            tracing::warn!(
                provider,
                answered = course.answered,
                failed = course.failed,
                "{provider} could not be asked whether people are still theirs, who go on meanwhile: {}",
                course.last
            );
            if course.answered == 0 || course.is_hopeless() {
                silent.push(format!("{provider}: {}", course.last));
            }
        }
        if silent.is_empty() {
            Ok(ended)
        } else {
            Err(Error::Remote(silent.join("; ")))
        }
    }
}

/// Asks about everybody who is due, and looks at those about whom nobody can be asked. Returns how many are gone, or not
/// let in any more.
pub async fn run(app: &Arc<App>, whom: Whom, stop: &Stop) -> Result<u32> {
    if app.config.oauth.recheck.is_none() {
        return Ok(0);
    }
    let asked_before = match whom {
        Whom::Due => app.clock.now() - JUST_NOW,
        Whom::Everybody => app.clock.now(),
    };
    let courses = Courses::default();
    let mut after = 0;
    while !is_stopped(stop) {
        let providers: Vec<&'static str> = app
            .providers
            .offered()
            .map(Provider::key)
            .filter(|key| !courses.is_hopeless(key))
            .collect();
        let page = upkeep::claim(app, &providers, after, asked_before, PAGE).await?;
        let Some(last) = page.last().map(Asked::id) else {
            break;
        };
        after = last;
        let left: Vec<Option<Asked>> = stream::iter(page)
            // Boxed, since the compiler cannot see through all of it.
            .map(|asked| ask(app, &courses, stop, asked).boxed())
            .buffer_unordered(PARALLEL)
            .try_collect()
            .await?;
        let left: Vec<Asked> = left.into_iter().flatten().collect();
        upkeep::release_all(app, &left).await?;
    }
    let lapsed = if is_stopped(stop) {
        0
    } else {
        let offered: Vec<&'static str> = app.providers.offered().map(Provider::key).collect();
        lapse::run(app, &offered).await?
    };
    courses.into_result().map(|ended| ended + lapsed)
}

/// Asks about somebody; gives them back if nobody could be asked.
async fn ask(
    app: &Arc<App>,
    courses: &Courses,
    stop: &Stop,
    asked: Asked,
) -> Result<Option<Asked>> {
    let provider = app.providers.named(&asked.identity.provider);
    let Some(provider) = provider.filter(|it| !is_stopped(stop) && !courses.is_hopeless(it.key()))
    else {
        return Ok(Some(asked));
    };
    let answer = upkeep::ask(app, provider, asked).await?;
    courses.note(provider.key(), answer);
    Ok(None)
}
