//! `portus:create_user`, `make_admin`, `create_api_account`, `create_registry`.

use super::with_registry;
use crate::support::portus::Portus;

#[test]
fn arguments_are_counted_before_anything_is_touched() {
    let portus = Portus::builder().idle();
    let few = portus.cli(&["portus:create_user[a,b]"]).exits(255);
    assert_eq!(few.stdout, "There are 4 required arguments\n");
    let empty = portus
        .cli(&["portus:create_user[a,,12341234,false]"])
        .exits(255);
    assert_eq!(empty.stdout, "You have to provide a value for `email'\n");
    assert!(!portus.data_directory().exists());
}

#[test]
fn without_a_registry_no_user_is_created() {
    let portus = Portus::builder().idle();
    let ran = portus
        .cli(&["portus:create_user[alice,alice@example.com,12341234,false]"])
        .exits(255);
    assert_eq!(
        ran.stdout,
        "\nERROR: There is no registry on the DB! You can either call the portus:create_registry\n\
         task, or log in as an administrator into Portus and fill in the form that\n\
         will be presented to you.\n"
    );
}

#[test]
fn a_user_is_created_in_silence_and_has_a_namespace() {
    let portus = with_registry();
    let ran = portus
        .cli(&[
            "portus:create_user[alice,",
            "alice@example.com,",
            "12341234,",
            "false]",
        ])
        .exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    let explained = portus
        .cli(&["explain", "alice", "repository:alice/app:push"])
        .exits(0);
    assert!(
        explained.stdout.contains("may push alice/app"),
        "{}",
        explained.stdout
    );
    let again = portus
        .cli(&["portus:create_user[alice,alice@example.com,12341234,false]"])
        .exits(1);
    assert_eq!(
        again.stderr,
        "rake aborted!\nValidation failed: Username has already been taken, Email has already been taken\n"
    );
}

#[test]
fn a_name_that_no_namespace_can_have_is_changed_and_said() {
    let portus = with_registry();
    let ran = portus
        .cli(&["portus:create_user[Al!ce,alce@example.com,12341234,false]"])
        .exits(0);
    assert_eq!(
        ran.stdout,
        "\nNOTE: the user you just created contained characters that are not accepted for\n\
         naming namespaces. Because of this, you've got the following:\n\n  \
         * User name: 'Al!ce'\n  * Personal namespace: 'al_ce'\n"
    );
}

#[test]
fn a_name_that_no_login_could_carry_aborts() {
    let portus = with_registry();
    for (name, complaint) in [
        ("ann:lee", "can't contain a colon"),
        (
            "ann\u{7}lee",
            "can't contain control characters such as line breaks",
        ),
    ] {
        let task = format!("portus:create_user[{name},ann@example.com,12341234,false]");
        let ran = portus.cli(&[task]).exits(1);
        assert_eq!(
            ran.stderr,
            format!("rake aborted!\nValidation failed: Username {complaint}\n")
        );
    }
}

#[test]
fn a_short_password_aborts_and_leaves_no_account() {
    let portus = with_registry();
    let ran = portus
        .cli(&["portus:create_user[bob,bob@example.com,short,false]"])
        .exits(1);
    assert_eq!(
        ran.stderr,
        "rake aborted!\nValidation failed: Password is too short (minimum is 8 characters)\n"
    );
    let admins = portus.cli(&["portus:make_admin[bob]"]).exits(254);
    assert_eq!(
        admins.stdout,
        "bob not found in database\nvalid usernames are\n[]\n"
    );
}

#[test]
fn only_words_for_yes_make_an_admin() {
    let portus = with_registry();
    let ran = portus
        .cli(&["portus:create_user[eve,eve@example.com,12341234,maybe]"])
        .exits(255);
    assert_eq!(ran.stdout, "Wrong value for 'admin': use true or false\n");
    let no = portus
        .cli(&["portus:create_user[eve,eve@example.com,12341234,No]"])
        .exits(0);
    assert_eq!(no.stdout, "");
    let may = portus
        .cli(&["explain", "eve", "registry:catalog:*"])
        .exits(0);
    assert!(may.stdout.contains("may not"), "{}", may.stdout);
}

#[test]
fn passwords_come_from_standard_input_unharmed() {
    let portus = with_registry();
    let input = "with, comma] and more\n";
    for words in [
        &["portus:create_user[one,one@example.com,-,false]"][..],
        &[
            "portus:create_user",
            "--username=two",
            "--email=two@example.com",
            "--admin=false",
            "--password-stdin",
        ],
    ] {
        let ran = portus.cli_with_input(words, input).exits(0);
        assert_eq!(ran.stdout, "");
    }
    let none = portus
        .cli(&["portus:create_user[three,three@example.com,-,false]"])
        .exits(1);
    assert!(none.stderr.contains("standard input"), "{}", none.stderr);
}

