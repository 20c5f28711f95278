//! From an empty installation to a team that pushes: the first admin, the registry, people, a team, a namespace, members,
//! pushes and pulls with a real client, and what the console then shows. On plain HTTP, without scripts, behind a proxy
//! with TLS, and with TLS of its own.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    pages::{
        driver::Look,
        page::{Page, browse},
    },
    support::{
        images::Package,
        portus::{self, Portus},
        registry::{self, Registry},
        site::PASSWORD,
        skopeo::Skopeo,
    },
};

/// A service and a registry that trust each other, as somebody has unpacked them.
pub struct Installation<'a> {
    pub portus: &'a Portus,
    /// Where browsers find it.
    pub url: String,
    /// What clients call the registry.
    pub registry: String,
    /// Where the certificates lie that clients trust; `None` without TLS.
    pub authorities: Option<&'a Path>,
    /// The registry that somebody sets up in the console; none where the settings name it and admins are made by hand.
    pub registers: Option<RefCell<Registry>>,
}

impl Installation<'_> {
    /// A client that is nobody so far.
    fn client(&self) -> Skopeo {
        self.dressed(Skopeo::anonymous())
    }

    fn client_of(&self, name: &str) -> Skopeo {
        self.dressed(Skopeo::with_password(name, PASSWORD))
    }

    fn dressed(&self, skopeo: Skopeo) -> Skopeo {
        match self.authorities {
            None => skopeo,
            Some(directory) => skopeo.trusting(directory),
        }
    }
}

/// Where the certificates lie that a registry trusts.
fn bundle_of(portus: &Portus) -> String {
    let bundle = portus.data_directory().join("bundle.crt");
    bundle.display().to_string()
}

/// Starts a registry as `registry-config` says that it has to be configured.
pub fn registry_of(portus: &Portus, registry: registry::Builder) -> Registry {
    let bundle = bundle_of(portus);
    let address = registry.address();
    let said = portus
        .cli(&[
            "registry-config",
            "--bundle",
            &bundle,
            "--hostname",
            &address,
        ])
        .exits(0)
        .stdout;
    let mut endpoints =
        serde_yaml::from_str::<Value>(&said).unwrap()["notifications"]["endpoints"].take();
    endpoints[0]["backoff"] = json!("300ms");
    registry
        .stanza(&said)
        .merge(json!({"notifications": {"endpoints": endpoints}}))
        .start()
}

/// The service as it is unpacked, where it is reached at this URL.
pub fn named(portus: portus::Builder, url: &str) -> portus::Builder {
    portus
        .env("PORTUS_MACHINE_FQDN_VALUE", "127.0.0.1")
        .env("PORTUS_MACHINE_FQDN_EXTERNAL_URL", url)
        .env("PORTUS_GRAVATAR_ENABLED", "false")
}

/// Creates the first account and leaves the browser signed in as an admin.
async fn first_admin(page: &Page, to: &Installation<'_>) {
    page.open("/").await;
    page.at("/users/sign_up").await;
    assert!(!page.offers("I already have an account. Login.").await);
    page.fill("Username", "admin").await;
    page.fill("Email", "admin@example.com").await;
    page.fill("Password (8 characters min.)", PASSWORD).await;
    page.fill("Password again", PASSWORD).await;
    if to.registers.is_none() {
        page.press("Create account").await;
        page.at("/").await;
        page.open("/admin/users").await;
        page.see("Unauthorized!").await;
        let _ = to.portus.cli(&["portus:make_admin[admin]"]).exits(0);
    } else {
        page.press("Create admin").await;
        page.at("/admin/registries/new").await;
    }
}

async fn registry(page: &Page, to: &Installation<'_>, look: Look) {
    page.open("/namespaces").await;
    let Some(server) = &to.registers else {
        page.open("/admin/registries").await;
        page.see(&to.registry).await;
        return;
    };
    page.at("/admin/registries/new").await;
    page.fill("Name", "our registry").await;
    if to.authorities.is_some() {
        page.tick("Use SSL", true).await;
    }
    if look.scripts {
        page.fill("Hostname", "127.0.0.1:9").await;
        page.see("connection refused").await;
        assert!(
            page.is_disabled("Save").await,
            "it cannot be saved while nobody is there"
        );
    }
    page.fill("Hostname", &to.registry).await;
    if look.scripts {
        page.see("The registry answers.").await;
        let script =
            "return performance.getEntriesByType('resource').map((it) => it.name).join(' ')";
        let asked = page.run(script).await.to_string();
        assert!(asked.contains("/admin/registries/check?"), "{asked}");
        for inner in ["authenticity_token", "_method"] {
            assert!(!asked.contains(inner), "{asked}");
        }
    }
    page.press("Save").await;
    page.at("/admin/registries").await;
    page.see("Registry was successfully created.").await;
    page.see("our registry").await;
    page.see(&format!("service: \"{}\"", to.registry)).await;
    if look.scripts {
        page.shows("registry-made").await;
    }
    let said = configuration(page, to).await;
    // From now on nobody else can tell in its name.
    server.borrow_mut().reconfigure(said);
}

