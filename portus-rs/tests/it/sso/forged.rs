//! Answers and ID tokens that nobody should believe.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Browser, OPENID, Sso, location};
use crate::support::provider::{Key, unsigned};

async fn refused(sso: &Sso, browser: &mut Browser, back: &str, why: &str) {
    let answer = browser.get(&sso.service, back).await;
    assert_eq!(location(&answer), "/users/sign_in", "{why}");
    let told = browser.told(&sso.service).await;
    assert!(
        told.contains("Could not authenticate you from Openid connect because"),
        "{why}: {told}"
    );
    assert_eq!(browser.who(&sso.service).await, None, "{why}");
    assert_eq!(sso.service.count("pending_sign_ins").await, 0, "{why}");
}

#[actix_web::test]
async fn an_id_token_that_is_wrong_in_any_way_lets_nobody_in() {
    let sso = Sso::start().await;
    sso.person(json!({"sub": "1", "email": "ann@id.example", "email_verified": true}));
    let now = sso.provider.state().now;
    let lies: Vec<(&str, Value)> = vec![
        ("expired", json!({"exp": now - 120})),
        ("early", json!({"nbf": now + 300})),
        ("issued in the future", json!({"iat": now + 300})),
        ("another audience", json!({"aud": "somebody-else"})),
        (
            "several audiences",
            json!({"aud": ["portus-client", "somebody-else"]}),
        ),
        ("another party", json!({"azp": "somebody-else"})),
        ("another issuer", json!({"iss": "https://evil.example"})),
        ("another nonce", json!({"nonce": "of another login"})),
        ("no nonce", json!({"nonce": null})),
        ("nobody", json!({"sub": ""})),
        ("no end", json!({"exp": null})),
    ];
    for (why, change) in lies {
        sso.provider.state().lie = Some(Box::new(move |claims| {
            for (name, value) in change.as_object().unwrap() {
                claims[name] = value.clone();
            }
        }));
        let mut browser = Browser::default();
        let back = sso.back(&mut browser).await;
        refused(&sso, &mut browser, &back, why).await;
    }
    sso.provider.state().lie = None;
    let foreign = Key::new("first");
    let unknown = Key::new("unknown");
    let header = json!({"alg": "RS256", "kid": "first", "jwk": foreign.public, "jku": "https://evil.example/jwks"});
    let (own, brought) = (foreign.clone(), foreign.clone());
    let forgeries: Vec<(&str, crate::support::provider::Forge)> = vec![
        (
            "alg none",
            Box::new(|_, claims| format!("{}.", unsigned(&json!({"alg": "none"}), claims))),
        ),
        (
            "no signature",
            Box::new(|key, claims| {
                format!(
                    "{}.",
                    unsigned(&json!({"alg": "RS256", "kid": key.id}), claims)
                )
            }),
        ),
        (
            "HS256 with the public key",
            Box::new(Key::sign_by_public_half),
        ),
        (
            "another key of the same name",
            Box::new(move |_, claims| own.sign(claims)),
        ),
        (
            "a key brought along",
            Box::new(move |_, claims| brought.sign_as(&header, claims)),
        ),
        (
            "an unknown key",
            Box::new(move |_, claims| unknown.sign(claims)),
        ),
        ("no token", Box::new(|_, _| "nonsense".to_owned())),
    ];
    for (why, forge) in forgeries {
        sso.provider.state().forge = Some(forge);
        let mut browser = Browser::default();
        let back = sso.back(&mut browser).await;
        refused(&sso, &mut browser, &back, why).await;
    }
    sso.provider.state().forge = None;
    assert_eq!(super::how_often(&sso.service, "session:fail").await, 18);
    let mut honest = Browser::default();
    assert_eq!(location(&sso.enter(&mut honest).await), "/users/oauth");
}

