//! Secret files made at the first start: whole or absent to every reader, the same for every process.

use super::KeyError;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Creates the data directory with mode 0700 if it is missing; an existing one keeps its mode.
pub fn prepare_directory(dir: &Path) -> Result<(), KeyError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|e| io("create", dir, e))
}

/// The file's content, `None` if there is no such file.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, KeyError> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io("read", path, e)),
    }
}

/// Returns the file's content, made by `make` if the file is missing.
///
/// Several processes may call this at once: one content wins and all return it. The file appears
/// complete, with mode 0600, and survives a crash.
pub fn create_once(
    path: &Path,
    make: impl FnOnce() -> Result<Vec<u8>, KeyError>,
) -> Result<Vec<u8>, KeyError> {
    if let Some(content) = read(path)? {
        return Ok(content);
    }
    if let Some(dir) = path.parent() {
        prepare_directory(dir)?;
    }
    let draft = Draft::write(path, &make()?)?;
    draft.publish(path)?;
    read(path)?.ok_or_else(|| io("read", path, ErrorKind::NotFound.into()))
}

/// The key base that sessions and stored secrets are protected with: 128 hexadecimal digits, made once.
pub fn secret_key_base(data_dir: &Path) -> Result<String, KeyError> {
    let path = data_dir.join("secret_key_base");
    let content = create_once(&path, || {
        let mut random = [0_u8; 64];
        openssl::rand::rand_bytes(&mut random)
            .map_err(|e| KeyError::openssl("no randomness from the system", &e))?;
        Ok(hex(&random).into_bytes())
    })?;
    let text = String::from_utf8_lossy(&content).trim().to_owned();
    if text.len() < 30 {
        let problem = "too short for a secret; remove the file to have a new one made, or set PORTUS_SECRET_KEY_BASE";
        return Err(KeyError::Unusable(problem.to_owned()).in_file(&path));
    }
    Ok(text)
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A finished file under a name of its own, removed when dropped.
struct Draft(PathBuf);

impl Draft {
    fn write(target: &Path, content: &[u8]) -> Result<Self, KeyError> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", uuid::Uuid::new_v4().simple()));
        let draft = Self(target.with_file_name(name));
        let write = || {
            let mut options = OpenOptions::new();
            let mut file = options
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&draft.0)?;
            file.write_all(content)?;
            file.sync_all()
        };
        write().map_err(|e| io("write", target, e))?;
        Ok(draft)
    }

    /// Gives the draft its final name unless somebody else was first.
    fn publish(self, target: &Path) -> Result<(), KeyError> {
        match fs::hard_link(&self.0, target) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::AlreadyExists => return Ok(()),
            Err(_) => self.publish_without_links(target)?,
        }
        if let Some(dir) = target.parent() {
            // Some file systems cannot sync a directory; the file itself is safe.
            let _ = File::open(dir).and_then(|dir| dir.sync_all());
        }
        Ok(())
    }

    /// For file systems without hard links: renaming replaces, so a lock must stand before it.
    fn publish_without_links(&self, target: &Path) -> Result<(), KeyError> {
        let dir = target.parent().unwrap_or(Path::new("."));
        let publish = || {
            let lock = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(dir.join(".lock"))?;
            lock.lock()?;
            if target.try_exists()? {
                return Ok(());
            }
            fs::rename(&self.0, target)
        };
        publish().map_err(|e| io("create", target, e))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn io(doing: &'static str, path: &Path, cause: std::io::Error) -> KeyError {
    KeyError::Io {
        doing,
        path: path.to_owned(),
        cause,
    }
}
