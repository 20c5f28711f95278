//! The sentence that each entry of the audit log is shown as, built once for pages, API and exports. It needs the row
//! alone, so it holds whatever has gone since.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::entities::{activity, user::PORTUS};

mod logins;
#[cfg(test)]
mod tests;

/// A sentence in parts, so that a page can print names bold and as links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sentence {
    pub parts: Vec<Part>,
}

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    pub text: String,
    /// Whoever did it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub actor: bool,
    /// What the text names. It may be gone, and the reader need not be allowed to see it.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// A thing by kind and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Link {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub id: i64,
}

/// Host names of registries by id: a global namespace goes by its registry's.
pub type Hosts = HashMap<i64, String>;

/// Another language: what it says for an English wording, whose places are names in braces, or for a word of ours.
pub type Voice<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Sentence {
    /// In English, as programs read it.
    pub fn of(row: &activity::Model, hosts: &Hosts) -> Self {
        Facts::of(row, hosts).sentence()
    }

    /// In another language, in the same parts.
    pub fn in_words(row: &activity::Model, hosts: &Hosts, voice: Voice<'_>) -> Self {
        Facts::of(row, hosts).said(voice)
    }

    /// The whole as one text.
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| part.text.as_str()).collect()
    }
}

/// Places for words of ours; everything else is somebody's name.
const OUR_WORDS: [&str; 5] = ["sync", "role", "old_role", "new_role", "visibility"];

/// What the names of global namespaces begin with, which people never see.
const GLOBAL: &str = "portus_global_namespace_";

/// A row with its parameters read.
pub(super) struct Facts<'a> {
    pub row: &'a activity::Model,
    hosts: &'a Hosts,
    parameters: Map<String, Value>,
}

