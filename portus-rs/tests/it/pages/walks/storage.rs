//! How much room images take.

use super::site::{pushed, site, walk};
use crate::pages::driver::RUNTIME;

#[test]
fn what_takes_the_room_is_seen_soon_after_it_was_pushed() {
    let site = site(&[]);
    RUNTIME.block_on(async {
        site.user("ben").await;
        pushed(&site, "ben", "ben/app", "1.0", "ben's").await;
        site.soon("ben/app", "1.0", |tag| tag["size"].is_number())
            .await;
    });
    walk(&site, async |page| {
        page.become_user("root").await;
        page.open("/admin/jobs/storage").await;
        page.press("Run now").await;
        page.see("The job begins within seconds.").await;
        page.open("/admin").await;
        page.reload_until("Layers that images share").await;
        page.see("ben").await;
        page.shows("storage-of-everybody").await;
        page.become_user("ben").await;
        page.open("/").await;
        page.see("Layers that images share").await;
        page.shows("storage-of-ben").await;
        page.within("Storage").press("ben").await;
        page.see("ben namespace").await;
        assert_eq!(page.complaints().await, Vec::<String>::new());
    });
}
