//! The harness itself: what it finds on the pages that need nobody signed in.

use super::{axe::axe, driver::Look, page::browse};
use crate::support::portus::Portus;

#[test]
fn the_first_page_is_there_for_everybody() {
    let portus = Portus::builder().start();
    for look in [
        Look::DESKTOP,
        Look::DARK,
        Look::PHONE,
        Look::WITHOUT_SCRIPTS,
    ] {
        browse(look, &portus.url(), async |page| {
            page.open("/").await;
            page.see("portus-rs").await;
            if look.scripts {
                let report = axe(&page).await;
                assert!(report.is_empty(), "{report}");
            }
            let (bytes, answers) = page.transferred().await;
            assert!(bytes <= 150 * 1024, "{bytes} bytes in {answers} answers");
            assert_eq!(page.complaints().await, Vec::<String>::new());
        });
    }
}
