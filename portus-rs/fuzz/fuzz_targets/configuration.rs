#![no_main]

use portus_rs::config::{self, Sources};

libfuzzer_sys::fuzz_target!(|values: (String, String, String)| {
    let (cron, port, tags) = values;
    let env = [
        ("CATALOG_CRON", cron),
        ("PORTUS_EMAIL_SMTP_PORT", port),
        ("PORTUS_DELETE_GARBAGE_COLLECTOR_TAG", tags),
    ];
    let env = env.map(|(name, value)| (name.into(), value.into()));
    let _ = config::load(&Sources::new(env, "/nonexistent"));
});
