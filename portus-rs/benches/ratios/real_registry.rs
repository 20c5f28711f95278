//! The distribution registry with the fake one's images, laid out on disk as it lays them out itself: pushing them
//! would take longer than everything that is measured.

use std::fs;
use std::path::Path;

use crate::fake_registry::{self, TAGS};
use crate::support::registry::Registry;

/// A registry with so many repositories of [`TAGS`] tags each.
pub fn start(repositories: usize) -> Registry {
    let registry = Registry::builder()
        .merge(serde_json::json!({"log": {"level": "error", "accesslog": {"disabled": true}}}))
        .start();
    let root = registry.storage();
    for repository in 0..repositories {
        let name = fake_registry::name(repository);
        let home = root.join("repositories").join(name);
        // By which its catalog knows a repository.
        fs::create_dir_all(home.join("_layers")).unwrap();
        let manifests = home.join("_manifests");
        for number in repository * TAGS..(repository + 1) * TAGS {
            let manifest = fake_registry::manifest(number);
            let digest = fake_registry::digest(manifest.as_bytes());
            let hash = digest.trim_start_matches("sha256:");
            let tag = manifests.join("tags").join(fake_registry::tag(number));
            let blob = root.join("blobs/sha256").join(&hash[..2]).join(hash);
            write(&blob.join("data"), &manifest);
            let revision = manifests.join("revisions/sha256").join(hash);
            write(&revision.join("link"), &digest);
            write(&tag.join("current/link"), &digest);
            write(&tag.join("index/sha256").join(hash).join("link"), &digest);
        }
    }
    registry
}

fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().expect("below the root")).unwrap();
    fs::write(file, text).unwrap();
}
