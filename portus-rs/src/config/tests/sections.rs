use std::net::IpAddr;
use std::path::Path;

use super::*;

#[test]
fn listening_addresses_have_many_forms() {
    for (text, address) in [
        ("127.0.0.1:8080", "127.0.0.1:8080"),
        ("127.0.0.1", "127.0.0.1:3000"),
        ("[::]:3000", "[::]:3000"),
        ("[::1]", "[::1]:3000"),
        ("::1", "[::1]:3000"),
        ("localhost:9", "localhost:9"),
        ("localhost", "localhost:3000"),
        ("127.0.0.1:0", "127.0.0.1:0"),
    ] {
        assert_eq!(
            config(&[("PORTUS_PUMA_HOST", text)])
                .listener
                .address
                .to_string(),
            address
        );
    }
    for text in ["a b", "host:port", "1.2.3.4:70000", ":3000", "http://x:1"] {
        assert!(
            errors(&[("PORTUS_PUMA_HOST", text)]).contains("PORTUS_PUMA_HOST"),
            "{text}"
        );
    }
}

#[test]
fn a_tls_key_needs_a_readable_key_and_certificate() {
    let lone = Setup::new(&[("PORTUS_PUMA_TLS_KEY", "k")]).file("k", "k");
    assert!(lone.errors().contains("PORTUS_PUMA_TLS_CERT"));
    let missing = Setup::new(&[
        ("PORTUS_PUMA_TLS_KEY", "k"),
        ("PORTUS_PUMA_TLS_CERT", "gone"),
    ])
    .file("k", "k");
    assert!(missing.errors().contains("PORTUS_PUMA_TLS_CERT"));
    let folder = Setup::new(&[("PORTUS_KEY_PATH", ".")]);
    assert!(folder.errors().contains("not a file"));
}

#[test]
fn trusted_proxies_default_to_private_ranges() {
    let trusts = |env: &[(&str, &str)], ip: &str| {
        config(env)
            .listener
            .trusted_proxies
            .contains(ip.parse::<IpAddr>().expect("ip"))
    };
    for ip in [
        "127.0.0.1",
        "::1",
        "10.1.2.3",
        "172.31.0.1",
        "192.168.1.1",
        "fd00::1",
        "::ffff:10.0.0.1",
    ] {
        assert!(trusts(&[], ip), "{ip}");
        assert!(!trusts(&[("PORTUS_TRUSTED_PROXIES", "none")], ip), "{ip}");
    }
    for ip in ["8.8.8.8", "172.32.0.1", "2001:db8::1"] {
        assert!(!trusts(&[], ip), "{ip}");
    }
    let own = [("PORTUS_TRUSTED_PROXIES", "8.8.8.0/24, 2001:db8::1")];
    assert!(trusts(&own, "8.8.8.8") && trusts(&own, "2001:db8::1") && !trusts(&own, "10.0.0.1"));
    assert!(errors(&[("PORTUS_TRUSTED_PROXIES", "10.0.0.0/8,none")]).contains("'none'"));
}

#[test]
fn the_url_root_is_normalised() {
    let root = |text| {
        config(&[("RAILS_RELATIVE_URL_ROOT", text)])
            .listener
            .url_root
    };
    for (text, path) in [
        ("", ""),
        ("/", ""),
        ("portus", "/portus"),
        ("/portus/", "/portus"),
        ("/a/b", "/a/b"),
    ] {
        assert_eq!(root(text), path);
    }
    for text in ["/a?b", "/a b", "/..", "/a//b", "https://x/y"] {
        assert!(
            errors(&[("RAILS_RELATIVE_URL_ROOT", text)]).contains("RAILS_RELATIVE_URL_ROOT"),
            "{text}"
        );
    }
}

#[test]
fn unix_sockets_only_on_demand() {
    assert_eq!(config(&[]).listener.unix_socket, None);
    let setup = Setup::new(&[("PORTUS_PUMA_USE_UNIX_SOCKET", "true")]);
    assert_eq!(
        setup.config().listener.unix_socket,
        Some(setup.root.path().join("tmp/sockets/puma.sock"))
    );
    let own = [
        ("PORTUS_PUMA_USE_UNIX_SOCKET", "true"),
        ("PORTUS_SOCKET_PATH", "/run/p.sock"),
    ];
    assert_eq!(
        config(&own).listener.unix_socket.as_deref(),
        Some(Path::new("/run/p.sock"))
    );
}

#[test]
fn published_secrets_count_as_unset() {
    for sample in [
        "secret-goes-here",
        "8bc8ccc710eafd73d43cd59ac8881aadc89f7a6ab55f1ac11c97fb436a3931cc78c38e735e664958d9e793725f3d52178f4e2c376c346edbaca3936aebf66e27",
    ] {
        let env = [("PORTUS_SECRET_KEY_BASE", sample)];
        assert!(config(&env).secrets.secret_key_base.is_none());
        assert!(warnings(&env).contains("published sample"));
    }
    for sample in ["portus1234", "12341234"] {
        assert!(
            config(&[("PORTUS_PASSWORD", sample)])
                .secrets
                .portus_password
                .is_none()
        );
    }
    assert!(warnings(&[("PORTUS_SECRET_KEY_BASE", "short")]).contains("shorter than 30"));
    assert!(
        config(&[("PORTUS_SECRET_KEY_BASE", "short")])
            .secrets
            .secret_key_base
            .is_some()
    );
}

#[test]
fn the_role_is_background_for_any_text_but_no() {
    for (text, background) in [
        ("true", true),
        ("1", true),
        ("please", true),
        ("false", false),
        ("0", false),
        ("", false),
        ("no", false),
    ] {
        assert_eq!(
            config(&[("PORTUS_BACKGROUND", text)])
                .process
                .background_only,
            background,
            "{text}"
        );
    }
}

