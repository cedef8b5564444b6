//! What the server is told.

/// Who may connect, and what is said to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Users whose processes may use the store; root may in any case.
    pub users: Vec<u32>,
    /// Most bytes of a value.
    pub value_bytes_max: usize,
    /// The version of this program.
    pub version: &'static str,
}
