//! The languages of pages: which one a reader gets, and what is said in it. Messages are Fluent files under
//! `views/locales`, one folder for each language and one file for each part of the console.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use chrono::{DateTime, NaiveDateTime};
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use serde::{Serialize, Serializer};
use unic_langid::LanguageIdentifier;

use super::view::Views;

/// A language that the console speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Japanese,
    Chinese,
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.tag())
    }
}

/// Values for the places in a message.
pub type Values<'a> = FluentArgs<'a>;

/// The messages of a language.
struct Book {
    identifier: LanguageIdentifier,
    bundle: FluentBundle<Arc<FluentResource>>,
}

static BOOKS: LazyLock<Vec<Book>> = LazyLock::new(|| Language::ALL.map(book).into());

fn book(language: Language) -> Book {
    let identifier: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![identifier.clone()]);
    // Marks around each value would end up in titles and in what is copied.
    bundle.set_use_isolating(false);
    for (name, text) in Views::texts(&format!("locales/{}/", language.tag())) {
        let resource = FluentResource::try_new(text).unwrap_or_else(|(resource, errors)| {
            tracing::error!(file = %name, "a file of messages has faults: {errors:?}");
            resource
        });
        if let Err(errors) = bundle.add_resource(Arc::new(resource)) {
            tracing::error!(file = %name, "messages are there twice: {errors:?}");
        }
    }
    Book { identifier, bundle }
}

/// The languages that a browser accepts, the most wanted first; what weighs nothing is not wanted.
fn by_weight(header: &str) -> Vec<LanguageIdentifier> {
    let parts = header.split(',').filter_map(|part| {
        let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
        let weight = parameters
            .split(';')
            .find_map(|it| it.trim().strip_prefix("q="));
        let weight: f32 = weight.map_or(Ok(1.0), str::parse).ok()?;
        let language: LanguageIdentifier = tag.trim().parse().ok()?;
        (weight > 0.0).then_some((weight, language))
    });
    let mut wanted: Vec<_> = parts.collect();
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
    wanted.into_iter().map(|(_, language)| language).collect()
}

impl Language {
    pub const ALL: [Self; 3] = [Self::English, Self::Japanese, Self::Chinese];

