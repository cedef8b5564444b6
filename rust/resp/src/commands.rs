//! What commands do, by what they are about.

pub(crate) mod entries;
pub(crate) mod greeting;
pub(crate) mod keys;
pub(crate) mod locks;
pub(crate) mod many;
pub(crate) mod numbers;
pub(crate) mod server;
pub(crate) mod times;
pub(crate) mod typed;
