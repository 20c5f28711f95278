//! A directory that is away, in the way, or no directory.

use std::time::{Duration, Instant};

use portus_rs::remote::ldap::{Directory, Fault, Looked};

use super::{UNREACHABLE, docker, enrolled, is_in, is_refused, service};
use crate::{
    api::sessions::sign_in,
    support::{
        bad_ldap::{self, Manner},
        databases::TestDatabase,
        service::{PASSWORD, Service},
        slapd::{Slapd, password},
    },
};

fn directory(service: &Service) -> &Directory {
    service.app.directory.as_ref().unwrap()
}

async fn fault(slapd: &Slapd, more: &[(&str, &str)]) -> Fault {
    let service = service(TestDatabase::sqlite(), slapd, more).await;
    directory(&service).person("ann").await.unwrap_err()
}

#[actix_web::test]
async fn whatever_is_wrong_with_it_local_people_get_in_and_nobody_is_told_of_a_wrong_password() {
    let slapd = Slapd::builder().person("ann").start();
    for manner in [
        Manner::Hangs,
        Manner::HangsUp,
        Manner::SpeaksHttp,
        Manner::TalksNonsense,
        Manner::SaysYes,
        Manner::IsBusy,
    ] {
        let port = bad_ldap::start(manner).to_string();
        let settings = [
            ("PORTUS_LDAP_PORT", port.as_str()),
            ("PORTUS_LDAP_TIMEOUT", "1"),
        ];
        let service = service(TestDatabase::sqlite(), &slapd, &settings).await;
        service.user("noller").await;
        for n in 0..12 {
            let begun = Instant::now();
            let answer = docker(&service, "ann", &format!("{n}")).await;
            is_refused(&answer, UNREACHABLE);
            assert!(begun.elapsed() < Duration::from_secs(4), "{manner:?}");
        }
        let answer = sign_in(&service, "ann", &password("ann")).await;
        assert_eq!(answer.status.as_u16(), 401, "{manner:?}");
        assert!(
            answer.body.contains(UNREACHABLE),
            "{manner:?}: {}",
            answer.body
        );
        is_in(&docker(&service, "noller", PASSWORD).await);
        assert_eq!(
            sign_in(&service, "noller", PASSWORD).await.status.as_u16(),
            201
        );
        assert_eq!(service.count("login_failures").await, 0, "{manner:?}");
        assert_eq!(service.count("users WHERE username = 'ann'").await, 0);
    }
}

/// What begins well and ends badly is no more a wrong password, and each attempt has an end of its own.
#[actix_web::test]
async fn a_server_that_fails_after_a_good_bind_is_as_good_as_none() {
    let slapd = Slapd::builder().person("ann").start();
    for manner in [Manner::BindsAndHangs, Manner::BindsAndResets] {
        let port = bad_ldap::start(manner).to_string();
        let settings = [
            ("PORTUS_LDAP_PORT", port.as_str()),
            ("PORTUS_LDAP_TIMEOUT", "1"),
        ];
        let service = service(TestDatabase::sqlite(), &slapd, &settings).await;
        for n in 0..3 {
            let begun = Instant::now();
            is_refused(&docker(&service, "ann", &format!("{n}")).await, UNREACHABLE);
            assert!(begun.elapsed() < Duration::from_secs(4), "{manner:?}");
        }
        let fault = directory(&service).person("ann").await.unwrap_err();
        let expected = match manner {
            Manner::BindsAndHangs => matches!(fault, Fault::Silent { .. }),
            _ => matches!(fault, Fault::Lost(_)),
        };
        assert!(expected, "{manner:?}: {fault}");
        assert_eq!(service.count("login_failures").await, 0, "{manner:?}");
    }
}

