use super::*;

/// The templates that people see, by name.
fn templates() -> Vec<(String, String)> {
    let mut all = Views::texts("");
    all.retain(|(name, _)| name.ends_with(".html"));
    assert!(all.len() > 5, "{all:?}");
    all
}

/// A template without what Tera reads, and that alone: `{{ … }}`, `{% … %}` and `{# … #}`.
fn taken_apart(text: &str) -> (String, Vec<String>) {
    let (mut plain, mut code) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(at) = rest
        .find("{{")
        .into_iter()
        .chain(rest.find("{%"))
        .chain(rest.find("{#"))
        .min()
    {
        plain.push_str(&rest[..at]);
        let end = match &rest[at..at + 2] {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let inner = &rest[at + 2..];
        // An argument such as `{t(k="…")}` closes with one brace, and may stand right before the other two.
        let mut close = inner.find(end).unwrap_or(inner.len());
        while end == "}}" && inner[close + 2..].starts_with('}') {
            close += 1;
        }
        if end != "#}" {
            code.push(inner[..close].to_owned());
        }
        plain.push(' ');
        rest = inner.get(close + 2..).unwrap_or_default();
    }
    plain.push_str(rest);
    (plain, code)
}

#[test]
fn no_text_stands_in_a_template() {
    let mut found = Vec::new();
    for (name, text) in templates() {
        let (plain, code) = taken_apart(&text);
        let visible: String = plain
            .split('<')
            .map(|it| it.split_once('>').map_or(it, |(_, rest)| rest))
            .collect::<Vec<_>>()
            .join(" ");
        let visible = visible.replace("&nbsp;", " ").replace("&times;", " ");
        for word in visible.split_whitespace() {
            let product = ["portus-rs", "docker", "skopeo"].contains(&word);
            if word.chars().any(char::is_alphabetic) && !product {
                found.push(format!("{name}: {word}"));
            }
        }
        for tag in plain.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap_or_default();
            for attribute in ["title=\"", "placeholder=\"", "aria-label=\"", "alt=\""] {
                let mut values = tag.split(attribute).skip(1);
                let said = values.find(|it| {
                    let value = it.split('"').next().unwrap_or_default();
                    value.chars().any(char::is_alphabetic)
                });
                if let Some(said) = said {
                    found.push(format!("{name}: {attribute}{said}"));
                }
            }
        }
        for call in code.iter().flat_map(|it| {
            ["label=\"", "title=\"", "hint=\"", "question=\""].map(|name| (it, name))
        }) {
            if let Some((_, said)) = call.0.split_once(call.1)
                && said.starts_with(|c: char| c.is_alphabetic())
            {
                found.push(format!("{name}: {}{said}", call.1));
            }
        }
    }
    assert!(
        found.is_empty(),
        "texts belong into views/locales:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_message_that_a_template_says_is_there() {
    let mut missing = Vec::new();
    for (name, text) in templates() {
        for piece in text.split("t(k=\"").skip(1) {
            let Some((key, after)) = piece.split_once('"') else {
                continue;
            };
            // What goes on with `~` is put together from a value; samples go through those.
            let whole = !after.trim_start().starts_with('~');
            let said = Language::English.message(key, &Values::new());
            if whole && said.is_none() {
                missing.push(format!("{name}: {key}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn nothing_is_inline_and_nothing_from_other_hosts() {
    let mut found = Vec::new();
    for (name, text) in templates() {
        // Letters are read where there are no style sheets.
        if name.starts_with("mail/") {
            continue;
        }
        for wrong in [
            " style=\"",
            "<style",
            " onclick=",
            " onchange=",
            " onsubmit=",
            " onload=",
            "javascript:",
            "hx-on",
            "src=\"http",
            "href=\"//",
            "src=\"//",
        ] {
            if text.contains(wrong) {
                found.push(format!("{name}: {wrong}"));
            }
        }
        let scripts = text.matches("<script").count();
        let files = text.matches("<script src=\"{{ frame.root }}").count();
        // Swagger UI and what shows it are not in the bundle with a stamp.
        let files = files + text.matches("<script src=\"{{ root }}/assets/").count();
        if scripts != files {
            found.push(format!("{name}: a script without a file"));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn forms_that_write_bring_their_token() {
    let mut found = Vec::new();
    for (name, text) in templates() {
        for form in text.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            let writes = form
                .split('>')
                .next()
                .unwrap_or_default()
                .contains("method=\"post\"");
            if writes && !form.contains("<protected") && !form.contains("authenticity_token") {
                found.push(name.clone());
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn sizes_are_told_as_people_say_them() {
    for (size, text) in [
        (0.0, "0 B"),
        (1023.0, "1023 B"),
        (1536.0, "1.5 KiB"),
        (734_003_200.0, "700 MiB"),
        (5e15, "4547 TiB"),
    ] {
        assert_eq!(bytes(size), text);
    }
}
