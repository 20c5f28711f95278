//! "May she push there?": the rule that decides, and what would change the answer.

use std::sync::Arc;

use serde::Serialize;

use crate::{
    error::{Error, Result},
    identity::actor::Account,
    policy::{Rule, catalogue::Kind},
    protocol::scope::ScopeRequest,
    queries::{
        by_name,
        explain::{self, Candour, Reason},
    },
    web::{
        error::PageResult,
        pages::{
            language::Language,
            route::{Route, get},
            view::Page,
            visit::Admin,
        },
    },
};

pub fn routes() -> Vec<Route> {
    vec![get("/admin/explain", show)]
}

/// What `admin/explain.html` shows.
#[derive(Serialize)]
pub struct Explain {
    user: String,
    name: String,
    action: String,
    resource: String,
    actions: Vec<Known>,
    /// What is wrong with the question.
    complaint: Option<String>,
    /// Why the account is turned away whatever it asks for.
    turned_away: Option<String>,
    answers: Vec<Answer>,
}

/// An action of the API and the pages.
#[derive(Serialize)]
struct Known {
    key: &'static str,
    text: String,
    chosen: bool,
}

#[derive(Serialize)]
struct Answer {
    /// `pull`, or the key of an action.
    action: String,
    about: String,
    granted: bool,
    rule: String,
    text: String,
    remedy: Option<String>,
}

impl Answer {
    fn new(language: Language, action: String, about: String, reason: &Reason) -> Self {
        let told = |text| language.translate(text).into_owned();
        Self {
            action,
            about,
            granted: reason.granted,
            rule: format!("{:?}", reason.rule),
            text: told(reason.text),
            remedy: reason.remedy.map(told),
        }
    }
}

impl Page for Explain {
    const VIEW: &'static str = "admin/explain.html";

    fn samples() -> Vec<Self> {
        let answer = |granted| Answer {
            action: "push".to_owned(),
            about: "<canary>".to_owned(),
            granted,
            rule: "NotAMember".to_owned(),
            text: "no".to_owned(),
            remedy: (!granted).then(|| "ask".to_owned()),
        };
        let page = |answers, complaint: bool| Self {
            user: "<canary>".to_owned(),
            name: "<canary>".to_owned(),
            action: "team.show".to_owned(),
            resource: "3".to_owned(),
            actions: known(Language::English, "team.show"),
            complaint: complaint.then(|| "no <canary>".to_owned()),
            turned_away: complaint.then(|| "locked <canary>".to_owned()),
            answers,
        };
        vec![
            page(Vec::new(), false),
            page(Vec::new(), true),
            page(vec![answer(true), answer(false)], false),
        ]
    }
}

fn known(language: Language, chosen: &str) -> Vec<Known> {
    let known = explain::actions().map(|it| Known {
        key: it.key,
        text: language.translate(it.text).into_owned(),
        chosen: it.key == chosen,
    });
    known.collect()
}

async fn show(visit: Admin) -> PageResult {
    let mut page = Explain {
        user: visit.text("user").trim().to_owned(),
        name: visit.text("name").trim().to_owned(),
        action: visit.text("action"),
        resource: visit.text("resource").trim().to_owned(),
        actions: known(visit.language, &visit.text("action")),
        complaint: None,
        turned_away: None,
        answers: Vec::new(),
    };
    match answer(&visit, &mut page).await {
        Ok(()) => {}
        Err(Error::NotFound) => page.complaint = Some(visit.say("explain-no-such-thing")),
        Err(Error::Unknown(text)) => {
            page.complaint = Some(visit.language.translate(&text).into_owned());
        }
        Err(error) => return Err(error.into()),
    }
    visit.show("explain", &page).await
}

async fn answer(visit: &Admin, page: &mut Explain) -> Result<()> {
    if page.name.is_empty() && page.action.is_empty() {
        return Ok(());
    }
    let (app, language) = (&visit.app, visit.language);
    let told = |text: String| language.translate(&text).into_owned();
    let account: Option<Arc<Account>> = match page.user.as_str() {
        // Whoever has not logged in.
        "" | "-" => None,
        name => {
            let row = by_name::user(&app.database, name).await?;
            let row = row.ok_or_else(|| Error::Unknown(visit.tell("explain-no-user", name)))?;
            Some(Arc::new(Account::from(&row)))
        }
    };
    if !page.name.is_empty() {
        let scope = format!("repository:{}:pull,push,delete", page.name);
        let request = ScopeRequest::parse([scope.as_str()]);
        if request.scopes.is_empty() {
            return Err(Error::Unknown(Rule::InvalidName.text().to_owned()));
        }
        let who = explain::who(account.as_deref());
        let asked = (account.as_deref(), who);
        let found = explain::token(app, asked, None, &request, Candour::Full).await?;
        page.turned_away = found.cannot_log_in.map(told);
        let answers = found.decisions.into_iter();
        page.answers
            .extend(answers.map(|it| Answer::new(language, it.action, it.name, &it.reason)));
    }
    if let Some(action) = explain::actions().find(|it| it.key == page.action) {
        let resource = page.resource.parse().ok();
        if resource.is_none() && action.about != Kind::Service {
            return Err(Error::Unknown(visit.say("explain-needs-id")));
        }
        let found = explain::action(app, account.as_ref(), action, resource, Candour::Full).await?;
        page.turned_away = found.cannot_log_in.map(told);
        page.answers.push(Answer::new(
            language,
            action.key.to_owned(),
            language.translate(action.text).into_owned(),
            &found.reason,
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Explain;

    crate::web::pages::view::renders!(Explain);
}
