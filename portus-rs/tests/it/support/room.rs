//! Directories and ports that no two servers share.

use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A port on loopback that nobody listens on.
///
/// Taken from below the range that the kernel uses for outgoing connections, and
/// never given twice in one process, so a server may be stopped and started again
/// on its port without another one slipping in.
pub fn free_port() -> u16 {
    const LOWEST: u32 = 15_000;
    const COUNT: u32 = 17_000;
    static GIVEN: OnceLock<Mutex<HashSet<u16>>> = OnceLock::new();
    let mut given = GIVEN
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let start = std::process::id().wrapping_mul(7_919) % COUNT;
    for step in 0..COUNT {
        let port = u16::try_from(LOWEST + (start + step) % COUNT).expect("below 32,000");
        if !given.contains(&port) && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            given.insert(port);
            return port;
        }
    }
    panic!("no free port on loopback");
}

/// A directory for a server that lives as long as the test process.
///
/// Such a server is a static, which is never dropped; so its directory carries our
/// process id, and the ones of dead processes are swept away here.
pub fn process_directory(server: &str) -> PathBuf {
    let base = std::env::temp_dir().join("portus-rs-it");
    std::fs::create_dir_all(&base).expect("create the directory of the shared servers");
    sweep(&base);
    let own = base.join(format!("{server}-{}", std::process::id()));
    std::fs::create_dir_all(&own).expect("create the directory of a shared server");
    own
}

fn sweep(base: &Path) {
    let entries = std::fs::read_dir(base).expect("read the directory of the shared servers");
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.rsplit('-').next());
        let dead = owner.is_some_and(|pid| {
            pid.parse::<u32>().is_ok() && !Path::new("/proc").join(pid).exists()
        });
        if dead {
            // Another test process may be sweeping the same directory.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
