#![no_main]

use portus_rs::protocol::{
    claims::Patterns,
    id_token::{Keys, Token, looks_like_one},
};

// What a stranger shows as a token, and what its owner wrote as a pattern.
libfuzzer_sys::fuzz_target!(|given: (&str, &str)| {
    let (text, pattern) = given;
    let _ = looks_like_one(text);
    if let Ok(token) = Token::read(text) {
        assert!(token.verified(&Keys::default()).is_err());
    }
    let written = [("sub".to_owned(), pattern.to_owned())].into();
    if let Ok(patterns) = Patterns::read(&written) {
        let claims = serde_json::from_str(text).unwrap_or_default();
        let _ = patterns.misfit(&claims);
    }
});
