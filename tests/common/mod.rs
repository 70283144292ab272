//! What the end-to-end tests share: the real binary on a home of its own, and guests built by the code behind
//! `plugin build`.

#![allow(dead_code, unreachable_pub, reason = "each test binary has its own copy and uses its part")]

pub mod web;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, OnceLock};

use serde_json::Value;
use tempfile::TempDir;

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Crates that tests run as guests, by package name.
const GUESTS: &[(&str, &str)] = &[
    ("misbehave", "tests/guests/misbehave"),
    ("misbehave-required", "tests/guests/misbehave-required"),
    ("greet", "examples/hello/greet"),
    ("act", "examples/branching/act"),
    ("choose", "examples/branching/choose"),
    ("wait-for", "examples/sensor/wait-for"),
    ("fetch", "examples/fetch/fetch"),
    ("preprocess", "plugins/preprocess"),
    ("train", "plugins/train"),
    ("evaluate", "plugins/evaluate"),
];

/// A home folder in which all guests were built, by the program itself; one for all test binaries of this build, so
/// that nothing is built or compiled twice.
fn seed() -> &'static Path {
    static SEED: OnceLock<PathBuf> = OnceLock::new();
    SEED.get_or_init(|| {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("seed-home");
        // Test binaries may run at once: one of them builds, the others wait.
        let door = std::fs::File::create(home.with_extension("lock")).unwrap();
        door.lock().unwrap();
        let mut build = Command::new(env!("CARGO_BIN_EXE_dagwood"));
        build.arg("--home").arg(&home).args(["plugin", "build", "--json"]);
        for (_, folder) in GUESTS {
            build.arg(root().join(folder));
        }
        let built = build.stdin(Stdio::null()).output().unwrap();
        assert!(built.status.success(), "guests cannot be built:\n{}", String::from_utf8_lossy(&built.stderr));
        home
    })
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// The component of a guest crate.
pub fn guest(name: &str) -> PathBuf {
    static KNOWN: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(path) = known.get(name) {
        return path.clone();
    }
    let (_, folder) = GUESTS.iter().find(|(guest, _)| *guest == name).unwrap_or_else(|| panic!("no guest `{name}`"));
    let built = Command::new(env!("CARGO_BIN_EXE_dagwood"))
        .arg("--home")
        .arg(seed())
        .args(["plugin", "build", "--json"])
        .arg(root().join(folder))
        .output()
        .unwrap();
    let document: Value = serde_json::from_slice(&built.stdout).unwrap();
    let digest = find_digest(&document).unwrap_or_else(|| panic!("no digest in {document}"));
    let path = seed().join("plugins").join(format!("{}.wasm", digest.trim_start_matches("blake3:")));
    assert!(path.is_file(), "{} is not there", path.display());
    known.insert(name.to_owned(), path.clone());
    path
}

fn find_digest(document: &Value) -> Option<String> {
    match document {
        Value::Object(object) => match object.get("digest").and_then(Value::as_str) {
            Some(digest) => Some(digest.to_owned()),
            None => object.values().find_map(find_digest),
        },
        Value::Array(items) => items.iter().find_map(find_digest),
        _ => None,
    }
}

/// A folder to work in, and a home of its own that has no plugins yet.
pub struct Bench {
    folder: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// As [`Bench::new`], with a home in which all guests are built and compiled.
    pub fn seeded() -> Self {
        let bench = Self::new();
        copy_folder(seed(), &bench.home());
        bench
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Writes a DAG file of these lines. The guests that they name in quotes are its plugins, as built; these stand at
    /// its end, so that the lines keep their numbers.
    pub fn dag(&self, name: &str, lines: &str) -> PathBuf {
        let mut text = format!("{lines}\n[plugins]\n");
        for (plugin, _) in GUESTS.iter().filter(|(plugin, _)| lines.contains(&format!("'{plugin}'"))) {
            text.push_str(&format!("{plugin} = {{ file = {:?} }}\n", guest(plugin)));
        }
        self.write(name, text)
    }

    /// The program on this home, in this folder, with these arguments.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dagwood"));
        command.args(args).env("DAGWOOD_HOME", self.home()).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }
}

/// What a call printed, and its exit code.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let code = output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or(1));
        Self {
            code,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// Holds the exit code against what is expected, and shows everything if it differs.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// The one JSON document of standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// Standard error says all of these.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in\n{}", self.stderr);
        }
        self
    }
}

/// The states of a run document's instances, by task.
pub fn states(document: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    document["task_instances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|instance| (text(&instance["task_id"]), text(&instance["state"])))
        .collect()
}

/// The instance of a task in a run document.
#[track_caller]
pub fn instance<'a>(document: &'a Value, task: &str) -> &'a Value {
    let instances = document["task_instances"].as_array().unwrap();
    instances.iter().find(|instance| instance["task_id"] == task).unwrap_or_else(|| panic!("no `{task}` in {document}"))
}

/// Runs a script in which `$HOME_FOLDER` is a file system of its own of 64 MiB, and `dagwood` the program on it. Nobody
/// else sees that file system, and it is gone with the script. None where such a thing is not allowed.
pub fn on_small_disk(bench: &Bench, script: &str) -> Option<Ran> {
    std::fs::create_dir_all(bench.home()).unwrap();
    let mount = "mount -t tmpfs -o size=64m,mode=700 tmpfs \"$HOME_FOLDER\"";
    // As root, else as root of a namespace of users.
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--user", "--map-root-user"]];
    let call = |way: &[&str], script: &str| {
        let mut call = Command::new("unshare");
        call.args(way).args(["sh", "-c", script]).current_dir(bench.path("."));
        call.env("HOME_FOLDER", bench.home()).env("DAGWOOD_HOME", bench.home());
        call.env("DAGWOOD", env!("CARGO_BIN_EXE_dagwood")).output()
    };
    let way = ways.into_iter().find(|way| call(way, mount).is_ok_and(|tried| tried.status.success()));
    let Some(way) = way else {
        #[allow(clippy::print_stderr, reason = "a test that was not done must say so")]
        {
            eprintln!("SKIPPED: no file system can be mounted here, not even in a namespace of its own");
        }
        return None;
    };
    let script = format!("{mount} && dagwood() {{ \"$DAGWOOD\" \"$@\"; }}\n{script}");
    Some(call(way, &script).unwrap().into())
}
