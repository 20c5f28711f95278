use super::*;
use crate::activity::csv;

/// An entry with everything that any entry of its kind keeps.
fn row(key: &str) -> activity::Model {
    let about_place = [
        "namespace",
        "repository",
        "comment",
        "vulnerability",
        "webhook",
    ];
    let noun = key.split([':', '.']).next().unwrap_or_default();
    let place = about_place.contains(&noun) || key == "registry.delete";
    let trackable = match noun {
        "comment" | "vulnerability" | "repository" => "Repository",
        "webhook" => "Webhook",
        "registry" => "Registry",
        "application_token" => "ApplicationToken",
        "team" => "Team",
        "namespace" => "Namespace",
        _ => "User",
    };
    let parameters = serde_json::json!({
        "team": "devs", "old_team": "ops", "team_user": "bob", "role": "viewer",
        "old_role": "viewer", "new_role": "owner", "old": "before", "new": "after", "visibility": "protected",
        "username": "bob", "fields": ["email", "admin"], "count": 3, "application": "jenkins",
        "name": "hub", "hostname": "hub:5000", "address": "10.0.0.1", "header": "X-Token",
        "webhook_url": "https://ci/hook", "webhook_host": "ci", "webhook_name": "build",
    });
    activity::Model {
        id: 1,
        key: key.to_owned(),
        actor_id: Some(7),
        actor_name: "alice".to_owned(),
        trackable_type: Some(trackable.to_owned()),
        trackable_id: Some(11),
        trackable_name: None,
        recipient_type: Some("User".to_owned()),
        recipient_id: Some(8),
        recipient_name: None,
        registry_id: Some(1),
        team_id: Some(3),
        namespace_id: place.then_some(4),
        namespace_name: place.then(|| "shop".to_owned()),
        repository_name: place.then(|| "web".to_owned()),
        tag_name: place.then(|| "v1".to_owned()),
        visibility: place.then_some(0),
        parameters: parameters.to_string(),
        created_at: chrono::DateTime::UNIX_EPOCH.naive_utc(),
    }
}

/// Keys that `docs/AUDIT.md` names.
fn keys() -> Vec<String> {
    let page = include_str!("../../../../docs/AUDIT.md");
    let cells = page.lines().filter_map(|line| line.strip_prefix("| `"));
    cells
        .filter_map(|line| line.split_once('`'))
        .map(|(key, _)| key.to_owned())
        .collect()
}

#[test]
fn every_entry_has_its_sentence_and_its_line() {
    let keys = keys();
    assert!(keys.len() > 20, "{keys:?}");
    for key in keys {
        let row = row(&key);
        assert_ne!(
            template(&Facts::of(&row, &Hosts::new())),
            UNKNOWN,
            "write the sentence of {key}"
        );
        let text = Sentence::of(&row, &Hosts::new()).text();
        assert!(!text.contains(['{', '}']), "{key}: {text}");
        let line = csv::line(&row, &Hosts::new());
        assert!(line.ends_with('\n'), "{line}");
    }
}

#[test]
fn nothing_is_too_little_for_a_sentence() {
    for key in keys().iter().map(String::as_str).chain(["martian.lands"]) {
        let bare = activity::Model {
            actor_id: None,
            actor_name: String::new(),
            trackable_type: None,
            trackable_id: None,
            recipient_type: None,
            recipient_id: None,
            registry_id: None,
            team_id: None,
            namespace_id: None,
            namespace_name: None,
            repository_name: None,
            tag_name: None,
            visibility: None,
            parameters: String::new(),
            ..row(key)
        };
        let text = Sentence::of(&bare, &Hosts::new()).text();
        assert!(text.len() > 10, "{key}: {text}");
        csv::line(&bare, &Hosts::new());
    }
}

#[test]
fn one_is_told_as_one() {
    let count = |key: &str, count: u64| {
        text(key, |row| {
            row.parameters = serde_json::json!({"username": "bob", "count": count}).to_string();
        })
    };
    for (key, one, many) in [
        (
            "session:destroy",
            "alice ended a session of bob",
            "alice ended 2 sessions of bob",
        ),
        (
            "user:clear_passwords",
            "alice cleared the local password of one user",
            "alice cleared the local passwords of 2 users",
        ),
        (
            "vulnerability:rescan_all",
            "alice had everything scanned again: one tag",
            "alice had everything scanned again: 2 tags",
        ),
    ] {
        assert_eq!(count(key, 1), one);
        assert_eq!(count(key, 2), many);
    }
}

fn text(key: &str, change: impl FnOnce(&mut activity::Model)) -> String {
    let mut row = row(key);
    change(&mut row);
    Sentence::of(&row, &Hosts::from([(1, "registry:5000".to_owned())])).text()
}

