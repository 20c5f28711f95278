//! What happened: to everybody what they may read of it, to admins all of it, also as a table and line by line.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderMap},
    web::Bytes,
};
use futures_util::stream;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    operation::{Noun, get, noun},
    reply::{Paged, Reply, Schemas},
    respond::{Time, paged},
};
use crate::{
    activity::{csv, sentence::Sentence},
    policy::Who,
    queries::{
        activities::{Activities, Row},
        filter::Narrowed,
        list::{self, BATCH, Listing},
    },
    web::{
        error::{ApiError, ApiResult},
        extract::{
            caller::{Admin, Call},
            declare::{Field, Parameters},
            filters::Filters,
            page::Page,
            params::Reader,
        },
    },
};

pub fn operations() -> Noun {
    noun(
        "activities",
        "What happened, the newest first.",
        vec![
            get(
                "/v1/activities",
                "Lists what the caller may read of the audit log",
                feed,
            )
            .about(
                "What happened in one's teams and their namespaces, the images of public namespaces, and one's own \
                 application tokens. Once a namespace is gone, its history is for those who could read it at the end.",
            )
            .ours(),
            get("/v1/audit", "Searches the audit log", audit)
                .about("`as=csv` has the columns of Portus' export and `as=jsonl` one object a line; both hold everything unless a page is asked for.")
                .ours(),
        ],
    )
}

/// Where Portus' pages offered the log as a table.
pub fn exports() -> Noun {
    let operations = vec![
        get("/admin/activities.csv", "The audit log as a table", export)
            .about("The same as `/api/v1/audit?as=csv`, where Portus has it."),
    ];
    Noun {
        outside: true,
        ..noun("exports", "Files that Portus' pages offer.", operations)
    }
}

/// An entry of the audit log.
#[derive(Serialize, ToSchema)]
struct Activity {
    id: i64,
    /// What was done; `docs/AUDIT.md` explains each.
    key: String,
    /// What was done, for people.
    text: String,
    /// The same in parts.
    parts: Vec<SentencePart>,
    actor: ActivityActor,
    trackable_type: Option<String>,
    trackable_id: Option<i64>,
    recipient_type: Option<String>,
    recipient_id: Option<i64>,
    registry_id: Option<i64>,
    team_id: Option<i64>,
    namespace_id: Option<i64>,
    namespace_name: Option<String>,
    repository_name: Option<String>,
    tag_name: Option<String>,
    #[schema(value_type = Object)]
    parameters: Value,
    created_at: Time,
}

/// Whoever did it. The account may be gone; its name stays.
#[derive(Serialize, ToSchema)]
struct ActivityActor {
    id: Option<i64>,
    name: String,
}

/// A piece of a sentence, and what it names.
#[derive(Serialize, ToSchema)]
struct SentencePart {
    text: String,
    /// Whether it names whoever did it.
    actor: bool,
    /// The kind of thing that it names.
    r#type: Option<&'static str>,
    id: Option<i64>,
}

impl From<Row> for Activity {
    fn from(found: Row) -> Self {
        let sentence = Sentence::of(&found.row, &found.hosts);
        let text = sentence.text();
        let parts = sentence.parts.into_iter().map(|part| SentencePart {
            text: part.text,
            actor: part.actor,
            r#type: part.link.map(|it| it.kind),
            id: part.link.map(|it| it.id),
        });
        let row = found.row;
        Self {
            id: row.id,
            text,
            parts: parts.collect(),
            actor: ActivityActor {
                id: row.actor_id,
                name: row.actor_name,
            },
            key: row.key,
            trackable_type: row.trackable_type,
            trackable_id: row.trackable_id,
            recipient_type: row.recipient_type,
            recipient_id: row.recipient_id,
            registry_id: row.registry_id,
            team_id: row.team_id,
            namespace_id: row.namespace_id,
            namespace_name: row.namespace_name,
            repository_name: row.repository_name,
            tag_name: row.tag_name,
            parameters: serde_json::from_str(&row.parameters).unwrap_or_else(|_| json!({})),
            created_at: Time(row.created_at),
        }
    }
}

async fn feed(call: Call, page: Page, filters: Filters<Activities>) -> ApiResult<Paged<Activity>> {
    let who = call.actor.who();
    let list = filters.narrow(&call.app, Activities { who });
    paged(&call, &page.newest_first(), list, Activity::from).await
}

/// How the log is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Csv,
    Lines,
}

/// The page, and `as`; the header Accept is asked where that is missing.
struct Export {
    page: Page,
    form: Option<Form>,
}

