//! Who may push and pull what, with a real client against a real registry, on every database.

use std::sync::Arc;

use crate::support::{
    databases::{TestDatabase, on_every_database},
    images::Package,
    site::Site,
};

const EVERYBODY: [&str; 6] = ["root", "owner", "contributor", "viewer", "outsider", ""];

/// One person of each kind, and `devs` with a namespace of each visibility that matters.
async fn cast(database: TestDatabase) -> Arc<Site> {
    let site = Site::on(database).await;
    let owner = site.user("owner").await;
    let team = site.team("devs", owner).await;
    for role in ["contributor", "viewer"] {
        site.user(role).await;
        site.member(team, role, role).await;
    }
    site.user("outsider").await;
    site.namespace("devs", "devs", "private").await;
    site.namespace("shared", "devs", "protected").await;
    site.namespace("open", "devs", "public").await;
    Arc::new(site)
}

/// Who of [`EVERYBODY`] does something successfully; all at once, since each is a process.
fn those_who(
    site: &Arc<Site>,
    does: impl Fn(&Site, &str) -> bool + Send + Copy + 'static,
) -> String {
    let tries: Vec<_> = EVERYBODY
        .into_iter()
        .map(|name| {
            let site = Arc::clone(site);
            std::thread::spawn(move || does(&site, name).then_some(name))
        })
        .collect();
    let able: Vec<&str> = tries
        .into_iter()
        .filter_map(|attempt| attempt.join().unwrap())
        .map(|name| if name.is_empty() { "anonymous" } else { name })
        .collect();
    able.join(" ")
}

fn pushers(site: &Arc<Site>, repository: &'static str) -> String {
    those_who(site, move |site, name| {
        let tag = if name.is_empty() { "nobody" } else { name };
        let target = site.image(&format!("{repository}:{tag}"));
        let image = Package::image(tag, "amd64");
        site.skopeo(name).push(&image, &target).ok
    })
}

/// Of an image that is there.
fn pullers(site: &Arc<Site>, repository: &'static str) -> String {
    those_who(site, move |site, name| {
        let source = site.image(&format!("{repository}:root"));
        let into = tempfile::tempdir().unwrap();
        site.skopeo(name).pull(&source, &into.path().join("it")).ok
    })
}

on_every_database! {
    async fn only_those_entitled_push_and_pull(database: TestDatabase) {
        let site = cast(database).await;
        let members = "root owner contributor viewer";
        for (repository, push, pull) in [
            ("global", "root", "root owner contributor viewer outsider anonymous"),
            ("devs/app", "root owner contributor", members),
            ("shared/app", "root owner contributor", "root owner contributor viewer outsider"),
            ("open/app", "root owner contributor", "root owner contributor viewer outsider anonymous"),
            ("owner/app", "root owner", "root owner"),
        ] {
            assert_eq!(pushers(&site, repository), push, "push to {repository}");
            assert_eq!(pullers(&site, repository), pull, "pull of {repository}");
        }
        assert_eq!(pushers(&site, "nowhere/app"), "", "push to an unknown namespace");
    }
}