impl<'a> Facts<'a> {
    pub fn of(row: &'a activity::Model, hosts: &'a Hosts) -> Self {
        let parameters = match serde_json::from_str(&row.parameters) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        };
        Self {
            row,
            hosts,
            parameters,
        }
    }

    /// A parameter as text; empty if it is not there.
    pub fn parameter(&self, name: &str) -> String {
        match self.parameters.get(name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(items)) => {
                let words = items.iter().map(|item| match item {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                words.collect::<Vec<_>>().join(", ")
            }
            Some(other) => other.to_string(),
        }
    }

    /// The first of these that says something.
    fn first(&self, names: &[&str], otherwise: &str) -> String {
        let mut said = names.iter().map(|name| self.parameter(name));
        said.find(|text| !text.is_empty())
            .unwrap_or_else(|| otherwise.to_owned())
    }

    pub fn owner(&self) -> String {
        if !self.row.actor_name.is_empty() {
            return self.row.actor_name.clone();
        }
        self.first(&["owner_name"], "Someone")
    }

    /// Whether the service did it by itself.
    pub fn by_service(&self) -> bool {
        self.row.actor_name == PORTUS
    }

    pub fn team(&self) -> String {
        self.first(&["team", "team_name"], "a team")
    }

    pub fn member(&self) -> String {
        self.first(&["team_user"], "a user")
    }

    /// A namespace's name as people know it.
    pub fn namespace(&self) -> String {
        let name = match &self.row.namespace_name {
            Some(name) if !name.is_empty() => name.clone(),
            _ => self.first(&["namespace_name"], "a namespace"),
        };
        if !name.starts_with(GLOBAL) {
            return name;
        }
        let host = self.row.registry_id.and_then(|id| self.hosts.get(&id));
        host.cloned().unwrap_or(name)
    }

    pub fn repository_name(&self) -> Option<String> {
        let kept = self.row.repository_name.clone().filter(|it| !it.is_empty());
        kept.or_else(|| {
            let said = self.first(&["repository_name", "repo_name"], "");
            (!said.is_empty()).then_some(said)
        })
    }

    /// `namespace/repository`.
    pub fn repository(&self) -> String {
        let name = self
            .repository_name()
            .unwrap_or_else(|| "a repository".to_owned());
        format!("{}/{name}", self.namespace())
    }

    /// `namespace/repository:tag`.
    pub fn image(&self) -> String {
        let tag = match &self.row.tag_name {
            Some(tag) if !tag.is_empty() => tag.clone(),
            _ => self.parameter("tag_name"),
        };
        if tag.is_empty() {
            self.repository()
        } else {
            format!("{}:{tag}", self.repository())
        }
    }

    pub fn visibility(&self) -> String {
        self.first(&["visibility"], "public")
            .replace("visibility_", "")
    }

    /// A webhook's host, as far as it is known.
    pub fn webhook_host(&self) -> String {
        self.first(&["webhook_host", "webhook_url", "webhook_name"], "a host")
    }

    pub fn webhook_name(&self) -> String {
        self.first(
            &["webhook_name", "webhook_host", "webhook_url"],
            "a webhook",
        )
    }

    fn link(&self, kind: &str) -> Option<Link> {
        let row = self.row;
        match kind {
            "Team" => row.team_id.map(|id| Link { kind: "Team", id }),
            "Namespace" => row.namespace_id.map(|id| Link {
                kind: "Namespace",
                id,
            }),
            "User" => (row.recipient_type.as_deref() == Some("User"))
                .then_some(row.recipient_id)
                .flatten()
                .map(|id| Link { kind: "User", id }),
            _ => self.tracked(kind),
        }
    }

    fn tracked(&self, wanted: &str) -> Option<Link> {
        const KINDS: [&str; 4] = ["Repository", "Webhook", "Registry", "ApplicationToken"];
        let kind = KINDS.into_iter().find(|kind| *kind == wanted)?;
        let is_it = self.row.trackable_type.as_deref() == Some(kind);
        let id = self.row.trackable_id.filter(|_| is_it)?;
        Some(Link { kind, id })
    }

    pub fn sentence(&self) -> Sentence {
        self.said(&|_| None)
    }

    fn said(&self, voice: Voice<'_>) -> Sentence {
        let wording = template(self);
        let other = voice(wording);
        let template = other.as_deref().unwrap_or(wording);
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('{') {
            plain.push_str(before);
            let (name, behind) = behind.split_once('}').unwrap_or((behind, ""));
            rest = behind;
            for (text, link) in self.values(name) {
                let text = Some(text.as_str())
                    .filter(|_| OUR_WORDS.contains(&name))
                    .and_then(voice)
                    .unwrap_or(text);
                if name != "owner" && link.is_none() {
                    plain.push_str(&text);
                    continue;
                }
                if !plain.is_empty() {
                    parts.push(Part {
                        text: std::mem::take(&mut plain),
                        actor: false,
                        link: None,
                    });
                }
                parts.push(Part {
                    text,
                    actor: name == "owner",
                    link,
                });
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part {
                text: plain,
                actor: false,
                link: None,
            });
        }
        Sentence { parts }
    }

    /// What stands in place of a name in braces: of an image its namespace is one thing, and its repository another.
    fn values(&self, name: &str) -> Vec<(String, Option<Link>)> {
        let (whole, link) = self.value(name);
        if matches!(name, "image" | "repository") {
            let space = self.namespace();
            let inner = whole
                .strip_prefix(&space)
                .and_then(|it| it.strip_prefix('/'));
            if let Some(inner) = inner {
                let inner = inner.to_owned();
                let slash = ("/".to_owned(), None);
                return vec![(space, self.link("Namespace")), slash, (inner, link)];
            }
        }
        vec![(whole, link)]
    }

    /// The same in one piece.
    fn value(&self, name: &str) -> (String, Option<Link>) {
        match name {
            "owner" => {
                let id = self.row.actor_id;
                (self.owner(), id.map(|id| Link { kind: "User", id }))
            }
            "key" => (self.row.key.clone(), None),
            "sync" => {
                let word = if self.by_service() { " (sync)" } else { "" };
                (word.to_owned(), None)
            }
            "team" => (self.team(), self.link("Team")),
            "member" => (self.member(), self.link("User")),
            "user" => (self.first(&["username"], "a user"), self.link("User")),
            "ns" => (self.namespace(), self.link("Namespace")),
            "repository" => (self.repository(), self.link("Repository")),
            "image" => (self.image(), self.link("Repository")),
            "visibility" => (self.visibility(), None),
            "webhook_host" => (self.webhook_host(), self.link("Webhook")),
            "webhook_name" => (self.webhook_name(), self.link("Webhook")),
            "registry" => (
                self.first(&["name", "hostname"], "a registry"),
                self.link("Registry"),
            ),
            "count" => (self.first(&["count"], "some"), None),
            other => (self.parameter(other), None),
        }
    }
}