impl Parameters for Export {
    fn read(read: &mut Reader<'_>) -> Self {
        let form = match read.string("as").as_deref() {
            None | Some("") => None,
            Some("json") => Some(Form::Json),
            Some("csv") => Some(Form::Csv),
            Some("jsonl") => Some(Form::Lines),
            Some(_) => {
                read.reject("as");
                None
            }
        };
        Self {
            page: Page::read(read),
            form,
        }
    }

    fn fields() -> Vec<Field> {
        let mut fields = vec![Field {
            object: None,
            name: "as",
            required: false,
            schema: json!({"type": "string", "enum": ["json", "csv", "jsonl"]}),
            about: "How it is written; without it the header Accept decides.".to_owned(),
        }];
        fields.extend(Page::fields());
        fields
    }

    fn name() -> Option<&'static str> {
        None
    }
}

fn accepted(headers: &HeaderMap) -> Form {
    let accept = headers.get(header::ACCEPT);
    let accept = accept
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let media =
        accept
            .split(',')
            .find_map(|it| match it.split(';').next().unwrap_or_default().trim() {
                "text/csv" => Some(Form::Csv),
                "application/x-ndjson" | "application/jsonl" => Some(Form::Lines),
                "application/json" => Some(Form::Json),
                _ => None,
            });
    media.unwrap_or(Form::Json)
}

/// The log in one of its forms.
struct Log(HttpResponse);

impl Reply for Log {
    fn respond(self, _: &HttpRequest) -> ApiResult<HttpResponse> {
        Ok(self.0)
    }

    fn describe(schemas: &mut Schemas) -> Vec<(u16, Value)> {
        let mut described = Paged::<Activity>::describe(schemas);
        if let Some((_, response)) = described.first_mut() {
            let text = json!({"schema": {"type": "string"}});
            response["content"]["text/csv"] = text.clone();
            response["content"]["application/x-ndjson"] = text;
        }
        described
    }
}

async fn audit(call: Admin, asked: Export, filters: Filters<Activities>) -> ApiResult<Log> {
    let form = asked
        .form
        .unwrap_or_else(|| accepted(call.request.headers()));
    let list = everything(&call, filters);
    let page = asked.page.newest_first();
    let response = match form {
        Form::Json => {
            let listed = paged(&call, &page, list, Activity::from).await?;
            listed.respond(&call.request)?
        }
        Form::Csv | Form::Lines => lines(&call, &page, list, form).await?,
    };
    Ok(Log(response))
}

async fn export(call: Admin, page: Page, filters: Filters<Activities>) -> ApiResult<Log> {
    let list = everything(&call, filters);
    Ok(Log(
        lines(&call, &page.newest_first(), list, Form::Csv).await?
    ))
}

fn everything(call: &Call, filters: Filters<Activities>) -> Narrowed<Activities> {
    let who: Who = call.actor.who();
    filters.narrow(&call.app, Activities { who })
}

/// Writes line by line, a batch of rows at a time, however many there are.
async fn lines(
    call: &Call,
    page: &Page,
    list: Narrowed<Activities>,
    form: Form,
) -> ApiResult<HttpResponse> {
    let app = call.app.clone();
    let (sort_by, descending) = (&page.sort_attr, page.descending);
    let mut response = HttpResponse::Ok();
    let ids = if let Some(slice) = page.slice() {
        let (ids, total) = list::page(&app, &list, sort_by, descending, slice).await?;
        let filters = Activities::filters();
        page.tell(&mut response, &app, &call.request, (total, filters));
        ids
    } else {
        list::ids(&app, &list, sort_by, descending, None).await?
    };
    let (media, name, head) = match form {
        Form::Csv => ("text/csv; charset=utf-8", "activities.csv", csv::HEADER),
        _ => ("application/x-ndjson", "activities.jsonl", ""),
    };
    let body = stream::try_unfold((0, head.to_owned()), move |(from, mut text)| {
        let app = app.clone();
        let until = (from + BATCH).min(ids.len());
        let some: Vec<i64> = ids.get(from..until).unwrap_or_default().to_vec();
        let list = Activities { who: list.list.who };
        async move {
            if some.is_empty() && text.is_empty() {
                return Ok::<_, ApiError>(None);
            }
            for found in list.load(&app, &some).await? {
                match form {
                    Form::Csv => text.push_str(&csv::line(&found.row, &found.hosts)),
                    _ => {
                        text.push_str(&json!(Activity::from(found)).to_string());
                        text.push('\n');
                    }
                }
            }
            Ok(Some((Bytes::from(text), (until, String::new()))))
        }
    });
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(response
        .insert_header((header::CONTENT_TYPE, media))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .streaming(body))
}
