//! Does nothing: what the host itself takes for a task.

use dagwood_sdk::prelude::*;

struct Noop;

impl Task for Noop {
    type Params = NoParams;
    type Value = ();

    fn plugin() -> Plugin {
        plugin!()
    }

    fn run(_params: NoParams, _call: &Invocation) -> TaskResult<()> {
        Ok(Outcome::Done(()))
    }
}

dagwood_sdk::export!(Noop);
