//! `plugin register`: a component under the name and version that it describes itself with.

use std::path::Path;
use std::sync::Arc;

use semver::Version;

use super::Registry;
use super::error::{RegistryError, Taken, WantsMore, blocking};
use super::files::read_outside;
use super::growth::{growth, predecessor};
use super::ports::Naming;
use super::record::{ComponentRecord, PluginRecord};
use crate::ids::Digest;

/// What became of a registration.
#[derive(Debug, Clone, PartialEq)]
pub struct Registered {
    /// The plugin as it is registered now: its imports, requests, ports, size and digest are what people are shown.
    pub plugin: PluginRecord,
    /// Whether anything changed.
    pub registration: Registration,
}

/// Whether a registration changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// The name and version are new.
    New,
    /// The same bytes were registered before.
    AlreadyThere,
    /// The name and version meant other bytes before.
    Replaced(Digest),
}

/// What a person agreed to beforehand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RegisterOptions {
    /// That a name and version mean other bytes from now on.
    pub replace: bool,
    /// That a version imports or requests more than the one before it.
    pub accept_imports: bool,
}

impl Registry {
    /// Registers the component in a file.
    ///
    /// # Errors
    /// Each names what is wrong with the file, and then nothing is kept. Other bytes under a name and version that
    /// exists are refused unless that is agreed to, and so is a version that wants more than the one before it.
    pub async fn register_file(&self, path: &Path, options: RegisterOptions) -> Result<Registered, RegistryError> {
        let from = path.to_path_buf();
        let wasm = blocking(move || read_outside(&from)).await?;
        self.register_bytes(&path.display().to_string(), wasm, options).await
    }

    /// Registers a component; `subject` names it in errors.
    pub async fn register_bytes(
        &self,
        subject: &str,
        wasm: Vec<u8>,
        options: RegisterOptions,
    ) -> Result<Registered, RegistryError> {
        let component = self.admit(subject, wasm).await?;
        self.register_component(subject, component, options).await
    }

    /// Registers a component that was taken already, as one built from a crate.
    pub async fn register_component(
        &self,
        subject: &str,
        component: ComponentRecord,
        options: RegisterOptions,
    ) -> Result<Registered, RegistryError> {
        let plugin = PluginRecord::of(component, self.inner.parts.clock.now());
        let (inner, named) = (Arc::clone(&self.inner), plugin.clone());
        let naming = blocking(move || {
            // Nobody may take the component away before it has its name.
            let _held = inner.files.hold()?;
            let plugins = inner.parts.index.plugins()?;
            if let Some(more) = wants_more(&named, &plugins).filter(|_| !options.accept_imports) {
                return Ok(Err(more));
            }
            inner.parts.index.keep_component(&named.component)?;
            Ok(Ok(inner.parts.index.name_plugin(&named, options.replace)?))
        });
        let naming = match naming.await? {
            Ok(naming) => naming,
            Err((before, wants)) => {
                self.drop_unused(plugin.component.digest).await?;
                let PluginRecord { name, version, .. } = plugin;
                let more = WantsMore { subject: subject.to_owned(), name, version, before, wants };
                return Err(RegistryError::WantsMore(more.into()));
            }
        };
        match naming {
            Naming::New => Ok(Registered { plugin, registration: Registration::New }),
            Naming::Same(registered_at) => {
                let plugin = PluginRecord { registered_at, ..plugin };
                Ok(Registered { plugin, registration: Registration::AlreadyThere })
            }
            Naming::Replaced(before) => {
                self.drop_unused(before).await?;
                Ok(Registered { plugin, registration: Registration::Replaced(before) })
            }
            Naming::Taken(registered) => {
                let offered = plugin.component.digest;
                self.drop_unused(offered).await?;
                let PluginRecord { name, version, .. } = plugin;
                let taken = Taken { subject: subject.to_owned(), name, version, registered, offered };
                Err(RegistryError::Taken(taken.into()))
            }
        }
    }
}

/// What a plugin wants beyond the version before it, and which one that is; none if it wants no more.
fn wants_more(plugin: &PluginRecord, plugins: &[PluginRecord]) -> Option<(Version, Vec<String>)> {
    let before = predecessor(plugins, &plugin.name, &plugin.version)?;
    let wants = growth(&before.component, &plugin.component);
    (!wants.is_empty()).then(|| (before.version.clone(), wants))
}
