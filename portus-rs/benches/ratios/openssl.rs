//! What one core of this machine signs, by OpenSSL's own measure, in the same run.

use std::process::Command;
use std::sync::OnceLock;

/// Signatures per second.
#[derive(Clone, Copy, Debug)]
pub struct Signs {
    pub rsa2048: f64,
    pub p256: f64,
}

/// Measured once per run.
///
/// # Panics
/// Without an `openssl` that measures.
pub fn signs() -> Signs {
    static SIGNS: OnceLock<Signs> = OnceLock::new();
    *SIGNS.get_or_init(|| {
        let signs = Signs {
            rsa2048: speed("rsa2048"),
            p256: speed("ecdsap256"),
        };
        eprintln!(
            "  openssl speed, one core: {:.0} RSA-2048 and {:.0} P-256 signatures/s",
            signs.rsa2048, signs.p256
        );
        signs
    })
}

fn speed(algorithm: &str) -> f64 {
    let done = Command::new("openssl")
        .args(["speed", "-mr", "-seconds", "2", algorithm])
        .output()
        .expect("run openssl, which `.ci/install test` installs");
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    // +F2:0:2048:0.000612:0.000018 for RSA, +F4:3:256:… for ECDSA: seconds for a signature, then for a check.
    let line = text.lines().find(|line| line.starts_with("+F"));
    let signature = line.and_then(|line| line.split(':').nth(3));
    let signature = signature.and_then(|it| it.trim().parse::<f64>().ok());
    let figure = signature.expect("openssl speed -mr prints what a signature takes");
    // OpenSSL 3 prints rates in some releases and times in others.
    if figure > 1.0 { figure } else { 1.0 / figure }
}
