//! Declarations of the C shim around libphp.
//!
//! # Responsibility
//! Finds an embeddable PHP, compiles the shim against it, links both, and declares the shim's
//! functions and types as bindgen reads them from `csrc/shim.h`.
//! # Not here
//! Anything safe to call: that is `php`. Engine types: Rust sees none of them.
//! # Invariants
//! Rust calls only `askr_php_*`; no longjmp leaves one of them. Engine macros, globals and
//! version differences exist in C only.
//! # Testing
//! The layouts are asserted at compile time by the generated code; everything else through `php`.
#![allow(
    non_camel_case_types,
    non_upper_case_globals,
    reason = "names are those of the C header"
)]
#![allow(
    missing_docs,
    reason = "documented in csrc/shim.h, from which this is generated"
)]
#![allow(
    unreachable_pub,
    clippy::ptr_as_ptr,
    clippy::allow_attributes_without_reason,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    reason = "generated code"
)]

include!(concat!(env!("OUT_DIR"), "/shim.rs"));
