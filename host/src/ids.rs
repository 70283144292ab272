//! The names by which things are known: DAGs, tasks, runs, content.
//!
//! A name that exists has been checked; everything else in the host may put it into a path, a table or a page.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The longest id, in bytes: Airflow's limit for `dag_id` and `task_id`.
pub const ID_MAX_BYTES: usize = 250;

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadId {
    /// Nothing was given.
    #[error("an id must not be empty")]
    Empty,
    /// More than [`ID_MAX_BYTES`].
    #[error("an id has at most {ID_MAX_BYTES} bytes, this one has {0}")]
    TooLong(usize),
    /// On a command line it would be taken for an option.
    #[error("an id must not begin with `-`")]
    Dash,
    /// A character outside the set.
    #[error("`{0}` does not belong in an id: use letters, digits, `_`{1}")]
    BadChar(char, &'static str),
}

fn check(text: &str, also: &'static [char], also_words: &'static str) -> Result<(), BadId> {
    if text.is_empty() {
        return Err(BadId::Empty);
    }
    if text.len() > ID_MAX_BYTES {
        return Err(BadId::TooLong(text.len()));
    }
    if text.starts_with('-') {
        return Err(BadId::Dash);
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || also.contains(&c);
    match text.chars().find(|c| !fits(*c)) {
        Some(c) => Err(BadId::BadChar(c, also_words)),
        None if text.chars().all(|c| c == '.') => Err(BadId::BadChar('.', also_words)),
        None => Ok(()),
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $also:expr, $words:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks `text`; the error says which character is out of place.
            pub fn new(text: &str) -> Result<Self, BadId> {
                check(text, $also, $words)?;
                Ok(Self(text.into()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id!(
    /// A DAG's id: letters, digits, `_`, `-` and `.`, as in Airflow.
    DagId,
    &['-', '.'],
    ", `-` and `.`"
);
id!(
    /// A task's id within its DAG: as a DAG's, but without `.`, which separates a task from its port in `task.port`.
    TaskId,
    &['-'],
    " and `-`"
);
id!(
    /// A port's name: it becomes the file name under `/in` and `/out`.
    PortName,
    &['-', '.'],
    ", `-` and `.`"
);
id!(
    /// A run's id, unique within its DAG: `manual__2026-01-01T00:00:00.000000Z` and the like.
    RunId,
    &['-', '.', ':', '+', '~', '@'],
    ", `-`, `.`, `:`, `+`, `~` and `@`"
);

impl RunId {
    /// The id of a run that is made at or for `instant`: `scheduled__2026-01-01T00:00:00Z`.
    pub fn at(kind: &str, instant: impl fmt::Display) -> Self {
        let text = format!("{kind}__{instant}");
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-.:+~@".contains(c);
        Self(text.chars().take(ID_MAX_BYTES).map(|c| if fits(c) { c } else { '_' }).collect::<String>().into())
    }
}

id!(
    /// A pool's name: as a DAG's id.
    PoolName,
    &['-', '.'],
    ", `-` and `.`"
);

impl Default for PoolName {
    /// Airflow's `default_pool`, for tasks that name none.
    fn default() -> Self {
        Self("default_pool".into())
    }
}

/// The BLAKE3 digest of some content; printed as `blake3:` and 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

/// A text that is not `blake3:` and 64 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a digest: `{0}` is not `blake3:` followed by 64 hex digits")]
pub struct BadDigest(String);

impl Digest {
    const PREFIX: &'static str = "blake3:";

    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The 64 hex digits without the prefix, as used in file names.
    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<blake3::Hash> for Digest {
    fn from(hash: blake3::Hash) -> Self {
        Self(*hash.as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = BadDigest;
    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let bad = || BadDigest(text.chars().take(100).collect());
        let hex = text.strip_prefix(Self::PREFIX).ok_or_else(bad)?;
        blake3::Hash::from_hex(hex).map(Self::from).map_err(|_| bad())
    }
}

impl TryFrom<String> for Digest {
    type Error = BadDigest;
    fn try_from(text: String) -> Result<Self, BadDigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

/// A task's place in its checked DAG: dense, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskIx(pub u32);

impl TaskIx {
    /// As an index into a DAG's tasks.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A run as the store numbers it, unique in one home folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunKey(pub i64);

/// A backfill as the store numbers it, unique in one home folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BackfillId(pub i64);

/// A callback as the store numbers it, unique in one home folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallbackId(pub i64);

/// One task of one run. (Mapped tasks, which are to come, add an index here.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceKey {
    /// The run.
    pub run: RunKey,
    /// The task in the DAG version that the run holds.
    pub task: TaskIx,
}
