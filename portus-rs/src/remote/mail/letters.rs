//! What letters say, in the reader's language: texts from `views/locales`, shapes from `views/mail`.

use std::{collections::HashMap, sync::LazyLock};

use anyhow::{Context as _, anyhow};
use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use serde::Serialize;
use tera::{Context, Tera};
use unic_langid::LanguageIdentifier;

use super::Letter;
use crate::error::{Error, Result};

macro_rules! view {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../views/", $name))
    };
}

const LANGUAGES: [(&str, &str); 3] = [
    ("en", view!("locales/en/mail.ftl")),
    ("ja", view!("locales/ja/mail.ftl")),
    ("zh-CN", view!("locales/zh-CN/mail.ftl")),
];

/// Where a language has no text of its own.
const FALLBACK: &str = "en";

type Texts = HashMap<String, FluentBundle<FluentResource>>;

static TEXTS: LazyLock<Result<Texts, String>> =
    LazyLock::new(|| texts().map_err(|error| format!("{error:#}")));

static SHAPES: LazyLock<Result<Tera, String>> = LazyLock::new(|| {
    let mut tera = Tera::new();
    tera.add_raw_templates([
        ("reset.txt", view!("mail/reset.txt")),
        ("reset.html", view!("mail/reset.html")),
    ])
    .map_err(|error| error.to_string())?;
    Ok(tera)
});

fn texts() -> anyhow::Result<Texts> {
    let mut all = Texts::new();
    for (language, text) in LANGUAGES {
        let resource = FluentResource::try_new(text.to_owned())
            .map_err(|(_, errors)| anyhow!("{language}: {errors:?}"))?;
        let id: LanguageIdentifier = language.parse().context(language)?;
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // The marks around names are for screens, and a link would carry them along.
        bundle.set_use_isolating(false);
        bundle
            .add_resource(resource)
            .map_err(|errors| anyhow!("{language}: {errors:?}"))?;
        all.insert(language.to_owned(), bundle);
    }
    Ok(all)
}

/// How to set a forgotten password anew.
pub struct PasswordReset<'a> {
    pub email: &'a str,
    pub username: &'a str,
    pub link: &'a str,
    /// How long the link is good.
    pub hours: i64,
}

#[derive(Serialize)]
struct Shape<'a> {
    language: &'a str,
    subject: String,
    greeting: String,
    asked: String,
    action: String,
    link: &'a str,
    ignore: String,
    lasts: String,
}

impl PasswordReset<'_> {
    /// The letter in this language, or in English.
    pub fn write(&self, language: &str) -> Result<Letter> {
        let failed = |text: &str| Error::Internal(anyhow!("a letter: {text}"));
        let texts = TEXTS.as_ref().map_err(|text| failed(text))?;
        let language = if texts.contains_key(language) {
            language
        } else {
            FALLBACK
        };
        let mut args = FluentArgs::new();
        args.set("email", self.email);
        args.set("username", self.username);
        args.set("hours", self.hours);
        let say = |key: &str| say(texts, language, key, &args).map_err(|text| failed(&text));
        let shape = Shape {
            language,
            subject: say("mail-reset-subject")?,
            greeting: say("mail-reset-greeting")?,
            asked: say("mail-reset-asked")?,
            action: say("mail-reset-action")?,
            link: self.link,
            ignore: say("mail-reset-ignore")?,
            lasts: say("mail-reset-lasts")?,
        };
        let tera = SHAPES.as_ref().map_err(|text| failed(text))?;
        let context =
            Context::from_serialize(&shape).map_err(|error| failed(&error.to_string()))?;
        let render = |view: &str| {
            tera.render(view, &context)
                .map_err(|error| failed(&format!("{view}: {error}")))
        };
        Ok(Letter {
            to: self.email.to_owned(),
            text: render("reset.txt")?,
            html: render("reset.html")?,
            subject: shape.subject,
        })
    }
}

fn say(texts: &Texts, language: &str, key: &str, args: &FluentArgs<'_>) -> Result<String, String> {
    let bundle = texts
        .get(language)
        .ok_or_else(|| format!("no texts in {language}"))?;
    let message = bundle
        .get_message(key)
        .and_then(|message| message.value())
        .ok_or_else(|| format!("{language} has no {key}"))?;
    let mut errors = Vec::new();
    let text = bundle.format_pattern(message, Some(args), &mut errors);
    if errors.is_empty() {
        Ok(text.into_owned())
    } else {
        Err(format!("{key} in {language}: {errors:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_writes_the_letter_with_its_link_and_without_anybodys_markup() {
        let reset = PasswordReset {
            email: "\"<b>\"@example.org",
            username: "<b>ann</b>",
            link: "https://portus.example.org/users/password/edit?reset_password_token=x&y=z",
            hours: 6,
        };
        let mut subjects = Vec::new();
        for language in ["en", "ja", "zh-CN"] {
            let letter = reset.write(language).unwrap();
            assert!(letter.text.contains(reset.link), "{}", letter.text);
            assert!(letter.text.contains("<b>ann</b>"), "{}", letter.text);
            assert!(!letter.html.contains("<b>"), "{}", letter.html);
            assert!(letter.html.contains("reset_password_token=x&amp;y=z"));
            assert!(letter.html.contains(&format!("lang=\"{language}\"")));
            subjects.push(letter.subject);
        }
        assert_eq!(reset.write("tlh").unwrap().subject, subjects[0]);
        subjects.dedup();
        assert_eq!(subjects.len(), 3);
    }
}
