//! What is asked: its head as PHP gets it, its body, its name, and what the log says of it.

pub(crate) mod body;
pub(crate) mod head;
pub(crate) mod id;
pub(crate) mod subject;