/// What the page says that belongs into the registry's configuration.
async fn configuration(page: &Page, to: &Installation<'_>) -> Value {
    page.see("The secret below is shown this once.").await;
    let said = page
        .run("return document.querySelector('.copyable-block code').textContent")
        .await;
    let mut said: Value = serde_yaml::from_str(said.as_str().unwrap()).unwrap();
    // The page means a place in the registry's container.
    said["auth"]["token"]["rootcertbundle"] = json!(bundle_of(to.portus));
    let endpoint = &mut said["notifications"]["endpoints"][0];
    endpoint["backoff"] = json!("300ms");
    let header = endpoint["headers"]["Authorization"][0].as_str().unwrap();
    assert!(header.starts_with("Bearer prs_e_"), "{header}");
    said
}

async fn person(page: &Page, name: &str) {
    page.open("/admin/users?new=1").await;
    page.fill("Username", name).await;
    page.fill("Email", &format!("{name}@example.com")).await;
    page.fill("Password", PASSWORD).await;
    page.fill("Password confirmation", PASSWORD).await;
    page.press("Create").await;
    page.see(&format!("User '{name}' was created successfully"))
        .await;
}

async fn team_with_namespace(page: &Page) {
    page.open("/teams").await;
    page.press("Create new team").await;
    page.fill("Name", "devs").await;
    page.fill("Description", "Those who build").await;
    page.press("Add").await;
    page.see("Team 'devs' was created successfully").await;
    page.see("admin").await;
    page.press("Create new namespace").await;
    let form = page.within("Create new namespace");
    form.fill("Name", "microbox").await;
    form.press("Create").await;
    page.see("Namespace 'microbox' was created successfully")
        .await;
}

async fn member(page: &Page, name: &str, role: &str) {
    page.open("/teams").await;
    page.press("devs").await;
    page.press("Add members").await;
    let form = page.within("Add members");
    form.choose("Role", role).await;
    form.fill("User", name).await;
    form.press("Add").await;
    page.see(&format!("User '{name}' was successfully added to the team"))
        .await;
}

/// Pushes and pulls as people of all kinds. Gives back the client that is logged in as gggg.
fn clients(to: &Installation<'_>, image: &Package) -> Skopeo {
    let address = &to.registry;
    let target = format!("{address}/microbox/etcd:2.1.1");
    let _ = to.client().push(image, &target).failed();
    let gggg = to.client();
    let _ = gggg.login(address, "gggg", PASSWORD).succeeded();
    let _ = gggg.push(image, &target).succeeded();
    let elsewhere = format!("{address}/h0tbird/portus:1");
    let _ = gggg.push(image, &elsewhere).failed();
    let global = format!("{address}/sample-image:0.1");
    let _ = gggg.push(image, &global).failed();
    let viewer = to.client_of("viewer");
    let place = tempfile::tempdir().unwrap();
    let _ = viewer.push(image, &target).failed();
    let _ = viewer.pull(&target, place.path()).succeeded();
    let place = tempfile::tempdir().unwrap();
    let _ = to.client().pull(&target, place.path()).failed();
    let _ = to.client_of("admin").push(image, &global).succeeded();
    gggg
}

