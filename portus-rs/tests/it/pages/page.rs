//! What somebody does with the console, in words that read like what a person would say.

use std::{
    panic::{AssertUnwindSafe, Location, resume_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use fantoccini::{
    Client,
    elements::{Element, ElementRef},
    error::CmdError,
    key::Key,
    wd::Locator,
};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use super::driver::{self, Look, ROOM, RUNTIME};
use crate::support::site::PASSWORD;

/// How long a person would wait for something to appear.
const PATIENCE: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_millis(30);
/// The key under which the driver names elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Runs a test in a browser at this site. When it fails, a picture of the page is in `target/screenshots/failed`.
pub fn browse<F>(look: Look, site: &str, walk: impl FnOnce(Page) -> F)
where
    F: Future<Output = ()>,
{
    RUNTIME.block_on(async {
        let page = Page::open_browser(look, site).await;
        let outcome = AssertUnwindSafe(walk(page.clone())).catch_unwind().await;
        if outcome.is_err() {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("test").replace("::", "-");
            page.keep_for_the_reader(&name).await;
        }
        page.close().await;
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    });
}

/// A browser with one page in front.
#[derive(Clone)]
pub struct Page {
    pub client: Client,
    site: Arc<str>,
    pub(super) look: Look,
    part: Option<Arc<str>>,
}

impl Page {
    /// A browser that the caller closes.
    pub async fn open_browser(look: Look, site: &str) -> Self {
        ROOM.acquire().await.expect("never closed").forget();
        Self {
            client: driver::session(look).await,
            site: site.trim_end_matches('/').into(),
            look,
            part: None,
        }
    }

    pub async fn close(self) {
        // A browser that has died is closed.
        let _ = self.client.clone().close().await;
        ROOM.add_permits(1);
    }

    /// The part of the page with this heading, or the row with this text: what follows means only things in there.
    #[must_use]
    pub fn within(&self, part: &str) -> Self {
        Self {
            part: Some(part.into()),
            ..self.clone()
        }
    }

    /// The same page, in other colours and another size.
    pub(super) fn looking(&self, look: Look) -> Self {
        Self {
            look,
            ..self.clone()
        }
    }

    pub async fn open(&self, path: &str) {
        let url = format!("{}{path}", self.site);
        self.client
            .goto(&url)
            .await
            .unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Signs in as one of the site's people; as nobody with `""`.
    pub async fn become_user(&self, name: &str) {
        // Nothing of the last page may come after.
        self.client.goto("about:blank").await.unwrap();
        driver::cdp(&self.client, "Network.clearBrowserCookies", json!({})).await;
        if name.is_empty() {
            return;
        }
        self.open("/users/sign_in").await;
        self.client
            .find(Locator::Css("input[name='user[username]'], #user_username"))
            .await
            .unwrap()
            .send_keys(name)
            .await
            .unwrap();
        let password = self
            .client
            .find(Locator::Css("input[type=password]"))
            .await
            .unwrap();
        password.send_keys(PASSWORD).await.unwrap();
        self.client
            .find(Locator::Css("#login-btn"))
            .await
            .unwrap()
            .click()
            .await
            .unwrap();
        self.at("/").await;
    }

    pub async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// Loads the page again until the text is there: what people do where no script does it for them.
    pub async fn reload_until(&self, text: &str) {
        let end = Instant::now() + PATIENCE;
        while !clean(&self.text().await).contains(&clean(text)) {
            assert!(
                Instant::now() < end,
                "“{text}” never came: {}",
                self.text().await
            );
            self.reload().await;
        }
    }

    /// Path and query of where we are.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        let text = url.as_str();
        text.strip_prefix(&*self.site).unwrap_or(text).to_owned()
    }

    /// Waits until we are at a path (with its query, if `path` has one).
    #[track_caller]
    pub fn at<'a>(&'a self, path: &'a str) -> impl Future<Output = ()> + 'a {
        self.until(format!("we are at {path}"), async move || {
            let here = self.path().await;
            let there =
                here == path || !path.contains('?') && here.split(['?', '#']).next() == Some(path);
            if there {
                Ok(())
            } else {
                Err(format!("we are at {here}"))
            }
        })
    }

    /// Waits until the text is there to be read.
    #[track_caller]
    pub fn see<'a>(&'a self, text: &'a str) -> impl Future<Output = ()> + 'a {
        self.until(format!("“{text}” is shown"), async move || {
            let all = self.text().await;
            if clean(&all).contains(&clean(text)) {
                Ok(())
            } else {
                Err(all)
            }
        })
    }

    /// Waits until the text is gone.
    #[track_caller]
    pub fn not_see<'a>(&'a self, text: &'a str) -> impl Future<Output = ()> + 'a {
        self.until(format!("“{text}” is gone"), async move || {
            let all = self.text().await;
            if clean(&all).contains(&clean(text)) {
                Err(all)
            } else {
                Ok(())
            }
        })
    }

    /// What can be read, values of fields left out.
    pub async fn text(&self) -> String {
        let script = match &self.part {
            None => "return document.body.innerText".to_owned(),
            Some(_) => "return arguments[0]?.innerText || ''".to_owned(),
        };
        let arguments = match &self.part {
            None => vec![],
            Some(part) => vec![self.ask("part", part).await],
        };
        match self.client.execute(&script, arguments).await {
            Ok(Value::String(text)) => text,
            // The page is being replaced.
            _ => String::new(),
        }
    }

    /// Writes into the field with this label in place of what was there.
    #[track_caller]
    pub fn fill<'a>(&'a self, label: &'a str, value: &'a str) -> impl Future<Output = ()> + 'a {
        let found = self.field(label);
        async move {
            let field = found.await;
            field.clear().await.unwrap();
            field.send_keys(value).await.unwrap();
        }
    }

    /// What is in the field with this label.
    #[track_caller]
    pub fn value<'a>(&'a self, label: &'a str) -> impl Future<Output = String> + 'a {
        let found = self.field(label);
        async move { found.await.prop("value").await.unwrap().unwrap_or_default() }
    }

    /// Chooses from a list by what is written there.
    #[track_caller]
    pub fn choose<'a>(&'a self, label: &'a str, option: &'a str) -> impl Future<Output = ()> + 'a {
        let found = self.field(label);
        async move {
            let field = found.await;
            field
                .select_by_label(option)
                .await
                .unwrap_or_else(|error| panic!("{label} has no “{option}”: {error}"));
        }
    }

    /// Sets or clears a box.
    #[track_caller]
    pub fn tick<'a>(&'a self, label: &'a str, wanted: bool) -> impl Future<Output = ()> + 'a {
        let found = self.field(label);
        async move {
            let field = found.await;
            if field.is_selected().await.unwrap() != wanted {
                field.click().await.unwrap();
            }
        }
    }

    /// Presses the button or follows the link with this name.
    #[track_caller]
    pub fn press<'a>(&'a self, name: &'a str) -> impl Future<Output = ()> + 'a {
        let found = self.wanted("press", name);
        let place = Location::caller();
        async move {
            let mut clicked = found.await.click().await;
            // A part of the page that was drawn anew in between took it away unclicked.
            while clicked.as_ref().is_err_and(is_gone) {
                clicked = self.wanted("press", name).await.click().await;
            }
            clicked.unwrap_or_else(|error| panic!("{place}: pressing “{name}”: {error}"));
        }
    }

    /// Sends keys to what has the focus.
    pub async fn keys(&self, keys: &str) {
        let active = self.client.active_element().await.unwrap();
        active.send_keys(keys).await.unwrap();
    }

    pub async fn enter(&self) {
        self.keys(&Key::Enter.to_string()).await;
    }

    /// Waits until there is something to press with this name.
    #[track_caller]
    pub fn see_offered<'a>(&'a self, name: &'a str) -> impl Future<Output = ()> + 'a {
        let found = self.wanted("press", name);
        async move { drop(found.await) }
    }

    /// Whether there is something to press with this name, now.
    pub async fn offers(&self, name: &str) -> bool {
        self.ask("press", name).await.is_object()
    }

    /// Whether there is a field with this label, now.
    pub async fn asks_for(&self, label: &str) -> bool {
        self.ask("field", label).await.is_object()
    }

    /// What somebody could press is there, but cannot be pressed.
    pub async fn is_disabled(&self, name: &str) -> bool {
        !self.wanted("press", name).await.is_enabled().await.unwrap()
    }

    #[track_caller]
    pub fn field<'a>(&'a self, label: &'a str) -> impl Future<Output = Element> + 'a {
        self.wanted("field", label)
    }

    #[track_caller]
    fn wanted<'a>(
        &'a self,
        kind: &'static str,
        name: &'a str,
    ) -> impl Future<Output = Element> + 'a {
        let part = self
            .part
            .as_ref()
            .map_or(String::new(), |it| format!(" in “{it}”"));
        self.until(
            format!("there is “{name}”{part} to {kind}"),
            async move || {
                let found = self.ask(kind, name).await;
                match found.get(ELEMENT).and_then(Value::as_str) {
                    Some(id) => {
                        let id = ElementRef::from(id.to_owned());
                        Ok(Element::from_element_id(self.client.clone(), id))
                    }
                    None => Err(self.text().await),
                }
            },
        )
    }

    async fn ask(&self, kind: &str, name: &str) -> Value {
        let part = match kind {
            "part" => Some(name),
            _ => self.part.as_deref(),
        };
        let arguments = vec![json!(kind), json!(name), json!(part)];
        let found = self.client.execute(include_str!("find.js"), arguments);
        found.await.unwrap_or_default()
    }

    /// Waits until something is so that does not show on the page.
    #[track_caller]
    pub fn until_so<'a>(
        &'a self,
        what: &str,
        condition: impl Fn() -> bool + 'a,
    ) -> impl Future<Output = ()> + 'a {
        self.until(what.to_owned(), async move || {
            if condition() {
                Ok(())
            } else {
                Err(self.text().await)
            }
        })
    }

    /// Tries until it succeeds, or for as long as a person would.
    #[track_caller]
    fn until<T>(
        &self,
        what: String,
        attempt: impl AsyncFn() -> Result<T, String>,
    ) -> impl Future<Output = T> {
        let place = Location::caller();
        let end = Instant::now() + PATIENCE;
        async move {
            loop {
                match attempt().await {
                    Ok(found) => return found,
                    Err(instead) if Instant::now() > end => {
                        let here = self.path().await;
                        panic!("{place}: not so: {what}. At {here} there is instead:\n{instead}")
                    }
                    Err(_) => tokio::time::sleep(STEP).await,
                }
            }
        }
    }

    /// Runs a function's body in the page.
    pub async fn run(&self, script: &str) -> Value {
        self.client
            .execute(script, vec![])
            .await
            .unwrap_or_else(|error| panic!("{error} in {script}"))
    }

    /// Bytes that came over the network for the page and all that it loads, and how many answers they were.
    pub async fn transferred(&self) -> (u64, u64) {
        let script = "const all = [...performance.getEntriesByType('navigation'), \
                      ...performance.getEntriesByType('resource')]; \
                      return [all.reduce((sum, it) => sum + it.transferSize, 0), all.length]";
        let found = self.run(script).await;
        (found[0].as_u64().unwrap(), found[1].as_u64().unwrap())
    }

    /// Errors that the browser's console has been told since the last call.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = driver::console(&self.client).await;
        entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

/// Whether what was found on a page is on it no more.
fn is_gone(error: &CmdError) -> bool {
    error.is_stale_element_reference()
        || error
            .to_string()
            .contains("does not belong to the document")
}

/// As the eye reads it: space is space, and large letters are a matter of style.
fn clean(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}
