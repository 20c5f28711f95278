//! Configurations made from values, never from the environment of the test.

mod coercion;
mod databases;
mod environments;
mod files;
mod formers;
mod printing;
mod properties;
mod sections;

use tempfile::TempDir;

use super::*;

/// An application root of its own, and an environment.
struct Setup {
    root: TempDir,
    sources: Sources,
}

impl Setup {
    fn new(env: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        let env = env.iter().map(|(name, value)| (name.into(), value.into()));
        let sources = Sources::new(env, root.path());
        Self { root, sources }
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("a file");
        self
    }

    fn local(self, text: &str) -> Self {
        self.file("config/config-local.yml", text)
    }

    fn loaded(&self) -> Loaded {
        load(&self.sources).expect("a configuration")
    }

    fn config(&self) -> Config {
        self.loaded().config
    }

    fn errors(&self) -> String {
        load(&self.sources).expect_err("errors").to_string()
    }

    fn warnings(&self) -> String {
        let texts: Vec<String> = self
            .loaded()
            .warnings
            .iter()
            .map(ToString::to_string)
            .collect();
        texts.join("\n")
    }
}

fn config(env: &[(&str, &str)]) -> Config {
    Setup::new(env).config()
}

fn errors(env: &[(&str, &str)]) -> String {
    Setup::new(env).errors()
}

fn warnings(env: &[(&str, &str)]) -> String {
    Setup::new(env).warnings()
}

/// The lines of `text` that hold `word`.
fn mentions(text: &str, word: &str) -> usize {
    text.lines().filter(|line| line.contains(word)).count()
}
