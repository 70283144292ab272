//! What the plugins that a draft names turned out to be.

use std::collections::BTreeMap;

use crate::dag::model::ResolvedPlugin;

/// The answers to [`Draft::plugins`](crate::dag::Draft::plugins), found outside this room.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// What each name was resolved to.
    pub plugins: BTreeMap<String, Result<ResolvedPlugin, PluginProblem>>,
    /// Names of all registered plugins, for hints. May be left out where every name was resolved.
    pub registered: Vec<String>,
}

/// Why a plugin's name was not resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginProblem {
    /// No plugin of that name is registered.
    NotRegistered,
    /// It is registered, but not in a version that will do.
    NoSuchVersion {
        /// The versions that there are.
        registered: Vec<semver::Version>,
    },
    /// Anything else: no such folder, not built yet, no component.
    Other {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
}
