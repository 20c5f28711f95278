//! Accounts: the list, making one, and the switches in it.

use actix_web::http::header;
use serde::Serialize;

use crate::{
    actions::users::{self, NewUser},
    entities::user::PORTUS,
    queries::{
        self,
        users::{Counts, People, Row as Found},
    },
    web::{
        error::PageResult,
        extract::session,
        pages::{
            form::Form,
            route::{Route, get, post, put},
            table::{Shape, Table},
            view::{Moment, Page},
            visit::Admin,
        },
    },
};

const SHAPE: Shape = Shape {
    prefix: "",
    columns: &["username", "email", "created_at", "current_sign_in_at"],
    sorted_by: "username",
    ascending: true,
    filter: "name_contains",
    per_page: None,
};

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/users", list),
        get("/admin/users/new", new),
        post("/admin/users", create),
        put("/admin/users/{id}/admin", set_admin),
        put("/admin/users/{id}/enabled", set_enabled),
    ]
}

/// What `admin/users.html` shows.
#[derive(Serialize)]
pub struct List {
    people: Table<Row>,
    form: Form,
    /// A bot that has just been made, and its only way in.
    made: Option<Made>,
    /// Whether another admin would be left without the reader.
    may_leave: bool,
}

#[derive(Serialize)]
struct Made {
    username: String,
    token: String,
}

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own")]
struct Row {
    id: i64,
    username: String,
    display_name: Option<String>,
    email: Option<String>,
    admin: bool,
    enabled: bool,
    bot: bool,
    oneself: bool,
    namespaces: i64,
    teams: i64,
    created_at: Moment,
    /// The newest; the account keeps the one before it too.
    last_sign_in_at: Option<Moment>,
}

impl Row {
    fn new((found, counts): (Found, Counts), reader: Option<i64>) -> Self {
        let user = found.user;
        Self {
            id: user.id,
            oneself: reader == Some(user.id),
            username: user.username,
            display_name: user.display_name,
            email: user.email,
            admin: user.admin,
            enabled: user.enabled,
            bot: user.bot,
            namespaces: counts.namespaces,
            teams: counts.teams,
            created_at: Moment(user.created_at),
            last_sign_in_at: user.current_sign_in_at.or(user.last_sign_in_at).map(Moment),
        }
    }
}

impl Page for List {
    const VIEW: &'static str = "admin/users.html";

    fn samples() -> Vec<Self> {
        let row = |id: i64| Row {
            id,
            username: "ann<canary>".to_owned(),
            display_name: (id == 1).then(|| "Ann <canary>".to_owned()),
            email: (id == 1).then(|| "<canary>@example.org".to_owned()),
            admin: id == 1,
            enabled: id != 2,
            bot: id == 3,
            oneself: id == 1,
            namespaces: id,
            teams: 0,
            created_at: Moment(chrono::NaiveDateTime::default()),
            last_sign_in_at: (id == 1).then(|| Moment(chrono::NaiveDateTime::default())),
        };
        let mut refused = Form::new("user").with("username", "a<canary>");
        refused.again = true;
        refused
            .errors
            .insert("email".to_owned(), vec!["wrong <canary>".to_owned()]);
        let made = Made {
            username: "robot<canary>".to_owned(),
            token: "secret".to_owned(),
        };
        vec![
            Self {
                people: Table::sample(SHAPE, Vec::new()),
                form: Form::new("user"),
                made: None,
                may_leave: false,
            },
            Self {
                people: Table::sample(SHAPE, vec![row(1), row(2), row(3)]),
                form: refused,
                made: Some(made),
                may_leave: true,
            },
        ]
    }
}

async fn list(visit: Admin) -> PageResult {
    let mut form = Form::new("user");
    form.again = visit.ticked("new");
    let page = listed(&visit, form, None).await?;
    visit.show("users", &page).await
}

async fn new(visit: Admin) -> PageResult {
    Ok(visit.go("/admin/users?new=1"))
}

async fn listed(visit: &Admin, form: Form, made: Option<Made>) -> crate::error::Result<List> {
    let reader = visit.actor.user_id();
    let people = visit
        .plain_table(SHAPE, People, |row| Row::new(row, reader))
        .await?;
    let own = match reader {
        Some(id) => Some(queries::users::by_id(&visit.app, id).await?),
        None => None,
    };
    let may_leave = match own {
        Some(own) => users::may_leave(&visit.app, &own).await?,
        None => false,
    };
    Ok(List {
        people,
        form,
        made,
        may_leave,
    })
}

async fn create(visit: Admin) -> PageResult {
    let password = visit.text("user[password]");
    let repeated = visit.text("user[password_confirmation]");
    let new = NewUser {
        username: visit.text("user[username]").trim().to_owned(),
        email: visit.text("user[email]").trim().to_owned(),
        display_name: visit.filled("user[display_name]"),
        bot: visit.ticked("user[bot]"),
        password,
        admin: false,
    };
    let (bot, name) = (new.bot, new.username.clone());
    match users::create_with_token(&visit.app, &visit.actor, new, Some(&repeated)).await {
        Ok((_, Some(issued))) => {
            let made = Made {
                username: name,
                token: issued.plain,
            };
            let page = listed(&visit, Form::new("user"), Some(made)).await?;
            visit.show("users", &page).await
        }
        Ok(_) => {
            let said = if bot { "bot-created" } else { "user-created" };
            Ok(visit.go_telling("/admin/users", visit.tell(said, &name)))
        }
        Err(error) => {
            let form = visit.refused("user", error)?;
            let page = listed(&visit, form, None).await?;
            visit.show_again("users", &page).await
        }
    }
}

async fn set_admin(visit: Admin) -> PageResult {
    let (id, wanted) = (visit.id("id")?, visit.ticked("admin"));
    let back = visit.back_to("/admin/users");
    match users::set_admin(&visit.app, &visit.actor, id, wanted).await {
        Ok(row) => {
            let said = if wanted {
                "user-is-admin"
            } else {
                "user-is-no-admin"
            };
            Ok(visit.go_telling(&back, visit.tell(said, &row.username)))
        }
        Err(error) => visit.go_refused(&back, error),
    }
}

async fn set_enabled(visit: Admin) -> PageResult {
    let (id, wanted) = (visit.id("id")?, visit.ticked("enabled"));
    let back = visit.back_to("/admin/users");
    match users::set_enabled(&visit.app, &visit.actor, id, wanted).await {
        Ok(row) if !row.enabled && Some(row.id) == visit.actor.user_id() => {
            let mut response = visit.go_telling("/users/sign_in", visit.say("profile-disabled"));
            let cookie = session::no_cookie(&visit.app, &visit.request)?;
            response.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Ok(row) => {
            let said = if wanted {
                "user-enabled"
            } else {
                "user-disabled"
            };
            Ok(visit.go_telling(&back, visit.tell(said, &row.username)))
        }
        Err(error) => visit.go_refused(&back, error),
    }
}

/// The account that nobody looks at on pages.
pub fn is_hidden(username: &str) -> bool {
    username == PORTUS
}

#[cfg(test)]
mod tests {
    use super::List;

    crate::web::pages::view::renders!(List);
}
