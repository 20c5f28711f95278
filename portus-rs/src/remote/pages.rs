//! Lists that registries hand out in pages: the catalog, and a repository's tags.

use std::{
    collections::{HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

use reqwest::{Method, header};
use serde_json::Value;
use url::Url;

use super::{
    error::{RegistryError, Result},
    exchange, link,
    registry::RegistryClient,
};
use crate::protocol::scope::Access;

/// Entries asked for at once when nothing is configured: what registries allow by default.
const PAGE: u32 = 1000;
/// Longest page read. 2.x hands out all tags at once, whatever is asked.
const LONGEST: usize = 32 * 1024 * 1024;
/// More pages than any registry has.
const MOST: usize = 1_000_000;

/// A walk through the pages of a list.
pub struct Pages<'a> {
    client: &'a RegistryClient<'a>,
    access: Access,
    field: &'static str,
    next: Option<Url>,
    /// The first page again, for registries that refuse the number asked for.
    unnumbered: Option<Url>,
    seen: HashSet<u64>,
}

impl<'a> Pages<'a> {
    pub(super) fn new(
        client: &'a RegistryClient<'a>,
        access: Access,
        list: &Url,
        field: &'static str,
    ) -> Self {
        let page = client.clients().page.unwrap_or(PAGE);
        let mut first = list.clone();
        first.query_pairs_mut().append_pair("n", &page.to_string());
        Self {
            client,
            access,
            field,
            next: Some(first),
            unnumbered: Some(list.clone()),
            seen: HashSet::new(),
        }
    }

    /// The next page's entries; `None` after the last page.
    pub async fn next(&mut self) -> Result<Option<Vec<String>>> {
        let Some(mut url) = self.next.take() else {
            return Ok(None);
        };
        let fallback = self.unnumbered.take();
        let answer = loop {
            let answer = self
                .client
                .send(Method::GET, &url, Some(&self.access), None)
                .await?;
            if answer.status().is_success() {
                break answer;
            }
            let error = exchange::failure(answer).await;
            match (&error, &fallback) {
                (RegistryError::Status { status: 400, said }, Some(plain))
                    if url != *plain && said.contains("PAGINATION_NUMBER_INVALID") =>
                {
                    url = plain.clone();
                }
                _ => return Err(error),
            }
        };
        let following = following(&url, answer.headers())?;
        let bytes = exchange::body(answer, LONGEST).await?;
        let entries = self.entries(&bytes)?;
        drop(bytes);
        if let Some(following) = &following {
            let last = following
                .query_pairs()
                .find(|(name, _)| name == "last")
                .map_or_else(|| following.to_string(), |(_, last)| last.into_owned());
            let again = !self.seen.insert(fingerprint(&("link", last)))
                || (!entries.is_empty() && !self.seen.insert(fingerprint(&("page", &entries))));
            if again || self.seen.len() > MOST {
                return Err(RegistryError::Loop(following.to_string()));
            }
        }
        self.next = following;
        Ok(Some(entries))
    }

    fn entries(&self, bytes: &[u8]) -> Result<Vec<String>> {
        let malformed = |what: String| RegistryError::Malformed(what);
        let mut value: Value =
            serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
        match value.get_mut(self.field).map(Value::take) {
            Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(entries)) => entries
                .into_iter()
                .map(|entry| match entry {
                    Value::String(entry) => Ok(entry),
                    _ => Err(malformed(format!("{} holds what is no text", self.field))),
                })
                .collect(),
            _ => Err(malformed(format!("no list of {}", self.field))),
        }
    }
}

fn following(url: &Url, headers: &header::HeaderMap) -> Result<Option<Url>> {
    let links = headers.get_all(header::LINK);
    let Some(target) = links
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(link::next)
    else {
        return Ok(None);
    };
    let following = url
        .join(target)
        .map_err(|_| RegistryError::Malformed(format!("Link: {target}")))?;
    // Behind a proxy that ends TLS, registries write absolute links with the wrong scheme or host.
    if following.origin() == url.origin() && following.path() == url.path() {
        Ok(Some(following))
    } else {
        Err(RegistryError::Malformed(format!(
            "its next page is elsewhere: {target}; set http.relativeurls in the registry's configuration"
        )))
    }
}

fn fingerprint(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
