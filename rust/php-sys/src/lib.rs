//! Declarations of libphp and the C shim.
