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
    for _ in 0..kit.rounds {
        let (through, beside) = through_a_task(kit, BYTES)?;
        ours.push(through);
        native.push(beside);
    }
    let native = Measured::of(native);
    Ok(vec![
        Figure::new("1 GiB from /in to /out, published", "s", Measured::of(ours))
            .beside("native copy with BLAKE3 and a sync", &native)
            .at_most_times(2.0),
    ])
}

/// Seconds of a task that copies so many bytes, and of the same without a sandbox.
pub(super) fn through_a_task(kit: &Kit, bytes: usize) -> Result<(f64, f64)> {
    let home = kit.home(&["copy"])?;
    let folder = home.folder.path();
    let file = folder.join("large");
    fill(&file, bytes)?;
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
    ensure!(copied.outputs.iter().any(|output| output.artifact.size_bytes == bytes as u64), "it was not copied");
    let (start, end) = (copied.start_date.context("no start")?, copied.end_date.context("no end")?);
    Ok((end.duration_since(start).as_secs_f64(), copy(&file, &folder.join("copy"))?))
}

/// Bytes without a pattern. Each home is new, so nothing is published already.
fn fill(file: &Path, bytes: usize) -> Result<()> {
    let mut to = File::create(file)?;
    let mut reader = blake3::Hasher::new().finalize_xof();
    let mut chunk = vec![0; CHUNK];
    for _ in 0..bytes / CHUNK {
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
