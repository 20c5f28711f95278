use super::*;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

fn captured() -> BTreeMap<String, Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/registry-events");
    let mut files = BTreeMap::new();
    for version in ["v2.8", "v3"] {
        for entry in std::fs::read_dir(root.join(version)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            files.insert(format!("{version}/{name}"), std::fs::read(&path).unwrap());
        }
    }
    files
}

fn only(envelope: &[u8]) -> Event {
    let (mut events, malformed) = parse(envelope);
    assert_eq!((events.len(), malformed.len()), (1, 0));
    events.remove(0)
}

fn short(digest: &Digest) -> &str {
    &digest.digits()[..8]
}

fn summary(event: &Event) -> String {
    let what = match event.kind() {
        EventKind::ManifestPushed { tag, digest } => format!("pushed {tag:?} {}", short(&digest)),
        EventKind::ManifestPulled { tag, digest } => format!("pulled {tag:?} {}", short(&digest)),
        EventKind::Deleted(Deleted::Tag(tag)) => format!("deleted tag {tag:?}"),
        EventKind::Deleted(Deleted::Digest(digest)) => format!("deleted digest {}", short(&digest)),
        other => format!("{other:?}"),
    };
    let actor = event.actor.as_deref().unwrap_or("nobody");
    let config = event.target.config_media_type.as_deref().unwrap_or("-");
    format!(
        "{} by {actor}: {what}, config {config}",
        event.target.repository
    )
}

