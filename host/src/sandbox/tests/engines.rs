//! The two engines.

use super::kit::Core;
use crate::executor::port::EngineKind;
use crate::sandbox::engine::{Machine, fingerprint};
use crate::sandbox::{compatibility, compile};

#[test]
fn each_engine_has_its_own_compiled_code() {
    let pure = compatibility(EngineKind::Pure).unwrap();
    assert_ne!(pure, compatibility(EngineKind::Open).unwrap());
    assert_eq!(pure, compatibility(EngineKind::Pure).unwrap());
    assert_eq!(pure.len(), 32);
}

#[test]
fn what_the_compiler_makes_fits_the_engine_that_runs_it() {
    for kind in [EngineKind::Pure, EngineKind::Open, EngineKind::Fuel] {
        let machine = Machine::new(kind, 2).unwrap();
        assert_eq!(fingerprint(&machine.engine), compatibility(kind).unwrap());
    }
}

#[test]
fn a_core_module_is_not_compiled() {
    let problem = compile(EngineKind::Pure, &wat::parse_str("(module)").unwrap()).unwrap_err();
    assert!(problem.to_string().contains("cannot be compiled"), "{problem}");
}

#[test]
fn what_the_engines_do_not_take_is_not_compiled() {
    for (what, memory) in [
        ("64-bit memory", r#"(memory (export "memory") i64 1)"#),
        ("shared memory", r#"(memory (export "memory") 1 1 shared)"#),
    ] {
        let core = Core { memory, ..Core::default() };
        let module = wat::parse_str(core.text()).unwrap_or_default();
        let component = wrapped(&module);
        assert!(compile(EngineKind::Open, &component).is_err(), "{what}");
    }
}

/// A component that holds a core module and does nothing with it.
fn wrapped(module: &[u8]) -> Vec<u8> {
    let mut component = b"\0asm\x0d\0\x01\0\x01".to_vec();
    let mut length = module.len();
    while length >= 0x80 {
        component.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    component.push(u8::try_from(length).unwrap());
    component.extend_from_slice(module);
    component
}
