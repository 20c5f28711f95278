//! `portus-rs ldap:check`.

use crate::support::{
    portus::{Portus, Ran},
    slapd::{READER, READER_PASSWORD, SUFFIX, Slapd, password},
};

fn check(slapd: &Slapd, more: &[(&str, &str)], arguments: &[&str], input: &str) -> Ran {
    let mut builder = Portus::builder();
    for (name, value) in slapd.settings() {
        builder = builder.env(name, value);
    }
    for (name, value) in more {
        builder = builder.env(name, value);
    }
    let words: Vec<&str> = std::iter::once("ldap:check")
        .chain(arguments.iter().copied())
        .collect();
    let ran = builder.idle().cli_with_input(&words, input);
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(READER_PASSWORD), "{text}");
    }
    ran
}

#[track_caller]
fn says(ran: &Ran, lines: &[&str]) {
    for line in lines {
        assert!(
            ran.stdout.contains(line),
            "{line:?} is not in\n{}{}",
            ran.stdout,
            ran.stderr
        );
    }
}

#[test]
fn the_steps_of_a_login_are_walked_and_told() {
    let slapd = Slapd::builder()
        .person("ann")
        .person("bob")
        .group("devs", &["ann"])
        .start();
    let ca = slapd.authority().display().to_string();
    let settings = [
        ("PORTUS_LDAP_ENCRYPTION_METHOD", "start_tls"),
        ("PORTUS_LDAP_ENCRYPTION_OPTIONS_CA_FILE", ca.as_str()),
        ("PORTUS_LDAP_GUESS_EMAIL_ENABLED", "true"),
        ("PORTUS_LDAP_GROUP_SYNC_MAP", "devs=web:owner"),
    ];
    let ran = check(
        &slapd,
        &settings,
        &["ann", "--password-stdin"],
        &password("ann"),
    )
    .exits(0);
    let connection = format!("ldap://127.0.0.1:{}, encrypted (StartTLS)", slapd.port);
    says(
        &ran,
        &[
            &connection,
            "of directory of the tests",
            READER,
            &format!("2 with uid below 'ou=people,{SUFFIX}'"),
            "devs → team web (owner): 1",
            &format!("uid=ann,ou=people,{SUFFIX}"),
            "is right",
            "none yet: the first login makes it",
            "ann@example.org",
        ],
    );
    assert!(!ran.stdout.contains("FAIL"), "{}", ran.stdout);
    let wrong = check(&slapd, &settings, &["ann", "--password-stdin"], "wrong").exits(1);
    says(&wrong, &["FAIL  password", "Invalid Credentials (code 49)"]);
    assert!(!wrong.stdout.contains("wrong"), "{}", wrong.stdout);
    says(
        &check(&slapd, &settings, &["nobody"], "").exits(1),
        &["Could not find user 'nobody'"],
    );
}

#[test]
fn each_fault_is_told_at_its_step() {
    let slapd = Slapd::builder().person("ann").start();
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let cases: &[(&str, &str, &str, &str)] = &[
        (
            "PORTUS_LDAP_PORT",
            &closed.to_string(),
            "FAIL  connection",
            "could not connect",
        ),
        (
            "PORTUS_LDAP_HOSTNAME",
            "directory.invalid",
            "FAIL  connection",
            "host name is not known",
        ),
        (
            "PORTUS_LDAP_ENCRYPTION_METHOD",
            "start_tls",
            "FAIL  connection",
            "certificate not trusted",
        ),
        (
            "PORTUS_LDAP_AUTHENTICATION_PASSWORD",
            "no",
            "FAIL  bind account",
            "bind account refused",
        ),
        (
            "PORTUS_LDAP_BASE",
            "ou=nowhere,dc=example,dc=org",
            "FAIL  people",
            "no such base",
        ),
        (
            "PORTUS_LDAP_UID",
            "employeeNumber",
            "FAIL  people",
            "check ldap.uid",
        ),
        (
            "PORTUS_LDAP_GROUP_SYNC_MAP",
            "devs=web",
            "FAIL  group",
            "there is no such group",
        ),
    ];
    for (name, value, step, cause) in cases {
        let ran = check(&slapd, &[(name, value)], &[], "").exits(1);
        says(&ran, &[step, cause]);
    }
    let off = check(&slapd, &[("PORTUS_LDAP_ENABLED", "false")], &[], "").exits(1);
    assert!(off.stderr.contains("LDAP is disabled"), "{}", off.stderr);
    for (name, value, said) in [
        ("PORTUS_LDAP_FILTER", "(uid=", "ldap.filter"),
        ("PORTUS_LDAP_UID", "u*d", "ldap.uid"),
        (
            "PORTUS_LDAP_GROUP_SYNC_MAP",
            "devs=web:king",
            "ldap.group_sync.map",
        ),
    ] {
        let ran = check(&slapd, &[(name, value)], &[], "").exits(1);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}
