//! Which plugin is meant on the command line: `train`, `train@0.1`, `train@0.1.0`, `blake3:…`.

use std::fmt;
use std::str::FromStr;

use semver::{Version, VersionReq};

use super::record::PluginRecord;
use super::versions::{ResolveError, all_named, parse_requirement, select, versions};
use crate::ids::Digest;

/// Which plugin is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginRef {
    /// The highest version that is no pre-release.
    Name(String),
    /// The highest version that fits.
    Fitting(String, VersionReq),
    /// This version.
    Exact(String, Version),
    /// The component itself.
    Component(Digest),
}

impl FromStr for PluginRef {
    type Err = ResolveError;

    /// A whole version means just that one; anything less is a requirement.
    fn from_str(text: &str) -> Result<Self, ResolveError> {
        if let Ok(digest) = text.parse() {
            return Ok(Self::Component(digest));
        }
        let Some((name, wanted)) = text.split_once('@') else { return Ok(Self::Name(text.to_owned())) };
        match Version::parse(wanted) {
            Ok(version) => Ok(Self::Exact(name.to_owned(), version)),
            Err(_) => Ok(Self::Fitting(name.to_owned(), parse_requirement(wanted)?)),
        }
    }
}

impl fmt::Display for PluginRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Fitting(name, requirement) => write!(f, "{name}@{requirement}"),
            Self::Exact(name, version) => write!(f, "{name}@{version}"),
            Self::Component(digest) => write!(f, "{digest}"),
        }
    }
}

impl PluginRef {
    /// The plugin to use: the highest that fits. One with only pre-releases has to be named exactly.
    pub fn select<'a>(&self, plugins: &'a [PluginRecord]) -> Result<&'a PluginRecord, ResolveError> {
        match self {
            Self::Name(name) => select(plugins, name, &VersionReq::STAR),
            Self::Fitting(name, requirement) => select(plugins, name, requirement),
            Self::Exact(name, version) => find_exact(plugins, name, version),
            Self::Component(digest) => {
                let found = plugins.iter().find(|plugin| plugin.component.digest == *digest);
                found.ok_or(ResolveError::UnknownDigest(*digest))
            }
        }
    }

    /// The one plugin that can be meant, for what must not be guessed.
    pub fn only<'a>(&self, plugins: &'a [PluginRecord]) -> Result<&'a PluginRecord, ResolveError> {
        let (name, fitting): (_, Vec<_>) = match self {
            Self::Name(name) => (name, all_named(plugins, name)?),
            Self::Fitting(name, requirement) => {
                let named = all_named(plugins, name)?;
                (name, named.into_iter().filter(|plugin| requirement.matches(&plugin.version)).collect())
            }
            Self::Exact(..) | Self::Component(_) => return self.select(plugins),
        };
        match fitting.as_slice() {
            [] => self.select(plugins),
            [only] => Ok(only),
            several => Err(ResolveError::Several { name: name.clone(), versions: versions(several) }),
        }
    }
}

fn find_exact<'a>(
    plugins: &'a [PluginRecord],
    name: &str,
    version: &Version,
) -> Result<&'a PluginRecord, ResolveError> {
    let named = all_named(plugins, name)?;
    named.iter().find(|plugin| plugin.version == *version).copied().ok_or_else(|| ResolveError::NoVersion {
        name: name.to_owned(),
        requirement: version.to_string(),
        versions: versions(&named),
    })
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
