//! What people write, as HTML that does nothing: Markdown with superscripts and fenced code. Raw HTML and images are
//! left out, and what remains passes an allow-list.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html::push_html};

#[cfg(test)]
mod tests;

/// Elements within elements. Deeper ones are left out, their text stays: browsers and sanitisers slow down with depth.
const DEEPEST: usize = 32;

static ALLOWED: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from([
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
        ]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "title"])),
            ("ol", HashSet::from(["start"])),
        ]))
        .clean_content_tags(HashSet::from(["script", "style"]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("nofollow noopener noreferrer"))
        .strip_comments(true);
    builder
});

/// The first paragraph of a text without its markup, for lists.
pub fn summary(text: &str) -> Option<String> {
    let mut said = String::new();
    for event in Parser::new_ext(text, Options::empty()) {
        match event {
            Event::Text(piece) | Event::Code(piece) => said.push_str(&piece),
            Event::SoftBreak | Event::HardBreak => said.push(' '),
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item)
                if !said.trim().is_empty() =>
            {
                break;
            }
            _ => {}
        }
    }
    Some(said.trim().to_owned()).filter(|it| !it.is_empty())
}

/// The HTML of a text; `None` for none and for a blank one.
pub fn html(text: Option<&str>) -> Option<String> {
    let text = text.filter(|text| !text.trim().is_empty())?;
    let parser = Parser::new_ext(text, Options::empty()).into_offset_iter();
    let mut events = Vec::new();
    let mut depth = 0_usize;
    let mut in_code = false;
    for (event, range) in parser {
        match event {
            // What stands in for an image is its description.
            Event::Html(_)
            | Event::InlineHtml(_)
            | Event::Start(Tag::Image { .. } | Tag::HtmlBlock)
            | Event::End(TagEnd::Image | TagEnd::HtmlBlock) => {}
            Event::Start(tag) => {
                depth += 1;
                in_code |= matches!(tag, Tag::CodeBlock(_));
                if depth <= DEEPEST {
                    events.push(Event::Start(tag));
                }
            }
            Event::End(tag) => {
                in_code &= tag != TagEnd::CodeBlock;
                if depth <= DEEPEST {
                    events.push(Event::End(tag));
                }
                depth = depth.saturating_sub(1);
            }
            Event::Text(words) if !in_code && words.contains('^') => {
                let before = text.get(..range.start).unwrap_or_default();
                let escaped = before.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
                let plain = usize::from(escaped && words.starts_with('^'));
                let (plain, rest) = words.split_at(plain);
                push_text(plain, &mut events);
                push_superscripts(rest, &mut events, depth);
            }
            other => events.push(other),
        }
    }
    let mut unsafe_html = String::with_capacity(text.len() * 3 / 2);
    push_html(&mut unsafe_html, events.into_iter());
    Some(ALLOWED.clean(&unsafe_html).to_string())
}

/// `2^nd` up to the next space, `2^(nd and more)` up to the bracket; within one there may be another.
fn push_superscripts(text: &str, events: &mut Vec<Event<'_>>, depth: usize) {
    if depth > DEEPEST {
        return push_text(text, events);
    }
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('^') {
        let (raised, tail) = match after.strip_prefix('(').and_then(|it| it.split_once(')')) {
            Some(found) => found,
            None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
        };
        push_text(before, events);
        if raised.is_empty() {
            push_text("^", events);
            rest = after;
        } else {
            events.push(Event::InlineHtml("<sup>".into()));
            push_superscripts(raised, events, depth + 1);
            events.push(Event::InlineHtml("</sup>".into()));
            rest = tail;
        }
    }
    push_text(rest, events);
}

fn push_text(text: &str, events: &mut Vec<Event<'_>>) {
    if !text.is_empty() {
        events.push(Event::Text(text.to_owned().into()));
    }
}
