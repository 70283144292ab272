//! Bytes through a task: read from `/in`, written to `/out`, published by digest.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::figure::Figure;
use crate::kit::Kit;
use crate::measure::Measured;

const BYTES: usize = 1 << 30;
const CHUNK: usize = 1 << 20;

pub(crate) fn measure(kit: &Kit) -> Result<Vec<Figure>> {
    let (mut ours, mut native) = (Vec::new(), Vec::new());
    for round in 0..kit.rounds {
        let home = kit.home(&["copy"])?;
        let folder = home.folder.path();
        let file = folder.join("large");
        fill(&file, round as u64)?;
        let dag = folder.join("copy.toml");
        std::fs::write(
            &dag,
            "id = \"copy\"\n[tasks.copy]\nplugin = \"copy\"\nscratch = \"2GiB\"\ninputs.from = { file = \"large\" }\n",
        )?;
        let run = kit.runtime.block_on(async {
            let loaded = home.load(&dag).await?;
            home.run(&loaded).await
        })?;
        let instances = home.host.store.instances(run.1.key)?;
        let copied = instances.first().context("no task")?;
        ensure!(copied.outputs.iter().any(|output| output.artifact.size_bytes == BYTES as u64), "it was not copied");
        let (start, end) = (copied.start_date.context("no start")?, copied.end_date.context("no end")?);
        ours.push(end.duration_since(start).as_secs_f64());
        native.push(copy(&file, &folder.join("copy"))?);
    }
    let native = Measured::of(native);
    Ok(vec![
        Figure::new("1 GiB from /in to /out, published", "s", Measured::of(ours))
            .beside("native copy with BLAKE3 and a sync", &native)
            .at_most_times(2.0),
    ])
}

/// Bytes that are others in each round, so that nothing is published already.
fn fill(file: &Path, round: u64) -> Result<()> {
    let mut to = File::create(file)?;
    let mut reader = blake3::Hasher::new().update(&round.to_le_bytes()).finalize_xof();
    let mut chunk = vec![0; CHUNK];
    for _ in 0..BYTES / CHUNK {
        reader.fill(&mut chunk);
        to.write_all(&chunk)?;
    }
    Ok(to.sync_all()?)
}

/// Seconds of the same work without a sandbox, on one thread.
fn copy(from: &Path, to: &Path) -> Result<f64> {
    let start = Instant::now();
    let (mut from, mut to) = (File::open(from)?, File::create(to)?);
    let (mut chunk, mut hasher) = (vec![0; CHUNK], blake3::Hasher::new());
    loop {
        let read = from.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        hasher.update(&chunk[..read]);
        to.write_all(&chunk[..read])?;
    }
    to.sync_all()?;
    std::hint::black_box(hasher.finalize());
    Ok(start.elapsed().as_secs_f64())
}
