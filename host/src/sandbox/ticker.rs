//! One thread for each engine that moves the engine's epoch on while a guest runs, and sleeps without a timer while
//! none does. It does not keep the engine alive.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};

use wasmtime::{Engine, EngineWeak};

use super::limits::TICK;
use crate::executor::port::EngineKind;

/// The handle to an engine's ticking thread; the thread ends when it is dropped.
pub(super) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

#[derive(Default)]
struct Shared {
    running: AtomicUsize,
    stopped: AtomicBool,
}

impl Ticker {
    /// Starts the thread, parked.
    pub(super) fn start(engine: &Engine, kind: EngineKind) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (engine, of_thread) = (engine.weak(), Arc::clone(&shared));
        let handle = thread::Builder::new()
            .name(format!("dagwood-tick-{}", kind.as_str()))
            .spawn(move || tick(&engine, &of_thread))?;
        Ok(Self { shared, thread: handle.thread().clone() })
    }

    /// Says that a guest runs, until what is returned is dropped.
    pub(super) fn enter(&self) -> Running {
        if self.shared.running.fetch_add(1, Ordering::SeqCst) == 0 {
            self.thread.unpark();
        }
        Running(Arc::clone(&self.shared))
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// A guest that runs.
pub(super) struct Running(Arc<Shared>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

fn tick(engine: &EngineWeak, shared: &Shared) {
    while !shared.stopped.load(Ordering::SeqCst) {
        if shared.running.load(Ordering::SeqCst) == 0 {
            // An `unpark` between the two lines is not lost: it makes `park` return at once.
            thread::park();
            continue;
        }
        thread::sleep(TICK);
        match engine.upgrade() {
            Some(engine) => engine.increment_epoch(),
            None => return,
        }
    }
}