    /// As in `lang="…"`, after BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
            Self::Chinese => "zh-CN",
        }
    }

    /// What its speakers call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Japanese => "日本語",
            Self::Chinese => "简体中文",
        }
    }

    /// The language of this tag, if the console speaks it.
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.tag() == tag)
    }

    /// The best of what a browser accepts, by its header `Accept-Language`.
    pub fn accepted(header: &str) -> Self {
        let wanted = by_weight(header);
        let offered: Vec<&LanguageIdentifier> = BOOKS.iter().map(|it| &it.identifier).collect();
        let found = negotiate_languages(&wanted, &offered, None, NegotiationStrategy::Lookup);
        let found = found.first().map(ToString::to_string);
        found.and_then(|tag| Self::of_tag(&tag)).unwrap_or_default()
    }

    fn book(self) -> Option<&'static Book> {
        BOOKS.get(self as usize)
    }

    /// The message of this name; in English where this language lacks it, and nothing where English does too.
    pub fn message(self, name: &str, values: &Values<'_>) -> Option<String> {
        let say = |language: Self| {
            let bundle = &language.book()?.bundle;
            let pattern = bundle.get_message(name)?.value()?;
            let mut faults = Vec::new();
            let text = bundle.format_pattern(pattern, Some(values), &mut faults);
            if !faults.is_empty() {
                tracing::warn!(message = name, language = language.tag(), "{faults:?}");
            }
            Some(text.into_owned())
        };
        say(self).or_else(|| say(Self::English))
    }

    /// The message of this name, if this very language has it.
    pub fn own_message(self, name: &str, values: &Values<'_>) -> Option<String> {
        let own = self.book().is_some_and(|it| it.bundle.has_message(name));
        own.then(|| self.message(name, values)).flatten()
    }

    /// A message without places for values, or its name where there is none.
    pub fn say(self, name: &str) -> String {
        self.message(name, &Values::new())
            .unwrap_or_else(|| name.to_owned())
    }

    /// A message with values, or its name where there is none.
    pub fn tell<'a>(
        self,
        name: &str,
        values: impl IntoIterator<Item = (&'static str, FluentValue<'a>)>,
    ) -> String {
        let mut places = Values::new();
        for (place, value) in values {
            places.set(place, value);
        }
        self.message(name, &places)
            .unwrap_or_else(|| name.to_owned())
    }

    /// What an action says in English, in this language where somebody has translated it: the message
    /// `said-LETTERS-AND-DIGITS`. Of `what: why` each part may be translated by itself.
    pub fn translate(self, english: &str) -> Cow<'_, str> {
        if self == Self::English {
            return Cow::Borrowed(english);
        }
        if let Some(said) = self.said(english) {
            return Cow::Owned(said);
        }
        for (at, colon) in english.rmatch_indices(": ") {
            let what = &english[..at];
            if let Some(what) = self.said(what).or_else(|| self.said_of(what)) {
                let why = self.translate(&english[at + colon.len()..]);
                let parts = [("what", what.into()), ("why", why.into())];
                return Cow::Owned(self.tell("said-because", parts));
            }
        }
        self.said_of(english)
            .map_or(Cow::Borrowed(english), Cow::Owned)
    }

    fn said(self, english: &str) -> Option<String> {
        self.own_message(&format!("said-{}", slug(english)), &Values::new())
    }

    /// The same of a sentence with a value in it.
    fn said_of(self, english: &str) -> Option<String> {
        WITH_VALUE.iter().find_map(|(before, after, name)| {
            let value = english.strip_prefix(before)?.strip_suffix(after)?;
            let mut values = Values::new();
            values.set("value", value);
            self.own_message(name, &values)
        })
    }

    /// How long ago something was, or how far ahead it is.
    pub fn relative(self, at: NaiveDateTime, now: NaiveDateTime) -> String {
        let seconds = (now - at).num_seconds();
        let (name, count) = match seconds.abs() {
            // Clocks differ a little.
            3..45 if seconds < 0 => ("time-soon", 0),
            0..45 => ("time-now", 0),
            it @ 45..2700 => ("time-minutes", (it + 30) / 60),
            it @ 2700..79_200 => ("time-hours", (it + 1800) / 3600),
            it @ 79_200..2_592_000 => ("time-days", (it + 43_200) / 86_400),
            it @ 2_592_000..31_536_000 => ("time-months", (it / 2_592_000).max(1)),
            it => ("time-years", (it / 31_536_000).max(1)),
        };
        let ahead = if seconds < 0 && count > 0 {
            "-ahead"
        } else {
            ""
        };
        self.tell(
            &format!("{name}{ahead}"),
            [("n", FluentValue::from(count.max(1)))],
        )
    }
}

/// What actions say with a value in it: what stands before the value and after it, and the message.
const WITH_VALUE: &[(&str, &str, &str)] = &[
    ("Could not remove ", " tag", "said-could-not-remove-tag"),
    ("could not remove ", " tag(s)", "said-could-not-remove-tags"),
    ("the registry answered ", "", "said-the-registry-answered"),
    (
        "The username '",
        "' already exists on the LDAP server. Use another name to avoid name collision",
        "said-username-in-the-directory",
    ),
    (
        "Email addresses on the domain ",
        " aren't allowed.",
        "said-domain-not-allowed",
    ),
    (
        "The ",
        " account isn't in allowed group.",
        "said-not-in-allowed-group",
    ),
];

/// A moment as pages write it into `datetime`, read again.
pub fn moment(text: &str) -> Option<NaiveDateTime> {
    let read = DateTime::parse_from_rfc3339(text);
    read.ok().map(|it| it.naive_utc())
}

/// Letters and digits, with one dash for whatever is between them.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

#[cfg(test)]
mod tests;
