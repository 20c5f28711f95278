#![no_main]

use portus_rs::protocol::{image_name::ImageName, scope::ScopeRequest};

libfuzzer_sys::fuzz_target!(|text: &str| {
    for scope in ScopeRequest::parse([text]).scopes {
        let _ = ImageName::parse(&scope.name);
        assert!(!scope.actions.is_empty());
    }
});
