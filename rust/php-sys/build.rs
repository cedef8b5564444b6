//! Finds PHP, compiles the shim and links libphp.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let php = PhpConfig::find();
    declare_shim();
    compile_shim(&php);
    link(&php);
    for file in SOURCES.iter().chain(HEADERS) {
        println!("cargo::rerun-if-changed={file}");
    }
    println!("cargo::rerun-if-env-changed=ASKR_PHP_CONFIG");
    println!("cargo::rerun-if-env-changed=ASKR_CACHE_DIR");
}

const SOURCES: &[&str] = &[
    "csrc/shim.c",
    "csrc/turns.c",
    "csrc/deadline.c",
    "csrc/deferred.c",
    "csrc/forks.c",
    "csrc/copies.c",
    "csrc/rewind.c",
    "csrc/rewind_kernel.c",
    "csrc/rewind_kept.c",
    "csrc/rewind_maps.c",
    "csrc/rewind_pages.c",
    "csrc/baseline.c",
    "csrc/modules.c",
    "csrc/streams.c",
    "csrc/opcache.c",
    "csrc/garbage.c",
    "csrc/headers.c",
    "csrc/stack.c",
    "csrc/store.c",
    "csrc/store_reads.c",
    "csrc/store_writes.c",
    "csrc/store_locks.c",
    "csrc/native.c",
    "csrc/cli.c",
];
const HEADERS: &[&str] = &[
    "csrc/shim.h",
    "csrc/internal.h",
    "csrc/compat.h",
    "csrc/rewind.h",
    "csrc/store.h",
    "csrc/store_internal.h",
    "csrc/store_arginfo.h",
];

/// An installed PHP, asked through its `php-config`.
struct PhpConfig {
    program: PathBuf,
}

impl PhpConfig {
    fn find() -> Self {
        let program = env::var_os("ASKR_PHP_CONFIG").map_or_else(
            || cache_dir().join("libphp/current/bin/php-config"),
            PathBuf::from,
        );
        assert!(
            program.exists(),
            "{} is not there: run `cargo xtask setup`, or set ASKR_PHP_CONFIG to the php-config \
             of a PHP built with --enable-embed and without --enable-zts",
            program.display()
        );
        let php = Self { program };
        println!("cargo::rerun-if-changed={}", php.program.display());
        println!("cargo::metadata=version={}", php.ask("--version"));
        php
    }

    fn ask(&self, question: &str) -> String {
        let output = Command::new(&self.program).arg(question).output();
        let output = output.unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Include directories, as the `-I` flags name them.
    fn includes(&self) -> Vec<PathBuf> {
        let flags = self.ask("--includes");
        flags
            .split_whitespace()
            .filter_map(|flag| flag.strip_prefix("-I"))
            .map(PathBuf::from)
            .collect()
    }

    fn prefix(&self) -> PathBuf {
        PathBuf::from(self.ask("--prefix"))
    }

    /// The static engine of our recipe, if this is one.
    fn static_library(&self) -> Option<PathBuf> {
        let lib = self.prefix().join("lib");
        lib.join("libphp.a").exists().then_some(lib)
    }
}

fn cache_dir() -> PathBuf {
    if let Some(dir) = env::var_os("ASKR_CACHE_DIR") {
        return dir.into();
    }
    let base = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || Path::new(&env::var_os("HOME").unwrap_or_default()).join(".cache");
    base.unwrap_or_else(home).join("askr")
}

fn declare_shim() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("shim.rs");
    bindgen::Builder::default()
        .header("csrc/shim.h")
        .allowlist_item("askr_php_.*|ASKR_PHP_.*")
        .rustified_enum("askr_php_status|askr_php_cli_action|askr_php_store_answer")
        .derive_default(true)
        .layout_tests(true)
        .generate()
        .expect("csrc/shim.h is plain C")
        .write_to_file(out)
        .expect("OUT_DIR is writable");
}

fn compile_shim(php: &PhpConfig) {
    let mut build = cc::Build::new();
    build.files(SOURCES).std("gnu11").pic(true).opt_level(2);
    for include in php.includes() {
        build.flag(format!("-isystem{}", include.display()));
    }
    for flag in [
        "-Wall",
        "-Wextra",
        "-Wshadow",
        "-Werror",
        "-Wno-unused-parameter",
    ] {
        build.flag(flag);
    }
    // Variables that live across zend_try are volatile; gcc 12 warns of others at -O2.
    build.flag("-Wno-clobbered");
    if php
        .static_library()
        .is_some_and(|lib| lib.join("libopcache.a").exists())
    {
        build.define("ASKR_OPCACHE_STATIC", None);
    }
    build.compile("askr_php_shim");
}

fn link(php: &PhpConfig) {
    match php.static_library() {
        Some(lib) => link_static(php, &lib),
        None => link_shared(php),
    }
}

/// The whole archive goes in: shared extensions expect every symbol of the engine.
fn link_static(php: &PhpConfig, lib: &Path) {
    println!("cargo::rustc-link-search=native={}", lib.display());
    if lib.join("libopcache.a").exists() {
        println!("cargo::rustc-link-lib=static:-bundle=opcache");
    }
    println!("cargo::rustc-link-lib=static:+whole-archive,-bundle=php");
    for flag in php.ask("--libs").split_whitespace() {
        if let Some(name) = flag.strip_prefix("-l") {
            println!("cargo::rustc-link-lib=dylib={name}");
        }
    }
    println!("cargo::rerun-if-changed={}", lib.join("libphp.a").display());
}

/// A distribution's embed library, such as Debian's libphp8.2.so.
fn link_shared(php: &PhpConfig) {
    let version = php.ask("--version");
    let mut numbers = version.split('.');
    let series = format!(
        "{}.{}",
        numbers.next().unwrap_or(""),
        numbers.next().unwrap_or("")
    );
    println!(
        "cargo::rustc-link-search=native={}",
        php.prefix().join("lib").display()
    );
    println!("cargo::rustc-link-lib=dylib=php{series}");
}
