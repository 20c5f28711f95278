//! Mail on the wire: each way of TLS, each login, servers that refuse, and the local sendmail.

use std::os::unix::fs::PermissionsExt as _;

use chrono::TimeDelta;
use portus_rs::{actions::mails, jobs, queries};

use super::{forgotten, link, mailing};
use crate::support::{
    databases::TestDatabase,
    service::Service,
    smtpd::{LOGIN, Mode, Smtpd},
};

/// Has a letter sent, and says how it came.
async fn sent(server: &Smtpd, more: &[(&str, &str)]) -> serde_json::Value {
    let service = mailing(TestDatabase::sqlite(), server, more).await;
    service.user("ann").await;
    link(&service, server, "ann@example.org").await;
    server.letters().pop().unwrap()
}

/// Has a letter refused, and says why.
async fn refused(server: &Smtpd, more: &[(&str, &str)]) -> String {
    let service = mailing(TestDatabase::sqlite(), server, more).await;
    service.user("ann").await;
    forgotten(&service, "ann@example.org").await;
    let done = mails::send_due(&service.app).await.unwrap();
    assert_eq!((done.sent, done.put_off), (0, 1));
    assert!(server.letters().is_empty());
    queries::mails::trouble(&service.app)
        .await
        .unwrap()
        .unwrap()
        .last_error
}

#[actix_web::test]
async fn a_letter_is_of_two_kinds_and_says_that_nobody_need_answer() {
    let server = Smtpd::start(Mode::Plain);
    let more = [
        ("PORTUS_EMAIL_NAME", "Our registry"),
        ("PORTUS_EMAIL_REPLY_TO", "help@example.org"),
        ("PORTUS_EMAIL_SMTP_ENABLE_STARTTLS_AUTO", "true"),
    ];
    let letter = sent(&server, &more).await;
    assert_eq!(letter["from"], "portus@example.org");
    assert_eq!(letter["to"][0], "ann@example.org");
    assert_eq!(letter["hello"], "portus.test");
    assert_eq!(letter["tls"], false, "none is offered");
    let headers = &letter["headers"];
    assert_eq!(headers["From"], "Our registry <portus@example.org>");
    assert_eq!(headers["Reply-To"], "help@example.org");
    assert_eq!(headers["Auto-Submitted"], "auto-generated");
    assert_eq!(headers["Subject"], "Reset password instructions");
    let id = headers["Message-ID"].as_str().unwrap();
    assert!(id.ends_with("@example.org>"), "{id}");
    let html = letter["html"].as_str().unwrap();
    assert!(
        html.contains("Hello ann@example.org!") && html.contains("Change my password"),
        "{html}"
    );
}

#[actix_web::test]
async fn tls_from_the_first_byte_or_later_trusts_whom_the_settings_name() {
    let (tls, starttls) = (Smtpd::start(Mode::Tls), Smtpd::start(Mode::StartTls));
    let ways = [
        (&tls, ("PORTUS_EMAIL_SMTP_SSL_TLS", "tls")),
        (
            &starttls,
            ("PORTUS_EMAIL_SMTP_ENABLE_STARTTLS_AUTO", "true"),
        ),
    ];
    let check = ("PORTUS_EMAIL_SMTP_OPENSSL_VERIFY_MODE", "peer");
    for (server, way) in ways {
        let told = refused(server, &[way, check]).await;
        assert!(told.contains("certificate verify failed"), "{told}");
        let ca = server.ca_file();
        let ca = ("PORTUS_EMAIL_SMTP_CA_FILE", ca.to_str().unwrap());
        assert_eq!(sent(server, &[way, check, ca]).await["tls"], true);
        let directory = server.ca_file();
        let directory = directory.parent().unwrap().to_str().unwrap();
        let ca = ("PORTUS_EMAIL_SMTP_CA_PATH", directory);
        assert_eq!(sent(server, &[way, check, ca]).await["tls"], true);
        // Nobody looks, as in Portus.
        assert_eq!(sent(server, &[way]).await["tls"], true);
    }
    // The name in the certificate counts.
    let ca = tls.ca_file();
    let other_name = [
        ways[0].1,
        check,
        ("PORTUS_EMAIL_SMTP_CA_FILE", ca.to_str().unwrap()),
        ("PORTUS_EMAIL_SMTP_ADDRESS", "127.0.0.1"),
    ];
    let service = mailing(TestDatabase::sqlite(), &tls, &other_name).await;
    service.user("ann").await;
    forgotten(&service, "ann@example.org").await;
    assert_eq!(mails::send_due(&service.app).await.unwrap().put_off, 1);
}

