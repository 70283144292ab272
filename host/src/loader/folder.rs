//! A folder of DAG files: what changed in it since it was looked at last.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

/// Files of cargo and rustup, which may lie beside a DAG.
const NOT_DAGS: &[&str] = &["Cargo.toml", "rust-toolchain.toml", "rustfmt.toml", "clippy.toml"];

/// How deep folders are looked into.
const DEPTH_MAX: usize = 16;

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It is not there any more.
    Gone(PathBuf),
    /// It is new, or another.
    Changed(PathBuf),
}

/// Which file it is, and in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(found: &Metadata) -> Self {
        Self {
            device: found.dev(),
            inode: found.ino(),
            bytes: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }
}

/// A folder of DAG files: all files that end in `.toml`, also in its folders. Left out are hidden names, folders of the
/// name `target`, and files that belong to cargo.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// `None`: it is to count as changed.
    known: BTreeMap<PathBuf, Option<Stamp>>,
}

impl Folder {
    /// Nothing of it is known yet.
    pub fn new(root: PathBuf) -> Self {
        Self { root, known: BTreeMap::new() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Forgets a file, so that it counts as changed when it is looked at next.
    pub fn forget(&mut self, path: &Path) {
        if let Some(stamp) = self.known.get_mut(path) {
            *stamp = None;
        }
    }

    /// Forgets all files, as [`Folder::forget`] does one.
    pub fn forget_all(&mut self) {
        self.known.values_mut().for_each(|stamp| *stamp = None);
    }

    /// What changed since the last look: first what is gone, then what is new or another, each by name. Blocks.
    pub fn look(&mut self) -> Vec<Change> {
        let found = self.files();
        let gone = self.known.keys().filter(|path| !found.contains_key(*path)).cloned().map(Change::Gone);
        let changed = found.iter().filter(|(path, stamp)| self.known.get(*path) != Some(&Some(**stamp)));
        let mut changes: Vec<_> = gone.chain(changed.map(|(path, _)| Change::Changed(path.clone()))).collect();
        changes.sort();
        self.known = found.into_iter().map(|(path, stamp)| (path, Some(stamp))).collect();
        changes
    }

    fn files(&self) -> BTreeMap<PathBuf, Stamp> {
        let walk = WalkDir::new(&self.root).min_depth(1).max_depth(DEPTH_MAX).follow_links(true).into_iter();
        walk.filter_entry(is_looked_at)
            // What cannot be read now is looked at again; a link in a circle is no file.
            .filter_map(Result::ok)
            .filter(is_dag)
            .filter_map(|entry| {
                let found = entry.metadata().ok().filter(Metadata::is_file)?;
                Some((entry.into_path(), Stamp::of(&found)))
            })
            .collect()
    }
}

fn is_looked_at(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let is_output = entry.file_type().is_dir() && name == "target";
    !name.starts_with('.') && !is_output
}

fn is_dag(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    name.ends_with(".toml") && !NOT_DAGS.contains(&&*name)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn changed(folder: &Folder, names: &[&str]) -> Vec<Change> {
        names.iter().map(|name| Change::Changed(folder.root().join(name))).collect()
    }

    #[test]
    fn new_changed_and_removed_files_are_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let mut folder = Folder::new(dir.path().to_owned());
        assert_eq!(folder.look(), []);
        write("b.toml", "1");
        write("team/a.toml", "1");
        assert_eq!(folder.look(), changed(&folder, &["b.toml", "team/a.toml"]));
        assert_eq!(folder.look(), []);
        write("b.toml", "22");
        assert_eq!(folder.look(), changed(&folder, &["b.toml"]));
        fs::rename(dir.path().join("b.toml"), dir.path().join("c.toml")).unwrap();
        let renamed = [Change::Gone(dir.path().join("b.toml")), Change::Changed(dir.path().join("c.toml"))];
        assert_eq!(folder.look(), renamed);
        folder.forget(&dir.path().join("c.toml"));
        assert_eq!(folder.look(), changed(&folder, &["c.toml"]));
        folder.forget_all();
        assert_eq!(folder.look(), changed(&folder, &["c.toml", "team/a.toml"]));
        // One that is forgotten and gone is gone.
        folder.forget_all();
        fs::remove_file(dir.path().join("c.toml")).unwrap();
        let one_gone = [Change::Gone(dir.path().join("c.toml")), changed(&folder, &["team/a.toml"]).remove(0)];
        assert_eq!(folder.look(), one_gone);
    }

    #[test]
    fn what_is_no_dag_file_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["dag.toml", "Cargo.toml", ".hidden.toml", "notes.md", ".git/x.toml", "target/x.toml", "x.toml.swp"]
        {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        fs::create_dir(dir.path().join("folder.toml")).unwrap();
        let mut folder = Folder::new(dir.path().to_owned());
        assert_eq!(folder.look(), changed(&folder, &["dag.toml"]));
    }

    #[test]
    fn a_folder_that_is_gone_holds_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.toml"), "").unwrap();
        let mut folder = Folder::new(dir.path().to_owned());
        folder.look();
        let path = dir.path().join("a.toml");
        dir.close().unwrap();
        assert_eq!(folder.look(), [Change::Gone(path)]);
    }
}
