//! Moves one request to one worker and its reply back.