fn first_day(look: Look, to: &Installation<'_>) {
    let address = &to.registry;
    browse(look, &to.url, async |page| {
        first_admin(&page, to).await;
        registry(&page, to, look).await;
        for name in ["gggg", "viewer"] {
            person(&page, name).await;
        }
        team_with_namespace(&page).await;
        member(&page, "gggg", "Contributor").await;
        member(&page, "viewer", "Viewer").await;

        let image = Package::docker_image("etcd", "amd64");
        let gggg = clients(to, &image);
        page.open("/").await;
        page.see("gggg pushed microbox/etcd:2.1.1").await;
        page.see("microbox/etcd").await;
        // The second one appears while one looks, or at the next look.
        let _ = gggg
            .push(
                &Package::docker_image("2.3.0", "amd64"),
                &format!("{address}/microbox/registry:2.3.0"),
            )
            .succeeded();
        if !look.scripts {
            page.reload_until("gggg pushed microbox/registry:2.3.0")
                .await;
        }
        page.see("gggg pushed microbox/registry:2.3.0").await;

        let _ = gggg
            .push(&image, &format!("{address}/microbox/etcd:stable"))
            .succeeded();
        // The namespace and what lies in it are two links.
        page.press("microbox").await;
        page.see("microbox namespace").await;
        page.open("/").await;
        page.press("etcd:2.1.1").await;
        page.reload_until("stable").await;
        let row = page.within("2.1.1");
        row.see("stable").await;
        row.see("gggg").await;

        page.open("/admin/activities").await;
        page.see("gggg pushed microbox/etcd:2.1.1").await;
        assert!(page.offers("Download CSV").await);
        let mut complaints = page.complaints().await;
        if to.registers.is_none() {
            // What was refused above, and pictures that nobody has here.
            complaints.retain(|it| !it.contains(" 403 ") && !it.contains("secure.gravatar.com"));
        }
        assert_eq!(complaints, Vec::<String>::new());
    });
}

fn on_plain_http(look: Look) {
    let registry = Registry::builder();
    let portus = Portus::builder();
    let url = portus.url();
    let portus = named(portus, &url).start();
    let registry = registry_of(&portus, registry);
    let installation = Installation {
        portus: &portus,
        url,
        registry: registry.address.clone(),
        authorities: None,
        registers: Some(RefCell::new(registry)),
    };
    first_day(look, &installation);
}

#[test]
fn an_empty_installation_comes_to_its_first_pushes() {
    on_plain_http(Look::DESKTOP);
}

#[test]
fn an_empty_installation_comes_to_its_first_pushes_without_scripts() {
    on_plain_http(Look::WITHOUT_SCRIPTS);
}

/// A directory as clients want it, with nothing in it but this authority.
pub fn trust(authority: &Path) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::copy(authority, directory.path().join("ca.crt")).unwrap();
    directory
}

/// The deployment to copy, with its nginx in front: TLS ends there, and what comes without is not served.
#[test]
fn behind_a_proxy_with_tls_the_same_comes_to_pass() {
    use crate::{
        pages::driver::RUNTIME,
        support::{databases::TestDatabase, stack::Stack},
    };
    let _entered = RUNTIME.enter();
    let database = TestDatabase::sqlite();
    let stack = Stack::start(&database);
    let authorities = trust(&stack.nginx.ca());
    let installation = Installation {
        portus: &stack.portus,
        url: format!("https://{}", stack.nginx.address),
        registry: stack.nginx.address.clone(),
        authorities: Some(authorities.path()),
        registers: None,
    };
    first_day(Look::DESKTOP, &installation);
}

/// One container with the certificate in it, as people started it years ago, under the names of that time.
#[test]
fn with_tls_of_its_own_the_same_comes_to_pass() {
    let made = crate::support::nginx::certificates("127.0.0.1");
    let file = |name: &str| -> PathBuf { made.path().join("certificates").join(name) };
    let (key, certificate) = (file("server.key"), file("server.crt"));
    let authorities = trust(&file("ca.crt"));
    let registry = Registry::builder()
        .merge(json!({"http": {"tls": {"key": &key, "certificate": &certificate}}}))
        .env("SSL_CERT_FILE", &file("ca.crt").display().to_string());
    let portus = Portus::builder();
    let url = format!("https://{}", portus.address());
    let mut portus = named(portus, &url)
        .env("PUMA_SSL_KEY", key.to_string_lossy())
        .env("PUMA_SSL_CRT", certificate.to_string_lossy())
        .env("SECRETS_ENCRYPTION_PRIVATE_KEY_PATH", key.to_string_lossy())
        .env("PORTUS_CA_DIR", authorities.path().to_string_lossy())
        .idle();
    portus.start_with_tls();
    let registry = registry_of(&portus, registry);
    let installation = Installation {
        portus: &portus,
        url,
        registry: registry.address.clone(),
        authorities: Some(authorities.path()),
        registers: Some(RefCell::new(registry)),
    };
    first_day(Look::DESKTOP, &installation);

    // Comparing speaks TLS too. Without the authority the log says why not, and nothing is taken for gone.
    let said = portus.cli(&["sync"]).exits(0);
    assert!(
        said.stdout.contains("0 added, 0 changed, 0 removed"),
        "{}",
        said.stdout
    );
    portus.set("PORTUS_CA_DIR", portus.data_directory().to_string_lossy());
    let said = portus.cli(&["sync"]).exits(1);
    let all = said.stdout + &said.stderr;
    assert!(all.contains("SSL error"), "{all}");
}
