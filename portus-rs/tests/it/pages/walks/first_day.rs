//! From an empty installation to a team that pushes: the first admin, the registry, people, a team, a namespace, members,
//! pushes and pulls with a real client, and what the console then shows.

use serde_json::{Value, json};

use crate::{
    pages::{
        driver::Look,
        page::{Page, browse},
    },
    support::{
        images::Package, portus::Portus, registry::Registry, site::PASSWORD, skopeo::Skopeo,
    },
};

/// The service as it is unpacked, and a registry that trusts it, unknown to each other.
struct Unpacked {
    registry: Registry,
    portus: Portus,
}

fn unpacked() -> Unpacked {
    let registry = Registry::builder();
    let portus = Portus::builder();
    let url = portus.url();
    let portus = portus
        .env("PORTUS_MACHINE_FQDN_VALUE", "127.0.0.1")
        .env("PORTUS_MACHINE_FQDN_EXTERNAL_URL", &url)
        .env("PORTUS_GRAVATAR_ENABLED", "false")
        .start();
    let bundle = portus.data_directory().join("bundle.crt");
    let bundle = bundle.display().to_string();
    let said = portus
        .cli(&[
            "registry-config",
            "--bundle",
            &bundle,
            "--hostname",
            &registry.address(),
        ])
        .exits(0)
        .stdout;
    let mut endpoints =
        serde_yaml::from_str::<Value>(&said).unwrap()["notifications"]["endpoints"].take();
    endpoints[0]["backoff"] = json!("300ms");
    let registry = registry
        .stanza(&said)
        .merge(json!({"notifications": {"endpoints": endpoints}}))
        .start();
    Unpacked { registry, portus }
}

/// Creates the first account and leaves the browser at the registry form.
async fn first_admin(page: &Page) {
    page.open("/").await;
    page.at("/users/sign_up").await;
    assert!(!page.offers("I already have an account. Login.").await);
    page.fill("Username", "admin").await;
    page.fill("Email", "admin@example.com").await;
    page.fill("Password (8 characters min.)", PASSWORD).await;
    page.fill("Password again", PASSWORD).await;
    page.press("Create admin").await;
    page.at("/admin/registries/new").await;
}

async fn registry(page: &Page, address: &str, look: Look) {
    page.open("/namespaces").await;
    page.at("/admin/registries/new").await;
    page.fill("Name", "our registry").await;
    if look.scripts {
        page.fill("Hostname", "127.0.0.1:9").await;
        page.see("connection refused").await;
        assert!(
            page.is_disabled("Save").await,
            "it cannot be saved while nobody is there"
        );
    }
    page.fill("Hostname", address).await;
    if look.scripts {
        page.see("The registry answers.").await;
    }
    page.press("Save").await;
    page.at("/admin/registries").await;
    page.see("Registry was successfully created.").await;
    page.see("our registry").await;
}

async fn person(page: &Page, name: &str) {
    page.open("/admin/users?new=1").await;
    page.fill("Username", name).await;
    page.fill("Email", &format!("{name}@example.com")).await;
    page.fill("Password", PASSWORD).await;
    page.fill("Password confirmation", PASSWORD).await;
    page.press("Save").await;
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

fn first_day(look: Look) {
    let Unpacked {
        registry: real,
        portus,
    } = unpacked();
    let address = real.address.clone();
    browse(look, &portus.url(), async |page| {
        first_admin(&page).await;
        registry(&page, &address, look).await;
        for name in ["gggg", "viewer"] {
            person(&page, name).await;
        }
        team_with_namespace(&page).await;
        member(&page, "gggg", "Contributor").await;
        member(&page, "viewer", "Viewer").await;

        // Without login, then with it.
        let image = Package::docker_image("etcd", "amd64");
        let target = format!("{address}/microbox/etcd:2.1.1");
        let _ = Skopeo::anonymous().push(&image, &target).failed();
        let gggg = Skopeo::anonymous();
        let _ = gggg.login(&address, "gggg", PASSWORD).succeeded();
        let _ = gggg.push(&image, &target).succeeded();
        let elsewhere = format!("{address}/h0tbird/portus:1");
        let _ = gggg.push(&image, &elsewhere).failed();
        let global = format!("{address}/sample-image:0.1");
        let _ = gggg.push(&image, &global).failed();
        let viewer = Skopeo::with_password("viewer", PASSWORD);
        let place = tempfile::tempdir().unwrap();
        let _ = viewer.push(&image, &target).failed();
        let _ = viewer.pull(&target, place.path()).succeeded();
        let place = tempfile::tempdir().unwrap();
        let _ = Skopeo::anonymous().pull(&target, place.path()).failed();
        let admin = Skopeo::with_password("admin", PASSWORD);
        let _ = admin.push(&image, &global).succeeded();

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
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            page.reload().await;
        }
        page.see("gggg pushed microbox/registry:2.3.0").await;

        let _ = gggg
            .push(&image, &format!("{address}/microbox/etcd:stable"))
            .succeeded();
        page.press("microbox/etcd").await;
        let row = page.within("2.1.1");
        row.see("stable").await;
        row.see("gggg").await;

        page.open("/admin/activities").await;
        page.see("gggg pushed microbox/etcd:2.1.1").await;
        assert!(page.offers("Download CSV").await);
        assert_eq!(page.complaints().await, Vec::<String>::new());
    });
}

#[test]
fn an_empty_installation_comes_to_its_first_pushes() {
    first_day(Look::DESKTOP);
}

#[test]
fn an_empty_installation_comes_to_its_first_pushes_without_scripts() {
    first_day(Look::WITHOUT_SCRIPTS);
}
