//! What debug builds make of files on the disk: anew once they have changed, so that whoever develops sees it at once, and
//! not for every page and every icon on it.

use std::{
    collections::HashMap,
    hash::Hash,
    path::Path,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

/// How many files there are and when one of them was last changed.
pub type Stamp = (usize, Option<SystemTime>);

/// The files of these names in a folder beside the crate; those that are not there do not count.
pub fn stamp(folder: &str, names: impl Iterator<Item = impl AsRef<str>>) -> Stamp {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let times = names.filter_map(|name| {
        let file = folder.join(name.as_ref()).metadata().ok()?;
        file.modified().ok()
    });
    times.fold((0, None), |(count, newest), time| {
        (count + 1, newest.max(Some(time)))
    })
}

/// Things by name, each with the state of the files that it was made of.
pub struct Fresh<K, T>(Mutex<HashMap<K, (Stamp, T)>>);

impl<K, T> Default for Fresh<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, T: Clone> Fresh<K, T> {
    /// The thing as these files make it.
    pub fn get<E>(
        &self,
        key: K,
        stamp: Stamp,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((then, thing)) = known().get(&key)
            && *then == stamp
        {
            return Ok(thing.clone());
        }
        let thing = make()?;
        known().insert(key, (stamp, thing.clone()));
        Ok(thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_made_anew_once_its_files_have_changed() {
        let fresh = Fresh::default();
        let made = |stamp, thing| fresh.get("a", stamp, || Ok::<_, ()>(thing)).unwrap();
        let now = Some(SystemTime::now());
        assert_eq!(made((1, None), 1), 1);
        assert_eq!(made((1, None), 2), 1);
        assert_eq!(made((1, now), 3), 3);
        assert_eq!(made((2, now), 4), 4);
        let (count, newest) = stamp("src/web/pages", ["fresh.rs", "nothing.rs"].into_iter());
        assert_eq!((count, newest.is_some()), (1, true));
    }
}
