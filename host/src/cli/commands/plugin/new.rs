//! `dagwood plugin new`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use include_dir::{Dir, include_dir};

use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::style::Tone;
use crate::text::shell_word;

/// What becomes a new plugin; `{{name}}` and `{{crate}}` are filled in.
static TEMPLATE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../plugins/template");
/// The SDK, which is on no registry, so that each new plugin gets a copy.
static SDK_SOURCES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../plugins/sdk/src");
static SDK_WIT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../plugins/sdk/wit");
const SDK_MANIFEST: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/sdk/Cargo.toml"));

/// The longest name, in bytes.
const NAME_MAX_BYTES: usize = 64;
/// Names that a Rust crate cannot have, or not beside the SDK: keywords, and crates that every plugin has.
const TAKEN: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "dagwood-sdk",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "sdk",
    "self",
    "serde",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// Write a new plugin in Rust: a small crate with a test and a DAG that runs it
///
/// The SDK is put into the crate, so that it builds anywhere with nothing but this program and Rust.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The plugin's name: lower-case words joined by `-`
    #[arg(value_parser = plugin_name)]
    name: String,
    /// The folder to write it into, which must be empty or not be there [default: ./NAME]
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
}

/// Writes it, and says what to type next.
pub(super) fn run(args: NewArgs, context: &Context) -> Result<Exit, CliError> {
    let folder = args.path.unwrap_or_else(|| PathBuf::from(&args.name));
    write(&args.name, &folder)?;
    let (output, word) = (context.output, shell_word(&folder.display().to_string()));
    let wrote = output.words_colours().paint(Tone::Good, "wrote");
    output.say(&format!(
        "{wrote} the plugin `{}` into {word}\n  cd {word}\n  cargo test              # tests it natively\n  \
         dagwood run dag.toml    # builds it and runs it as the one task of a DAG",
        args.name
    ));
    Ok(Exit::Done)
}

/// Lower-case words joined by `-`, as the contract wants it; and a name that cargo takes.
pub(in crate::cli) fn plugin_name(name: &str) -> Result<String, String> {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.split('-').all(is_word) {
        return Err("a plugin's name is lower-case words joined by `-`, such as `train` or `clean-rows`".to_owned());
    }
    if name.len() > NAME_MAX_BYTES {
        return Err(format!("a plugin's name has at most {NAME_MAX_BYTES} characters"));
    }
    if TAKEN.contains(&name) {
        return Err(format!("a Rust crate cannot be named `{name}` here: choose another name, such as `{name}-task`"));
    }
    Ok(name.to_owned())
}

/// Writes the crate `name` into `folder`.
pub(in crate::cli) fn write(name: &str, folder: &Path) -> Result<(), CliError> {
    must_be_empty(folder)?;
    for (path, contents) in files(name) {
        let path = folder.join(path);
        put(&path, &contents).map_err(|error| CliError::unwritable(&path, error))?;
    }
    Ok(())
}

fn must_be_empty(folder: &Path) -> Result<(), CliError> {
    let mut entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(
                CliError::usage(format!("{} is not a folder", folder.display())).help("give another with --path")
            );
        }
        Err(error) => return Err(CliError::unreadable(folder, error)),
    };
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(CliError::usage(format!("the folder {} is not empty", folder.display()))
            .help("nothing was written: give another name, or another folder with --path")),
    }
}

/// Everything that a new plugin consists of, by its path within the crate.
fn files(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    collect(&TEMPLATE, Path::new(""), &mut files);
    for (_, contents) in &mut files {
        if let Ok(text) = std::str::from_utf8(contents) {
            *contents = text.replace("{{name}}", name).replace("{{crate}}", &name.replace('-', "_")).into_bytes();
        }
    }
    let sdk = Path::new("sdk");
    files.push((sdk.join("Cargo.toml"), SDK_MANIFEST.as_bytes().to_vec()));
    collect(&SDK_SOURCES, &sdk.join("src"), &mut files);
    collect(&SDK_WIT, &sdk.join("wit"), &mut files);
    files
}

fn collect(dir: &Dir<'_>, below: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    files.extend(dir.files().map(|file| (below.join(file.path()), file.contents().to_vec())));
    dir.dirs().for_each(|inner| collect(inner, below, files));
}

fn put(path: &Path, contents: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(contents)
}
