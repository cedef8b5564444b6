//! Runs PHP safely: engine, request, script.
