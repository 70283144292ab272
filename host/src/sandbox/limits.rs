//! Numbers that only the sandbox needs. What a task may use is in [`crate::limits::TaskLimits`].

use std::time::Duration;

/// How often a running guest is looked at: a cancel or a deadline is met within two of these.
pub(super) const TICK: Duration = Duration::from_millis(10);
/// Bytes that free slots hold on to. Nobody's task has them and no budget counts them, so what an engine keeps in all is bounded: with
/// many slots it keeps less in each.
pub(super) struct Kept {
    /// By one at most.
    each: usize,
    /// By those of one engine at most.
    in_all: usize,
}

impl Kept {
    /// What each of so many keeps: whole pages.
    pub(super) fn by_one_of(&self, count: u32) -> usize {
        const PAGE: usize = 4 << 10;
        (self.in_all / count.max(1) as usize).min(self.each) / PAGE * PAGE
    }
}

/// Wasm frames of one call. Twice Wasmtime's default: interpreters recurse deeply.
pub(super) const WASM_STACK_BYTES: usize = 1 << 20;
/// What host functions get on a guest's stack: they need 1 MiB at least.
pub(super) const HOST_STACK_BYTES: usize = 1 << 20;
/// Frames that a backtrace shows.
pub(super) const BACKTRACE_FRAMES: usize = 32;
/// Bytes that one line of a backtrace may have: mangled names can be kilobytes.
pub(super) const BACKTRACE_LINE_BYTES: usize = 200;

/// Core instances of one component; a Python runtime with its libraries has about 60.
pub(super) const CORE_INSTANCES_MAX: u32 = 1_000;
/// Memories or tables beyond which Wasmtime itself refuses a component. Above our own limits, whose refusal has better
/// words, and small: dropping a component visits that many slots.
pub(super) const COUNTED_MAX: u32 = 256;
/// Wasmtime's own records of one instance: large modules of 100,000 functions need a few MiB.
pub(super) const INSTANCE_BYTES: usize = 64 << 20;
/// Linear memories of one component. Each takes a slot of the pool.
pub(super) const MEMORIES_MAX: u32 = 16;
/// Tables of one component.
pub(super) const TABLES_MAX: u32 = 64;
/// Elements of one table in the pool: 64 times what a large Rust plugin has; 8 bytes each, reserved, not used.
pub(super) const TABLE_ELEMENTS_MAX: usize = 1 << 20;
/// Tables for each slot of the pool: a component with more of them takes several slots.
pub(super) const TABLES_PER_SLOT: u32 = 4;
/// Memory of a slot that is cleared by hand and kept: cheaper than giving pages back for a small guest.
pub(super) const MEMORY_KEPT: Kept = Kept { each: 2 << 20, in_all: 64 << 20 };
/// Memory of a table that is cleared by hand and kept: more than the table of a large Rust plugin.
pub(super) const TABLE_KEPT: Kept = Kept { each: 64 << 10, in_all: 8 << 20 };
/// Stack that is cleared by hand and kept.
pub(super) const STACK_KEPT: Kept = Kept { each: 128 << 10, in_all: 4 << 20 };
/// Bytes that a table element takes on this host.
pub(super) const TABLE_ELEMENT_BYTES: usize = size_of::<usize>();
/// Loaded components that are kept ready; each holds a mapping of its code.
pub(super) const LOADED_MAX: usize = 256;

/// Least that one call may hand to the host: a file write of 16 MiB goes in one piece.
pub(super) const HOSTCALL_BYTES: usize = 16 << 20;
/// Random bytes of one call. The host makes them before the guest gets them.
pub(super) const RANDOM_CALL_BYTES: u64 = 16 << 20;
/// Bytes of one read of a stream: the host allocates them, and from 128 KiB on allocating means mapping pages.
pub(super) const STREAM_CHUNK_BYTES: usize = 64 << 10;
/// What a name takes on the disk at most, whatever it names: a block.
pub(super) const NAME_ON_DISK_BYTES: u64 = 4 << 10;
/// Bytes written between two looks at the free space of the disk: 32 tasks stay below half the reserve.
pub(super) const DISK_CHECK_BYTES: u64 = 16 << 20;

