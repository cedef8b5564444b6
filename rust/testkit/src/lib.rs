//! Harness, fakes and clients for tests.
