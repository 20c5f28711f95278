//! How values are written into filters (RFC 4515), and what a distinguished name says (RFC 4514). No I/O.

use ldap3::ldap_escape;
use unicode_normalization::UnicodeNormalization as _;

/// The condition that an attribute has just this value, whatever characters it holds.
pub fn equals(attribute: &str, value: &str) -> String {
    format!("({attribute}={})", ldap_escape(value))
}

/// Both conditions; the second is as an administrator wrote it, with or without outer parentheses.
pub fn and(condition: &str, written: Option<&str>) -> String {
    match written.map(str::trim).filter(|it| !it.is_empty()) {
        None => condition.to_owned(),
        Some(whole) if whole.starts_with('(') => format!("(&{condition}{whole})"),
        Some(bare) => format!("(&{condition}({bare}))"),
    }
}

/// Any of the conditions.
pub fn any(conditions: &[String]) -> String {
    format!("(|{})", conditions.concat())
}

/// Whether a text can be the name of an attribute.
fn is_attribute(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-.;".contains(c))
}

/// A distinguished name, taken apart: from the entry's own part up to the root's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dn(Vec<Part>);

/// One part: attributes in lower case with their values, mostly one.
type Part = Vec<(String, String)>;

impl Dn {
    /// Takes a name apart; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self(Vec::new()));
        }
        let mut rest = text;
        let mut parts = vec![Part::new()];
        loop {
            let (attribute, after) = rest.split_once('=')?;
            let attribute = attribute.trim().to_ascii_lowercase();
            let attribute = attribute.strip_prefix("oid.").unwrap_or(&attribute);
            if !is_attribute(attribute) {
                return None;
            }
            let (value, end, after) = value(after)?;
            parts.last_mut()?.push((attribute.to_owned(), value));
            match end {
                Some('+') => {}
                Some(_) => parts.push(Part::new()),
                None => return Some(Self(parts)),
            }
            rest = after;
        }
    }

    /// The same text for every spelling of the name: without regard to case, spaces around parts, and escapes.
    pub fn key(&self) -> String {
        let mut key = String::new();
        for part in &self.0 {
            let mut pairs: Vec<String> = part
                .iter()
                .map(|(attribute, value)| {
                    let words: Vec<&str> = value.split_whitespace().collect();
                    let folded: String = words.join(" ").nfkc().collect();
                    format!("{attribute}={}", folded.to_lowercase())
                })
                .collect();
            pairs.sort_unstable();
            key.push_str(&pairs.join("\u{1}"));
            key.push('\0');
        }
        key
    }

    /// The value of the entry's own part, as `ann` in `uid=ann,ou=people`.
    #[cfg(test)]
    fn first_value(&self) -> Option<&str> {
        self.0.first()?.first().map(|(_, value)| value.as_str())
    }

    /// The domain that the `dc` parts spell, as `example.org`.
    pub fn domain(&self) -> Option<String> {
        let parts = self.0.iter().flatten();
        let names: Vec<&str> = parts
            .filter(|(attribute, _)| attribute == "dc")
            .map(|(_, value)| value.as_str())
            .collect();
        (!names.is_empty()).then(|| names.join("."))
    }

    /// Whether it stands at `base` or below.
    pub fn is_below(&self, base: &Self) -> bool {
        let (own, base) = (self.key(), base.key());
        own == base || own.ends_with(&format!("\0{base}")) || base.is_empty()
    }
}

/// One key for every spelling of a name, even of a text that is none.
pub fn dn_key(text: &str) -> String {
    Dn::parse(text).map_or_else(|| text.trim().to_lowercase(), |dn| dn.key())
}

/// Reads a value up to what separates it from the next. Returns it, the separator, and what follows.
fn value(text: &str) -> Option<(String, Option<char>, &str)> {
    let mut bytes: Vec<u8> = Vec::new();
    // How much of it stays when spaces at the end go: those that were escaped do.
    let mut kept = 0;
    // Other white space is part of it.
    let text = text.trim_start_matches(' ');
    let mut characters = text.char_indices().peekable();
    let mut quoted = false;
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => {
                let (at, next) = characters.next()?;
                if next.is_ascii_hexdigit() {
                    let pair = text.get(at..at + 2)?;
                    bytes.push(u8::from_str_radix(pair, 16).ok()?);
                    characters.next();
                } else {
                    bytes.extend(next.to_string().bytes());
                }
                kept = bytes.len();
            }
            '"' if bytes.is_empty() && !quoted => quoted = true,
            '"' if quoted => quoted = false,
            ',' | ';' | '+' if !quoted => {
                bytes.truncate(kept);
                let value = String::from_utf8_lossy(&bytes).into_owned();
                return Some((value, Some(c), &text[at + 1..]));
            }
            _ => {
                bytes.extend(c.to_string().bytes());
                if c != ' ' || quoted {
                    kept = bytes.len();
                }
            }
        }
    }
    if quoted {
        return None;
    }
    bytes.truncate(kept);
    Some((String::from_utf8_lossy(&bytes).into_owned(), None, ""))
}

#[cfg(test)]
mod tests;
