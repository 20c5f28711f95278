//! How commands are named, found and explained.

use crate::support::portus::Portus;

#[test]
fn links_named_like_the_old_programs_answer_as_they_did() {
    let portus = Portus::builder().idle();
    let links = tempfile::tempdir().expect("make a directory");
    for (name, words, code, start) in [
        (
            "bundle",
            &["exec", "rake", "portus:create_user[a]"][..],
            255,
            "There are 4",
        ),
        ("rake", &["-T", "secret"], 0, "secret  # "),
        (
            "portusctl",
            &["exec"],
            1,
            "You mush provide at least an argument",
        ),
        ("portusctl", &["logs"], 0, "portus-rs keeps no log files"),
        ("rails", &["r", "bin/check_db.rb"], 0, "DB_MISSING"),
    ] {
        let link = links.path().join(name);
        let _ = std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_portus-rs"), &link);
        let ran = portus.cli_as(&link, words, "").exits(code);
        assert!(ran.stdout.starts_with(start), "{name}: {}", ran.stdout);
    }
    let rails = links.path().join("rails");
    let console = portus.cli_as(&rails, &["c"], "").exits(127);
    assert_eq!(
        console.stderr,
        "portus-rs: 'rails c' is not available; see portus-rs help\n"
    );
}

#[test]
fn what_does_not_exist_is_answered_with_what_was_meant() {
    let portus = Portus::builder().idle();
    let task = portus.cli(&["rake", "portus:create_usr[a]"]).exits(1);
    assert_eq!(
        task.stderr,
        "rake aborted!\nDon't know how to build task 'portus:create_usr'; did you mean 'portus:create_user'?\n"
    );
    let command = portus.cli(&["serv"]).exits(1);
    assert!(
        command.stderr.contains("did you mean 'serve'?"),
        "{}",
        command.stderr
    );
    let unclosed = portus.cli(&["portus:make_admin[a"]).exits(1);
    assert!(
        unclosed.stderr.contains("never closed"),
        "{}",
        unclosed.stderr
    );
    let flag = portus.cli(&["serve", "--nojobs"]).exits(1);
    assert!(flag.stderr.contains("--no-jobs"), "{}", flag.stderr);
    let _ = portus.cli(&["assets:precompile"]).exits(0);
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let portus = Portus::builder().idle();
    let program = env!("CARGO_BIN_EXE_portus-rs");
    let script = format!("'{program}' help | true; '{program}' -T | head -n 1");
    let ran = portus.cli_as(std::path::Path::new("/bin/sh"), &["-c", &script], "");
    let ran = ran.exits(0);
    assert!(ran.stdout.starts_with("cconfig:info"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
}

#[test]
fn the_commands_of_the_environment_run_in_place_of_the_server() {
    let mut portus = Portus::builder().idle();
    portus.set("PORTUS_INIT_COMMAND", "rails r /srv/Portus/bin/check_db.rb");
    let none: [&str; 0] = [];
    assert_eq!(portus.cli(&none).exits(0).stdout, "DB_MISSING\n");
    portus.set("PORTUS_INIT_COMMAND", "/bin/bash");
    let ran = portus.cli(&none).exits(127);
    assert!(ran.stderr.contains("PORTUS_INIT_COMMAND"), "{}", ran.stderr);
}

#[test]
fn the_list_of_tasks_stays_as_it_is() {
    let portus = Portus::builder().idle();
    insta::assert_snapshot!(portus.cli(&["-T"]).exits(0).stdout);
}

#[test]
fn help_tells_a_person_how_to_begin() {
    let portus = Portus::builder().idle();
    let help = portus.cli(&["help"]).exits(0).stdout;
    assert_eq!(portus.cli(&["--help"]).exits(0).stdout, help);
    insta::assert_snapshot!("help", help);
    for (topic, name) in [
        ("registry-config", "help_registry_config"),
        ("explain", "help_explain"),
        ("portus:create_user", "help_create_user"),
    ] {
        insta::assert_snapshot!(name, portus.cli(&["help", topic]).exits(0).stdout);
    }
    let _ = portus.cli(&["help", "moon"]).exits(1);
}

#[test]
fn the_secret_is_random_and_fit_for_the_key_base() {
    let portus = Portus::builder().idle();
    let secret = || portus.cli(&["secret"]).exits(0).stdout;
    let (one, other) = (secret(), secret());
    assert_ne!(one, other);
    assert_eq!(one.trim().len(), 128);
    assert!(one.trim().chars().all(|digit| digit.is_ascii_hexdigit()));
}
