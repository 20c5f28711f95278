//! Pages as they look: for whoever reads them, for axe, and for the reader of a failed test.

use std::{
    panic::{AssertUnwindSafe, Location},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::FutureExt as _;
use serde_json::json;

use super::{
    axe::axe,
    driver::{self, Look},
    page::Page,
};

/// Whether walks leave pictures behind.
static PICTURES: LazyLock<bool> = LazyLock::new(|| std::env::var_os("PORTUS_PICTURES").is_some());

/// How pictures are taken, by the folder they are kept in.
pub const LOOKS: [(&str, Look); 3] = [
    ("light", Look::DESKTOP),
    ("dark", Look::DARK),
    ("phone", Look::PHONE),
];

impl Page {
    /// The whole page, as long as it is, as a PNG.
    pub async fn picture(&self) -> Vec<u8> {
        let height = self
            .run("return Math.min(document.documentElement.scrollHeight, 4000)")
            .await;
        let height = height
            .as_u64()
            .unwrap_or(0)
            .max(u64::from(self.look.height));
        let clip = json!({"x": 0, "y": 0, "width": self.look.width, "height": height, "scale": 1});
        let order = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let taken = driver::cdp(&self.client, "Page.captureScreenshot", order).await;
        STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
    }

    /// Keeps the picture as `target/screenshots/NAME.png`.
    pub async fn keep(&self, name: &str) {
        let file = screenshots().join(format!("{name}.png"));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, self.picture().await).unwrap();
    }

    /// The page that is open, in other colours and another size.
    async fn worn(&self, look: Look) -> Self {
        driver::wear(&self.client, look).await;
        self.looking(look)
    }

    /// A page that only a walk comes to: nobody is shut out from it in light and dark, and `make screenshots` keeps its
    /// pictures.
    #[track_caller]
    pub fn shows<'a>(&'a self, name: &'a str) -> impl Future<Output = ()> + 'a {
        let place = Location::caller();
        async move {
            for (folder, look) in LOOKS {
                if look.phone && !*PICTURES {
                    continue;
                }
                let worn = self.worn(look).await;
                if !look.phone {
                    let report = axe(&worn).await;
                    assert!(report.is_empty(), "{place}: {name}, {folder}: {report}");
                }
                if *PICTURES {
                    worn.keep(&format!("{folder}/{name}")).await;
                }
            }
            self.worn(self.look).await;
        }
    }

    pub(super) async fn keep_for_the_reader(&self, name: &str) {
        let file = format!("failed/{name}");
        let kept = AssertUnwindSafe(self.keep(&file)).catch_unwind();
        let complaints = AssertUnwindSafe(self.complaints()).catch_unwind();
        if kept.await.is_ok() {
            eprintln!("the page: {}/{file}.png", screenshots().display());
        }
        for complaint in complaints.await.unwrap_or_default() {
            eprintln!("the console: {complaint}");
        }
    }
}

pub fn screenshots() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join("target/screenshots")
}
