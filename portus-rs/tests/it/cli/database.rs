//! `check_db`, `db:*`, and that looking changes nothing.

use super::with_registry;
use crate::support::portus::Portus;

#[test]
fn commands_without_a_database_make_no_files() {
    let portus = Portus::builder().idle();
    for words in [
        &["check_db"][..],
        &["version"],
        &["help"],
        &["-T"],
        &["portus:info"],
        &["cconfig:info"],
        &["config"],
        &["secret"],
        &["check-config"],
        &["completion", "bash"],
    ] {
        let ran = portus.cli(words).exits(0);
        assert!(!ran.stdout.is_empty(), "{words:?}");
        assert!(!portus.data_directory().exists(), "{words:?}");
    }
    let health = portus.cli(&["health"]).exits(1);
    let health: serde_json::Value = serde_json::from_str(&health.stdout).expect("it is JSON");
    assert_eq!(
        health,
        serde_json::json!({
            "database": {"msg": "database has not been created", "success": false},
            "registry": {"msg": "no registry configured", "success": false},
        })
    );
    assert!(!portus.data_directory().exists());
}

#[test]
fn the_state_of_the_database_is_one_word() {
    let mut portus = Portus::builder().idle();
    let script = [
        "portusctl",
        "exec",
        "rails",
        "r",
        "/srv/Portus/bin/check_db.rb",
    ];
    assert_eq!(portus.cli(&script).exits(0).stdout, "DB_MISSING\n");
    let _ = portus.cli(&["check_db", "--exit-code"]).exits(1);
    let _ = portus.cli(&["db:create"]).exits(0);
    assert_eq!(portus.cli(&script).exits(0).stdout, "DB_EMPTY\n");
    let _ = portus.cli(&["db:migrate"]).exits(0);
    assert_eq!(portus.cli(&script).exits(0).stdout, "DB_READY\n");
    let _ = portus.cli(&["check_db", "--exit-code"]).exits(0);
    portus.set("DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/none");
    assert_eq!(portus.cli(&script).exits(0).stdout, "DB_DOWN\n");
}

#[test]
fn tasks_run_from_left_to_right_until_one_fails() {
    let portus = Portus::builder().idle();
    let ran = portus
        .cli(&[
            "rake",
            "db:create",
            "db:migrate",
            "db:seed",
            "RAILS_ENV=production",
        ])
        .exits(0);
    let file = portus.data_directory().join("portus.sqlite3");
    assert_eq!(
        ran.stdout,
        format!("Created database '{}'\n", file.display())
    );
    let ran = portus
        .cli(&["db:create", "db:seed", "db:create"])
        .exits(255);
    assert_eq!(
        ran.stdout,
        format!(
            "Database '{}' already exists\nThe DB is not empty! Only seed for kick-starting your DB\n",
            file.display()
        )
    );
}

#[test]
fn the_history_of_the_schema_is_a_table() {
    let portus = Portus::builder().idle();
    let _ = portus.cli(&["db:create"]).exits(0);
    let before = portus.cli(&["db:migrate:status"]).exits(0).stdout;
    assert!(
        before.contains("\n  down    m0001         Users\n"),
        "{before}"
    );
    let _ = portus.cli(&["db:migrate"]).exits(0);
    let after = portus.cli(&["db:migrate:status"]).exits(0).stdout;
    assert!(
        after.contains("\n   up     m0001         Users\n"),
        "{after}"
    );
    assert!(!after.contains("down"), "{after}");
    let version = portus.cli(&["db:migrate", "VERSION=1"]).exits(1);
    assert!(
        version.stderr.starts_with("rake aborted!\nVERSION"),
        "{}",
        version.stderr
    );
}

#[test]
fn nothing_is_dropped_without_a_yes() {
    let portus = with_registry();
    let exists = "portus:create_registry[main,127.0.0.1:1,false]";
    for task in [
        "db:drop",
        "db:reset",
        "db:schema:load",
        "db:migrate:reset",
        "portus:db:drop_tables",
        "portus:db:reset",
    ] {
        let ran = portus.cli(&[task]).exits(1);
        assert!(ran.stderr.contains("--yes"), "{task}: {}", ran.stderr);
        let still = portus.cli(&[exists]).exits(255);
        assert_eq!(
            still.stdout, "There is already a registry configured!\n",
            "{task}"
        );
    }
    for task in ["db:setup", "portus:db:configure", "db:migrate"] {
        let _ = portus.cli(&[task]).exits(0);
        let _ = portus.cli(&[exists]).exits(255);
    }
    let _ = portus.cli(&["portus:db:reset", "--yes"]).exits(0);
    let _ = portus.cli(&[exists, "--force"]).exits(0);
    let _ = portus.cli(&["db:drop", "--yes"]).exits(0);
    assert_eq!(portus.cli(&["check_db"]).exits(0).stdout, "DB_EMPTY\n");
}

#[test]
fn health_looks_only_where_it_is_told_to() {
    let mut portus = with_registry();
    let script = ["rails", "r", "bin/health.rb", "-c", "database", "-q"];
    assert_eq!(portus.cli(&script).exits(0).stdout, "");
    let registry = portus.cli(&["health", "-c", "registry"]).exits(1);
    assert!(
        registry.stdout.contains("connection refused"),
        "{}",
        registry.stdout
    );
    assert_eq!(
        portus.cli(&["health", "-c", "ldap"]).exits(0).stdout,
        "{}\n"
    );
    assert_eq!(
        portus.cli(&["health", "-c", "oauth"]).exits(0).stdout,
        "{}\n"
    );
    let stranger = portus.cli(&["health", "-c", "moon"]).exits(1);
    assert!(stranger.stderr.contains("'moon'"), "{}", stranger.stderr);
    // Providers are asked by a job; its last word counts.
    portus.set("PORTUS_OAUTH_GITLAB_ENABLED", "true");
    portus.set("PORTUS_OAUTH_GITLAB_APPLICATION_ID", "id");
    portus.set("PORTUS_OAUTH_GITLAB_SECRET", "secret");
    portus.set("PORTUS_OAUTH_RECHECK_INTERVAL", "60");
    let oauth = portus.cli(&["health", "-c", "oauth"]).exits(0);
    assert!(
        oauth.stdout.contains("identity providers answer"),
        "{}",
        oauth.stdout
    );
    portus.set("PORTUS_HEALTH_QUIET", "yes");
    portus.set("PORTUS_HEALTH_COMPONENT_1", "database");
    assert_eq!(portus.cli(&["health"]).exits(0).stdout, "");
}

#[test]
fn a_broken_configuration_is_told_at_once_and_whole() {
    let mut portus = Portus::builder().idle();
    portus.set("PORTUS_SIGNUP_ENABLED", "perhaps");
    portus.set("PORTUS_PAGINATION_PER_PAGE", "many");
    for words in [&["portus:make_admin[x]"][..], &["check_db"], &["serve"]] {
        let ran = portus.cli(words).exits(1);
        for name in ["PORTUS_SIGNUP_ENABLED", "PORTUS_PAGINATION_PER_PAGE"] {
            assert!(ran.stderr.contains(name), "{words:?}: {}", ran.stderr);
        }
    }
    let checked = portus.cli(&["check-config"]).exits(1);
    assert_eq!(
        checked.stdout.matches("error: ").count(),
        2,
        "{}",
        checked.stdout
    );
    let _ = portus.cli(&["portus:info"]).exits(0);
}
