//! What every command is given: the streams, the home folder, the host in it.

use std::future::Future;
use std::path::PathBuf;

use crate::cli::args::Global;
use crate::cli::error::{CliError, Exit};
use crate::cli::output::Output;
use crate::compose::{Host, Options};
use crate::text::shell_word;

/// The default home, in the user's own.
const DEFAULT_HOME: &str = ".dagwood";

/// What every command is given.
#[derive(Debug)]
pub struct Context {
    /// Where to print.
    pub output: Output,
    home: Option<PathBuf>,
}

/// Makes commands that are shown to people, as they would have to type them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    program: String,
    home_option: String,
}

impl Again {
    /// `called`: as the program was; a name without a folder is found by the shell. `home`: if it has to be named.
    pub fn new(called: &str, home: Option<&str>) -> Self {
        let program = if called.contains('/') { shell_word(called) } else { "dagwood".to_owned() };
        Self { program, home_option: home.map(|home| format!(" --home {}", shell_word(home))).unwrap_or_default() }
    }

    /// The command with these words.
    pub fn command(&self, words: &str) -> String {
        format!("{} {words}{}", self.program, self.home_option)
    }

    /// `text` with the commands in it as they would have to be typed. They stand in backticks, as errors of all rooms
    /// write them: what a room does not know is how the program was called, and on which home.
    pub fn commands_in(&self, text: &str) -> String {
        const BEGIN: &str = "`dagwood ";
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, command)) = rest.split_once(BEGIN) {
            shown.push_str(before);
            let (words, after) = command.split_at(command.find(['`', '\n']).unwrap_or(command.len()));
            shown.push('`');
            shown.push_str(&self.command(words));
            rest = after;
        }
        shown.push_str(rest);
        shown
    }
}

impl Context {
    /// The context of a call.
    pub fn new(global: Global, output: Output) -> Self {
        Self { output, home: global.home }
    }

    /// The home folder: as given, else in the user's own.
    pub fn home(&self) -> Result<PathBuf, CliError> {
        // `--home ""` and `DAGWOOD_HOME=` are mistakes of a script, not the present folder.
        match &self.home {
            Some(given) if !given.as_os_str().is_empty() => Ok(given.clone()),
            Some(_) => Err(CliError::usage("the home folder's name is empty").help("give one with --home DIR")),
            None => match std::env::home_dir().filter(|home| home.is_absolute()) {
                Some(user) => Ok(user.join(DEFAULT_HOME)),
                None => Err(CliError::usage("this user has no home folder").help("give one with --home DIR")),
            },
        }
    }

    /// How this program is called again on the same home folder.
    pub fn again(&self) -> Again {
        let called = std::env::args().next().unwrap_or_default();
        let from_environment = std::env::var_os("DAGWOOD_HOME")
            .is_some_and(|set| Some(set.as_os_str()) == self.home.as_deref().map(|home| home.as_os_str()));
        let home = self.home.as_ref().filter(|_| !from_environment);
        Again::new(&called, home.map(|home| home.to_string_lossy()).as_deref())
    }

    /// Opens the home folder.
    pub fn host(&self) -> Result<Host, CliError> {
        Ok(Host::open(&self.home()?, Options::default())?)
    }

    /// Does `work`, which is given the host, on a runtime made for it.
    pub fn with_host<T, F: Future<Output = Result<T, CliError>>>(
        &self,
        work: impl FnOnce(Host) -> F,
    ) -> Result<T, CliError> {
        let home = self.home()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|error| CliError::new(Exit::Host, error).doing("cannot start threads"))?;
        // The host is opened within the runtime, which it may need.
        let done = runtime.block_on(async { work(Host::open(&home, Options::default())?).await });
        // What still blocks a thread (a read of a slow disk) must not hold the program's end.
        runtime.shutdown_background();
        done
    }
}
