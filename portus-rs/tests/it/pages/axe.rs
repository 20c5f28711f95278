//! axe looks at a page as somebody would who cannot see it, or cannot tell its colours apart.

use std::{fmt::Write as _, io::Read as _, sync::LazyLock};

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::page::Page;

static AXE: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::new();
    GzDecoder::new(include_bytes!("vendor/axe.min.js.gz").as_slice())
        .read_to_string(&mut text)
        .expect("it was packed by gzip");
    text
});

/// What is wrong with the page by WCAG 2.2 AA and axe's own best practice, one line each with its elements below it;
/// empty when nothing is. The page's own policy stays as it is: the script comes in through the driver.
pub async fn axe(page: &Page) -> String {
    let client = &page.client;
    client.execute(&AXE, vec![]).await.unwrap();
    let script = "const [tags, done] = arguments; \
                  axe.run(document, {runOnly: tags, resultTypes: ['violations']}) \
                  .then((found) => done(found.violations), (error) => done(String(error)))";
    let tags = json!([
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice"
    ]);
    let found = client.execute_async(script, vec![tags]).await.unwrap();
    let Value::Array(violations) = found else {
        panic!("axe: {found}")
    };
    let mut report = String::new();
    for violation in violations {
        let text = |key: &str| violation[key].as_str().unwrap_or_default().to_owned();
        writeln!(
            report,
            "{} ({}): {}",
            text("id"),
            text("impact"),
            text("help")
        )
        .unwrap();
        for node in violation["nodes"].as_array().into_iter().flatten().take(5) {
            let summary = node["failureSummary"].as_str().unwrap_or_default();
            let summary = summary
                .lines()
                .skip(1)
                .map(str::trim)
                .collect::<Vec<_>>()
                .join("; ");
            writeln!(report, "    {} {}: {summary}", node["target"], node["html"]).unwrap();
        }
    }
    report
}
