//! What can go wrong, one enum per operation.

/// The engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An engine runs in this process already, or ran and was stopped.
    #[error("a PHP engine was already started in this process")]
    Twice,
    /// A setting contains a NUL byte, which C strings cannot carry.
    #[error("the setting {text:?} contains a NUL byte")]
    NulByte {
        /// The offending text.
        text: String,
    },
    /// PHP's own start-up refused; it has said why on standard error.
    #[error("PHP refused to start its modules")]
    Modules,
}

/// A request could not be started.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// A fatal error ended the start; PHP logged it.
    #[error("PHP could not start the request")]
    BailedOut,
}
