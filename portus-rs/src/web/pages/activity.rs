//! Entries of the audit log as pages show them: a sentence in the reader's language, whose names are links as long as
//! there is something behind them.

use std::collections::HashSet;

use serde::Serialize;

use super::{
    language::{Language, Values, slug},
    view::Moment,
};
use crate::{
    activity::sentence::{Link, Sentence},
    app::App,
    error::Result,
    queries::{activities::Row, dashboard, viewer::Viewer},
};

/// An entry.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub id: i64,
    pub key: String,
    pub icon: &'static str,
    /// Whoever did it.
    pub actor: String,
    /// Their picture, if there is one.
    pub avatar: Option<String>,
    pub parts: Vec<Piece>,
    pub at: Moment,
}

/// A piece of a sentence.
#[derive(Clone, Debug, Serialize)]
pub struct Piece {
    pub text: String,
    /// Whether it is the name of whoever did it.
    pub actor: bool,
    /// Where its name leads, below our root.
    pub href: Option<String>,
}

/// The entries as pages show them, in their order, by a fixed number of queries.
pub async fn entries(
    app: &App,
    viewer: &Viewer,
    language: Language,
    rows: &[Row],
) -> Result<Vec<Entry>> {
    let sentences: Vec<Sentence> = rows.iter().map(|it| sentence(language, it)).collect();
    let links: HashSet<Link> = sentences
        .iter()
        .flat_map(|it| it.parts.iter().filter_map(|part| part.link))
        .collect();
    let links: Vec<Link> = links.into_iter().collect();
    let there = dashboard::there(app, viewer, &links).await?;
    let dressed = rows.iter().zip(sentences).map(|(it, sentence)| {
        // The entry keeps the user name of its time; accounts that are gone have no other.
        let name = it.row.actor_id.and_then(|id| there.names.get(&id));
        let pieces = sentence.parts.into_iter().map(|part| Piece {
            href: part
                .link
                .filter(|link| there.links.contains(link))
                .and_then(href),
            actor: part.actor,
            text: match name {
                Some(name) if part.actor => name.clone(),
                _ => part.text,
            },
        });
        Entry {
            id: it.row.id,
            icon: icon(&it.row.key),
            key: it.row.key.clone(),
            actor: name.unwrap_or(&it.row.actor_name).clone(),
            avatar: it
                .row
                .actor_id
                .and_then(|id| there.pictures.get(&id).cloned()),
            parts: pieces.collect(),
            at: Moment(it.row.created_at),
        }
    });
    Ok(dressed.collect())
}

/// The sentence of an entry in a language.
pub fn sentence(language: Language, it: &Row) -> Sentence {
    if language == Language::English {
        return Sentence::of(&it.row, &it.hosts);
    }
    Sentence::in_words(&it.row, &it.hosts, &|wording| worded(language, wording))
}

/// What a language says for an English wording: the message `said-LETTERS-AND-DIGITS`, in which each name in braces is a
/// place of that name.
pub fn worded(language: Language, wording: &str) -> Option<String> {
    let mut places = Values::new();
    for piece in wording.split('{').skip(1) {
        let (name, _) = piece.split_once('}')?;
        places.set(name.to_owned(), format!("{{{name}}}"));
    }
    language.own_message(&format!("said-{}", slug(wording)), &places)
}

fn href(link: Link) -> Option<String> {
    let id = link.id;
    Some(match link.kind {
        "Team" => format!("/teams/{id}"),
        "Namespace" => format!("/namespaces/{id}"),
        "Repository" => format!("/repositories/{id}"),
        "User" => format!("/admin/users/{id}/edit"),
        "Registry" => format!("/admin/registries/{id}/edit"),
        _ => return None,
    })
}

fn icon(key: &str) -> &'static str {
    let (noun, verb) = key.split_once(['.', ':']).unwrap_or((key, ""));
    match (noun, verb) {
        ("repository", "push") => "upload",
        (_, "delete" | "destroy" | "remove_team" | "remove_member") => "trash",
        ("repository", _) => "package",
        ("namespace", "change_visibility" | "public" | "private") => "eye",
        ("namespace", _) => "folder",
        ("team", _) => "users-group",
        ("user", _) => "user",
        ("session", _) => "login",
        ("comment", _) => "edit",
        ("application_token", _) => "key",
        ("webhook", _) => "webhook",
        ("registry", _) => "server",
        ("vulnerability", _) => "bug",
        _ => "activity",
    }
}

