//! `Link` headers, by RFC 8288, as far as pages of a list need them.

/// The target of the first link whose relation is `next`, as written.
pub fn next(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        let (target, behind) = rest.split_once('<')?.1.split_once('>')?;
        let (parameters, further) = until_comma(behind);
        if is_next(parameters) {
            return Some(target);
        }
        rest = further;
    }
}

/// Splits at the first comma outside quotation marks.
fn until_comma(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

fn is_next(parameters: &str) -> bool {
    let relation = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("rel").then_some(value)
    });
    relation.is_some_and(|value| {
        let words = value.trim().trim_matches('"');
        words
            .split_ascii_whitespace()
            .any(|word| word.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_next_page_is_found_among_other_links() {
        for (header, target) in [
            (
                r#"</v2/_catalog?last=a%2Fa&n=3>; rel="next""#,
                Some("/v2/_catalog?last=a%2Fa&n=3"),
            ),
            ("<https://r/v2/x>;rel=next", Some("https://r/v2/x")),
            (
                r#"<a>; rel="prev", <b>; title="x, <y>"; rel="last Next""#,
                Some("b"),
            ),
            (r#"<a,b>; rel="next""#, Some("a,b")),
            (r#"<a>; REL="NEXT""#, Some("a")),
            (r#"<a>; rel="prev""#, None),
            ("<a>", None),
            ("", None),
            ("<a", None),
            (r#"a; rel="next""#, None),
            (r#"<a>; rel="nextish""#, None),
        ] {
            assert_eq!(next(header), target, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_header_breaks_the_reader(header in any::<String>()) {
            let _ = next(&header);
        }
    }
}
