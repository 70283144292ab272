//! Copies a file: every byte goes into the guest and out again.

use std::fs::File;
use std::io::{Read, Write};

use dagwood_sdk::prelude::*;

/// Bytes of one call.
const CHUNK_BYTES: usize = 1 << 20;

const FROM: Input<One> = Input::one("from").about("What is copied");
const TO: Output<One> = Output::one("to").about("The copy");

struct Copy;

impl Task for Copy {
    type Params = NoParams;
    type Value = u64;

    fn plugin() -> Plugin {
        plugin!().input(FROM).output(TO)
    }

    fn run(_params: NoParams, call: &Invocation) -> TaskResult<u64> {
        let (mut from, mut to) = (call.input(FROM)?.open()?, File::create(call.output(TO))?);
        let (mut chunk, mut copied) = (vec![0; CHUNK_BYTES], 0);
        loop {
            let read = from.read(&mut chunk)?;
            if read == 0 {
                return Ok(Outcome::Done(copied));
            }
            to.write_all(&chunk[..read])?;
            copied += read as u64;
        }
    }
}

dagwood_sdk::export!(Copy);