#[test]
fn whoever_is_made_admin_owns_the_global_namespace() {
    let portus = with_registry();
    let usage = portus.cli(&["portus:make_admin"]).exits(255);
    assert_eq!(
        usage.stdout,
        "Specify a username, as in\n rake portus:make_admin[username]\nvalid usernames are\n[]\n"
    );
    let _ = portus
        .cli(&["portus:create_user[alice,alice@example.com,12341234,false]"])
        .exits(0);
    for form in [
        &["portus:make_admin[alice]"][..],
        &["portusctl", "make_admin", "alice"],
    ] {
        let ran = portus.cli(form).exits(0);
        assert_eq!(ran.stdout, "");
    }
    let may = portus
        .cli(&["explain", "alice", "repository:top:push"])
        .exits(0);
    assert!(may.stdout.contains("alice at"), "{}", may.stdout);
    assert!(may.stdout.contains("  may push top"), "{}", may.stdout);
}

#[test]
fn the_api_account_may_be_created_again_and_again() {
    let mut portus = Portus::builder().idle();
    let unset = portus.cli(&["portus:create_api_account"]).exits(1);
    assert_eq!(unset.stdout, "PORTUS_PASSWORD is not set\n");
    portus.set("PORTUS_PASSWORD", "a password of our own");
    for _ in 0..2 {
        let ran = portus
            .cli(&["bundle", "exec", "rake", "portus:create_api_account"])
            .exits(0);
        assert_eq!(ran.stdout, "");
    }
    let hidden = portus.cli(&["portus:make_admin[portus]"]).exits(254);
    assert_eq!(
        hidden.stdout,
        "portus not found in database\nvalid usernames are\n[]\n"
    );
}

#[test]
fn a_registry_that_does_not_answer_is_not_created_unless_forced() {
    let portus = Portus::builder().idle();
    let task = "portus:create_registry[main,127.0.0.1:1,false]";
    let ran = portus.cli(&[task]).exits(255);
    assert_eq!(
        ran.stdout,
        "\nRegistry not reachable:\nname=main hostname=127.0.0.1:1 use_ssl=false external_hostname=\n\
         Error: connection refused\n"
    );
    let _ = portus.cli(&[task, "--force"]).exits(0);
    let again = portus.cli(&[task, "--force"]).exits(255);
    assert_eq!(again.stdout, "There is already a registry configured!\n");
    let second = "portus:create_registry[second,127.0.0.1:2,false,]";
    let _ = portus.cli(&[second, "--force"]).exits(0);
}

#[test]
fn clearing_passwords_takes_ldap_and_a_yes() {
    let portus = with_registry();
    let ran = portus.cli(&["portus:clear_passwords", "--yes"]).exits(1);
    assert!(ran.stderr.contains("LDAP is disabled"), "{}", ran.stderr);
    let ran = portus.cli(&["portus:clear_passwords", "--force"]).exits(1);
    assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    let _ = portus
        .cli(&["portus:create_user[alice,alice@example.com,12341234,false]"])
        .exits(0);
    let ran = portus
        .cli(&["portus:clear_passwords", "--force", "--yes"])
        .exits(0);
    assert_eq!(ran.stdout, "Cleared 1 passwords.\n");
}

#[test]
fn a_token_with_limits_is_issued_and_explained() {
    let portus = with_registry();
    let _ = portus
        .cli(&["portus:create_user[alice,alice@example.com,12341234,true]"])
        .exits(0);
    let issued = portus
        .cli(&[
            "token",
            "alice",
            "ci",
            "--scope",
            "pull",
            "--namespace",
            "alice",
            "--expires-in",
            "7",
        ])
        .exits(0);
    assert!(issued.stdout.starts_with("prs_a_"), "{}", issued.stdout);
    assert!(
        issued.stderr.contains("not for the API"),
        "{}",
        issued.stderr
    );
    let explained = portus
        .cli(&[
            "explain",
            "alice",
            "--token",
            "ci",
            "repository:alice/app:pull,push",
            "repository:busybox:pull",
        ])
        .exits(0)
        .stdout;
    for sentence in [
        "may pull alice/app",
        "may not push alice/app: this application token may only pull images",
        "may not pull busybox: this application token is good for one namespace only",
        "use an application token",
    ] {
        assert!(explained.contains(sentence), "{explained}");
    }
    let unknown = portus
        .cli(&[
            "explain",
            "alice",
            "--token",
            "jenkins",
            "repository:alice/app:pull",
        ])
        .exits(1);
    assert!(
        unknown
            .stderr
            .contains("has no application token 'jenkins'"),
        "{}",
        unknown.stderr
    );
    for (option, value, complaint) in [
        ("--scope", "push", "possible values: full, read, pull"),
        ("--namespace", "nowhere", "Namespace does not exist"),
        ("--expires-in", "0", "must be between 1 and 3650 days"),
    ] {
        let refused = portus.cli(&["token", "alice", "other", option, value]);
        assert_ne!(refused.code, Some(0));
        assert!(refused.stderr.contains(complaint), "{}", refused.stderr);
    }
}
