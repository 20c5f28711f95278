//! Telling other servers what happened. Ordinary people choose where that goes: each URL is judged before it is used, so is
//! each address that its host resolves to, the connection goes to one of those very addresses, and no redirect is
//! followed.

use std::{error::Error as _, fmt::Write as _, net::SocketAddr, sync::Arc, time::Duration};

use openssl::{hash::MessageDigest, pkey::PKey, sign::Signer};
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use serde_json::{Map, Value};
use url::Url;

use super::{
    destination::{self, Refusal},
    error, transport,
};
use crate::{
    config::{Config, Webhooks},
    entities::{ContentType, RequestMethod},
    error::{Error, Result},
};

/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes read of an answer: somewhat more than is kept, so that one sees where it was cut.
const READ: usize = 80 * 1024;
/// In place of what may be a secret.
const MASK: &str = "********";

/// What is sent, and to whom.
#[derive(Clone)]
pub struct Parcel {
    pub url: String,
    pub method: RequestMethod,
    pub content_type: ContentType,
    /// A form carries the bare JSON, as Portus 2.x sent it.
    pub raw_body: bool,
    /// Name and password.
    pub credentials: Option<(String, String)>,
    /// Signs the body.
    pub secret: Option<String>,
    /// Of the webhook's own.
    pub headers: Vec<(String, String)>,
    pub event: String,
    pub uuid: String,
    /// Nothing has happened; somebody tries the webhook.
    pub test: bool,
    /// The registry's event as JSON.
    pub body: String,
}

/// What was sent and what came of it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// JSON, without what authenticates.
    pub request_header: String,
    /// The answer, or why there is none.
    pub answer: Result<Answer, String>,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Status and headers, a line each.
    pub header: String,
    pub body: String,
}

/// Sends to whatever URLs people gave.
pub struct Messenger {
    http: Client,
    rules: Webhooks,
}

impl Messenger {
    pub fn new(config: &Config) -> Result<Self> {
        let rules = config.webhooks.clone();
        let http = transport::guarded(config)
            .dns_resolver(Arc::new(Judged {
                rules: rules.clone(),
            }))
            .redirect(Policy::none())
            .connect_timeout(PATIENCE)
            .timeout(PATIENCE)
            .build()
            .map_err(|error| Error::Internal(error.into()))?;
        Ok(Self { http, rules })
    }

    /// Sends once.
    pub async fn send(&self, parcel: &Parcel) -> Sent {
        let body = parcel.packed();
        let (headers, request_header) = parcel.labelled(&body);
        let answer = self.exchange(parcel, headers, body).await;
        Sent {
            request_header,
            answer,
        }
    }

    async fn exchange(
        &self,
        parcel: &Parcel,
        headers: HeaderMap,
        body: String,
    ) -> Result<Answer, String> {
        // The rules may have changed since the URL was saved.
        let url = destination::read(&parcel.url)
            .and_then(|url| destination::check_url(&url, &self.rules).map(|()| url))
            .map_err(|refusal| format!("The URL {refusal}"))?;
        let method = match parcel.method {
            RequestMethod::Get => reqwest::Method::GET,
            RequestMethod::Post => reqwest::Method::POST,
        };
        let mut request = self.http.request(method, url).headers(headers).body(body);
        if let Some((name, password)) = &parcel.credentials {
            request = request.basic_auth(name, Some(password));
        }
        let answer = request.send().await.map_err(|error| reason(&error))?;
        Ok(unpacked(answer).await)
    }
}

impl Parcel {
    /// The body as it goes over the wire.
    fn packed(&self) -> String {
        match self.content_type {
            ContentType::Form if !self.raw_body => {
                url::form_urlencoded::Serializer::new(String::new())
                    .append_pair("payload", &self.body)
                    .finish()
            }
            ContentType::Form | ContentType::Json => self.body.clone(),
        }
    }

    /// The headers, and how they are told to people.
    fn labelled(&self, body: &str) -> (HeaderMap, String) {
        let mut headers = HeaderMap::new();
        let mut told = Map::new();
        let mut put = |name: &str, value: &str, shown: &str| {
            let known = HeaderName::try_from(name)
                .ok()
                .zip(HeaderValue::from_str(value).ok());
            // What is no header was refused when it was saved.
            if let Some((key, value)) = known {
                headers.insert(key, value);
                told.insert(name.to_owned(), Value::from(shown));
            }
        };
        let kind = self.content_type.as_str();
        put(CONTENT_TYPE.as_str(), kind, kind);
        put("X-Portus-Event", &self.event, &self.event);
        put("X-Portus-Delivery", &self.uuid, &self.uuid);
        if self.test {
            put("X-Portus-Test", "true", "true");
        }
        if let Some(signature) = self.secret.as_deref().and_then(|it| sign(it, body)) {
            put("X-Portus-Signature-256", &signature, &signature);
        }
        for (name, value) in &self.headers {
            put(name, value, MASK);
        }
        told.retain(|name, _| !name.eq_ignore_ascii_case(AUTHORIZATION.as_str()));
        (headers, Value::Object(told).to_string())
    }
}

