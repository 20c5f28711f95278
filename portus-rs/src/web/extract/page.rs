//! Which part of a list is wanted, in which order, and the headers that say what was given.

use actix_web::{HttpRequest, HttpResponseBuilder, http::header};

use super::{
    declare::{Field, Parameters, params},
    params::Reader,
};
use crate::{
    app::App,
    queries::{filter::Filter, list::Slice},
};

const DEFAULT_SIZE: i64 = 15;
const LARGEST_SIZE: i64 = 1000;

/// What a request for a list asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// `all=true`: everything, and no headers about pages.
    pub all: bool,
    /// Number and size of the page; `None` without either in the request: everything, as Portus 2.4 does.
    pub wanted: Option<(u64, u64)>,
    pub sort_attr: String,
    pub descending: bool,
    /// Whether the request says anything about the order.
    pub ordered: bool,
}

params! {
    struct Paging {
        /// Everything, and no headers about pages.
        all: bool,
        /// Which page, from 1. Without `page` and `per_page` the answer is the whole list.
        page: Option<i64>,
        /// How many to a page, from 1 to 1000; 15 unless given.
        per_page: Option<i64>,
        /// The field to sort by; `id` for an unknown one. Equals follow their ids.
        sort_attr: Option<String>,
        /// `asc`, or else descending.
        sort_order: Option<String>,
    }
}

impl Parameters for Page {
    fn read(read: &mut Reader<'_>) -> Self {
        let paging = Paging::read(read);
        if paging
            .per_page
            .is_some_and(|size| !(1..=LARGEST_SIZE).contains(&size))
        {
            read.reject("per_page");
        }
        let number = u64::try_from(paging.page.unwrap_or(1)).unwrap_or(1).max(1);
        let size = u64::try_from(paging.per_page.unwrap_or(DEFAULT_SIZE)).unwrap_or(1);
        let asked = paging.page.is_some() || paging.per_page.is_some();
        Self {
            ordered: paging.sort_attr.is_some() || paging.sort_order.is_some(),
            all: paging.all,
            wanted: (!paging.all && asked).then_some((number, size)),
            sort_attr: paging.sort_attr.unwrap_or_else(|| "id".to_owned()),
            descending: paging.sort_order.is_some_and(|order| order != "asc"),
        }
    }

    fn fields() -> Vec<Field> {
        Paging::fields()
    }

    fn name() -> Option<&'static str> {
        None
    }
}

impl Page {
    /// The rows of the wanted page.
    pub fn slice(&self) -> Option<Slice> {
        self.wanted.map(|(number, size)| Slice {
            offset: (number - 1).saturating_mul(size),
            limit: size,
        })
    }

    /// Says how many there are and where the other pages are.
    pub fn tell(
        &self,
        response: &mut HttpResponseBuilder,
        app: &App,
        request: &HttpRequest,
        (total, filters): (u64, &[Filter]),
    ) {
        if self.all {
            return;
        }
        let (number, size) = self.wanted.unwrap_or((1, total.max(1)));
        let last = total.div_ceil(size).max(1);
        let next = (number < last).then(|| number + 1);
        let previous = (number > 1).then(|| number - 1);
        let text = |number: Option<u64>| number.map(|it| it.to_string()).unwrap_or_default();
        response
            .insert_header(("X-Total", total.to_string()))
            .insert_header(("X-Total-Pages", last.to_string()))
            .insert_header(("X-Page", number.to_string()))
            .insert_header(("X-Next-Page", text(next)))
            .insert_header(("X-Prev-Page", text(previous)))
            .insert_header(("X-Per-Page", size.to_string()));
        let base = format!("{}{}", origin(app, request), request.path());
        let written = url::form_urlencoded::parse(request.query_string().as_bytes());
        let kept: Vec<(String, String)> = written
            .into_owned()
            .filter(|(name, _)| filters.iter().any(|it| it.name == name))
            .collect();
        let links: Vec<String> = [
            (previous, "prev"),
            (next, "next"),
            (Some(1), "first"),
            (Some(last), "last"),
        ]
        .into_iter()
        .filter_map(|(page, rel)| {
            let query = self.query(page?, &kept);
            Some(format!("<{base}?{query}>; rel=\"{rel}\""))
        })
        .collect();
        response.insert_header((header::LINK, links.join(", ")));
    }

    /// All parameters in effect, sorted by name.
    fn query(&self, page: u64, filters: &[(String, String)]) -> String {
        let order = if self.descending { "desc" } else { "asc" };
        let mut pairs = vec![
            ("all", "false".to_owned()),
            ("sort_attr", self.sort_attr.clone()),
            ("sort_order", order.to_owned()),
        ];
        if let Some((_, size)) = self.wanted {
            pairs.push(("page", page.to_string()));
            pairs.push(("per_page", size.to_string()));
        }
        let filters = filters.iter();
        pairs.extend(filters.map(|(name, value)| (name.as_str(), value.clone())));
        pairs.sort_by_key(|(name, _)| *name);
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
    }

    /// The newest first unless another order was asked for.
    #[must_use]
    pub fn newest_first(mut self) -> Self {
        if !self.ordered {
            "created_at".clone_into(&mut self.sort_attr);
            self.descending = true;
        }
        self
    }
}

/// Scheme and host under which the caller reaches us.
fn origin(app: &App, request: &HttpRequest) -> String {
    let fqdn = &app.config.machine_fqdn;
    if (fqdn.configured || fqdn.external_url.is_some())
        && let Ok(url) = url::Url::parse(&app.config.public_url())
    {
        return url.origin().ascii_serialization();
    }
    let scheme = if app.config.listener.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost");
    format!("{scheme}://{host}")
}
