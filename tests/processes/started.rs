//! A program that is under way: its words are waited for, and it is sent signals.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::common::Ran;

/// Killed when dropped, so that a failed test leaves nothing behind.
pub(crate) struct Started {
    child: Child,
    words: BufReader<ChildStderr>,
    said: String,
}

impl Started {
    pub(crate) fn new(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let words = BufReader::new(child.stderr.take().unwrap());
        Self { child, words, said: String::new() }
    }

    /// Waits until it has said `line` on standard error.
    #[track_caller]
    pub(crate) fn until(&mut self, line: &str) {
        loop {
            let before = self.said.len();
            let read = self.words.read_line(&mut self.said).unwrap();
            assert!(read > 0, "it ended without having said `{line}`:\n{}", self.said);
            if self.said[before..].trim_end() == line {
                return;
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ran {
        self.words.read_to_string(&mut self.said).unwrap();
        let mut stdout = Vec::new();
        self.child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
        let status = self.child.wait().unwrap();
        let stderr = std::mem::take(&mut self.said).into_bytes();
        Ran::from(std::process::Output { status, stdout, stderr })
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
