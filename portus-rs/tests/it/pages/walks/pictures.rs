//! Pictures of people, which come from another host where that is switched on.

use super::site::{site, walk};
use crate::{
    pages::driver::{GRAVATAR, RUNTIME},
    support::{
        receiver::{Asked, Receiver},
        site::Site,
    },
};

/// Where the picture of owner@example.com is: its MD5.
const PICTURE: &str = "/avatar/4cb1f144288e5d61695b0d3f9c63835c";
/// What the picture beside one's own name is.
const OWN: &str = "const it = document.querySelector('.topbar .avatar img'); \
                   return it ? {url: it.src, width: it.complete ? it.naturalWidth : 0} : null";
const STRANGERS: &str = "return performance.getEntriesByType('resource').map((it) => it.name) \
                         .filter((it) => !it.startsWith(location.origin))";

fn with(gravatar: &str) -> Site {
    let site = site(&[("PORTUS_GRAVATAR_ENABLED", gravatar)]);
    RUNTIME.block_on(site.user("owner"));
    site
}

/// What the browsers of this test have asked for; those of others come here, too.
fn ours(gravatar: &Receiver) -> Vec<Asked> {
    let mut asked = gravatar.asked();
    asked.retain(|it| it.line().contains(PICTURE));
    asked
}

#[test]
fn pictures_come_from_gravatar_or_nobody_is_asked() {
    let gravatar = Receiver::of_pictures(*GRAVATAR);
    walk(&with("true"), async |page| {
        page.become_user("owner").await;
        let mut own = page.run(OWN).await;
        while own["width"] == 0 {
            own = page.run(OWN).await;
        }
        assert_eq!(own["width"], 1, "{own}");
        let url = own["url"].as_str().unwrap();
        assert!(
            url.starts_with(&format!("https://secure.gravatar.com{PICTURE}")),
            "{url}"
        );
        assert_eq!(page.complaints().await, Vec::<String>::new());
        // It learns whose picture is shown, and not on which page.
        let asked = ours(&gravatar);
        assert_eq!(asked[0].header("referer"), "");
        assert_eq!(asked[0].header("cookie"), "");
    });
    let before = ours(&gravatar).len();
    walk(&with("false"), async |page| {
        for who in ["owner", "root"] {
            page.become_user(who).await;
            for path in ["/", "/teams", "/users/edit"] {
                page.open(path).await;
                page.see("portus-rs").await;
                assert!(page.run(OWN).await.is_null(), "{who} at {path}");
                let strangers = page.run(STRANGERS).await;
                assert_eq!(strangers, serde_json::json!([]), "{who} at {path}");
            }
        }
    });
    assert_eq!(ours(&gravatar).len(), before);
}
