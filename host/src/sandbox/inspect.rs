//! What a file is, read from its types: nothing of it runs, and no code is made.

use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::Types;
use wasmparser::{Encoding, Parser, Payload, ValidPayload, Validator};

use super::{wasi, world};
use crate::limits::{COMPONENT_MAX_BYTES, TaskLimits};
use crate::text::{cut, exact_bytes};

/// What a component that can be a task is, from the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The version of `dagwood:task` that it exports.
    pub version: String,
    /// Everything that it exports, as named there.
    pub exports: Vec<String>,
    /// What it imports.
    pub imports: Imports,
    /// Size of the file.
    pub size_bytes: u64,
    /// What its linear memories have at the start, together.
    pub memory_minimum_bytes: u64,
}

/// What a component imports, by where it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imports {
    /// Of WASI's base set, which grants nothing by itself.
    pub base: Vec<String>,
    /// Of `dagwood:task`: `context` says that a result may depend on run and try.
    pub task: Vec<String>,
    /// What a grant gives.
    pub granted: Vec<String>,
    /// What nobody gives.
    pub unknown: Vec<String>,
}

impl Imports {
    /// For people: the base set in one line, as every standard library imports it.
    pub fn folded(&self) -> Vec<String> {
        let base = match self.base.len() {
            0 => None,
            count => Some(format!("wasi:cli/imports@0.2 (base set, {count} interfaces)")),
        };
        base.into_iter().chain(self.task.iter().cloned()).chain(self.granted.iter().cloned()).collect()
    }
}

/// Why a file is not taken as a plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// Larger than any component is taken.
    #[error("the file has {size_bytes} bytes, and at most {limit_bytes} are taken")]
    TooLarge {
        /// Its size.
        size_bytes: u64,
        /// The limit.
        limit_bytes: u64,
    },
    /// Something else entirely.
    #[error("the file is not WebAssembly: it does not begin with its mark")]
    NotWasm,
    /// Native code.
    #[error(
        "the file is compiled already (`.cwasm`), which is native code and never taken from outside; \
         give the component that it was made from"
    )]
    Precompiled,
    /// Not the component model.
    #[error(
        "the file is a core WebAssembly module, not a component; build it for wasm32-wasip2, \
         or make a component of it"
    )]
    CoreModule,
    /// It ends too early.
    #[error("the file is cut off after {size_bytes} bytes; copy or build it again")]
    Truncated {
        /// What is there.
        size_bytes: u64,
    },
    /// It breaks WebAssembly's rules.
    #[error("the file is no valid component: {what} (at byte {at})")]
    Invalid {
        /// In wasmparser's words.
        what: String,
        /// Where.
        at: u64,
    },
    /// It implements something else.
    #[error("the component does not export `dagwood:task/task`, so it is no task; it exports {}", list(exports))]
    WrongWorld {
        /// What it exports.
        exports: Vec<String>,
    },
    /// It implements another version.
    #[error("the component exports `dagwood:task/task@{found}`, and this host runs {}", list(known))]
    WrongVersion {
        /// The version in the export's name.
        found: String,
        /// Those of this host.
        known: Vec<String>,
    },
    /// It implements it in part.
    #[error("the component's `dagwood:task/task` has no {}", list(missing))]
    MissingExport {
        /// Functions.
        missing: Vec<String>,
    },
    /// It wants what there is not.
    #[error("the component imports {}, which this host does not give, not even with a grant", list(names))]
    Imports {
        /// Interfaces or functions.
        names: Vec<String>,
    },
    /// It would fail at once.
    #[error(
        "the component's memory begins with {}, and the limit is {}",
        exact_bytes(*minimum_bytes), exact_bytes(*limit_bytes)
    )]
    MemoryMinimum {
        /// All linear memories together.
        minimum_bytes: u64,
        /// The limit.
        limit_bytes: u64,
    },
}

