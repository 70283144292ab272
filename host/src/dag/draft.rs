//! The first stage: text → a draft that says which plugins it needs.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use semver::VersionReq;
use serde_json::Value;

use crate::dag::diagnostic::{Diagnostic, Mistake, Place};
use crate::dag::file::{DagFile, PluginSpec};
use crate::dag::json;
use crate::dag::locate;
use crate::dag::path::DocPath;
use crate::dag::read;
use crate::dag::shape;
use crate::dag::words::Suggest;
use crate::limits::JSON_DEPTH_MAX;

/// A DAG as it was written: read as far as it could be read, its plugins not known yet.
///
/// It keeps what was wrong so far: the second stage, [`check`](crate::dag::check()), reports it with all the rest.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The text, if it is made of one.
    pub(crate) text: Option<Arc<str>>,
    /// What the DAG's version is made of: the text, else the document.
    pub(crate) source: Arc<str>,
    /// What could be read; `None` if nothing could.
    pub(crate) file: Option<DagFile>,
    pub(crate) mistakes: Vec<Mistake>,
    plugins: Vec<PluginRef>,
}

/// A plugin that a draft names.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginRef {
    /// Its name in the file.
    pub name: String,
    /// Where it comes from.
    pub source: PluginSource,
}

/// Where a plugin comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginSource {
    /// A crate: built when it changed.
    Path {
        /// Its folder as written; relative to the DAG file's.
        path: PathBuf,
    },
    /// A component.
    File {
        /// As written; relative to the DAG file's folder.
        path: PathBuf,
    },
    /// A registered plugin of the same name.
    Registered {
        /// Which versions will do.
        requirement: VersionReq,
    },
}

impl Draft {
    /// Reads a DAG file.
    pub fn from_toml(text: &str) -> Self {
        let read = read::read(text);
        let source: Arc<str> = text.into();
        let mut draft = Self::new(read.value, Arc::clone(&source), read.mistakes);
        draft.text = Some(source);
        draft
    }

    /// Reads a DAG from the document that a DAG file stands for; its mistakes have no place in a text.
    pub fn from_document(document: Value) -> Self {
        let source = json::canonical(&document).into();
        if json::nests_at_most(&document, JSON_DEPTH_MAX) && document.is_object() {
            return Self::new(Some(document), source, Vec::new());
        }
        let message = format!("a DAG is a table that nests at most {JSON_DEPTH_MAX} deep");
        Self::new(None, source, vec![Mistake::error(Place::value(DocPath::root()), message)])
    }

    /// The plugins that it names, each once: those of `[plugins]` in their order, then those that only tasks and
    /// callbacks name, which are registered ones.
    pub fn plugins(&self) -> &[PluginRef] {
        &self.plugins
    }

    /// Whether its text could be read at all. If not, there is no use in looking for its plugins.
    pub fn is_readable(&self) -> bool {
        self.file.is_some()
    }

    /// What is wrong so far.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        locate::diagnostics(self.mistakes.clone(), self.text.as_deref())
    }

    fn new(document: Option<Value>, source: Arc<str>, mut mistakes: Vec<Mistake>) -> Self {
        let mut file = None;
        if let Some(document) = document {
            let (read, wrong) = shape::read(document, &Suggest::default());
            file = read;
            mistakes.extend(wrong);
        }
        let plugins = file.as_ref().map(|file| plugins(file, &mut mistakes)).unwrap_or_default();
        Self { text: None, source, file, mistakes, plugins }
    }
}

fn plugins(file: &DagFile, mistakes: &mut Vec<Mistake>) -> Vec<PluginRef> {
    let mut refs = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, spec) in &file.plugins.0 {
        seen.insert(name.as_str());
        match source(name, spec) {
            Ok(source) => refs.push(PluginRef { name: name.clone(), source }),
            Err(_) if mistakes.iter().any(|mistake| mistake.touches(&DocPath::of(&["plugins", name]))) => {}
            Err(mistake) => mistakes.push(*mistake),
        }
    }
    for name in file.named_plugins().filter(|name| seen.insert(name)) {
        let source = PluginSource::Registered { requirement: VersionReq::STAR };
        refs.push(PluginRef { name: name.to_owned(), source });
    }
    refs
}

fn source(name: &str, spec: &PluginSpec) -> Result<PluginSource, Box<Mistake>> {
    let at = DocPath::of(&["plugins", name]);
    let table = match spec {
        PluginSpec::Version(version) => return registered(version, at),
        PluginSpec::From(table) => table,
    };
    match (&table.path, &table.file, &table.version) {
        (Some(path), None, None) => Ok(PluginSource::Path { path: non_empty(path, at.key("path"))? }),
        (None, Some(file), None) => Ok(PluginSource::File { path: non_empty(file, at.key("file"))? }),
        (None, None, Some(version)) => registered(version, at.key("version")),
        (path, file, version) => {
            let none = path.is_none() && file.is_none() && version.is_none();
            let how_many = if none { "needs one" } else { "takes only one" };
            let message = format!("the plugin `{name}` {how_many} of `path`, `file` and `version`");
            Err(Box::new(Mistake::error(Place::value(at), message)))
        }
    }
}

fn non_empty(path: &str, at: DocPath) -> Result<PathBuf, Box<Mistake>> {
    if path.is_empty() || path.contains('\0') {
        return Err(Box::new(Mistake::error(Place::value(at), "this is no path")));
    }
    Ok(PathBuf::from(path))
}

fn registered(version: &str, at: DocPath) -> Result<PluginSource, Box<Mistake>> {
    match version.parse() {
        Ok(requirement) => Ok(PluginSource::Registered { requirement }),
        Err(error) => {
            let message = format!("`{version}` is no version requirement: {error}");
            let hint = "write `\"0.1\"` for 0.1.x, `\"=0.1.2\"` for that one, `\"*\"` for any".to_owned();
            Err(Box::new(Mistake::error(Place::value(at), message).hint(hint)))
        }
    }
}
