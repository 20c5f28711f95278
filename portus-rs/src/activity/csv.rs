//! The audit log as a table for spreadsheets, with Portus' columns.

use crate::entities::activity;

use super::sentence::{Facts, Hosts};

/// The first line, as Portus writes it.
pub const HEADER: &str = "Tracked item,Item,Event,Recipient,Triggered by,Time,Notes\n";

/// What a row says of the thing: kind, name, event, recipient, notes.
struct Cells(&'static str, String, String, String, String);

/// One entry as a line with its end.
pub fn line(row: &activity::Model, hosts: &Hosts) -> String {
    let facts = Facts::of(row, hosts);
    let Cells(tracked, item, event, recipient, notes) = cells(&facts);
    let time = row.created_at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    let cells = [
        tracked.to_owned(),
        item,
        event,
        recipient,
        facts.owner(),
        time,
        notes,
    ];
    let cells: Vec<String> = cells.iter().map(|cell| written(cell)).collect();
    format!("{}\n", cells.join(","))
}

fn dash() -> String {
    "-".to_owned()
}

fn cells(facts: &Facts<'_>) -> Cells {
    let key = facts.row.key.as_str();
    let event = |text: &str| text.to_owned();
    let from_to = || {
        format!(
            "from {} to {}",
            facts.parameter("old"),
            facts.parameter("new")
        )
    };
    let sync = if facts.by_service() { " (sync)" } else { "" };
    match key {
        "team.create" => Cells("team", facts.team(), event("create"), dash(), dash()),
        "team.add_member" | "team.remove_member" => {
            let verb = if key == "team.add_member" {
                "add"
            } else {
                "remove"
            };
            let role = format!("role {}", facts.parameter("role"));
            let event = format!("{verb}{sync} member");
            Cells("team", facts.team(), event, facts.member(), role)
        }
        "team.change_member_role" => {
            let (old, new) = (facts.parameter("old_role"), facts.parameter("new_role"));
            let notes = format!("from {old} to {new}");
            let event = event("change member role");
            Cells("team", facts.team(), event, facts.member(), notes)
        }
        "team.change_team_name" => {
            let event = event("change the name of the team");
            Cells("team", facts.team(), event, facts.team(), from_to())
        }
        "team.change_team_description" => {
            let event = event("change the description of the team");
            Cells("team", facts.team(), event, facts.team(), from_to())
        }
        "team.migration" => {
            let notes = format!("from team {}", facts.parameter("old_team"));
            let event = event("migrate namespaces");
            Cells("team", facts.team(), event, dash(), notes)
        }
        "registry.remove_team" => Cells("team", facts.team(), event("remove"), dash(), dash()),
        "registry.delete" => {
            let event = event("removed namespace");
            Cells("user", dash(), event, facts.namespace(), dash())
        }
        "namespace.delete" => {
            let recipient = facts.repository_name().unwrap_or_else(dash);
            let event = event("delete repository");
            Cells("repository", facts.namespace(), event, recipient, dash())
        }
        "repository.push" => Cells(
            "repository",
            facts.image(),
            event("push tag"),
            dash(),
            dash(),
        ),
        "repository.delete" => {
            let event = event("delete tag");
            Cells("repository", facts.image(), event, dash(), dash())
        }
        "user.delete" => {
            let name = facts.parameter("username");
            let event = event("removed user");
            Cells("user", dash(), event, name, "role ".to_owned())
        }
        _ if key.starts_with("namespace.") => namespace(facts, key),
        "application_token.create" | "application_token.destroy" => {
            let application = facts.parameter("application");
            let event = event(verb(key));
            Cells("application token", application, event, dash(), dash())
        }
        _ if key.starts_with("webhook.") => {
            let event = match verb(key) {
                "enabled" => event("make enabled"),
                "disabled" => event("make disabled"),
                verb => event(verb),
            };
            let notes = match verb(key) {
                "enabled" | "disabled" => dash(),
                _ => format!("owned by namespace {}", facts.namespace()),
            };
            Cells("webhook", facts.webhook_host(), event, dash(), notes)
        }
        _ => ours(facts, key),
    }
}

fn namespace(facts: &Facts<'_>, key: &str) -> Cells {
    let name = facts.namespace();
    let (event, recipient, notes) = match key {
        "namespace.create" => ("create", dash(), format!("owned by team {}", facts.team())),
        "namespace.change_namespace_description" => (
            "change the description of the namespace",
            name.clone(),
            format!(
                "from {} to {}",
                facts.parameter("old"),
                facts.parameter("new")
            ),
        ),
        "namespace.change_namespace_name" => (
            "change name",
            dash(),
            format!(
                "from {} to {}",
                facts.parameter("old"),
                facts.parameter("new")
            ),
        ),
        "namespace.change_team" => (
            "change team",
            dash(),
            format!("owned by team {}", facts.parameter("new")),
        ),
        "namespace.change_visibility" => (
            "change visibility",
            dash(),
            format!("is {}", facts.visibility()),
        ),
        "namespace.public" => ("make public", dash(), dash()),
        "namespace.private" => ("make private", dash(), dash()),
        other => (verb(other), dash(), dash()),
    };
    Cells("namespace", name, event.to_owned(), recipient, notes)
}

/// Entries that Portus does not know: the sentence says all there is to say.
fn ours(facts: &Facts<'_>, key: &str) -> Cells {
    let tracked = match key.split([':', '.']).next().unwrap_or_default() {
        "team" => "team",
        "repository" | "comment" | "vulnerability" => "repository",
        "webhook" => "webhook",
        "registry" => "registry",
        _ => "user",
    };
    let item = match tracked {
        "team" => facts.team(),
        "repository" if facts.row.repository_name.is_some() => facts.image(),
        "webhook" => facts.webhook_host(),
        "registry" => facts.parameter("name"),
        _ => facts.parameter("username"),
    };
    let item = if item.is_empty() { dash() } else { item };
    let event = verb(key).replace('_', " ");
    Cells(tracked, item, event, dash(), facts.sentence().text())
}

fn verb(key: &str) -> &str {
    key.split_once([':', '.']).map_or(key, |(_, verb)| verb)
}

/// A cell as a spreadsheet reads it: in quotes where it has to be, and never as a formula.
fn written(cell: &str) -> String {
    // A single dash is how an empty cell is written.
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell != "-";
    let text = if formula {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
