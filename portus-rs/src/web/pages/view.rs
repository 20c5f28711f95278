//! Views: each page is a struct with the name of its template; a test renders every one of them from samples, in every
//! language. What templates can call beside Tera's own is here too.

use std::{
    borrow::Cow,
    error::Error as _,
    fmt::Write as _,
    sync::{Arc, LazyLock},
};

use anyhow::anyhow;
use chrono::NaiveDateTime;
use fluent_bundle::FluentValue;
use rust_embed::RustEmbed;
use serde::{Serialize, Serializer};
use tera::{Context, Kwargs, State, Tera, TeraResult, Value};

use super::{
    assets,
    frame::Frame,
    fresh::{self, Fresh},
    language::{Language, Values, moment},
};
use crate::error::{Error, Result};

/// Everything under `views/`.
#[derive(RustEmbed)]
#[folder = "../views"]
pub struct Views;

impl Views {
    /// Names and texts of the files below a folder.
    pub fn texts(folder: &str) -> Vec<(String, String)> {
        Self::iter()
            .filter(|name| name.starts_with(folder))
            .filter_map(|name| {
                let text = String::from_utf8(Self::get(&name)?.data.into_owned()).ok()?;
                Some((name.into_owned(), text))
            })
            .collect()
    }
}

/// A moment in UTC, as `datetime` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub NaiveDateTime);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.format("%Y-%m-%dT%H:%M:%SZ"))
    }
}

/// What a view is given.
pub trait Page: Serialize + Sized {
    /// The file under `views/`.
    const VIEW: &'static str;

    /// Every way the page can look, for the test that renders them.
    fn samples() -> Vec<Self>;

    /// The page as HTML, inside what is around every page.
    fn render(&self, frame: &Frame) -> Result<String> {
        let failed = |text: String| Error::Internal(anyhow!("the view {}: {text}", Self::VIEW));
        let templates = templates(frame.language).map_err(failed)?;
        let mut context =
            Context::from_serialize(self).map_err(|error| failed(error.to_string()))?;
        context.insert("frame", frame);
        templates.render(Self::VIEW, &context).map_err(|error| {
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(inner) = cause {
                // Writing to a string cannot fail.
                let _ = write!(text, ": {inner}");
                cause = inner.source();
            }
            failed(text)
        })
    }
}

static TEMPLATES: LazyLock<Vec<Result<Arc<Tera>, String>>> =
    LazyLock::new(|| Language::ALL.map(|it| load(it).map(Arc::new)).into());

/// The templates of a language; while developing, as they are on the disk now.
fn templates(language: Language) -> Result<Arc<Tera>, String> {
    if cfg!(debug_assertions) && !cfg!(test) {
        static FRESH: LazyLock<Fresh<usize, Arc<Tera>>> = LazyLock::new(Fresh::default);
        let stamp = fresh::stamp("../views", Views::iter());
        return FRESH.get(language as usize, stamp, || load(language).map(Arc::new));
    }
    let missing = || Err("this language has no templates".to_owned());
    TEMPLATES
        .get(language as usize)
        .cloned()
        .unwrap_or_else(missing)
}

fn load(language: Language) -> Result<Tera, String> {
    let mut tera = Tera::new();
    tera.register_function("t", move |values: Kwargs, _: &State| {
        translate(language, &values)
    });
    tera.register_function("ago", move |values: Kwargs, _: &State| {
        let at = moment(values.must_get::<&str>("at")?);
        let now = moment(values.must_get::<&str>("now")?);
        Ok::<_, tera::Error>(match at.zip(now) {
            Some((at, now)) => language.relative(at, now),
            None => String::new(),
        })
    });
    tera.register_function("asset", |values: Kwargs, _: &State| {
        let path = values.must_get::<&str>("path")?;
        let address = assets::address(path).map(|it| format!("/{it}"));
        address.ok_or_else(|| tera::Error::message(format!("no asset {path}")))
    });
    tera.register_filter("bytes", |size: f64, _: Kwargs, _: &State| bytes(size));
    tera.register_filter("short", |digest: &str, _: Kwargs, _: &State| {
        let (_, digits) = digest.split_once(':').unwrap_or(("", digest));
        digits.chars().take(12).collect::<String>()
    });
    tera.register_filter("initial", |name: &str, _: Kwargs, _: &State| {
        let first = name.chars().find(|it| it.is_alphanumeric());
        first
            .map(|it| it.to_uppercase().to_string())
            .unwrap_or_default()
    });
    tera.register_filter("urlencode", |text: &str, _: Kwargs, _: &State| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    });
    let files = Views::texts("")
        .into_iter()
        .filter(|(name, _)| !name.starts_with("locales/"));
    tera.add_raw_templates(files.collect::<Vec<_>>())
        .map_err(|error| error.to_string())?;
    Ok(tera)
}

/// `t(k="name", …)`: the message of this name, the other arguments in its places.
fn translate(language: Language, given: &Kwargs) -> TeraResult<String> {
    let name = given.must_get::<&str>("k")?;
    let mut values = Values::new();
    for (place, value) in given.iter() {
        if let Some(place) = place.as_str().filter(|it| *it != "k") {
            values.set(place.to_owned(), fluent(value));
        }
    }
    language
        .message(name, &values)
        .ok_or_else(|| tera::Error::message(format!("no message {name}")))
}

fn fluent(value: &Value) -> FluentValue<'static> {
    match (value.as_i64(), value.as_f64(), value.as_str()) {
        (Some(number), ..) => FluentValue::from(number),
        (_, Some(number), _) => FluentValue::from(number),
        (.., Some(text)) => FluentValue::String(Cow::Owned(text.to_owned())),
        _ => FluentValue::String(Cow::Borrowed("")),
    }
}

/// A size for people: powers of 1024, as docker tells them.
fn bytes(size: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut rest = size;
    let mut unit = 0;
    while rest >= 1024.0 && unit + 1 < units.len() {
        rest /= 1024.0;
        unit += 1;
    }
    let unit_name = units.get(unit).copied().unwrap_or_default();
    if unit == 0 || rest >= 100.0 {
        format!("{rest:.0} {unit_name}")
    } else {
        format!("{rest:.1} {unit_name}")
    }
}

/// Renders every sample of a page in every frame and language; for the tests of its module.
///
/// # Panics
///
/// Where a page does not render, or lets markup through.
#[cfg(test)]
pub fn every_look<P: Page>() -> Vec<String> {
    let mut looks = Vec::new();
    for page in P::samples() {
        for frame in Frame::samples() {
            let html = page
                .render(&frame)
                .unwrap_or_else(|error| panic!("{error}"));
            assert!(
                !html.contains("<canary>"),
                "{} lets markup through",
                P::VIEW
            );
            looks.push(html);
        }
    }
    assert!(!looks.is_empty(), "{} has no samples", P::VIEW);
    looks
}

/// A test for each page that renders all its samples, in which `<canary>` must not come through.
#[cfg(test)]
macro_rules! renders {
    ($($page:ident),+ $(,)?) => {
        #[test]
        fn every_look_of_the_pages_renders() {
            $($crate::web::pages::view::every_look::<$page>();)+
        }
    };
}

#[cfg(test)]
pub(crate) use renders;

#[cfg(test)]
mod tests;
