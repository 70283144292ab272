//! The SDK's own copy of the contract, which goes into every new plugin.

use std::path::Path;

#[test]
fn the_sdks_copy_of_the_contract_is_the_contract() {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = std::fs::read(sdk.join("wit/task.wit")).expect("the SDK's copy");
    let contract = std::fs::read(sdk.join("../../wit/dagwood_task@0.1.0/task.wit")).expect("the contract");
    assert!(own == contract, "copy wit/dagwood_task@0.1.0/task.wit to plugins/sdk/wit/task.wit");
}
