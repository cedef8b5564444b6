//! Listeners, HTTP, static files, dispatch.
