//! How fast dagwood is, each figure beside its limit, in one run: `cargo bench -p dagwood`. `BENCHMARKS.md` explains it.
//!
//! `cargo bench -p dagwood -- noop fan` measures only what has one of these words in its name; `--rounds N`, `--json FILE`,
//! `--list` say the rest.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program: this is how it answers")]

mod figure;
mod figures;
mod floor;
mod kit;
mod machine;
mod measure;
mod process;
mod report;
mod server;
mod sqlite;

use std::path::PathBuf;

use anyhow::{Result, bail};

use figures::GROUPS;
use kit::Kit;
use machine::Machine;
use report::Report;

/// What is asked for.
struct Asked {
    words: Vec<String>,
    rounds: usize,
    json: Option<PathBuf>,
    list: bool,
}

impl Asked {
    fn from(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut asked = Self { words: Vec::new(), rounds: 5, json: None, list: false };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| anyhow::anyhow!("`{argument}` takes a value"));
            match argument.as_str() {
                // Cargo says so to every benchmark.
                "--bench" => {}
                "--list" => asked.list = true,
                "--rounds" => asked.rounds = value()?.parse::<usize>()?.max(1),
                "--json" => asked.json = Some(value()?.into()),
                word if word.starts_with('-') => bail!("`{word}` is not known; see the head of `main.rs`"),
                word => asked.words.push(word.to_owned()),
            }
        }
        Ok(asked)
    }

    fn wants(&self, group: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| group.contains(word.as_str()))
    }
}

fn main() -> Result<()> {
    let asked = Asked::from(std::env::args().skip(1))?;
    let groups = GROUPS.iter().filter(|(name, _)| asked.wants(name));
    if asked.list {
        groups.for_each(|(name, _)| println!("{name}"));
        return Ok(());
    }
    let kit = Kit::new(asked.rounds)?;
    let mut report = Report { machine: Machine::here(), figures: Vec::new() };
    for (name, measure) in groups {
        eprintln!("== {name}");
        let figures = measure(&kit)?;
        for figure in &figures {
            eprintln!("{}", report::line(figure));
        }
        report.figures.extend(figures);
    }
    println!("{report}");
    if let Some(file) = asked.json {
        std::fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(())
}