#[actix_web::test]
async fn an_answer_counts_once_soon_and_in_the_browser_that_asked() {
    let sso = Sso::start().await;
    sso.register("1", "ann").await;
    let mut browser = Browser::default();
    let back = sso.back(&mut browser).await;
    // Somebody else is handed the link, with a flow of their own or none.
    let mut victim = Browser::default();
    refused(&sso, &mut victim, &back, "another browser").await;
    sso.back(&mut victim).await;
    refused(&sso, &mut victim, &back, "another state").await;
    let mut without = Browser {
        cookies: browser.cookies.clone(),
    };
    let changed = back.replace("state=", "state=x");
    refused(&sso, &mut without, &changed, "a changed state").await;
    // Again, with everything as it was.
    let kept = browser.cookies.clone();
    let answer = browser.get(&sso.service, &back).await;
    assert_eq!(location(&answer), "/");
    assert_eq!(browser.who(&sso.service).await.as_deref(), Some("ann"));
    let mut replay = Browser { cookies: kept };
    refused(&sso, &mut replay, &back, "used already").await;
    let mut slow = Browser::default();
    let back = sso.back(&mut slow).await;
    sso.service.app.clock.advance(TimeDelta::minutes(11));
    refused(&sso, &mut slow, &back, "too late").await;
    let mut damaged = Browser::default();
    let back = sso.back(&mut damaged).await;
    for value in damaged.cookies.values_mut() {
        value.pop();
    }
    refused(&sso, &mut damaged, &back, "a damaged cookie").await;
}

#[actix_web::test]
async fn what_the_provider_refuses_is_said_and_nothing_else() {
    let sso = Sso::start().await;
    let mut browser = Browser::default();
    sso.provider.state().denied = Some("access_denied".to_owned());
    let back = sso.back(&mut browser).await;
    let answer = browser.get(&sso.service, &back).await;
    assert_eq!(location(&answer), "/users/sign_in");
    let told = browser.told(&sso.service).await;
    let text = "Could not authenticate you from Openid connect because \"access_denied\".";
    assert!(told.contains(text), "{told}");
    sso.provider.state().denied = Some("call 555-1234 <b>now</b>".to_owned());
    let back = sso.back(&mut browser).await;
    browser.get(&sso.service, &back).await;
    let told = browser.told(&sso.service).await;
    assert!(!told.contains("555"), "{told}");
}

#[actix_web::test]
async fn a_provider_that_fails_is_told_apart_from_a_refusal() {
    let sso = Sso::start().await;
    sso.provider.state().broken = Some(500);
    let mut browser = Browser::default();
    let answer = browser
        .post(&sso.service, "/users/auth/openid_connect", &[])
        .await;
    assert_eq!(location(&answer), "/users/sign_in");
    let told = browser.told(&sso.service).await;
    assert!(
        told.contains("the provider's answer cannot be used"),
        "{told}"
    );
    // Nothing of it is remembered.
    sso.provider.state().broken = None;
    let back = sso.back(&mut browser).await;
    sso.provider.state().broken = Some(503);
    refused(&sso, &mut browser, &back, "down in the middle").await;
}

#[actix_web::test]
async fn keys_may_change_and_are_not_asked_for_at_every_forgery() {
    let sso = Sso::start().await;
    sso.register("1", "ann").await;
    sso.provider.state().key = Key::new("second");
    let mut ann = Browser::default();
    sso.enter(&mut ann).await;
    assert_eq!(ann.who(&sso.service).await.as_deref(), Some("ann"));
    let stranger = Key::new("third");
    sso.provider.state().forge = Some(Box::new(move |_, claims| stranger.sign(claims)));
    let asked = |sso: &Sso| {
        let state = sso.provider.state();
        state
            .asked
            .iter()
            .filter(|it| it.ends_with("/jwks"))
            .count()
    };
    let before = asked(&sso);
    for _ in 0..3 {
        let mut browser = Browser::default();
        let back = sso.back(&mut browser).await;
        refused(&sso, &mut browser, &back, OPENID).await;
    }
    assert_eq!(asked(&sso), before);
}

#[actix_web::test]
async fn userinfo_about_somebody_else_is_not_believed() {
    let sso = Sso::start().await;
    sso.person(json!({"sub": "1"}));
    sso.provider.state().userinfo =
        json!({"sub": "2", "email": "ann@id.example", "email_verified": true});
    let mut browser = Browser::default();
    let back = sso.back(&mut browser).await;
    refused(&sso, &mut browser, &back, "another subject").await;
    sso.provider.state().userinfo = json!({"email": "ann@id.example", "email_verified": "true"});
    assert_eq!(location(&sso.enter(&mut browser).await), "/users/oauth");
}