impl Entry {
    /// For samples.
    pub fn samples() -> Vec<Self> {
        let piece = |text: &str, actor, href: Option<&str>| Piece {
            text: format!("{text}<canary>"),
            actor,
            href: href.map(str::to_owned),
        };
        let entry = |id, icon| Self {
            id,
            key: "repository.push".to_owned(),
            icon,
            actor: "ann<canary>".to_owned(),
            avatar: Some("https://secure.gravatar.com/avatar/0".to_owned()),
            parts: vec![
                piece("ann", true, None),
                piece(" pushed ", false, None),
                piece("shop/web:1", false, Some("/repositories/1")),
            ],
            at: Moment(chrono::NaiveDateTime::default()),
        };
        vec![entry(1, "upload"), entry(2, "trash")]
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;
    use crate::entities::activity;

    /// The keys that `docs/AUDIT.md` lists.
    fn keys() -> BTreeSet<String> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/AUDIT.md");
        let text = fs::read_to_string(path).unwrap();
        let rows = text.lines().filter_map(|line| {
            let cell = line.strip_prefix("| `")?;
            let key = cell.split('`').next()?;
            key.contains(['.', ':']).then(|| key.to_owned())
        });
        rows.collect()
    }

    fn row(key: &str, actor: &str, parameters: &str) -> activity::Model {
        activity::Model {
            id: 1,
            key: key.to_owned(),
            actor_id: Some(7),
            actor_name: actor.to_owned(),
            trackable_type: Some("Repository".to_owned()),
            trackable_id: Some(3),
            recipient_type: Some("User".to_owned()),
            recipient_id: Some(8),
            registry_id: Some(1),
            team_id: Some(2),
            namespace_id: Some(4),
            namespace_name: Some("shop".to_owned()),
            repository_name: Some("web".to_owned()),
            tag_name: Some("1.0".to_owned()),
            trackable_name: None,
            recipient_name: None,
            visibility: Some(0),
            parameters: parameters.to_owned(),
            created_at: chrono::NaiveDateTime::default(),
        }
    }

    #[test]
    fn every_entry_is_told_in_every_language() {
        let keys = keys();
        assert!(keys.len() > 40, "{keys:?}");
        let mut missing = BTreeSet::new();
        for key in &keys {
            for actor in ["ann", "portus"] {
                for parameters in ["{}", r#"{"new":"x","old":"y"}"#, r#"{"count":1}"#] {
                    let row = row(key, actor, parameters);
                    for language in [Language::Japanese, Language::Chinese] {
                        let asked = std::cell::RefCell::new(Vec::new());
                        Sentence::in_words(&row, &std::collections::HashMap::new(), &|wording| {
                            let said = worded(language, wording);
                            if said.is_none() && wording.contains('{') {
                                asked.borrow_mut().push(wording.to_owned());
                            }
                            said
                        });
                        for wording in asked.into_inner() {
                            missing.insert(format!("said-{} = {wording}", slug(&wording)));
                        }
                    }
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn names_stay_links_in_every_language() {
        let row = row("repository.push", "ann", "{}");
        let hosts = std::sync::Arc::default();
        let it = Row { row, hosts };
        for language in Language::ALL {
            let told = sentence(language, &it);
            let named: Vec<&str> = told
                .parts
                .iter()
                .filter(|part| part.link.is_some())
                .map(|part| part.text.as_str())
                .collect();
            assert_eq!(named, ["ann", "shop", "web:1.0"], "{}", told.text());
        }
        assert_eq!(
            sentence(Language::Japanese, &it).text(),
            "ann が shop/web:1.0 をプッシュしました"
        );
    }

    #[test]
    fn a_place_that_a_wording_lacks_is_not_asked_for() {
        let said = worded(Language::English, "{owner} pushed{sync} {image}");
        assert_eq!(said, None, "English is what the sentence says by itself");
    }
}
