//! What it is told to do.

use serde::Deserialize;

/// Loose on purpose: the host's tests of schemas have other subjects.
pub(crate) const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "mode": { "type": "string" },
    "bytes": { "type": "integer", "minimum": 0 },
    "count": { "type": "integer", "minimum": 0 },
    "ms": { "type": "integer", "minimum": 0 },
    "path": { "type": "string" },
    "target": { "type": "string" },
    "text": { "type": "string" },
    "labels": { "type": "array", "items": { "type": "string" } },
    "leave": { "type": "string" },
    "note": { "type": "string" },
    "use_context": { "type": "boolean" }
  },
  "additionalProperties": false
}"#;

/// `mode`, and what some modes take.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Params {
    pub(crate) mode: Mode,
    /// A size.
    pub(crate) bytes: u64,
    /// How often, how many, how deep, which exit code, or until which try.
    pub(crate) count: u64,
    /// How long, or after how long.
    pub(crate) ms: Option<u64>,
    /// A path in the guest, or a name.
    pub(crate) path: String,
    /// A second path, an address, or a host name.
    pub(crate) target: String,
    /// Words.
    pub(crate) text: String,
    /// What a branch chooses.
    pub(crate) labels: Vec<String>,
    /// Written to `/out/out` before anything else.
    pub(crate) leave: Option<String>,
    /// Logged before anything else, so that there is a log of this start.
    pub(crate) note: Option<String>,
    /// Ask `context` before anything else.
    pub(crate) use_context: bool,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            mode: Mode::Succeed,
            bytes: 0,
            count: 1,
            ms: None,
            path: "/out/out".to_owned(),
            target: String::new(),
            text: "text".to_owned(),
            labels: Vec::new(),
            leave: None,
            note: None,
            use_context: false,
        }
    }
}

/// What to do. In the params in lower-case words joined by `-`.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    // answers
    /// Done with `{"fine": true}`; writes nothing.
    Succeed,
    /// Done with all that it was given; with `use_context` also the context.
    Echo,
    /// Done with what is not JSON.
    NotJson,
    /// Done with a number, which the schema of the result forbids.
    NotAnObject,
    /// Done with a string of `bytes`.
    LargeResult,
    /// Done with arrays in arrays, `count` deep.
    DeepResult,
    /// Branches to `labels` without having said that it may.
    Branch,
    /// Skips because of `text`.
    Skip,
    /// Answers again, after `ms`, until its state counted `count` times; then done.
    Again,
    /// Fails with code `text`, worth a retry, after `ms` if given.
    Retryable,
    /// Fails for good with code `text`.
    Permanent,
    /// Fails (worth a retry, after `ms` if given) until try `count`. Asks the context.
    FailUntil,

    // traps
    /// The instruction.
    Unreachable,
    /// A Rust panic that says `text`.
    Panic,
    /// `abort` of the C library.
    Abort,
    /// Exits with the code `count`.
    Exit,
    /// Recursion without end, on the engine's stack.
    Recursion,
    /// Recursion without end with large frames, which overruns the guest's own stack in its memory.
    BigFrames,

    // hunger
    /// Never ends.
    Loop,
    /// Calls the host and never ends.
    HostCallLoop,
    /// `count` million rounds of arithmetic: some real time, whatever the clocks say.
    Busy,
    /// Sleeps `ms`.
    Sleep,
    /// Waits `ms` in one poll.
    Poll,
    /// Takes `bytes` of memory in pieces of 1 MiB and touches them.
    Allocate,
    /// Opens `count` handles at once.
    Handles,
    /// Asks for `bytes` random bytes in one call.
    RandomBytes,

    // files
    /// Writes `bytes` (or `text`, if 0) to `path`.
    Write,
    /// Appends the line `text` to `path`, `count` times, each with the number of its try.
    Append,
    /// Sets the time of `path` to 1970.
    Touch,
    /// Writes `count` files of `bytes` in the folder `path`.
    WriteMany,
    /// Makes a folder `path` with one file in it.
    MakeFolder,
    /// Makes `path` seem `bytes` long without writing.
    Sparse,
    /// A link `path` to `target`.
    Symlink,
    /// A second name `path` of the file `target`.
    HardLink,
    /// Moves `target` to `path`.
    Rename,
    /// Opens `path` for writing, which cuts it to nothing.
    Truncate,
    /// Removes the file `path`.
    Remove,
    /// The first `bytes` (or 1,000, if 0) of `path` as text.
    Read,
    /// The names in the folder `path`, in the order given.
    List,
    /// Size, kind and times of `path`.
    Stat,

    // outside
    /// Reads the clocks, sleeps `ms` if given, reads them again.
    Clock,
    /// Random numbers from all sources.
    Random,
    /// Environment, arguments, working folder.
    Environment,
    /// Connects to `target`.
    Tcp,
    /// Binds a socket and sends a packet to `target`.
    Udp,
    /// Looks up the name `target`.
    LookUp,

    // chatter
    /// One message of `bytes`.
    Log,
    /// `count` messages of `bytes` (or `text`, if 0).
    LogMany,
    /// One message with `count` fields.
    LogFields,
    /// Terminal escapes, line ends, lines that look like the log's own, in log, stdout and stderr.
    Escapes,
    /// Log, stdout, stderr in turn, `count` times.
    Interleave,
    /// `bytes` of one line without end, on stdout.
    RawOutput,
    /// `count` points of the series `loss`.
    Metrics,
    /// Points that are no numbers.
    NanMetric,
    /// `count` reports of progress.
    Progress,
}