impl Refusal {
    /// A short stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty | Self::NotWasm => "not-wasm",
            Self::TooLarge { .. } => "too-large",
            Self::Precompiled => "precompiled",
            Self::CoreModule => "core-module",
            Self::Truncated { .. } => "truncated",
            Self::Invalid { .. } => "invalid",
            Self::WrongWorld { .. } => "wrong-world",
            Self::WrongVersion { .. } => "wrong-version",
            Self::MissingExport { .. } => "missing-export",
            Self::Imports { .. } => "imports",
            Self::MemoryMinimum { .. } => "memory-minimum",
        }
    }
}

fn list(names: &[String]) -> String {
    const SHOWN: usize = 10;
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let mut shown: Vec<String> =
        names.iter().take(SHOWN).map(|name| format!("`{}`", cut(name, 200).escape_debug())).collect();
    if names.len() > SHOWN {
        shown.push(format!("{} more", names.len() - SHOWN));
    }
    shown.join(", ")
}

/// Reads what `wasm` is; memory may begin with what a task has by default.
///
/// # Errors
/// A [`Refusal`] that names what is wrong, if it is no component that this host runs without grants.
pub fn inspect(wasm: &[u8]) -> Result<Inspection, Refusal> {
    inspect_within(wasm, TaskLimits::default().memory_bytes)
}

/// Reads what `wasm` is; its memory may begin with `memory_limit_bytes`.
///
/// # Errors
/// As [`inspect`].
pub fn inspect_within(wasm: &[u8], memory_limit_bytes: u64) -> Result<Inspection, Refusal> {
    check_kind(wasm)?;
    let outline = Outline::read(wasm)?;
    let version = outline.task_version()?;
    let unknown = &outline.imports.unknown;
    if !unknown.is_empty() {
        return Err(Refusal::Imports { names: unknown.clone() });
    }
    if outline.memory_minimum_bytes > memory_limit_bytes {
        return Err(Refusal::MemoryMinimum {
            minimum_bytes: outline.memory_minimum_bytes,
            limit_bytes: memory_limit_bytes,
        });
    }
    Ok(Inspection {
        version,
        exports: outline.exports,
        imports: outline.imports,
        size_bytes: wasm.len() as u64,
        memory_minimum_bytes: outline.memory_minimum_bytes,
    })
}

/// Tells apart by the first bytes.
fn check_kind(wasm: &[u8]) -> Result<(), Refusal> {
    let size_bytes = wasm.len() as u64;
    if wasm.is_empty() {
        return Err(Refusal::Empty);
    }
    if size_bytes > COMPONENT_MAX_BYTES {
        return Err(Refusal::TooLarge { size_bytes, limit_bytes: COMPONENT_MAX_BYTES });
    }
    if wasmtime::Engine::detect_precompiled(wasm).is_some() {
        return Err(Refusal::Precompiled);
    }
    if Parser::is_core_wasm(wasm) {
        return Err(Refusal::CoreModule);
    }
    if Parser::is_component(wasm) {
        return Ok(());
    }
    const MARK: &[u8] = b"\0asm";
    match MARK.starts_with(wasm) || (wasm.starts_with(MARK) && wasm.len() < 8) {
        true => Err(Refusal::Truncated { size_bytes }),
        false if wasm.starts_with(MARK) => {
            Err(Refusal::Invalid { what: "a version of WebAssembly that is not known".to_owned(), at: 4 })
        }
        false => Err(Refusal::NotWasm),
    }
}

/// What is read in one pass.
#[derive(Default)]
struct Outline {
    exports: Vec<String>,
    imports: Imports,
    memory_minimum_bytes: u64,
    types: Option<Types>,
}

