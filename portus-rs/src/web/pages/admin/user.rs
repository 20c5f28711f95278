//! One account, as admins look after it.

use serde::Serialize;

use super::{
    access::{self, Access},
    users::is_hidden,
};
use crate::{
    actions::{
        application_tokens::{self, NewToken},
        users::{self, UserChanges},
    },
    entities::{Role, team, user},
    error::{Error, Invalid, Result},
    queries::{self, application_tokens::Row as Token, parting::Parting},
    web::{
        error::PageResult,
        pages::{
            checks,
            form::Form,
            route::{Route, delete, get, post, put},
            view::{Moment, Page},
            visit::Admin,
        },
    },
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/users/{id}", go_to_edit),
        get("/admin/users/{id}/edit", edit),
        put("/admin/users/{id}", update),
        delete("/admin/users/{id}", remove),
        post("/admin/users/{id}/application_tokens", issue),
        delete("/admin/users/{id}/application_tokens/{token_id}", revoke),
    ]
}

/// What `admin/user.html` shows.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct User {
    id: i64,
    username: String,
    bot: bool,
    admin: bool,
    enabled: bool,
    created_at: Moment,
    last_sign_in_at: Option<Moment>,
    locked_at: Option<Moment>,
    /// Whether the password is kept here and can be set.
    has_password: bool,
    form: Form,
    token_form: Form,
    removal: Form,
    parting: ShownParting,
    teams: Vec<Membership>,
    access: Access,
    tokens: Vec<ShownToken>,
    /// A token that has just been made, shown this once.
    plain_token: Option<String>,
}

/// What goes with the account, and what is left behind.
#[derive(Serialize)]
struct ShownParting {
    goes: Vec<String>,
    stays: Vec<String>,
    orphaned: Vec<Membership>,
}

#[derive(Serialize)]
struct Membership {
    id: i64,
    name: String,
    role: &'static str,
}

#[derive(Serialize)]
struct ShownToken {
    id: i64,
    application: String,
    scope: &'static str,
    namespace: Option<String>,
    namespace_id: Option<i64>,
    created_at: Option<Moment>,
    expires_at: Option<Moment>,
    expired: bool,
    last_used_at: Option<Moment>,
}

impl From<Parting> for ShownParting {
    fn from(it: Parting) -> Self {
        let team = |row: team::Model| Membership {
            id: row.id,
            name: row.name,
            role: Role::Owner.as_str(),
        };
        Self {
            goes: it.goes,
            stays: it.stays,
            orphaned: it.orphaned.into_iter().map(team).collect(),
        }
    }
}

impl From<Token> for ShownToken {
    fn from(row: Token) -> Self {
        let token = row.token;
        Self {
            id: token.id,
            application: token.application,
            scope: token.scope.as_str(),
            namespace: row.namespace,
            namespace_id: token.namespace_id,
            created_at: token.created_at.map(Moment),
            expires_at: token.expires_at.map(Moment),
            expired: row.expired,
            last_used_at: token.last_used_at.map(Moment),
        }
    }
}

impl Page for User {
    const VIEW: &'static str = "admin/user.html";

    fn samples() -> Vec<Self> {
        let then = Moment(chrono::NaiveDateTime::default());
        let page = |bot: bool| Self {
            id: 7,
            username: "ann<canary>".to_owned(),
            bot,
            admin: !bot,
            enabled: bot,
            created_at: then,
            last_sign_in_at: (!bot).then_some(then),
            locked_at: (!bot).then_some(then),
            has_password: !bot,
            form: Form::new("user").with("email", "<canary>@example.org"),
            token_form: Form::new("token"),
            removal: Form::new("removal"),
            parting: ShownParting {
                goes: vec!["<canary>".to_owned()],
                stays: vec!["<canary>".to_owned()],
                orphaned: vec![Membership {
                    id: 1,
                    name: "<canary>".to_owned(),
                    role: "owner",
                }],
            },
            teams: vec![Membership {
                id: 1,
                name: "<canary>".to_owned(),
                role: "owner",
            }],
            access: Access::sample(),
            tokens: vec![ShownToken {
                id: 1,
                application: "<canary>".to_owned(),
                scope: "full",
                namespace: Some("<canary>".to_owned()),
                namespace_id: Some(5),
                created_at: Some(then),
                expires_at: Some(then),
                expired: bot,
                last_used_at: None,
            }],
            plain_token: bot.then(|| "secret".to_owned()),
        };
        let mut refused = page(false);
        refused.form.again = true;
        refused.form.complaints.push("no <canary>".to_owned());
        refused.teams.clear();
        refused.locked_at = None;
        refused.parting.goes.clear();
        refused.parting.stays.clear();
        refused.parting.orphaned.clear();
        refused.access = Access::none();
        refused.tokens.clear();
        vec![page(false), page(true), refused]
    }
}