/// What receivers compute themselves over the body and their copy of the secret.
fn sign(secret: &str, body: &str) -> Option<String> {
    let key = PKey::hmac(secret.as_bytes()).ok()?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key).ok()?;
    signer.update(body.as_bytes()).ok()?;
    let mut text = "sha256=".to_owned();
    for byte in signer.sign_to_vec().ok()? {
        write!(text, "{byte:02x}").ok()?;
    }
    Some(text)
}

/// As much of an answer as one looks at.
async fn unpacked(mut answer: Response) -> Answer {
    let status = answer.status();
    let mut header = format!("{:?} {status}", answer.version());
    for (name, value) in answer.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        // Writing to a text does not fail.
        let _ = write!(header, "\n{name}: {value}");
    }
    let mut body = Vec::new();
    // An answer that breaks off has been given all the same.
    while let Ok(Some(part)) = answer.chunk().await {
        body.extend_from_slice(&part);
        if body.len() >= READ {
            break;
        }
    }
    Answer {
        status: status.as_u16(),
        header,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

/// Why nobody answered, for people. The URL is not repeated: it may hold a secret.
fn reason(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(step) = cause {
        if let Some(refusal) = step.downcast_ref::<Refusal>() {
            return format!("The URL {refusal}");
        }
        cause = step.source();
    }
    if error.is_timeout() {
        return format!("no answer within {} s", PATIENCE.as_secs());
    }
    error::without_answer(error).to_owned()
}

/// Resolves names to addresses where webhooks may go.
struct Judged {
    rules: Webhooks,
}

impl Resolve for Judged {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = self.rules.clone();
        Box::pin(async move {
            let url = Url::parse(&format!("http://{}/", name.as_str()))?;
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let mut refused = None;
            let mut permitted = Vec::new();
            for address in found {
                match destination::check_address(&url, address.ip(), &rules) {
                    Ok(()) => permitted.push(address),
                    Err(refusal) => refused = Some(refusal),
                }
            }
            match refused {
                Some(refusal) if permitted.is_empty() => Err(refusal.into()),
                _ => {
                    let addresses: Addrs = Box::new(permitted.into_iter());
                    Ok(addresses)
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel() -> Parcel {
        Parcel {
            url: "https://hooks.example.com/".to_owned(),
            method: RequestMethod::Post,
            content_type: ContentType::Json,
            raw_body: false,
            credentials: Some(("robot".to_owned(), "canary".to_owned())),
            secret: Some("It's a Secret to Everybody".to_owned()),
            headers: vec![
                ("Authorization".to_owned(), "Bearer canary".to_owned()),
                ("X-Key".to_owned(), "canary".to_owned()),
                (
                    "Content-Type".to_owned(),
                    "application/vnd.own+json".to_owned(),
                ),
            ],
            event: "push".to_owned(),
            uuid: "u-1".to_owned(),
            test: false,
            body: "Hello, World!".to_owned(),
        }
    }

    #[test]
    fn what_is_told_of_the_headers_authenticates_nobody() {
        let (headers, told) = parcel().labelled("Hello, World!");
        assert_eq!(headers["x-key"], "canary");
        assert_eq!(headers["content-type"], "application/vnd.own+json");
        assert!(!told.contains("canary"), "{told}");
        assert!(!told.to_lowercase().contains("authorization"), "{told}");
        assert!(told.contains("X-Key"), "{told}");
    }

    #[test]
    fn only_a_test_says_that_it_is_one() {
        let (headers, _) = parcel().labelled("");
        assert!(!headers.contains_key("x-portus-test"));
        let test = Parcel {
            test: true,
            ..parcel()
        };
        let (headers, told) = test.labelled("");
        assert_eq!(headers["x-portus-test"], "true");
        assert!(told.contains("X-Portus-Test"), "{told}");
    }

    /// The example that GitHub gives for the same kind of signature.
    #[test]
    fn the_signature_is_the_one_that_receivers_know() {
        let (headers, _) = parcel().labelled("Hello, World!");
        assert_eq!(
            headers["x-portus-signature-256"],
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }

    #[test]
    fn a_form_carries_the_event_in_a_field_unless_it_is_to_be_bare() {
        let form = Parcel {
            content_type: ContentType::Form,
            body: r#"{"a":"b&c"}"#.to_owned(),
            ..parcel()
        };
        assert_eq!(form.packed(), "payload=%7B%22a%22%3A%22b%26c%22%7D");
        let bare = Parcel {
            raw_body: true,
            ..form
        };
        assert_eq!(bare.packed(), r#"{"a":"b&c"}"#);
    }
}
