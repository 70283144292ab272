//! What a pure task may learn of a file: nothing that differs between machines.

use std::collections::HashMap;

use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorStat, DescriptorType, MetadataHashValue};

use super::ledger::Key;
use crate::sandbox::wasi::clocks::file_time;

/// Stands for the machine's own identities of files: numbers in the order in which the guest met them.
#[derive(Debug, Default)]
pub(super) struct Facts {
    numbers: HashMap<Key, u64>,
    last: u64,
}

impl Facts {
    /// A file was made or lost a name: whatever had its identity before is gone, or may be.
    pub(super) fn forget(&mut self, key: Key) {
        self.numbers.remove(&key);
    }

    /// The number of a file.
    pub(super) fn number(&mut self, key: Key) -> MetadataHashValue {
        let last = &mut self.last;
        let number = *self.numbers.entry(key).or_insert_with(|| {
            *last += 1;
            *last
        });
        MetadataHashValue { lower: number, upper: 0 }
    }
}

/// The same without times, links, and the size of what is no file.
pub(super) fn fixed(stat: DescriptorStat) -> DescriptorStat {
    let size = match stat.type_ {
        DescriptorType::RegularFile | DescriptorType::SymbolicLink => stat.size,
        DescriptorType::Directory
        | DescriptorType::BlockDevice
        | DescriptorType::CharacterDevice
        | DescriptorType::Fifo
        | DescriptorType::Socket
        | DescriptorType::Unknown => 0,
    };
    DescriptorStat {
        type_: stat.type_,
        link_count: 1,
        size,
        data_access_timestamp: Some(file_time()),
        data_modification_timestamp: Some(file_time()),
        status_change_timestamp: Some(file_time()),
    }
}
