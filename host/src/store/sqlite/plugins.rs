//! The rows of components, plugins and builds by path.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use semver::Version;

use crate::ids::Digest;
use crate::registry::ports::{Naming, Unnaming};
use crate::registry::{ComponentRecord, IndexError, PathBuild, PluginIndex, PluginRecord, PluginUser};
use crate::store::StoreError;

use super::SqliteStore;
use super::codec::{RowExt, json, micros};

/// Users named at most: enough to act on.
const USERS_MAX: u32 = 20;

fn failed(error: StoreError) -> IndexError {
    IndexError(Box::new(error))
}

impl PluginIndex for SqliteStore {
    fn keep_component(&self, component: &ComponentRecord) -> Result<(), IndexError> {
        let component = component.clone();
        self.write(move |tx| keep_component(tx, &component)).map_err(failed)
    }

    fn component(&self, digest: Digest) -> Result<Option<ComponentRecord>, IndexError> {
        self.read(|tx| {
            tx.prepare_cached("SELECT digest, size_bytes, descriptor, interface, registered_at AS kept_at FROM component WHERE digest = ?1")?
                .query_row([digest.to_string()], component_record)
                .optional()
        })
        .map_err(failed)
    }

    fn forget_component(&self, digest: Digest) -> Result<bool, IndexError> {
        self.write(move |tx| forget_component(tx, digest)).map_err(failed)
    }

    fn name_plugin(&self, plugin: &PluginRecord, replace: bool) -> Result<Naming, IndexError> {
        let plugin = plugin.clone();
        self.write(move |tx| name_plugin(tx, &plugin, replace)).map_err(failed)
    }

    fn unname_plugin(&self, name: &str, version: &Version) -> Result<Unnaming, IndexError> {
        let (name, version) = (name.to_owned(), version.clone());
        self.write(move |tx| unname_plugin(tx, &name, &version)).map_err(failed)
    }

    fn plugins(&self) -> Result<Vec<PluginRecord>, IndexError> {
        let mut plugins = self
            .read(|tx| tx.prepare_cached(PLUGINS)?.query_map([], plugin_record)?.collect::<rusqlite::Result<Vec<_>>>())
            .map_err(failed)?;
        plugins.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        Ok(plugins)
    }

    fn users_of(&self, digest: Digest) -> Result<Vec<PluginUser>, IndexError> {
        self.read(|tx| users_of(tx, digest)).map_err(failed)
    }

    fn keep_path_build(&self, build: &PathBuild) -> Result<(), IndexError> {
        let build = build.clone();
        self.write(move |tx| keep_path_build(tx, &build)).map_err(failed)
    }

    fn path_build(&self, path: &Path) -> Result<Option<PathBuild>, IndexError> {
        let path = path.to_string_lossy().into_owned();
        self.read(|tx| {
            tx.prepare_cached("SELECT * FROM path_build WHERE path = ?1")?.query_row([path], path_build).optional()
        })
        .map_err(failed)
    }
}

const PLUGINS: &str =
    "SELECT plugin.name, plugin.version, plugin.registered_at, component.digest, component.size_bytes,
        component.descriptor, component.interface, component.registered_at AS kept_at
    FROM plugin JOIN component ON component.digest = plugin.digest";

fn keep_component(tx: &Transaction<'_>, component: &ComponentRecord) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT OR IGNORE INTO component (digest, size_bytes, descriptor, interface, registered_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            component.digest.to_string(),
            component.size_bytes,
            json(component.descriptor.as_ref())?,
            json(&component.interface)?,
            micros(component.registered_at)
        ],
    )?;
    Ok(())
}

fn forget_component(tx: &Transaction<'_>, digest: Digest) -> rusqlite::Result<bool> {
    let word = digest.to_string();
    let named: bool = tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM plugin WHERE digest = ?1) OR EXISTS (SELECT 1 FROM path_build WHERE digest = ?1)",
        [&word],
        |row| row.get(0),
    )?;
    if named || !users_of(tx, digest)?.is_empty() {
        return Ok(false);
    }
    tx.execute("DELETE FROM component WHERE digest = ?1", [&word])?;
    Ok(true)
}

fn named(tx: &Transaction<'_>, name: &str, version: &Version) -> rusqlite::Result<Option<PluginRecord>> {
    tx.prepare_cached(&format!("{PLUGINS} WHERE plugin.name = ?1 AND plugin.version = ?2"))?
        .query_row(params![name, version.to_string()], plugin_record)
        .optional()
}