#[actix_web::test]
async fn each_mechanism_logs_in_and_a_wrong_password_names_the_settings_but_not_itself() {
    let server = Smtpd::start(Mode::Login);
    let login = |mechanism, password| {
        [
            ("PORTUS_EMAIL_SMTP_ENABLE_STARTTLS_AUTO", "true"),
            ("PORTUS_EMAIL_SMTP_USER_NAME", LOGIN.0),
            ("PORTUS_EMAIL_SMTP_PASSWORD", password),
            ("PORTUS_EMAIL_SMTP_AUTHENTICATION", mechanism),
        ]
    };
    let mechanisms = ["login", "plain", "cram_md5"];
    for mechanism in mechanisms {
        let told = refused(&server, &login(mechanism, "canary")).await;
        assert!(told.contains("did not take the login"), "{told}");
        assert!(
            told.contains("email.smtp.password") && !told.contains("canary"),
            "{told}"
        );
    }
    let mut used = Vec::new();
    for mechanism in mechanisms {
        let letter = sent(&server, &login(mechanism, LOGIN.1)).await;
        assert_eq!(letter["tls"], true);
        used.push(letter["login"].as_str().unwrap().to_owned());
    }
    assert_eq!(used, ["LOGIN", "PLAIN", "CRAM-MD5"]);
}

#[actix_web::test]
async fn a_letter_waits_for_its_server_and_is_given_up_when_it_comes_too_late() {
    let server = Smtpd::start(Mode::Plain);
    let service = mailing(TestDatabase::sqlite(), &server, &[]).await;
    for name in ["later", "nobody", "ann"] {
        service.user(name).await;
        forgotten(&service, &format!("{name}@example.org")).await;
    }
    let done = mails::send_due(&service.app).await.unwrap();
    assert_eq!((done.sent, done.put_off, done.given_up), (1, 1, 1));
    let trouble = queries::mails::trouble(&service.app)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((trouble.waiting, trouble.given_up), (1, 1));
    assert!(
        trouble.last_error.contains("no such mailbox"),
        "{}",
        trouble.last_error
    );
    // It is not due yet.
    assert_eq!(
        mails::send_due(&service.app).await.unwrap(),
        mails::Sent::default()
    );
    let mut attempts = 1;
    loop {
        service.app.clock.advance(TimeDelta::minutes(61));
        let done = mails::send_due(&service.app).await.unwrap();
        attempts += 1;
        if done.given_up == 1 {
            break;
        }
        assert_eq!(done.put_off, 1, "after {attempts} attempts");
    }
    assert_eq!(attempts, 7);
    let rest = service
        .count("outgoing_mails WHERE given_up_at IS NULL")
        .await;
    assert_eq!((rest, service.count("outgoing_mails").await), (0, 2));
    service.app.clock.advance(TimeDelta::days(8));
    jobs::run_by_hand(&service.app, "housekeeping")
        .await
        .unwrap();
    assert_eq!(service.count("outgoing_mails").await, 0);
    assert_eq!(service.count("password_resets").await, 0);
    assert_eq!(server.letters().len(), 1);
}

#[actix_web::test]
async fn without_a_server_mail_goes_to_the_program_that_takes_it() {
    let place = tempfile::tempdir().unwrap();
    let program = place.path().join("sendmail");
    let kept = place.path().join("kept");
    let settings = [
        ("PORTUS_EMAIL_SENDMAIL", program.to_str().unwrap()),
        ("PORTUS_EMAIL_FROM", "portus@example.org"),
    ];
    let service = Service::with(TestDatabase::sqlite(), &settings).await;
    service.user("ann").await;
    forgotten(&service, "ann@example.org").await;
    // It is not there yet.
    jobs::run_by_hand(&service.app, "mail").await.unwrap();
    let trouble = queries::mails::trouble(&service.app)
        .await
        .unwrap()
        .unwrap();
    assert!(
        trouble.last_error.contains("email.smtp.enabled"),
        "{}",
        trouble.last_error
    );
    let script = |body: &str| {
        let text = format!("#!/bin/sh\n{body}\n");
        let next = place.path().join("next");
        std::fs::write(&next, text).unwrap();
        std::fs::set_permissions(&next, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::rename(&next, &program).unwrap();
    };
    script("cat >/dev/null; echo 'the queue is full' >&2; exit 75");
    service.app.clock.advance(TimeDelta::minutes(2));
    mails::send_due(&service.app).await.unwrap();
    let trouble = queries::mails::trouble(&service.app)
        .await
        .unwrap()
        .unwrap();
    assert!(
        trouble.last_error.contains("the queue is full"),
        "{}",
        trouble.last_error
    );
    script(&format!("echo \"$@\" >'{0}'; cat >>'{0}'", kept.display()));
    service.app.clock.advance(TimeDelta::minutes(5));
    assert_eq!(mails::send_due(&service.app).await.unwrap().sent, 1);
    let letter = std::fs::read_to_string(&kept).unwrap();
    assert!(
        letter.starts_with("-i -f portus@example.org -- ann@example.org\n"),
        "{letter}"
    );
    assert!(
        letter.contains("Auto-Submitted: auto-generated"),
        "{letter}"
    );
    assert_eq!(queries::mails::trouble(&service.app).await.unwrap(), None);
}
