//! Writing answers: times, and lists that may be long.

use std::sync::Arc;

use actix_web::{HttpResponse, HttpResponseBuilder, http::header::ContentType, web::Bytes};
use chrono::NaiveDateTime;
use futures_util::{StreamExt as _, stream};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::reply::{Answered, Created, List, NoContent, Paged, Shown};
use crate::{
    app::App,
    error::{Error, Result},
    queries::list::{self, BATCH, Listing},
    web::{
        error::{ApiError, ApiResult},
        extract::{caller::Call, page::Page},
    },
};

/// A moment as Portus writes it: ISO 8601 in UTC with milliseconds.
#[derive(Clone, Copy, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Time(pub NaiveDateTime);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.format("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
pub fn ok<T>(body: T) -> ApiResult<Shown<T>> {
    Ok(Answered(body))
}

#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
pub fn created<T>(body: T) -> ApiResult<Created<T>> {
    Ok(Answered(body))
}

#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
pub fn no_content() -> ApiResult<NoContent> {
    Ok(NoContent)
}

/// Answers with a list of which pages can be asked for.
pub async fn paged<L, V>(
    call: &Call,
    page: &Page,
    list: L,
    view: fn(L::Row) -> V,
) -> ApiResult<Paged<V>>
where
    L: Listing,
    V: Serialize + 'static,
{
    let app = &call.app;
    let (sort_by, descending) = (&page.sort_attr, page.descending);
    let (ids, total) = if let Some(slice) = page.slice() {
        list::page(app, &list, sort_by, descending, slice).await?
    } else {
        let ids = list::ids(app, &list, sort_by, descending, None).await?;
        let total = ids.len() as u64;
        (ids, total)
    };
    let mut response = HttpResponse::Ok();
    page.tell(&mut response, app, &call.request, (total, L::filters()));
    Ok(Paged(write(call, response, list, ids, view).await?))
}

/// Short lists are written at once, long ones batch by batch while they are being sent.
async fn write<L, V>(
    call: &Call,
    mut response: HttpResponseBuilder,
    list: L,
    ids: Vec<i64>,
    view: fn(L::Row) -> V,
) -> ApiResult<List<V>>
where
    L: Listing,
    V: Serialize + 'static,
{
    let app = call.app.clone();
    if ids.len() <= BATCH {
        let rows = list.load(&app, &ids).await?;
        let views: Vec<V> = rows.into_iter().map(view).collect();
        return Ok(List::new(response.json(views)));
    }
    // What fails for the first rows can still be said with a status.
    let first = batch(
        &app,
        &list,
        ids.get(..BATCH).unwrap_or_default(),
        view,
        true,
    )
    .await?;
    let (list, ids) = (Arc::new(list), Arc::new(ids));
    let rest = stream::try_unfold(Some(BATCH), move |from| {
        let (app, list, ids) = (app.clone(), Arc::clone(&list), Arc::clone(&ids));
        async move {
            let Some(from) = from else {
                return Ok::<_, ApiError>(None);
            };
            let until = (from + BATCH).min(ids.len());
            match ids.get(from..until) {
                Some(some) if !some.is_empty() => {
                    let text = batch(&app, &*list, some, view, false).await?;
                    Ok(Some((text, Some(until))))
                }
                _ => Ok(Some((Bytes::from_static(b"]"), None))),
            }
        }
    });
    let first = stream::once(async move { Ok(first) });
    let response = response
        .content_type(ContentType::json())
        .streaming(first.chain(rest));
    Ok(List::new(response))
}

async fn batch<L, V>(
    app: &App,
    list: &L,
    ids: &[i64],
    view: fn(L::Row) -> V,
    first: bool,
) -> Result<Bytes>
where
    L: Listing,
    V: Serialize,
{
    let mut text = Vec::with_capacity(ids.len() * 256);
    for row in list.load(app, ids).await? {
        text.push(b',');
        serde_json::to_writer(&mut text, &view(row))
            .map_err(|error| Error::Internal(error.into()))?;
    }
    if first {
        // The list opens where its first row has no comma, be it in this batch or not.
        match text.first_mut() {
            Some(comma) => *comma = b'[',
            None => text.extend_from_slice(b"["),
        }
    }
    Ok(Bytes::from(text))
}
