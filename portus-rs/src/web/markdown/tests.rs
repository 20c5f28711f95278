use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{html, summary};

fn of(text: &str) -> String {
    html(Some(text)).unwrap()
}

#[test]
fn blank_text_gives_nothing() {
    assert_eq!(html(None), None);
    assert_eq!(html(Some("")), None);
    assert_eq!(html(Some(" \n\t")), None);
}

#[test]
fn markdown_is_rendered() {
    assert_eq!(
        of("# Hi\n\n*a* **b** `c`"),
        "<h1>Hi</h1>\n<p><em>a</em> <strong>b</strong> <code>c</code></p>\n"
    );
    assert_eq!(
        of("```sh\necho \"<b>\" 2^3\n```"),
        "<pre><code>echo \"&lt;b&gt;\" 2^3\n</code></pre>\n"
    );
    assert_eq!(of("- x\n- y"), "<ul>\n<li>x</li>\n<li>y</li>\n</ul>\n");
    assert_eq!(
        of("[a](https://example.com \"t\")"),
        "<p><a href=\"https://example.com\" title=\"t\" rel=\"nofollow noopener noreferrer\">a</a></p>\n"
    );
    assert!(of("[a](/teams/1)").contains("href=\"/teams/1\""));
}

#[test]
fn superscripts_are_raised() {
    assert_eq!(of("the 2^nd time"), "<p>the 2<sup>nd</sup> time</p>\n");
    assert_eq!(of("2^(nd time) x"), "<p>2<sup>nd time</sup> x</p>\n");
    assert_eq!(of("a^b^c"), "<p>a<sup>b<sup>c</sup></sup></p>\n");
    assert_eq!(of("a ^ b ^"), "<p>a ^ b ^</p>\n");
    assert_eq!(of("a\\^b"), "<p>a^b</p>\n");
    assert_eq!(of("`a^b`"), "<p><code>a^b</code></p>\n");
}

/// What attackers write, one a line of a page that must hold no trace of it.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/track.png)",
    "![x](javascript:alert(1))",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<javascript:alert(1)>",
    "<p style=\"position:fixed\">x</p>",
    "<style>*{display:none}</style>",
    "<svg/onload=alert(1)>",
    "<math><mtext></p><style><img src=x onerror=alert(1)></style>",
    "<iframe src=//evil.example></iframe>",
    "<form action=//evil.example><input name=password></form>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<!--<img src=x onerror=alert(1)>-->",
    "[x](https://ok.example \"onmouseover=alert(1)\" onclick=alert(1))",
    "[x]: javascript:alert(1)\n\n[x]",
    "x^<script>alert(1)</script>",
    "^(<img src=x onerror=alert(1)>)",
    "```\"><script>alert(1)</script>\nx\n```",
    "``` \" onmouseover=alert(1) x=\"\nx\n```",
    "<div\n\nonclick=alert(1)>",
];

/// The elements and attributes of a page as a browser would find them.
fn is_inert(html: &str) -> bool {
    const TAGS: &[&str] = &[
        "a",
        "blockquote",
        "br",
        "code",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "sup",
        "ul",
    ];
    html.split('<').skip(1).all(|piece| {
        let Some((tag, _)) = piece.split_once('>') else {
            return false;
        };
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap_or_default();
        let attributes = tag.strip_prefix(name).unwrap_or_default().trim();
        let fine = match name {
            "a" if !tag.starts_with('/') => {
                let href = attributes
                    .split("href=\"")
                    .nth(1)
                    .and_then(|it| it.split('"').next());
                href.is_none_or(|href| {
                    // Browsers pass over blanks and control characters; what is no name of a scheme is part of a path.
                    let href: String = href.chars().filter(|it| *it > ' ').collect();
                    let scheme = href.split_once(':').map(|(scheme, _)| scheme).filter(|it| {
                        it.starts_with(|c: char| c.is_ascii_alphabetic())
                            && it
                                .chars()
                                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
                    });
                    scheme.is_none_or(|it| {
                        ["http", "https", "mailto"].contains(&it.to_ascii_lowercase().as_str())
                    })
                })
            }
            "ol" => attributes.is_empty() || attributes.starts_with("start=\""),
            _ => tag.starts_with('/') || attributes.is_empty(),
        };
        TAGS.contains(&name) && fine
    })
}

#[test]
fn nothing_that_acts_gets_through() {
    for text in HOSTILE {
        let page = of(text);
        assert!(is_inert(&page), "{text:?} became {page:?}");
    }
    let all = HOSTILE.join("\n\n");
    assert!(is_inert(&of(&all)));
}

#[test]
fn a_colon_in_a_path_is_no_scheme() {
    let page = of("[a](![x](https://elsewhere.example/track.png))");
    assert!(is_inert(&page), "{page:?}");
}

#[test]
fn the_test_would_notice() {
    for page in [
        "<script>",
        "<p onclick=\"x\">",
        "<a href=\"javascript:x\">",
        "<a href=\" java\nscript:x\">",
        "<img src=\"x\">",
        "<p style=\"x\">",
        "<p",
    ] {
        assert!(!is_inert(page), "{page}");
    }
}

#[test]
fn no_depth_makes_it_slow() {
    let begun = Instant::now();
    for text in [
        ">".repeat(60_000),
        "- ".repeat(30_000),
        "^a".repeat(30_000),
        "[".repeat(60_000),
        "*a _b ".repeat(10_000),
        "![".repeat(30_000),
        "<b>".repeat(20_000),
    ] {
        assert!(is_inert(&of(&text)));
    }
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

proptest! {
    #[test]
    fn whatever_is_written_does_nothing(
        parts in prop::collection::vec(prop_oneof![
            prop::sample::select(HOSTILE).prop_map(str::to_owned),
            "[ -~]{0,20}",
            "\\PC{0,10}",
            prop::sample::select(&["\n", "> ", "- ", "`", "```\n", "^", "(", ")", "\\", "<", "\">", "**", "[a]("][..])
                .prop_map(str::to_owned),
        ], 0..12)
    ) {
        let text = parts.concat();
        if let Some(page) = html(Some(&text)) {
            prop_assert!(is_inert(&page), "{:?} became {:?}", text, page);
        }
    }
}

#[test]
fn a_summary_is_the_first_paragraph_in_plain_words() {
    for (text, said) in [
        (
            "The **runtime** of `all`\nservices.\n\n- glibc",
            "The runtime of all services.",
        ),
        ("# Web\n\nmore", "Web"),
        ("- one\n- two", "one"),
        ("<b>hello</b>", "hello"),
    ] {
        assert_eq!(summary(text).as_deref(), Some(said), "{text}");
    }
    assert_eq!(summary("  \n"), None);
}
