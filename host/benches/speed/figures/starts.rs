//! A plugin's first start, which compiles it, and its first start in each later process.

use std::time::Instant;

use anyhow::Result;
use dagwood::registry::RegisterOptions;

use crate::figure::Figure;
use crate::kit::{Dag, Kit};
use crate::measure::{Measured, ms};

pub(crate) fn measure(kit: &Kit) -> Result<Vec<Figure>> {
    let (mut small, mut large, mut later) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..kit.rounds {
        small.push(first(kit, "noop")?);
        large.push(first(kit, "train")?);
        later.push(in_a_later_process(kit)?);
    }
    Ok(vec![
        Figure::new("a new plugin (`noop`): registered, described, compiled", "ms", Measured::of(small)),
        Figure::new("a new plugin (`train`): registered, described, compiled", "ms", Measured::of(large)),
        Figure::new("a plugin's first try in a later process, more than its next", "ms", Measured::of(later))
            .at_most(5.0),
    ])
}

fn first(kit: &Kit, guest: &str) -> Result<f64> {
    let home = kit.home(&[])?;
    let start = Instant::now();
    kit.runtime.block_on(home.host.registry.register_file(kit.guest(guest)?, RegisterOptions::default()))?;
    Ok(ms(start.elapsed()))
}

/// All that a process has of its plugins is made anew with its host.
fn in_a_later_process(kit: &Kit) -> Result<f64> {
    let home = kit.home(&["noop"])?;
    let file = Dag::chain("one", "noop", 1).write(home.folder.path())?;
    kit.runtime.block_on(async {
        home.run(&home.load(&file).await?).await?;
        let later = home.again()?;
        let loaded = later.load(&file).await?;
        let (first, _) = later.run(&loaded).await?;
        let (next, _) = later.run(&loaded).await?;
        Ok(ms(first) - ms(next))
    })
}
