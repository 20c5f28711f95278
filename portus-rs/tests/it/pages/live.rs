//! Open pages hear of news, and of what happened while they were on their way.

use std::time::Duration;

use reqwest::Response;
use serde_json::json;
use tokio::time::timeout;

use crate::support::site::{PASSWORD, Site};

/// A stream, opened with this query and this header.
async fn listen(site: &Site, cookie: &str, query: &str, back: Option<&str>) -> Response {
    let mut request = site
        .http
        .get(format!("{}/live{query}", site.portus.url()))
        .header("Cookie", cookie);
    if let Some(id) = back {
        request = request.header("Last-Event-ID", id);
    }
    let stream = request.send().await.unwrap();
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    stream
}

/// The next thing that the stream says, if it says anything in this time.
async fn next(stream: &mut Response, time: Duration) -> Option<String> {
    let chunk = timeout(time, stream.chunk()).await.ok()?;
    Some(String::from_utf8(chunk.unwrap()?.to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_a_page_is_on_its_way_is_told() {
    let soon = Duration::from_secs(10);
    // Longer than a stream waits between two looks.
    let a_while = Duration::from_secs(3);
    let site = Site::start().await;
    let owner = site.user("owner").await;
    site.team("devs", owner).await;
    let body = json!({"user": {"username": "owner", "password": PASSWORD}});
    let url = format!("{}/api/v1/session", site.portus.url());
    let answer = site.http.post(url).json(&body).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let url = format!("{}/", site.portus.url());
    let page = site.http.get(url).header("Cookie", &cookie).send().await;
    let page = page.unwrap().text().await.unwrap();
    let seen = page.split("data-seen=\"").nth(1).unwrap();
    let seen = format!("?seen={}", seen.split('"').next().unwrap());

    let mut open = listen(&site, &cookie, &seen, None).await;
    assert_eq!(next(&mut open, a_while).await, None);
    // The page was made before, and its stream comes after.
    site.namespace("devs-images", "devs", "private").await;
    let mut late = listen(&site, &cookie, &seen, None).await;
    let told = next(&mut late, soon).await.unwrap();
    assert!(told.starts_with("event: change\nid: "), "{told}");
    let id = told["event: change\nid: ".len()..].lines().next().unwrap();
    let meanwhile = next(&mut open, soon).await.unwrap();
    assert_eq!(meanwhile, told);
    // Whoever comes back is told what they missed, once.
    let mut back = listen(&site, &cookie, &seen, Some("1")).await;
    assert_eq!(next(&mut back, soon).await.as_ref(), Some(&told));
    let mut back = listen(&site, &cookie, &seen, Some(id)).await;
    assert_eq!(next(&mut back, a_while).await, None);
}
