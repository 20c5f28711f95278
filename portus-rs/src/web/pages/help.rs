//! The manual for people who push and pull: one text for each language, under `views/help`.

use std::sync::LazyLock;

use serde::Serialize;

use super::{
    language::Language,
    route::{Route, get},
    view::{Page, Views},
    visit::Member,
};
use crate::web::{error::PageResult, markdown};

/// What texts call the registry.
const REGISTRY: &str = "registry.example.com";

/// Parts of the manual; the names of their headings' messages begin with `help-`.
const TOPICS: [&str; 4] = ["first-steps", "features", "faq", "configuring"];

/// The texts by language, each cut at its headings.
static TEXTS: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| Language::ALL.map(text).into());

pub fn routes() -> Vec<Route> {
    vec![get("/help", show)]
}

/// What `help/show.html` shows.
#[derive(Serialize)]
pub struct Help {
    topics: Vec<Topic>,
}

#[derive(Serialize)]
struct Topic {
    name: &'static str,
    /// HTML.
    text: String,
}

impl Page for Help {
    const VIEW: &'static str = "help/show.html";

    fn samples() -> Vec<Self> {
        Language::ALL.map(|it| help(it, "/portus", REGISTRY)).into()
    }
}

/// The parts of a language's text: what stands behind each heading of the first order.
fn text(language: Language) -> Vec<String> {
    let name = format!("help/{}.md", language.tag());
    let texts = Views::texts(&name);
    let whole = texts
        .into_iter()
        .map(|(_, text)| text)
        .next()
        .unwrap_or_default();
    let parts = format!("\n{whole}");
    let parts = parts.split("\n# ").skip(1);
    parts
        .map(|part| {
            part.split_once('\n')
                .map_or("", |(_, rest)| rest)
                .to_owned()
        })
        .collect()
}

/// `root` stands ahead of our own paths, `host` for the registry.
fn help(language: Language, root: &str, host: &str) -> Help {
    let told = |text: &str| {
        let text = text.replace(REGISTRY, host);
        text.replace("](/", &format!("]({root}/"))
    };
    let texts = TEXTS.get(language as usize).map_or(&[][..], Vec::as_slice);
    let topic = |(name, text): (&&'static str, &String)| Topic {
        name,
        text: markdown::html(Some(&told(text))).unwrap_or_default(),
    };
    Help {
        topics: TOPICS.iter().zip(texts).map(topic).collect(),
    }
}

async fn show(visit: Member) -> PageResult {
    let frame = visit.frame("help").await?;
    let host = frame.registry_host.as_deref().unwrap_or(REGISTRY);
    let page = help(visit.language, &frame.root, host);
    visit.show("help", &page).await
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::web::pages::view::renders!(Help);

    #[test]
    fn every_language_has_all_topics() {
        for language in Language::ALL {
            let help = help(language, "/portus", "hub.test");
            assert_eq!(help.topics.len(), TOPICS.len(), "{language:?}");
            for topic in help.topics {
                assert!(topic.text.len() > 200, "{language:?} {}", topic.name);
                assert!(!topic.text.contains(REGISTRY));
                assert!(!topic.text.contains("href=\"/users"), "{}", topic.text);
            }
        }
    }
}