#[test]
fn log_levels_follow_the_environment_and_the_old_words() {
    let level = |env: &[(&str, &str)]| config(env).process.log_level;
    assert_eq!(level(&[]), LogLevel::Info);
    assert_eq!(level(&[("RACK_ENV", "development")]), LogLevel::Debug);
    assert_eq!(
        level(&[("RACK_ENV", "development"), ("RAILS_ENV", "staging")]),
        LogLevel::Info
    );
    assert_eq!(level(&[("PORTUS_LOG_LEVEL", "FATAL")]), LogLevel::Error);
    assert_eq!(
        level(&[("PORTUS_LOG_LEVEL", "warn"), ("DEBUG", "true")]),
        LogLevel::Warn
    );
    assert_eq!(level(&[("DEBUG", "app:*")]), LogLevel::Info);
}

#[test]
fn the_first_registry_needs_a_host_and_a_protocol() {
    let env = [
        ("PORTUS_INIT_REGISTRY_HOSTNAME", "r:5000"),
        ("PORTUS_INIT_REGISTRY_USE_SSL", "no"),
    ];
    let registry = config(&env).process.init_registry.expect("registry");
    assert_eq!(
        (registry.name.as_str(), registry.use_ssl),
        ("registry", false)
    );
    assert!(config(&env[..1]).process.init_registry.is_none());
    assert!(errors(&[env[0], ("PORTUS_INIT_REGISTRY_USE_SSL", "tls")]).contains("USE_SSL"));
}

#[test]
fn features_of_other_rooms_are_read() {
    let setup = Setup::new(&[
        ("PORTUS_OAUTH_GITHUB_ENABLED", "true"),
        ("PORTUS_OAUTH_GITHUB_CLIENT_ID", "0123"),
        ("PORTUS_OAUTH_GITHUB_CLIENT_SECRET", "s"),
        ("PORTUS_OAUTH_GITHUB_CREATE_USERS", "no"),
        ("PORTUS_OAUTH_OPEN_ID_ENABLED", "true"),
        ("PORTUS_OAUTH_GITLAB_ENABLED", "true"),
        ("PORTUS_SECURITY_CLAIR_SERVER", "clair:6060"),
        ("PORTUS_SECURITY_DUMMY_SERVER", "x"),
        ("PORTUS_WEBHOOKS_ALLOW_HOSTS", "Localhost, 127.0.0.1"),
        ("PORTUS_DELETE_GARBAGE_COLLECTOR_ENABLED", "true"),
        ("PORTUS_DELETE_GARBAGE_COLLECTOR_TAG", "build-\\d+"),
        ("PORTUS_MACHINE_FQDN_EXTERNAL_URL", "https://p.example/x/"),
    ]);
    let config = setup.config();
    let providers = &config.oauth.providers;
    let github = providers
        .iter()
        .find(|it| it.key == "github")
        .expect("github");
    assert_eq!(
        (github.client.id.expose(), github.client.create_users),
        ("0123", false)
    );
    assert!(config.oauth.open_id && providers.len() == 2);
    assert_eq!(
        config
            .security
            .clair
            .as_ref()
            .expect("clair")
            .server
            .url()
            .as_str(),
        "http://clair:6060/"
    );
    assert!(!config.security.dummy, "never in production");
    assert_eq!(config.webhooks.allow_hosts, ["localhost", "127.0.0.1"]);
    assert!(
        config
            .delete
            .garbage_collector
            .as_ref()
            .expect("gc")
            .tag
            .as_ref()
            .expect("tag")
            .is_match("a-build-7")
    );
    assert_eq!(config.public_url(), "https://p.example/x");
    let warnings = setup.warnings();
    assert!(
        warnings.contains("OpenID 2.0")
            && warnings.contains("oauth.gitlab.application_id is empty")
            && warnings.contains("security.clair.server is set, but this version scans no images")
            && warnings.contains("this version collects nothing"),
        "{warnings}"
    );
    let off = [
        ("PORTUS_DELETE_ENABLED", "no"),
        ("PORTUS_DELETE_GARBAGE_COLLECTOR_ENABLED", "yes"),
    ];
    assert!(super::config(&off).delete.garbage_collector.is_none());
}

#[test]
fn the_data_directory_is_the_usual_one_only_when_it_can_be_written_to() {
    let setup = Setup::new(&[]);
    let root = setup.root.path();
    let values = super::super::layers::resolve(&setup.sources, "PORTUS");
    let choose = |usual: &Path| super::super::process::data_dir(&values, usual);
    assert_eq!(choose(root), root);
    assert_eq!(choose(&root.join("missing")), root.join("data"));
    std::fs::write(root.join("file"), "").expect("a file");
    assert_eq!(choose(&root.join("file")), root.join("data"));
    assert_eq!(
        std::fs::read_dir(root).expect("entries").count(),
        1,
        "nothing may be created"
    );
}

#[test]
fn the_public_url_is_what_people_use() {
    assert_eq!(
        config(&[("PORTUS_PUMA_HOST", "[::1]:9")]).public_url(),
        "http://[::1]:9"
    );
    let env = [
        ("PORTUS_MACHINE_FQDN_VALUE", "p.example"),
        ("RAILS_RELATIVE_URL_ROOT", "portus/"),
    ];
    assert_eq!(config(&env).public_url(), "https://p.example/portus");
    let shipped = Setup::new(&[]).file(
        "config/config.yml",
        "machine_fqdn: {value: portus.test.lan}",
    );
    assert!(!shipped.config().machine_fqdn.configured);
}
