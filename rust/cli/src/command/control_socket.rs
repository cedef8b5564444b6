//! Binds the socket on which the server takes commands.

use askr_supervisor::{Console, SocketError, make_private_folder};
use tracing::{debug, warn};

use crate::config::ControlSocket;

/// The socket, at the place that was chosen or else at the first that can be.
///
/// # Errors
/// When the place was chosen and cannot be. Without a chosen one the server does without, and says
/// so: what lies in a shared folder is not to keep it from starting.
pub(super) fn bind(socket: &ControlSocket) -> Result<Option<Console>, SocketError> {
    let places = match socket {
        ControlSocket::Given(path) => return Console::bind(path).map(Some),
        ControlSocket::Private(places) => places,
    };
    let mut last = None;
    for path in places {
        let folder = path.parent().map_or(Ok(()), make_private_folder);
        match folder.and_then(|()| Console::bind(path)) {
            Ok(console) => {
                debug!(path = %path.display(), "control socket");
                return Ok(Some(console));
            }
            Err(error) => last = Some(error),
        }
    }
    let problem = last.map_or_else(|| "no folder for it".to_owned(), |error| words(&error));
    warn!(
        problem,
        "no control socket: askr reload, rollback and status find no server; give control_socket"
    );
    Ok(None)
}

fn words(error: &SocketError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