#[actix_web::test]
async fn an_outage_is_over_as_soon_as_the_server_is_back() {
    let mut slapd = Slapd::builder().person("ann").start();
    let service = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let ann = enrolled(&service, "ann").await;
    let token = service.token_of(&ann, "ci").await;
    slapd.stop();
    is_refused(&docker(&service, "ann", "another").await, UNREACHABLE);
    // What was right a moment ago, and what the directory has no say in, still is.
    is_in(&docker(&service, "ann", &password("ann")).await);
    is_in(&docker(&service, "ann", &token).await);
    slapd.start();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    is_refused(&docker(&service, "ann", "another").await, super::WRONG);
    // The connections from before the restart are dead, and nobody notices.
    slapd.stop();
    slapd.start();
    is_refused(&docker(&service, "ann", "a third").await, super::WRONG);
}

#[actix_web::test]
async fn each_fault_names_what_an_administrator_has_to_look_at() {
    let slapd = Slapd::builder().person("ann").start();
    let wrong_password = fault(&slapd, &[("PORTUS_LDAP_AUTHENTICATION_PASSWORD", "no")]).await;
    assert!(
        matches!(wrong_password, Fault::AccountRefused(_)),
        "{wrong_password}"
    );
    let empty_password = fault(&slapd, &[("PORTUS_LDAP_AUTHENTICATION_PASSWORD", "")]).await;
    assert!(
        matches!(empty_password, Fault::AccountRefused(_)),
        "{empty_password}"
    );
    let no_base = fault(
        &slapd,
        &[("PORTUS_LDAP_BASE", "ou=nowhere,dc=example,dc=org")],
    )
    .await;
    assert!(
        matches!(
            &no_base,
            Fault::NoBase {
                elsewhere: false,
                ..
            }
        ),
        "{no_base}"
    );
    assert!(no_base.to_string().contains("ou=nowhere"), "{no_base}");
    let no_base = fault(&slapd, &[("PORTUS_LDAP_BASE", "")]).await;
    assert!(matches!(no_base, Fault::NoBase { .. }), "{no_base}");
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let no_server = fault(&slapd, &[("PORTUS_LDAP_PORT", &closed.to_string())]).await;
    assert!(matches!(no_server, Fault::NoConnection(_)), "{no_server}");
    assert!(
        no_server.to_string().starts_with("could not connect"),
        "{no_server}"
    );
    let no_host = fault(&slapd, &[("PORTUS_LDAP_HOSTNAME", "directory.invalid")]).await;
    assert!(matches!(no_host, Fault::UnknownHost(_)), "{no_host}");
    let no_tls = fault(&slapd, &[("PORTUS_LDAP_ENCRYPTION_METHOD", "simple_tls")]).await;
    assert!(matches!(no_tls, Fault::NoTls(_)), "{no_tls}");
    let plain = Slapd::builder().without_start_tls().start();
    let refused = fault(&plain, &[("PORTUS_LDAP_ENCRYPTION_METHOD", "start_tls")]).await;
    assert!(matches!(refused, Fault::NoStartTls(_)), "{refused}");
    assert!(
        refused.to_string().contains("ldap.encryption.method"),
        "{refused}"
    );
    let hangs = bad_ldap::start(Manner::Hangs).to_string();
    let silent = fault(
        &slapd,
        &[("PORTUS_LDAP_PORT", &hangs), ("PORTUS_LDAP_TIMEOUT", "1")],
    )
    .await;
    assert!(
        matches!(silent, Fault::Silent { seconds: 1, .. }),
        "{silent}"
    );
    let http = bad_ldap::start(Manner::SpeaksHttp).to_string();
    let garbage = fault(&slapd, &[("PORTUS_LDAP_PORT", &http)]).await;
    assert!(
        matches!(
            garbage,
            Fault::Garbage(_) | Fault::Lost(_) | Fault::Silent { .. }
        ),
        "{garbage}"
    );
    for fault in [wrong_password, no_base, silent] {
        assert!(!fault.to_string().contains("secret"), "{fault}");
    }
}