/// The account of the path, unless it is one's own.
pub async fn of_path(visit: &Admin) -> Result<user::Model> {
    let row = queries::users::by_id(&visit.app, visit.id("id")?).await?;
    if is_hidden(&row.username) {
        return Err(Error::NotFound);
    }
    Ok(row)
}

async fn shown(visit: &Admin, row: user::Model) -> Result<User> {
    let app = &visit.app;
    let parting = queries::parting::of(app, row.id).await?;
    let memberships = queries::users::memberships(app, row.id).await?;
    let viewer = visit.viewer().await?;
    let tokens = queries::application_tokens::of(app, &viewer, row.id).await?;
    let form = checks::about("user", &checks::account(&row))
        .with("email", row.email.clone().unwrap_or_default())
        .with("display_name", row.display_name.clone().unwrap_or_default());
    let teams = memberships.into_iter().map(|(team, role)| Membership {
        id: team.id,
        name: team.name,
        role: role.as_str(),
    });
    Ok(User {
        id: row.id,
        bot: row.bot,
        admin: row.admin,
        enabled: row.enabled,
        created_at: Moment(row.created_at),
        last_sign_in_at: row.last_sign_in_at.map(Moment),
        locked_at: row.locked_at.map(Moment),
        has_password: !row.bot && !row.directory,
        form,
        token_form: Form::new("token"),
        removal: Form::new("removal"),
        parting: ShownParting::from(parting),
        teams: teams.collect(),
        access: access::of(visit, &row).await?,
        tokens: tokens.into_iter().map(ShownToken::from).collect(),
        plain_token: None,
        username: row.username,
    })
}

async fn go_to_edit(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    Ok(visit.go(&format!("/admin/users/{}/edit", row.id)))
}

async fn edit(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    // One's own account has a page of its own.
    if visit.actor.user_id() == Some(row.id) {
        return Ok(visit.go("/users/edit"));
    }
    let page = shown(&visit, row).await?;
    visit.show("users", &page).await
}

async fn update(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    if let Some(form) = checks::stale(&visit, "user", &checks::account(&row)) {
        let mut page = shown(&visit, row).await?;
        page.form = form;
        return visit.show_again("users", &page).await;
    }
    let changes = UserChanges {
        email: Some(visit.text("user[email]")),
        display_name: visit
            .app
            .config
            .display_name
            .then(|| visit.text("user[display_name]")),
        password: visit.filled("user[password]"),
        ..UserChanges::default()
    };
    let again = visit.text("user[password_confirmation]");
    let repeated = changes.password.as_ref().is_none_or(|it| *it == again);
    let done = if repeated {
        users::update(&visit.app, &visit.actor, row.id, changes).await
    } else {
        let mut invalid = Invalid::default();
        invalid.add("password_confirmation", "doesn't match Password");
        Err(Error::Invalid(invalid))
    };
    match done {
        Ok(row) => {
            let said = visit.tell("user-updated", &row.username);
            Ok(visit.go_telling(&format!("/admin/users/{}/edit", row.id), said))
        }
        Err(error) => {
            let form = visit.refused("user", error)?;
            let form = checks::up_to_date(form, &checks::account(&row));
            let mut page = shown(&visit, row).await?;
            page.form = form;
            visit.show_again("users", &page).await
        }
    }
}

/// Asks for the name, since nothing brings an account back.
async fn remove(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    let named = visit.text("removal[username]").trim() == row.username;
    let done = if named {
        users::delete(&visit.app, &visit.actor, row.id).await
    } else {
        let mut invalid = Invalid::default();
        invalid.add("username", "is not the name of this account");
        Err(Error::Invalid(invalid))
    };
    match done {
        Ok(()) => {
            let said = visit.tell("user-removed", &row.username);
            Ok(visit.go_telling("/admin/users", said))
        }
        Err(error) => {
            let form = visit.refused("removal", error)?;
            let mut page = shown(&visit, row).await?;
            page.removal = form;
            visit.show_again("users", &page).await
        }
    }
}

async fn issue(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    let new = NewToken {
        application: visit.text("token[application]"),
        ..NewToken::default()
    };
    let issued = application_tokens::issue_limited(&visit.app, &visit.actor, row.id, &new).await;
    let (form, plain) = match issued {
        Ok(issued) => (None, Some(issued.plain)),
        Err(error) => (Some(visit.refused("token", error)?), None),
    };
    let mut page = shown(&visit, row).await?;
    page.plain_token = plain;
    match form {
        None => visit.show("users", &page).await,
        Some(form) => {
            page.token_form = form;
            visit.show_again("users", &page).await
        }
    }
}

async fn revoke(visit: Admin) -> PageResult {
    let row = of_path(&visit).await?;
    let back = format!("/admin/users/{}/edit", row.id);
    match application_tokens::revoke(&visit.app, &visit.actor, visit.id("token_id")?).await {
        Ok(()) => Ok(visit.go_telling(&back, visit.say("token-revoked"))),
        Err(error) => visit.go_refused(&back, error),
    }
}

#[cfg(test)]
mod tests {
    use super::User;

    crate::web::pages::view::renders!(User);
}
