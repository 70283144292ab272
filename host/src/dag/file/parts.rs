//! The smaller types of the DAG file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::schedule::Window;

/// A table whose order counts.
#[derive(Debug, Clone)]
pub(crate) struct Ordered<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: JsonSchema> JsonSchema for Ordered<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        BTreeMap::<String, T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, T>::json_schema(generator)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(0));
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }

        deserializer.deserialize_map(Entries(PhantomData))
    }
}

/// Keys of which mostly none is there: then they take no room.
#[derive(Debug, Clone)]
pub(crate) struct Sparse<T>(Option<Box<T>>);

impl<T> Sparse<T> {
    /// What is said; `None` if nothing is.
    pub(crate) fn said(&self) -> Option<&T> {
        self.0.as_deref()
    }
}

impl<T> Default for Sparse<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Default + PartialEq> From<T> for Sparse<T> {
    fn from(keys: T) -> Self {
        Self((keys != T::default()).then(|| Box::new(keys)))
    }
}

impl<'de, T: Default + PartialEq + Deserialize<'de>> Deserialize<'de> for Sparse<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::from)
    }
}

/// One, or a list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum OneOrMany {
    /// One.
    One(String),
    /// A list.
    // What was wrong in it is null.
    Many(#[schemars(with = "Vec<String>")] Vec<Option<String>>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    /// The texts, each with its place in the list, if it is one.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (Option<usize>, &str)> {
        let (one, many): (Option<&str>, &[Option<String>]) = match self {
            Self::One(text) => (Some(text), &[]),
            Self::Many(texts) => (None, texts),
        };
        let many = many.iter().enumerate().filter_map(|(at, text)| Some((Some(at), text.as_deref()?)));
        one.map(|text| (None, text)).into_iter().chain(many)
    }
}

/// Whole numbers with units from large to small: `10ms`, `5s`, `15m`, `1h30m`, `2d`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(
    rename = "Duration",
    example = "5s",
    example = "15m",
    example = "1h30m",
    extend("pattern" = "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$")
)]
pub(crate) struct DurationText(pub(crate) String);

/// Bytes: a number, or a number with a unit such as `512MiB` or `1GiB`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Size")]
pub(crate) enum SizeSpec {
    /// Plain bytes.
    Bytes(u64),
    /// With a unit.
    #[schemars(extend("pattern" = "^[0-9]+([KMGT]i?)?B$", "examples" = ["512MiB", "1GiB"]))]
    Text(String),
}

/// Which of the missed ticks run.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Catchup")]
pub(crate) enum CatchupSpec {
    /// All, or only the latest.
    All(bool),
    /// The latest within limits.
    Within(CatchupLimits),
}

/// Limits to catching up.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[serde(default)]
pub(crate) struct CatchupLimits {
    /// How far back.
    pub(crate) window: Option<DurationText>,
    /// How many.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) max: Option<u32>,
}

/// What a run is for.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Window")]
pub(crate) enum WindowSpec {
    /// The time between the previous tick and the run's own.
    Previous,
}

impl From<WindowSpec> for Window {
    fn from(window: WindowSpec) -> Self {
        match window {
            WindowSpec::Previous => Self::Previous,
        }
    }
}

/// A parameter of the DAG.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Param")]
#[expect(dead_code, reason = "only its schema is used: a parameter is read by its type")]
pub(crate) enum ParamSpec {
    /// With a schema or a description.
    Declared(ParamDeclaration),
    /// Its default.
    Default(PlainDefault),
}

/// The default of a parameter: anything but a table.
#[derive(JsonSchema)]
#[schemars(transparent, inline, extend("type" = ["string", "number", "boolean", "array"]))]
pub(crate) struct PlainDefault(#[expect(dead_code, reason = "only its schema is used")] Value);

/// A parameter of the DAG with all that can be said of it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[serde(default)]
pub(crate) struct ParamDeclaration {
    /// Its value where none is given. Without it, one must be given.
    pub(crate) default: Option<Value>,
    /// The JSON Schema of its value.
    pub(crate) schema: Option<Value>,
    /// What it is for.
    pub(crate) description: Option<String>,
}

/// Where a plugin comes from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Plugin")]
pub(crate) enum PluginSpec {
    /// A registered one: a version requirement as in Cargo.
    Version(String),
    /// By one of these keys.
    From(PluginTable),
}

/// Where a plugin comes from: one of these keys.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[serde(default)]
pub(crate) struct PluginTable {
    /// The folder of its crate, relative to this file; built when it changed.
    pub(crate) path: Option<String>,
    /// A component, relative to this file.
    pub(crate) file: Option<String>,
    /// A registered one: a version requirement as in Cargo.
    pub(crate) version: Option<String>,
}

/// What an input is wired to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Input")]
pub(crate) enum InputSpec {
    /// `task.port` or `task.value`.
    Wire(String),
    /// A file or folder outside.
    Outside(OutsideFile),
}

/// A file or folder outside, kept by its content when a run is made.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("required" = ["file"]))]
#[serde(default)]
pub(crate) struct OutsideFile {
    /// Its path, relative to this file.
    pub(crate) file: Option<String>,
}
