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
        let failed = |remedy| Self {
            complaints: vec!["no <canary>".to_owned()],
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
    hostname: String,
    external_hostname: Option<String>,
    use_ssl: bool,
}

async fn answer(visit: Admin) -> PageResult {
    let typed = Typed {
        hostname: visit.text("registry[hostname]").trim().to_owned(),
        external_hostname: visit.filled("registry[external_hostname]"),
        use_ssl: visit.ticked("registry[use_ssl]"),
    };
    if typed.hostname.is_empty() {
        return visit.show("", &Checked::default()).await;
    }
    let mut invalid = check("any", &typed.hostname, None);
    // The registry that is being changed may keep its own.
    let own = visit.filled("id").and_then(|it| it.parse().ok());
    let reader = visit.app.database.reader();
    check_taken(reader, ("", &typed.hostname), own, &mut invalid).await?;
    let mut checked = Checked {
        asked: true,
        ..Checked::default()
    };
    if invalid.fields().next().is_none() {
        ask(&visit.app, &typed, &mut checked, &mut invalid).await?;
    }
    if let Err(error) = invalid.into_result() {
        checked.complaints = visit.refused("registry", error)?.sentences().collect();
    }
    for text in &mut checked.warnings {
        *text = visit.language.translate(text).into_owned();
    }
    visit.show("", &checked).await
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
