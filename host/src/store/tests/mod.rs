//! One suite for every store: the conformance tests take any [`Store`](super::Store).

mod callbacks;
mod conformance;
mod migrations;
mod served;
mod sqlite;