impl Outline {
    fn read(wasm: &[u8]) -> Result<Self, Refusal> {
        let fault = |error: wasmparser::Error| match error.message().contains("unexpected end") {
            true => Refusal::Truncated { size_bytes: wasm.len() as u64 },
            false => Refusal::Invalid { what: cut(error.message(), 500), at: error.offset() as u64 },
        };
        let mut outline = Self::default();
        let mut validator = Validator::new();
        let mut depth: u32 = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.map_err(fault)?;
            // Bodies of functions are checked by the compiler, which runs in a process of its own.
            if let ValidPayload::End(types) = validator.payload(&payload).map_err(fault)? {
                outline.types = Some(types);
            }
            outline.note(&payload, &mut depth).map_err(fault)?;
        }
        Ok(outline)
    }

    fn note(&mut self, payload: &Payload<'_>, depth: &mut u32) -> wasmparser::Result<()> {
        match payload {
            Payload::Version { encoding: Encoding::Module | Encoding::Component, .. } => *depth += 1,
            Payload::End(_) => *depth = depth.saturating_sub(1),
            Payload::MemorySection(memories) => {
                for memory in memories.clone() {
                    let memory = memory?;
                    let page_bytes = 1_u64 << memory.page_size_log2.unwrap_or(16).min(16);
                    let minimum_bytes = memory.initial.saturating_mul(page_bytes);
                    self.memory_minimum_bytes = self.memory_minimum_bytes.saturating_add(minimum_bytes);
                }
            }
            Payload::ComponentImportSection(imports) if *depth == 1 => {
                for import in imports.clone() {
                    self.imports.add(&full_name(&import?.name));
                }
            }
            Payload::ComponentExportSection(exports) if *depth == 1 => {
                for export in exports.clone() {
                    self.exports.push(full_name(&export?.name));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The version that it exports, if it exports one whole version that this host runs.
    fn task_version(&self) -> Result<String, Refusal> {
        let version_of = |name: &str| Some(name.strip_prefix(world::TASK)?.strip_prefix('@')?.to_owned());
        let versions: Vec<String> = self.exports.iter().filter_map(|export| version_of(export)).collect();
        let Some(first) = versions.first() else {
            return Err(Refusal::WrongWorld { exports: self.exports.clone() });
        };
        let known = |version: &&String| world::VERSIONS.contains(&version.as_str());
        let Some(version) = versions.iter().find(known) else {
            let known = world::VERSIONS.iter().map(ToString::to_string).collect();
            return Err(Refusal::WrongVersion { found: first.clone(), known });
        };
        let missing = self.missing_functions(&format!("{}@{version}", world::TASK));
        match missing.is_empty() {
            true => Ok(version.clone()),
            false => Err(Refusal::MissingExport { missing }),
        }
    }

    fn missing_functions(&self, interface: &str) -> Vec<String> {
        let has = |function: &str| {
            let types = self.types.as_ref()?.as_ref();
            let ComponentEntityType::Instance(id) = types.component_item_for_export(interface)?.ty else {
                return None;
            };
            let item = types.get(id)?.exports.get(function)?;
            matches!(item.ty, ComponentEntityType::Func(_)).then_some(())
        };
        ["describe", "run"].into_iter().filter(|function| has(function).is_none()).map(str::to_owned).collect()
    }
}

impl Imports {
    fn add(&mut self, name: &str) {
        let (interface, version) = name.split_once('@').unwrap_or((name, ""));
        let list = if wasi::BASE.contains(&interface) && version.starts_with("0.2.") {
            &mut self.base
        } else if world::IMPORTS.contains(&interface) && world::VERSIONS.contains(&version) {
            &mut self.task
        } else if wasi::http::GRANTED.contains(&interface) && version.starts_with("0.2.") {
            &mut self.granted
        } else {
            &mut self.unknown
        };
        list.push(name.to_owned());
    }
}

/// A name with its whole version: an encoder may write the part that does not decide about compatibility apart.
fn full_name(name: &wasmparser::ComponentExternName<'_>) -> String {
    format!("{}{}", name.name, name.version_suffix.unwrap_or_default())
}
