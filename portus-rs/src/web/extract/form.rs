//! Forms: names with brackets become objects and lists, as Rack reads them; multipart is taken apart.

use serde_json::{Map, Value};

/// Deeper brackets than any parameter has are nobody's parameter.
const DEEPEST: usize = 8;

/// Puts a pair such as `user[name]=a` or `only[]=a` into the tree.
pub fn put(tree: &mut Map<String, Value>, name: &str, value: &str) {
    let Some(path) = path(name) else { return };
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    let slot = tree.entry((*first).to_owned()).or_insert(Value::Null);
    place(slot, rest, value);
}

fn place(slot: &mut Value, path: &[&str], value: &str) {
    match path.split_first() {
        None => {
            // A plain value never replaces an object or list that was built before it.
            if !slot.is_object() && !slot.is_array() {
                *slot = Value::from(value);
            }
        }
        Some((&"", rest)) => {
            if !slot.is_array() {
                *slot = Value::Array(Vec::new());
            }
            if let Value::Array(items) = slot {
                items.push(Value::Null);
                if let Some(last) = items.last_mut() {
                    place(last, rest, value);
                }
            }
        }
        Some((member, rest)) => {
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            if let Value::Object(members) = slot {
                let inner = members.entry((*member).to_owned()).or_insert(Value::Null);
                place(inner, rest, value);
            }
        }
    }
}

/// `a[b][]` as `a`, `b`, `""`; `None` for what has no such form.
fn path(name: &str) -> Option<Vec<&str>> {
    let (first, mut rest) = match name.find('[') {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    if first.is_empty() {
        return None;
    }
    let mut path = vec![first];
    while !rest.is_empty() {
        let (member, more) = rest.strip_prefix('[')?.split_once(']')?;
        path.push(member);
        rest = more;
    }
    (path.len() <= DEEPEST).then_some(path)
}

/// The pairs of a urlencoded query or body.
pub fn urlencoded(bytes: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(bytes)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// The pairs of a multipart body; files are left out. `None` if it is not in that form.
pub fn multipart(content_type: &str, body: &[u8]) -> Option<Vec<(String, String)>> {
    let boundary = parameter(content_type, "boundary").filter(|it| !it.is_empty())?;
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let mut pairs = Vec::new();
    let mut rest = after(body, &delimiter)?;
    loop {
        if rest.starts_with(b"--") {
            return Some(pairs);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let end = position(rest, &[b"\r\n", delimiter.as_slice()].concat())?;
        let part = rest.get(..end)?;
        rest = rest.get(end + 2 + delimiter.len()..)?;
        let split = position(part, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(part.get(..split)?);
        let disposition = head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-disposition")
                .then(|| value.trim())
        });
        let Some(disposition) = disposition else {
            continue;
        };
        if parameter(disposition, "filename").is_some() {
            continue;
        }
        if let Some(name) = parameter(disposition, "name") {
            let value = part.get(split + 4..)?;
            pairs.push((name, String::from_utf8_lossy(value).into_owned()));
        }
    }
}

/// A parameter of a header's value, without its quotes.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case(wanted)
            .then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

fn after<'a>(haystack: &'a [u8], needle: &[u8]) -> Option<&'a [u8]> {
    let at = position(haystack, needle)?;
    haystack.get(at + needle.len()..)
}