#[test]
fn every_captured_envelope_is_understood() {
    let files = captured();
    assert_eq!(files.len(), 365);
    let lines: Vec<_> = files
        .iter()
        .map(|(name, body)| format!("{name}: {}", summary(&only(body))))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_captured_envelope_means_what_its_file_name_says() {
    for (name, body) in captured() {
        let event = only(&body);
        assert!(event.timestamp.is_some() && event.id.len() == 36, "{name}");
        let Some((_, step)) = name.rsplit_once('.').filter(|(_, step)| step.contains('-')) else {
            continue;
        };
        let kind = event.kind();
        let as_named = match step.split_once('-').map_or(step, |(_, named)| named) {
            "push-manifest" => matches!(kind, EventKind::ManifestPushed { .. }),
            "pull-manifest" => matches!(kind, EventKind::ManifestPulled { .. }),
            "push-blob" | "pull-blob" => kind == EventKind::Blob,
            "mount-blob" => kind == EventKind::Mounted,
            "delete-digest" => matches!(kind, EventKind::Deleted(Deleted::Digest(_))),
            "delete-tag" => matches!(kind, EventKind::Deleted(Deleted::Tag(_))),
            // `v2.8/…` without steps splits at the version's own dot.
            _ => true,
        };
        assert!(as_named, "{name}: {kind:?}");
    }
}

#[test]
fn the_kept_part_of_a_captured_event_reads_the_same() {
    for (name, body) in captured() {
        let event = only(&body);
        assert_eq!(
            Event::parse(event.raw.as_bytes()),
            Ok(event.clone()),
            "{name}"
        );
        let whole: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let whole = Event::parse(whole["events"][0].to_string().as_bytes()).unwrap();
        assert_eq!(
            Event {
                raw: String::new(),
                ..whole
            },
            Event {
                raw: String::new(),
                ..event
            },
            "{name}"
        );
    }
}

fn push() -> serde_json::Value {
    json!({"id": "1", "action": "push", "target": {
        "repository": "a/b", "tag": "1", "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": Digest::of(b"x").as_str(), "size": 7}})
}

fn envelope(events: &[serde_json::Value]) -> Vec<u8> {
    json!({ "events": events }).to_string().into_bytes()
}

#[test]
fn faults_are_counted_and_the_rest_is_kept() {
    let faults = |body: &[u8]| parse(body).1;
    for body in [
        "",
        "[]",
        "nonsense",
        "{",
        "{]",
        "{\"events\":[",
        "{\"events\":[]}x",
        "\u{0}",
    ] {
        assert_eq!(faults(body.as_bytes()), [Malformed::NotJson], "{body}");
    }
    for body in [
        "{}",
        r#"{"events":null}"#,
        r#"{"events":{"a":[]}}"#,
        r#"{"other":[1,{"events":[]}]}"#,
    ] {
        assert_eq!(faults(body.as_bytes()), [Malformed::NoEvents], "{body}");
    }
    assert_eq!(parse(br#"{"events":[]}"#), (vec![], vec![]));
    let body = envelope(&[
        json!(1),
        json!(null),
        json!("x"),
        json!([{}]),
        json!({}),
        json!({"target": []}),
        push(),
    ]);
    let (events, malformed) = parse(&body);
    assert_eq!(events.len(), 1);
    let (object, target) = (Malformed::NotAnObject, Malformed::NoTarget);
    assert_eq!(malformed, [object, object, object, object, target, target]);
}

#[test]
fn fields_of_other_types_count_as_missing() {
    let event = only(&envelope(&[
        json!({"id": 5, "timestamp": [], "action": {}, "actor": "x", "request": 1,
        "target": {"repository": 1, "tag": null, "size": -1, "digest": false}}),
    ]));
    assert_eq!(event.id.len(), 64);
    assert_eq!(
        (event.timestamp, event.actor.clone(), event.target.size),
        (None, None, None)
    );
    assert_eq!(event.kind(), EventKind::Ignored("unknown action"));
}

#[test]
fn meaning_needs_valid_names_and_digests() {
    let with = |field: &str, value: serde_json::Value| {
        let mut event = push();
        event["target"][field] = value;
        only(&envelope(&[event])).kind()
    };
    assert!(matches!(
        with("size", json!(1)),
        EventKind::ManifestPushed { .. }
    ));
    for (field, value) in [
        ("repository", json!("")),
        ("repository", json!("/a")),
        ("tag", json!("a b")),
        ("digest", json!("sha256:abc")),
        ("digest", json!(null)),
        ("mediaType", json!("")),
    ] {
        assert!(
            matches!(with(field, value), EventKind::Ignored(_)),
            "{field}"
        );
    }
}

#[test]
fn times_of_any_zone_become_utc() {
    let at = |time: &str| moment(time).map(|moment| moment.to_string());
    assert_eq!(
        at("2026-11-22T11:37:35.629584897+09:00").unwrap(),
        "2026-11-22 02:37:35.629584"
    );
    assert_eq!(at("2026-11-22T02:37:35Z").unwrap(), "2026-11-22 02:37:35");
    for bad in ["", "0001-01-01T00:00:00Z", "yesterday"] {
        assert_eq!(at(bad), None);
    }
}

#[test]
fn a_derived_id_is_the_same_in_every_retry() {
    let mut event = push();
    event.as_object_mut().unwrap().remove("id");
    let id = only(&envelope(&[event.clone()])).id;
    assert_eq!(only(&envelope(&[event.clone()])).id, id);
    event["target"]["tag"] = json!("2");
    assert_ne!(only(&envelope(&[event])).id, id);
}

#[test]
fn megabytes_of_references_cost_no_memory() {
    let mut event = push();
    let reference = json!({"mediaType": "application/vnd.oci.image.config.v1+json", "size": 1, "annotations": {"a": [1]}});
    event["target"]["references"] = json!(vec![reference; 50_000]);
    event["junk"] = json!("x\\\"".repeat(100_000));
    let event = only(&envelope(&[event]));
    assert!(event.raw.len() < 1024, "{}", event.raw.len());
    assert_eq!(
        event.target.config_media_type.as_deref(),
        Some("application/vnd.oci.image.config.v1+json")
    );
    assert_eq!(event.target.tag.as_deref(), Some("1"));
}

#[test]
fn an_event_that_is_too_large_does_not_hide_the_next() {
    let mut event = push();
    event["target"]["url"] = json!("x".repeat(MAX_EVENT));
    let (events, malformed) = parse(&envelope(&[event, push()]));
    assert_eq!((events.len(), malformed), (1, vec![Malformed::TooLarge]));
}

#[test]
fn an_envelope_of_millions_is_cut_off() {
    let body = format!(r#"{{"events":[{}1]}}"#, "1,".repeat(MAX_EVENTS * 3));
    let (events, malformed) = parse(body.as_bytes());
    assert_eq!((events.len(), malformed.len()), (0, MAX_EVENTS + 1));
    assert_eq!(malformed.last(), Some(&Malformed::TooMany));
    let (events, malformed) = parse(&envelope(&vec![push(); MAX_EVENTS + 5]));
    assert_eq!(
        (events.len(), malformed),
        (MAX_EVENTS, vec![Malformed::TooMany])
    );
}

#[test]
fn depth_is_no_danger() {
    let deep = format!(
        r#"{{"events":[{{"x":{}1{},"target":{{"repository":"a"}}}}]}}"#,
        "[".repeat(200_000),
        "]".repeat(200_000)
    );
    assert_eq!(only(deep.as_bytes()).target.repository, "a");
    assert_eq!(
        parse("[".repeat(200_000).as_bytes()).1,
        [Malformed::NotJson]
    );
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes in any::<Vec<u8>>()) {
        let _ = parse(&bytes);
    }

    #[test]
    fn no_almost_json_breaks_the_reader(body in r#"\{"events":\[[\[\]{}",:\\0-9a-z ]{0,60}"#) {
        let _ = parse(body.as_bytes());
    }

    #[test]
    fn pieces_read_as_the_whole(cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..8)) {
        let body = serde_json::to_vec_pretty(&json!({"a": 1, "events": [push(), 3, push()], "b": "]"})).unwrap();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(body.len())).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let mut reader = EventReader::new();
        let mut found: Vec<_> = cuts.windows(2).flat_map(|cut| reader.feed(&body[cut[0]..cut[1]])).collect();
        found.extend(reader.finish());
        let mut whole = EventReader::new();
        let mut expected = whole.feed(&body);
        expected.extend(whole.finish());
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(found.len(), 3);
    }
}