fn name_plugin(tx: &Transaction<'_>, plugin: &PluginRecord, replace: bool) -> rusqlite::Result<Naming> {
    let naming = match named(tx, &plugin.name, &plugin.version)? {
        None => Naming::New,
        Some(same) if same.component.digest == plugin.component.digest => return Ok(Naming::Same(same.registered_at)),
        Some(other) if replace => Naming::Replaced(other.component.digest),
        Some(other) => return Ok(Naming::Taken(other.component.digest)),
    };
    tx.execute(
        "INSERT OR REPLACE INTO plugin (name, version, digest, registered_at) VALUES (?1, ?2, ?3, ?4)",
        params![
            plugin.name,
            plugin.version.to_string(),
            plugin.component.digest.to_string(),
            micros(plugin.registered_at)
        ],
    )?;
    Ok(naming)
}

fn unname_plugin(tx: &Transaction<'_>, name: &str, version: &Version) -> rusqlite::Result<Unnaming> {
    let Some(plugin) = named(tx, name, version)? else { return Ok(Unnaming::Absent) };
    let users = users_of(tx, plugin.component.digest)?;
    if !users.is_empty() {
        return Ok(Unnaming::InUse(users));
    }
    tx.execute("DELETE FROM plugin WHERE name = ?1 AND version = ?2", params![name, version.to_string()])?;
    Ok(Unnaming::Removed)
}

fn users_of(tx: &Transaction<'_>, digest: Digest) -> rusqlite::Result<Vec<PluginUser>> {
    let digest = digest.to_string();
    let dags = tx
        .prepare_cached(
            "SELECT dag.dag_id FROM dag JOIN dag_version ON dag_version.digest = dag.version
             WHERE EXISTS (SELECT 1 FROM json_each(dag_version.plugins) AS used WHERE used.value = ?1)
             ORDER BY dag.dag_id LIMIT ?2",
        )?
        .query_map(params![digest, USERS_MAX], |row| Ok(PluginUser::Dag(row.parsed("dag_id")?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let runs = tx
        .prepare_cached(
            "SELECT dag_id, run_id FROM dag_run
             WHERE version IN (SELECT dag_version.digest FROM dag_version, json_each(dag_version.plugins) AS used
                               WHERE used.value = ?1)
                OR run_key IN (SELECT run_key FROM task_instance WHERE component = ?1)
             ORDER BY run_key DESC LIMIT ?2",
        )?
        .query_map(params![digest, USERS_MAX], |row| Ok(PluginUser::Run(row.parsed("dag_id")?, row.parsed("run_id")?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(dags.into_iter().chain(runs).collect())
}

fn keep_path_build(tx: &Transaction<'_>, build: &PathBuild) -> rusqlite::Result<()> {
    let outside: Vec<_> = build.outside.iter().map(|path| path.to_string_lossy()).collect();
    tx.execute(
        "INSERT OR REPLACE INTO path_build (path, fingerprint, outside, digest, built_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            build.path.to_string_lossy(),
            build.fingerprint.to_string(),
            json(&outside)?,
            build.digest.to_string(),
            micros(build.built_at)
        ],
    )?;
    Ok(())
}

fn path_build(row: &Row<'_>) -> rusqlite::Result<PathBuild> {
    let path: String = row.get("path")?;
    let outside: Vec<PathBuf> = row.opt_from_json("outside")?.unwrap_or_default();
    Ok(PathBuild {
        path: path.into(),
        fingerprint: row.parsed("fingerprint")?,
        outside,
        digest: row.parsed("digest")?,
        built_at: row.instant("built_at")?,
    })
}

fn component_record(row: &Row<'_>) -> rusqlite::Result<ComponentRecord> {
    let missing = || rusqlite::Error::InvalidColumnType(0, "descriptor".to_owned(), rusqlite::types::Type::Null);
    Ok(ComponentRecord {
        digest: row.parsed("digest")?,
        size_bytes: row.get("size_bytes")?,
        descriptor: Arc::new(row.opt_from_json("descriptor")?.ok_or_else(missing)?),
        interface: row.opt_from_json("interface")?.unwrap_or_default(),
        registered_at: row.instant("kept_at")?,
    })
}

fn plugin_record(row: &Row<'_>) -> rusqlite::Result<PluginRecord> {
    Ok(PluginRecord {
        name: row.get("name")?,
        version: row.parsed("version")?,
        registered_at: row.instant("registered_at")?,
        component: component_record(row)?,
    })
}