#[actix_web::test]
async fn an_encrypted_server_is_spoken_to_only_if_its_certificate_is_trusted() {
    let slapd = Slapd::builder().person("ann").encrypted_only().start();
    let ca = slapd.authority().display().to_string();
    let tls_port = slapd.tls_port.to_string();
    let plain = fault(&slapd, &[]).await;
    assert!(matches!(plain, Fault::Unencrypted(_)), "{plain}");
    let ldaps = [
        ("PORTUS_LDAP_ENCRYPTION_METHOD", "simple_tls"),
        ("PORTUS_LDAP_PORT", tls_port.as_str()),
    ];
    let start_tls = [("PORTUS_LDAP_ENCRYPTION_METHOD", "start_tls")];
    for how in [&ldaps[..], &start_tls[..]] {
        let stranger = fault(&slapd, how).await;
        assert!(matches!(stranger, Fault::Untrusted(_)), "{stranger}");
        assert!(
            stranger.to_string().starts_with("certificate not trusted"),
            "{stranger}"
        );
        let mut trusting = how.to_vec();
        trusting.push(("PORTUS_LDAP_ENCRYPTION_OPTIONS_CA_FILE", &ca));
        let service = service(TestDatabase::sqlite(), &slapd, &trusting).await;
        enrolled(&service, "ann").await;
        trusting.push(("PORTUS_LDAP_HOSTNAME", "localhost"));
        let other_name = fault(&slapd, &trusting).await;
        assert!(matches!(other_name, Fault::Untrusted(_)), "{other_name}");
    }
}

#[actix_web::test]
async fn an_authority_that_the_installation_trusts_is_trusted_here_too() {
    let slapd = Slapd::builder().person("ann").encrypted_only().start();
    let authorities = tempfile::tempdir().unwrap();
    let directory_of_authorities = authorities.path().display().to_string();
    let settings = [
        ("PORTUS_LDAP_ENCRYPTION_METHOD", "start_tls"),
        ("PORTUS_CA_DIR", directory_of_authorities.as_str()),
    ];
    let stranger = fault(&slapd, &settings).await;
    assert!(matches!(stranger, Fault::Untrusted(_)), "{stranger}");
    std::fs::copy(slapd.authority(), authorities.path().join("directory.crt")).unwrap();
    let service = service(TestDatabase::sqlite(), &slapd, &settings).await;
    enrolled(&service, "ann").await;
    // Where a file is named it alone counts.
    let other = Slapd::builder().start();
    let only = other.authority().display().to_string();
    let mut narrowed = settings.to_vec();
    narrowed.push(("PORTUS_LDAP_ENCRYPTION_OPTIONS_CA_FILE", &only));
    let refused = fault(&slapd, &narrowed).await;
    assert!(matches!(refused, Fault::Untrusted(_)), "{refused}");
}

#[actix_web::test]
async fn the_least_version_of_tls_is_kept_to() {
    let slapd = Slapd::builder().person("ann").old_tls().start();
    let ca = slapd.authority().display().to_string();
    let settings = |version| {
        [
            ("PORTUS_LDAP_ENCRYPTION_METHOD", "start_tls"),
            ("PORTUS_LDAP_ENCRYPTION_OPTIONS_CA_FILE", ca.as_str()),
            ("PORTUS_LDAP_ENCRYPTION_OPTIONS_SSL_VERSION", version),
        ]
    };
    let refused = fault(&slapd, &settings("TLSv1_3")).await;
    assert!(matches!(refused, Fault::NoTls(_)), "{refused}");
    let service = service(TestDatabase::sqlite(), &slapd, &settings("TLSv1_2")).await;
    let found = directory(&service).person("ann").await.unwrap();
    assert!(matches!(found, Looked::One(_)));
}

#[actix_web::test]
async fn health_says_how_the_directory_is() {
    let mut slapd = Slapd::builder().person("ann").start();
    let good = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let component = |answer: serde_json::Value| answer["ldap"].clone();
    let ask = || actix_web::test::TestRequest::get().uri("/api/v1/health");
    let answer = component(good.call(ask()).await.json());
    assert_eq!(answer["msg"], "LDAP server is reachable");
    assert_eq!(answer["success"], true);
    slapd.stop();
    let bad = service(TestDatabase::sqlite(), &slapd, &[]).await;
    let answer = component(bad.call(ask()).await.json());
    assert_eq!(answer["success"], false);
    assert!(!answer["msg"].as_str().unwrap().is_empty());
}