/// What Portus' entries say, and ours.
fn template(facts: &Facts<'_>) -> &'static str {
    let blank = |name: &str| facts.parameter(name).trim().is_empty();
    let one = facts.parameter("count") == "1";
    match facts.row.key.as_str() {
        "team.create" => "{owner} created team {team}",
        "team.add_member" => {
            "{owner} added{sync} user '{member}' with role {role} to the {team} team"
        }
        "team.remove_member" => "{owner} removed{sync} user '{member}' from the {team} team",
        "team.change_member_role" => {
            let oneself = facts.row.recipient_type.as_deref() == Some("User")
                && facts.row.recipient_id.is_some()
                && facts.row.recipient_id == facts.row.actor_id;
            if oneself {
                "{owner} changed their role from {old_role} to {new_role} within the team {team}"
            } else {
                "{owner} changed the role of {member} from {old_role} to {new_role} within the team {team}"
            }
        }
        "team.change_team_name" => "{owner} renamed the team {old} to {new}",
        "team.change_team_description" if blank("new") => {
            "{owner} deleted the description of the team {team}"
        }
        "team.change_team_description" => "{owner} edited the description of the team {team}",
        "team.migration" => "{owner} migrated all namespaces from {old_team} team to {team} team",
        "team:disable_ldap_check" => {
            "{owner} stopped comparing the team {team} with its group in the directory"
        }
        "team:ownerless" => "The team {team} has no owner any more",
        "registry.remove_team" => "{owner} removed team '{team}'",
        "namespace.create" if facts.by_service() => {
            "{owner} created the {ns} namespace automatically (orphan)"
        }
        "namespace.create" => "{owner} created the {ns} namespace under the {team} team",
        "namespace.change_namespace_description" if blank("new") => {
            "{owner} deleted the description of the namespace {ns}"
        }
        "namespace.change_namespace_description" => {
            "{owner} edited the description of the namespace {ns}"
        }
        "namespace.change_namespace_name" => "{owner} renamed the namespace {old} to {new}",
        "namespace.change_team" => "{owner} moved the {ns} namespace to the {new} team",
        "namespace.change_visibility" => "{owner} set the {ns} namespace as {visibility}",
        "namespace.public" => "{owner} set the {ns} namespace as public",
        "namespace.private" => "{owner} set the {ns} namespace as private",
        "namespace.delete" if facts.repository_name().is_none() => {
            "{owner} deleted a repository under {ns} namespace"
        }
        "namespace.delete" => "{owner} deleted{sync} {repository}",
        "registry.delete" => "{owner} removed{sync} namespace '{ns}'",
        "repository.push" => "{owner} pushed{sync} {image}",
        "repository.delete" => "{owner} deleted{sync} {image}",
        "repository:describe" if blank("new") => {
            "{owner} deleted the description of the repository {repository}"
        }
        "repository:describe" => "{owner} edited the description of the repository {repository}",
        "comment:create" => "{owner} commented on {repository}",
        "comment:destroy" => "{owner} deleted a comment on {repository}",
        "vulnerability:rescan" => "{owner} had {image} scanned again",
        "vulnerability:rescan_all" if one => "{owner} had everything scanned again: one tag",
        "vulnerability:rescan_all" => "{owner} had everything scanned again: {count} tags",
        "user:create" => "{owner} created the user {user}",
        "user:sign_up" => "{owner} signed up from {address}",
        "user:request_reset" => {
            "Somebody at {address} asked for a letter to set the password of {user} anew"
        }
        "user:reset_password" => "{owner} set the password of {user} anew by mail, from {address}",
        "user:create_bot" => "{owner} created the bot {user} of the team {team}",
        "user:update" => "{owner} changed {fields} of the user {user}",
        "user:promote" => "{owner} made {user} an admin",
        "user:demote" => "{owner} made {user} an ordinary user again",
        "user:enable" => "{owner} enabled the user {user}",
        "user:disable" => "{owner} disabled the user {user}",
        "user:unlink" => "{owner} took the link of the user {user} with {provider} back",
        "user:link" => "{owner} linked the user {user} with an account at {provider}",
        "user.delete" => "{owner} removed the user {user}",
        "user:clear_passwords" if one => "{owner} cleared the local password of one user",
        "user:clear_passwords" => "{owner} cleared the local passwords of {count} users",
        "webhook.create" => "{owner} created webhook {webhook_host} under the {ns} namespace",
        "webhook.update" => "{owner} updated webhook {webhook_name} under the {ns} namespace",
        "webhook.enabled" => "{owner} set the {webhook_host} webhook as enabled",
        "webhook.disabled" => "{owner} set the {webhook_host} webhook as disabled",
        "webhook.destroy" => "{owner} removed webhook {webhook_host} from the {ns} namespace",
        "webhook:create_header" => {
            "{owner} added the header {header} to webhook {webhook_name} under the {ns} namespace"
        }
        "webhook:destroy_header" => {
            "{owner} removed the header {header} from webhook {webhook_name} under the {ns} namespace"
        }
        "webhook:retrigger" => {
            "{owner} sent a delivery of webhook {webhook_name} under the {ns} namespace again"
        }
        "webhook:test" => "{owner} tested webhook {webhook_name} under the {ns} namespace",
        "registry:sync" => {
            "{owner} asked for a comparison with the catalog of the registry {registry}"
        }
        "job:run" => "{owner} had the job '{job}' run",
        "registry:confirm_sync" => {
            "{owner} confirmed what a comparison with the registry {registry} removes"
        }
        "registry:create" => "{owner} set up the registry {registry}",
        "registry:update" => "{owner} changed {fields} of the registry {registry}",
        _ => logins::template(facts),
    }
}

/// What the LDAP directory and identity providers bring about.
fn of_the_directory(key: &str) -> &'static str {
    match key {
        "user:confirm_gone" => {
            "{owner} confirmed that {count} users are not in the LDAP directory any more"
        }
        "user:ldap_gone" => "{user} is not in the LDAP directory any more",
        "user:ldap_returned" => "{user} is in the LDAP directory again",
        "user:unlock" => "{owner} unlocked the user {user}",
        "user:ldap_link" => "{owner} tied the user {user} to the LDAP directory",
        "user:ldap_unlink" => "{owner} loosened the user {user} from the LDAP directory",
        "user:provider_gone" => "{provider} does not vouch for {user} any more",
        "user:provider_returned" => "{provider} vouches for {user} again",
        _ => UNKNOWN,
    }
}

/// An entry of a version that is newer than this one.
const UNKNOWN: &str = "{owner} did {key}";
