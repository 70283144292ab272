//! Names and version requirements, resolved as Cargo does.
//!
//! `"0.1"` means `^0.1`; of the versions that fit, the highest is taken; a pre-release fits only a requirement that
//! names one of the same numbers.

use semver::{Version, VersionReq};

use super::record::PluginRecord;

/// How many names a hint offers.
const HINTS_MAX: usize = 3;

/// Why a name leads to no plugin.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Nothing has that name.
    #[error("no plugin is registered under the name `{name}`: {}", hint(near, *any))]
    Unknown {
        /// The name.
        name: String,
        /// Names that are written much like it.
        near: Vec<String>,
        /// Whether any plugin is registered.
        any: bool,
    },
    /// No version fits.
    #[error("no version of `{name}` fits `{requirement}`: {}", listed(versions))]
    NoVersion {
        /// The name.
        name: String,
        /// What was asked for.
        requirement: String,
        /// What there is, oldest first.
        versions: Vec<Version>,
    },
    /// It could be several, and one has to be meant.
    #[error("`{name}` has several versions: say which, as in `{name}@VERSION` ({})", listed(versions))]
    Several {
        /// The name.
        name: String,
        /// What there is, oldest first; at least two.
        versions: Vec<Version>,
    },
    /// Not a requirement.
    #[error("`{text}` is no version requirement: write it as in Cargo, such as \"0.1\" or \"=1.2.3\"")]
    BadRequirement {
        /// What was given.
        text: String,
        /// What is wrong with it.
        #[source]
        source: semver::Error,
    },
    /// No component has that digest.
    #[error("no component {0} is kept: `dagwood plugin list` shows those that are registered")]
    UnknownDigest(crate::ids::Digest),
}

/// Reads a requirement as it stands in a DAG file.
pub fn parse_requirement(text: &str) -> Result<VersionReq, ResolveError> {
    VersionReq::parse(text).map_err(|source| ResolveError::BadRequirement { text: text.to_owned(), source })
}

/// The highest version of `name` that fits.
pub fn select<'a>(
    plugins: &'a [PluginRecord],
    name: &str,
    requirement: &VersionReq,
) -> Result<&'a PluginRecord, ResolveError> {
    let named = all_named(plugins, name)?;
    let fitting = named.iter().filter(|plugin| requirement.matches(&plugin.version));
    fitting.max_by_key(|plugin| &plugin.version).copied().ok_or_else(|| ResolveError::NoVersion {
        name: name.to_owned(),
        requirement: requirement.to_string(),
        versions: versions(&named),
    })
}

/// All versions of `name`, oldest first; at least one.
pub(super) fn all_named<'a>(plugins: &'a [PluginRecord], name: &str) -> Result<Vec<&'a PluginRecord>, ResolveError> {
    let mut named: Vec<_> = plugins.iter().filter(|plugin| plugin.name == name).collect();
    named.sort_by(|a, b| a.version.cmp(&b.version));
    if named.is_empty() {
        let near = near_names(plugins.iter().map(|plugin| plugin.name.as_str()), name);
        return Err(ResolveError::Unknown { name: name.to_owned(), near, any: !plugins.is_empty() });
    }
    Ok(named)
}

pub(super) fn versions(plugins: &[&PluginRecord]) -> Vec<Version> {
    plugins.iter().map(|plugin| plugin.version.clone()).collect()
}

/// Names that a person may have meant, the nearest first.
pub fn near_names<'a>(known: impl Iterator<Item = &'a str>, name: &str) -> Vec<String> {
    let far = (name.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> =
        known.map(|known| (strsim::damerau_levenshtein(known, name), known)).filter(|(d, _)| *d <= far).collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(HINTS_MAX).map(|(_, known)| known.to_owned()).collect()
}

fn hint(near: &[String], any: bool) -> String {
    match near {
        [] if any => "`dagwood plugin list` shows what there is".to_owned(),
        [] => "none is registered yet; `dagwood plugin register FILE.wasm` does it".to_owned(),
        near => {
            let near: Vec<_> = near.iter().map(|name| format!("`{name}`")).collect();
            format!("did you mean {}?", near.join(" or "))
        }
    }
}

fn listed(versions: &[Version]) -> String {
    let listed: Vec<_> = versions.iter().map(Version::to_string).collect();
    match versions {
        [only] if !only.pre.is_empty() => format!("there is {only}, a pre-release, which must be named"),
        _ => format!("there is {}", listed.join(", ")),
    }
}

#[cfg(test)]
#[path = "versions_tests.rs"]
mod tests;
