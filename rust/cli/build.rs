//! Shared extensions such as redis or xdebug find the engine's symbols in the binary itself.

fn main() {
    println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic");
    println!("cargo::rerun-if-changed=build.rs");
}
