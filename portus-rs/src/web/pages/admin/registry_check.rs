//! The live check of the registry form: what is wrong with what has been typed so far, and what to do about it.

use serde::Serialize;

use crate::{
    app::App,
    entities::{TokenHeader, registry},
    error::{Invalid, Result},
    queries::registries::{check, check_taken},
    remote::{Reached, RegistryClient, RegistryError, Trust},
    web::{
        error::PageResult,
        pages::{
            route::{Route, get},
            view::Page,
            visit::Admin,
        },
    },
};

pub fn routes() -> Vec<Route> {
    vec![get("/admin/registries/check", answer)]
}

/// What `admin/registry_check.html` shows.
#[derive(Default, Serialize)]
pub struct Checked {
    /// Whether there is anything to say yet.
    asked: bool,
    /// Why it cannot be set up like this.
    complaints: Vec<String>,
    /// All that is wrong is that nobody answers, which may be passed over.
    silent: bool,
    /// It is to be passed over.
    forced: bool,
    /// What to do about that: `plain` or `tls` where the other of HTTP and HTTPS is spoken there, `untrusted` where its
    /// certificate is not trusted here, or empty.
    remedy: &'static str,
    /// `accepted` if it takes our tokens, `open` if it asks nobody for one yet, or empty.
    tokens: &'static str,
    /// What it calls itself, if that is not what it is called here.
    service: Option<String>,
    /// What else is odd.
    warnings: Vec<String>,
}

impl Page for Checked {
    const VIEW: &'static str = "admin/registry_check.html";

    fn samples() -> Vec<Self> {
        let asked = || Self {
            asked: true,
            ..Self::default()
        };
        let failed = |remedy: &'static str| Self {
            complaints: vec!["no <canary>".to_owned()],
            silent: remedy != "tls",
            forced: !remedy.is_empty(),
            remedy,
            ..asked()
        };
        let open = Self {
            tokens: "open",
            ..asked()
        };
        let accepted = Self {
            tokens: "accepted",
            service: Some("<canary>".to_owned()),
            warnings: vec!["odd <canary>".to_owned()],
            ..asked()
        };
        vec![
            Self::default(),
            failed(""),
            failed("plain"),
            failed("tls"),
            failed("untrusted"),
            open,
            accepted,
        ]
    }
}

/// What somebody has typed.
struct Typed {
    name: String,
    hostname: String,
    external_hostname: Option<String>,
    use_ssl: bool,
}

async fn answer(visit: Admin) -> PageResult {
    let typed = Typed {
        name: visit.text("registry[name]").trim().to_owned(),
        hostname: visit.text("registry[hostname]").trim().to_owned(),
        external_hostname: visit.filled("registry[external_hostname]"),
        use_ssl: visit.ticked("registry[use_ssl]"),
    };
    let (name, hostname) = (typed.name.as_str(), typed.hostname.as_str());
    let external = typed.external_hostname.as_deref();
    let mut invalid = check(or_any(name), or_any(hostname), external);
    // The registry that is being changed may keep its own.
    let own = visit.filled("id").and_then(|it| it.parse().ok());
    let reader = visit.app.database.reader();
    check_taken(reader, (name, hostname), own, &mut invalid).await?;
    let sound = invalid.fields().next().is_none();
    if sound && hostname.is_empty() {
        return visit.show("", &Checked::default()).await;
    }
    let mut checked = Checked {
        asked: true,
        forced: visit.ticked("registry[force]"),
        ..Checked::default()
    };
    if sound {
        ask(&visit.app, &typed, &mut checked, &mut invalid).await?;
        checked.silent = invalid.fields().next().is_some();
    }
    if let Err(error) = invalid.into_result() {
        checked.complaints = visit.refused("registry", error)?.sentences().collect();
    }
    for text in &mut checked.warnings {
        *text = visit.language.translate(text).into_owned();
    }
    visit.show("", &checked).await
}

/// What has not been filled in yet is no fault.
fn or_any(text: &str) -> &str {
    if text.is_empty() { "any" } else { text }
}

/// Asks the registry itself.
async fn ask(app: &App, typed: &Typed, checked: &mut Checked, invalid: &mut Invalid) -> Result<()> {
    match app
        .registries
        .reachable(&typed.hostname, typed.use_ssl)
        .await
    {
        Ok(reached) => judge(app, typed, reached, checked).await,
        Err(error) => {
            checked.remedy = remedy(app, typed, &error).await;
            let text = match checked.remedy {
                "" => error.with_remedy(),
                _ => error.to_string(),
            };
            invalid.add("hostname", text);
        }
    }
    Ok(())
}

async fn remedy(app: &App, typed: &Typed, error: &RegistryError) -> &'static str {
    if error.is_untrusted() {
        return "untrusted";
    }
    if !error.may_be_other_scheme() {
        return "";
    }
    let asked = app.registries.reachable(&typed.hostname, !typed.use_ssl);
    let answers = match asked.await {
        Ok(_) => true,
        Err(error) => error.is_untrusted(),
    };
    match (answers, typed.use_ssl) {
        (true, true) => "plain",
        (true, false) => "tls",
        (false, _) => "",
    }
}

/// It answers: whether it is ours.
async fn judge(app: &App, typed: &Typed, reached: Reached, checked: &mut Checked) {
    checked.warnings.extend(reached.warning);
    let names = [Some(&typed.hostname), typed.external_hostname.as_ref()];
    checked.service = reached.service.filter(|it| !names.contains(&Some(it)));
    let row = candidate(app, typed);
    match RegistryClient::new(app, &row).try_token().await {
        Trust::Accepted if checked.service.is_none() => checked.tokens = "accepted",
        // It would, if it were known by that name. The other is said already.
        Trust::Accepted | Trust::Failed(RegistryError::OtherService(_)) => {}
        Trust::Open => checked.tokens = "open",
        Trust::Failed(error) => checked.warnings.push(error.to_string()),
    }
}

/// The registry as it would be kept.
fn candidate(app: &App, typed: &Typed) -> registry::Model {
    let now = app.clock.now();
    registry::Model {
        id: 0,
        name: typed.hostname.clone(),
        hostname: typed.hostname.clone(),
        external_hostname: typed.external_hostname.clone(),
        use_ssl: typed.use_ssl,
        token_header: TokenHeader::X5c,
        proxy: false,
        events_secret_sha256: None,
        events_enforced: false,
        last_event_at: None,
        last_event_host: None,
        created_at: now,
        updated_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::Checked;

    crate::web::pages::view::renders!(Checked);
}