#[test]
fn sentences_read_as_in_portus() {
    for (key, wanted) in [
        ("team.create", "alice created team devs"),
        (
            "team.add_member",
            "alice added user 'bob' with role viewer to the devs team",
        ),
        (
            "team.migration",
            "alice migrated all namespaces from ops team to devs team",
        ),
        (
            "namespace.create",
            "alice created the shop namespace under the devs team",
        ),
        (
            "namespace.change_team",
            "alice moved the shop namespace to the after team",
        ),
        (
            "namespace.change_visibility",
            "alice set the shop namespace as protected",
        ),
        ("namespace.delete", "alice deleted shop/web"),
        ("registry.delete", "alice removed namespace 'shop'"),
        ("repository.push", "alice pushed shop/web:v1"),
        ("repository.delete", "alice deleted shop/web:v1"),
        ("user.delete", "alice removed the user bob"),
        (
            "webhook.update",
            "alice updated webhook build under the shop namespace",
        ),
    ] {
        assert_eq!(text(key, |_| {}), wanted);
    }
    let by_portus = |row: &mut activity::Model| row.actor_name = PORTUS.to_owned();
    assert_eq!(
        text("repository.push", by_portus),
        "portus pushed (sync) shop/web:v1"
    );
    assert_eq!(
        text("namespace.create", by_portus),
        "portus created the shop namespace automatically (orphan)"
    );
    let global = |row: &mut activity::Model| {
        row.namespace_name = Some("portus_global_namespace_0".to_owned());
    };
    assert_eq!(
        text("repository.push", global),
        "alice pushed registry:5000/web:v1"
    );
    let own = |row: &mut activity::Model| row.recipient_id = row.actor_id;
    assert_eq!(
        text("team.change_member_role", own),
        "alice changed their role from viewer to owner within the team devs"
    );
}

#[test]
fn names_are_links_and_the_actor_stands_out() {
    let sentence = Sentence::of(&row("namespace.create"), &Hosts::new());
    let json = serde_json::to_value(&sentence.parts).expect("JSON");
    assert_eq!(
        json,
        serde_json::json!([
            {"text": "alice", "actor": true, "type": "User", "id": 7},
            {"text": " created the "},
            {"text": "shop", "type": "Namespace", "id": 4},
            {"text": " namespace under the "},
            {"text": "devs", "type": "Team", "id": 3},
            {"text": " team"},
        ])
    );
}

#[test]
fn a_namespace_and_what_lies_in_it_are_links_of_their_own() {
    let row = row("repository.push");
    let sentence = Sentence::of(&row, &Hosts::new());
    let json = serde_json::to_value(&sentence.parts).expect("JSON");
    assert_eq!(
        json,
        serde_json::json!([
            {"text": "alice", "actor": true, "type": "User", "id": 7},
            {"text": " pushed "},
            {"text": "shop", "type": "Namespace", "id": 4},
            {"text": "/"},
            {"text": "web:v1", "type": "Repository", "id": row.trackable_id},
        ])
    );
}

#[test]
fn lines_read_as_in_portus_and_no_cell_is_a_formula() {
    let line = |key: &str, change: fn(&mut activity::Model)| {
        let mut row = row(key);
        change(&mut row);
        csv::line(&row, &Hosts::new())
    };
    for (key, wanted) in [
        (
            "team.create",
            "team,devs,create,-,alice,1970-01-01 00:00:00 UTC,-\n",
        ),
        (
            "team.add_member",
            "team,devs,add member,bob,alice,1970-01-01 00:00:00 UTC,role viewer\n",
        ),
        (
            "team.migration",
            "team,devs,migrate namespaces,-,alice,1970-01-01 00:00:00 UTC,from team ops\n",
        ),
        (
            "namespace.change_namespace_name",
            "namespace,shop,change name,-,alice,1970-01-01 00:00:00 UTC,from before to after\n",
        ),
        (
            "registry.delete",
            "user,-,removed namespace,shop,alice,1970-01-01 00:00:00 UTC,-\n",
        ),
        (
            "repository.push",
            "repository,shop/web:v1,push tag,-,alice,1970-01-01 00:00:00 UTC,-\n",
        ),
        (
            "webhook.disabled",
            "webhook,ci,make disabled,-,alice,1970-01-01 00:00:00 UTC,-\n",
        ),
    ] {
        assert_eq!(line(key, |_| {}), wanted);
    }
    for evil in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
        let mut row = row("team.create");
        row.actor_name = evil.to_owned();
        let line = csv::line(&row, &Hosts::new());
        assert!(line.contains(&format!(",'{evil},")), "{line}");
    }
    let quoted = line("team.create", |row| {
        row.actor_name = "a \"b\", c".to_owned();
    });
    assert!(quoted.contains(",\"a \"\"b\"\", c\","), "{quoted}");
}