/// One message of `log`; the rest is cut off, with a word.
pub(super) const LOG_MESSAGE_BYTES: usize = 64 << 10;
/// Fields of one message.
pub(super) const LOG_FIELDS: usize = 64;
/// A field's name or value.
pub(super) const LOG_FIELD_BYTES: usize = 4 << 10;
/// One message of `progress`.
pub(super) const PROGRESS_MESSAGE_BYTES: usize = 1 << 10;
/// A metric's name.
pub(super) const METRIC_NAME_BYTES: usize = 200;
/// The end of stderr that is kept to explain a trap.
pub(super) const LAST_WORDS_BYTES: usize = 2 << 10;

/// A failure's code.
pub(super) const CODE_BYTES: usize = 100;
/// A failure's message, or the reason of a skip.
pub(super) const MESSAGE_BYTES: usize = 16 << 10;
/// A failure's details, as JSON.
pub(super) const DETAILS_BYTES: usize = 256 << 10;

/// A plugin's name.
pub(super) const NAME_BYTES: usize = 100;
/// A text for people in a descriptor.
pub(super) const DESCRIPTION_BYTES: usize = 16 << 10;
/// A media type.
pub(super) const MEDIA_TYPE_BYTES: usize = 255;
/// One schema.
pub(super) const SCHEMA_BYTES: usize = 1 << 20;
/// Input ports, output ports or requests of one plugin.
pub(super) const DESCRIPTOR_LIST: usize = 256;
/// Open handles of `describe`: it has no files.
pub(super) const DESCRIBE_HANDLES: usize = 256;
/// Open files that the host keeps for itself, where the process may have more than twice as many.
pub(super) const HOST_FILES: usize = 512;
/// Names and records of all folder listings that a guest holds at once: the host keeps them.
pub(super) const LISTINGS_BYTES: usize = 64 << 20;
/// What one entry of a listing takes besides its name.
pub(super) const LISTING_ENTRY_BYTES: usize = 64;

/// Connections at once of one try: as many as a browser has to a few hosts.
pub(super) const HTTP_CONNECTIONS: usize = 16;
/// Connections at once of all tries: each is an open file of the host's.
pub(super) const HTTP_CONNECTIONS_OF_ALL: usize = 256;
/// Names that are looked up at once for one try, and for all: each holds a thread until the system answers.
pub(super) const HTTP_LOOKUPS: usize = 4;
/// As above, for all.
pub(super) const HTTP_LOOKUPS_OF_ALL: usize = 32;
/// A method: those that there are have a dozen letters.
pub(super) const HTTP_METHOD_BYTES: usize = 64;
/// Host and port.
pub(super) const HTTP_AUTHORITY_BYTES: usize = 300;
/// Path and query.
pub(super) const HTTP_TARGET_BYTES: usize = 8 << 10;
/// How long a name may be looked up, an address be connected to and a connection be secured, together.
pub(super) const HTTP_CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an answer may take to begin, if the guest says nothing.
pub(super) const HTTP_FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// How long an answer may pause, if the guest says nothing.
pub(super) const HTTP_PAUSE: Duration = Duration::from_secs(2 * 60);
/// Headers of one answer.
pub(super) const HTTP_HEADERS: usize = 256;
/// The head of one answer; also what is read of its body at once.
pub(super) const HTTP_HEADER_BYTES: usize = 64 << 10;
/// Headers in one handle, as the host holds them: there may be as many as handles.
pub(super) const HTTP_FIELDS_BYTES: usize = 16 << 10;
/// Bytes of one write to a body: the host holds two of them for each body.
pub(super) const HTTP_WRITE_BYTES: usize = 16 << 10;
/// Bytes of an address that are told to the log.
pub(super) const HTTP_TARGET_SHOWN: usize = 200;
