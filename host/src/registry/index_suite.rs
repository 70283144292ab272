//! What every [`PluginIndex`] must do: one suite for all of them.

use std::path::{Path, PathBuf};

use semver::Version;

use super::ports::{Naming, PluginIndex, Unnaming};
use super::record::{PathBuild, PluginUser};
use super::testing::record;
use crate::ids::Digest;

/// Runs the suite over an empty index. `add_user` makes somebody use a component that was kept.
pub(crate) fn run(index: &dyn PluginIndex, add_user: impl Fn(Digest, &PluginUser)) {
    components_are_kept_once(index);
    a_name_is_given_once_unless_replaced(index);
    plugins_are_listed_in_the_order_of_versions(index);
    a_build_takes_the_place_of_the_one_before(index);
    what_is_used_stays(index, add_user);
}

fn components_are_kept_once(index: &dyn PluginIndex) {
    let mut component = record("alpha 0.1.0").component;
    assert_eq!(index.component(component.digest).unwrap(), None);
    index.keep_component(&component).unwrap();
    let kept = index.component(component.digest).unwrap();
    component.registered_at += jiff::SignedDuration::from_secs(1);
    index.keep_component(&component).unwrap();
    assert_eq!(index.component(component.digest).unwrap(), kept, "the first record stands");
    assert!(index.forget_component(component.digest).unwrap());
    assert_eq!(index.component(component.digest).unwrap(), None);
    assert!(index.forget_component(component.digest).unwrap(), "what never was is gone");
}

fn a_name_is_given_once_unless_replaced(index: &dyn PluginIndex) {
    let (first, other) = (record("beta 0.1.0"), record("beta 0.1.0 with other bytes"));
    assert!(index.name_plugin(&first, false).is_err(), "the component must be kept first");
    for plugin in [&first, &other] {
        index.keep_component(&plugin.component).unwrap();
    }
    let (first_digest, other_digest) = (first.component.digest, other.component.digest);
    assert_eq!(index.name_plugin(&first, false).unwrap(), Naming::New);
    assert_eq!(index.name_plugin(&first, false).unwrap(), Naming::Same(first.registered_at));
    assert_eq!(index.name_plugin(&other, false).unwrap(), Naming::Taken(first_digest));
    assert_eq!(index.plugins().unwrap(), vec![first.clone()]);
    assert_eq!(index.name_plugin(&other, true).unwrap(), Naming::Replaced(first_digest));
    assert_eq!(index.plugins().unwrap(), vec![other.clone()]);
    assert!(index.forget_component(first_digest).unwrap());
    assert!(!index.forget_component(other_digest).unwrap(), "it has a name");
    assert_eq!(index.unname_plugin("beta", &Version::new(9, 9, 9)).unwrap(), Unnaming::Absent);
    assert_eq!(index.unname_plugin("beta", &other.version).unwrap(), Unnaming::Removed);
    assert_eq!(index.unname_plugin("beta", &other.version).unwrap(), Unnaming::Absent);
    assert!(index.forget_component(other_digest).unwrap());
}

fn plugins_are_listed_in_the_order_of_versions(index: &dyn PluginIndex) {
    let in_order = ["gamma 0.2.0-rc.1", "gamma 0.2.0", "gamma 0.10.0", "zeta 0.1.0"].map(record);
    for plugin in in_order.iter().rev() {
        index.keep_component(&plugin.component).unwrap();
        index.name_plugin(plugin, false).unwrap();
    }
    assert_eq!(index.plugins().unwrap(), in_order);
    for plugin in &in_order {
        index.unname_plugin(&plugin.name, &plugin.version).unwrap();
        assert!(index.forget_component(plugin.component.digest).unwrap());
    }
}

fn a_build_takes_the_place_of_the_one_before(index: &dyn PluginIndex) {
    let (first, second) = (record("delta 0.1.0").component, record("delta 0.1.0 once more").component);
    let path = Path::new("/somewhere/with a blank/delta");
    let build = |digest| PathBuild {
        path: path.to_path_buf(),
        fingerprint: Digest::of(b"sources"),
        outside: vec![PathBuf::from("/somewhere/else, or not")],
        digest,
        built_at: jiff::Timestamp::UNIX_EPOCH,
    };
    assert_eq!(index.path_build(path).unwrap(), None);
    assert!(index.keep_path_build(&build(first.digest)).is_err(), "the component must be kept first");
    for component in [&first, &second] {
        index.keep_component(component).unwrap();
        index.keep_path_build(&build(component.digest)).unwrap();
        assert_eq!(index.path_build(path).unwrap(), Some(build(component.digest)));
    }
    assert!(index.forget_component(first.digest).unwrap());
    assert!(!index.forget_component(second.digest).unwrap(), "it is the last build");
}

fn what_is_used_stays(index: &dyn PluginIndex, add_user: impl Fn(Digest, &PluginUser)) {
    let plugin = record("epsilon 0.1.0");
    let digest = plugin.component.digest;
    index.keep_component(&plugin.component).unwrap();
    index.name_plugin(&plugin, false).unwrap();
    assert_eq!(index.users_of(digest).unwrap(), []);
    let dag = "ml_pipeline".parse().unwrap();
    let user = PluginUser::Run(dag, "manual__1".parse().unwrap());
    add_user(digest, &user);
    assert_eq!(index.users_of(digest).unwrap(), vec![user.clone()]);
    assert_eq!(index.unname_plugin("epsilon", &plugin.version).unwrap(), Unnaming::InUse(vec![user]));
    assert!(!index.forget_component(digest).unwrap());
    assert_eq!(index.plugins().unwrap(), [plugin]);
}

#[test]
fn the_index_in_memory_passes_the_suite() {
    let index = super::testing::MemoryIndex::default();
    run(&index, |digest, user| index.add_user(digest, user.clone()));
}
