//! The tests of the room, by concept.

mod grammar;
