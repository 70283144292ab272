//! What every check needs: the tasks by their ids, and their plugins.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::dag::catalog::Catalog;
use crate::dag::check::plugins;
use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::file::{DagFile, TaskSpec};
use crate::dag::model::ResolvedPlugin;
use crate::dag::params::JsonSchema;
use crate::dag::path::DocPath;
use crate::dag::words::Suggest;
use crate::ids::TaskId;

pub(super) struct Ground<'a> {
    pub(super) file: &'a DagFile,
    pub(super) tasks: &'a [(String, TaskSpec)],
    pub(super) suggest: Suggest,
    /// Whether the only task is a callback: it has no neighbours, and its templates know what happened.
    pub(super) is_callback: bool,
    /// What the first stage found wrong.
    broken: Vec<Mistake>,
    ids: FxHashMap<&'a str, usize>,
    plugins: FxHashMap<&'a str, &'a ResolvedPlugin>,
    /// Compiled once for each plugin; `None` if a schema is broken.
    schemas: RefCell<FxHashMap<&'a str, Option<std::rc::Rc<JsonSchema>>>>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(file: &'a DagFile, catalog: &'a Catalog, mistakes: &mut Vec<Mistake>) -> Self {
        let broken = mistakes.clone();
        for (id, _) in &file.tasks.0 {
            if let Err(error) = TaskId::new(id) {
                let place = Place::key(DocPath::of(&["tasks", id]));
                mistakes.push(Mistake::error(place, format!("`{id}` cannot be a task's id: {error}")));
            }
        }
        Self::of(file, catalog, broken, mistakes)
    }

    fn of(file: &'a DagFile, catalog: &'a Catalog, broken: Vec<Mistake>, mistakes: &mut Vec<Mistake>) -> Self {
        let (tasks, suggest) = (file.tasks.0.as_slice(), Suggest::default());
        let plugins = plugins::resolve(file, catalog, &suggest, mistakes);
        let ids = tasks.iter().enumerate().map(|(at, (id, _))| (id.as_str(), at)).collect();
        Self { file, tasks, suggest, is_callback: false, broken, ids, plugins, schemas: RefCell::default() }
    }

    /// As [`Ground::new`], for a callback that was put into a file of its own; `broken` is known of it. What is wrong with
    /// the plugins was said of the whole file.
    pub(super) fn of_callback(file: &'a DagFile, catalog: &'a Catalog, broken: Vec<Mistake>) -> Self {
        Self { is_callback: true, ..Self::of(file, catalog, broken, &mut Vec::new()) }
    }

    /// The place of a task among the tasks.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.ids.get(id).copied()
    }

    /// The id of the task at a place.
    pub(super) fn id(&self, at: usize) -> &'a str {
        self.tasks.get(at).map_or("", |(id, _)| id)
    }

    /// The plugin of the task at a place, if it is known.
    pub(super) fn plugin(&self, at: usize) -> Option<&'a ResolvedPlugin> {
        self.plugins.get(self.tasks.get(at)?.1.plugin.as_deref()?).copied()
    }

    /// Whether a plugin's name was resolved.
    pub(super) fn is_known(&self, plugin: &str) -> bool {
        self.plugins.contains_key(plugin)
    }

    /// The params schema of a plugin by its name; the first time it is asked for, what is wrong with it is reported.
    pub(super) fn schema(&self, name: &'a str, mistakes: &mut Vec<Mistake>) -> Option<std::rc::Rc<JsonSchema>> {
        if let Some(known) = self.schemas.borrow().get(name) {
            return known.clone();
        }
        let descriptor = &self.plugins.get(name)?.descriptor;
        let schema = match JsonSchema::compile(&descriptor.params_schema) {
            Ok(schema) => Some(std::rc::Rc::new(schema)),
            Err(error) => {
                let message = format!("the params schema of the plugin `{name}` cannot be used: {error}");
                mistakes.push(Mistake::error(plugins::place(self.file, name), message));
                None
            }
        };
        self.schemas.borrow_mut().insert(name, schema.clone());
        schema
    }

    /// The path of a task.
    pub(super) fn path(&self, at: usize) -> DocPath {
        DocPath::of(&["tasks", self.id(at)])
    }

    /// Whether the first stage found something wrong there, so that it may be missing now.
    pub(super) fn is_broken(&self, path: &DocPath) -> bool {
        self.broken.iter().any(|mistake| mistake.touches(path))
    }

    /// An unknown task.
    pub(super) fn no_such_task(&self, id: &str, place: Place) -> Mistake {
        let known = self.tasks.iter().map(|(id, _)| id.as_str());
        Mistake::error(place, format!("there is no task `{id}`")).hint(self.suggest.hint(id, known, "tasks"))
    }
}
