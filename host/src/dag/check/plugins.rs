//! The plugins that tasks name.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::dag::catalog::{Catalog, PluginProblem};
use crate::dag::check::ground::Ground;
use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::file::DagFile;
use crate::dag::model::ResolvedPlugin;
use crate::dag::path::DocPath;
use crate::dag::words::{Suggest, list};

/// The plugins that are known, by their names in the file.
pub(super) fn resolve<'a>(
    file: &'a DagFile,
    catalog: &'a Catalog,
    suggest: &Suggest,
    mistakes: &mut Vec<Mistake>,
) -> FxHashMap<&'a str, &'a ResolvedPlugin> {
    let declared = file.plugins.0.iter().map(|(name, _)| name.as_str());
    let mut seen = FxHashSet::default();
    let mut known = FxHashMap::default();
    for name in declared.chain(file.named_plugins()).filter(|name| seen.insert(*name)) {
        match catalog.plugins.get(name) {
            Some(Ok(plugin)) => {
                known.insert(name, plugin);
            }
            Some(Err(problem)) => mistakes.push(unresolved(file, catalog, name, problem, suggest)),
            // Its entry in `[plugins]` was a mistake, or the caller did not look it up.
            None if is_declared(file, name) => {}
            None => mistakes.push(unresolved(file, catalog, name, &PluginProblem::NotRegistered, suggest)),
        }
    }
    known
}

fn unresolved(file: &DagFile, catalog: &Catalog, name: &str, problem: &PluginProblem, suggest: &Suggest) -> Mistake {
    let place = place(file, name);
    match problem {
        PluginProblem::NotRegistered => {
            let declared = file.plugins.0.iter().map(|(name, _)| name.as_str()).filter(|other| *other != name);
            let known = declared.chain(catalog.registered.iter().map(String::as_str));
            let message = if is_declared(file, name) {
                format!("no plugin `{name}` is registered")
            } else {
                format!("there is no plugin `{name}`: it is neither in `[plugins]` nor registered")
            };
            Mistake::error(place, message).hint(suggest.hint(name, known, "plugins"))
        }
        PluginProblem::NoSuchVersion { registered } => {
            let versions: Vec<String> = registered.iter().map(ToString::to_string).collect();
            let message = format!("no registered version of `{name}` fits");
            Mistake::error(place, message).hint(format!("registered: {}", list(versions.iter().map(String::as_str))))
        }
        PluginProblem::Other { message, hint } => {
            Mistake::error(place, format!("the plugin `{name}`: {message}")).hint(hint.clone())
        }
    }
}

fn is_declared(file: &DagFile, name: &str) -> bool {
    file.plugins.0.iter().any(|(declared, _)| declared == name)
}

/// Where a plugin's name stands: in `[plugins]`, else where it is used first.
pub(super) fn place(file: &DagFile, name: &str) -> Place {
    if is_declared(file, name) {
        return Place::key(DocPath::of(&["plugins", name]));
    }
    Place::value(file.first_use(name).unwrap_or_default())
}

/// Plugins that no task names.
pub(super) fn warn_of_unused(ground: &Ground<'_>, mistakes: &mut Vec<Mistake>) {
    let used: FxHashSet<&str> = ground.file.named_plugins().collect();
    let unused = ground.file.plugins.0.iter().filter(|(name, _)| !used.contains(name.as_str()));
    // Of one that is wrong, that is enough to say.
    for (name, _) in unused.filter(|(name, _)| ground.is_known(name)) {
        let place = Place::key(DocPath::of(&["plugins", name]));
        mistakes.push(Mistake::warning(place, format!("no task uses the plugin `{name}`")));
    }
}
