//! What a version of a plugin wants that the version before it did not: a person has to agree to it.
//!
//! The base set of WASI, the log, progress and metrics are no wants: they give a plugin nothing. `context` is one, since
//! with it results depend on the run.

use std::collections::BTreeSet;

use semver::Version;

use super::record::{ComponentRecord, PluginRecord};

/// The version that a new one is held against: the same one if it is replaced, else the highest below it, else the lowest
/// above.
pub(super) fn predecessor<'a>(plugins: &'a [PluginRecord], name: &str, version: &Version) -> Option<&'a PluginRecord> {
    let named = || plugins.iter().filter(|plugin| plugin.name == name);
    let below = named().filter(|plugin| plugin.version <= *version).max_by_key(|plugin| &plugin.version);
    below.or_else(|| named().min_by_key(|plugin| &plugin.version))
}

/// What `new` imports and requests that `old` does not, in words.
pub(super) fn growth(old: &ComponentRecord, new: &ComponentRecord) -> Vec<String> {
    let before = wants(old);
    wants(new).into_iter().filter(|want| !before.contains(want)).collect()
}

fn wants(component: &ComponentRecord) -> BTreeSet<String> {
    let interface = &component.interface;
    let context = interface.task_imports.iter().filter(|import| unversioned(import) == "dagwood:task/context");
    let imports = interface.granted_imports.iter().chain(context);
    let imports = imports.map(|import| format!("the import `{}`", unversioned(import).escape_debug()));
    let requests = component.descriptor.requests.iter();
    let requests = requests.map(|asked| format!("{} `{}`", asked.kind, asked.value.escape_debug()));
    imports.chain(requests).collect()
}

/// A later version of the same interface is no other want.
fn unversioned(import: &str) -> &str {
    import.split_once('@').map_or(import, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::testing::record;

    fn grown(old: &str, new: &str) -> Vec<String> {
        growth(&record(old).component, &record(new).component)
    }

    #[test]
    fn only_what_is_new_is_named() {
        let old = "a 1.0.0 imports:wasi:http/types@0.2.0 wants:env=LANG";
        assert_eq!(grown(old, "a 1.1.0 imports:wasi:http/types@0.2.6 wants:env=LANG"), Vec::<String>::new());
        assert_eq!(grown(old, "a 1.1.0"), Vec::<String>::new(), "less is no growth");
        let more = "a 1.1.0 imports:wasi:http/types@0.2.0 imports:wasi:http/outgoing-handler@0.2.0 wants:env=PATH";
        assert_eq!(grown(old, more), ["env `PATH`", "the import `wasi:http/outgoing-handler`"]);
        assert_eq!(
            grown("a 1.0.0", "a 1.1.0 uses:dagwood:task/context@0.1.0 uses:dagwood:task/log@0.1.0"),
            ["the import `dagwood:task/context`"]
        );
    }

    #[test]
    fn a_version_is_held_against_the_one_before_it() {
        let plugins = ["a 1.0.0", "a 1.2.0", "a 2.0.0", "b 1.1.0"].map(record);
        let found = |version: &str| {
            let version = version.parse().unwrap();
            predecessor(&plugins, "a", &version).map(|found| found.version.to_string())
        };
        assert_eq!(found("1.2.1").as_deref(), Some("1.2.0"));
        assert_eq!(found("1.2.0").as_deref(), Some("1.2.0"), "in its place");
        assert_eq!(found("3.0.0").as_deref(), Some("2.0.0"));
        assert_eq!(found("0.1.0").as_deref(), Some("1.0.0"));
        assert_eq!(predecessor(&plugins, "c", &Version::new(1, 0, 0)), None);
    }
}
