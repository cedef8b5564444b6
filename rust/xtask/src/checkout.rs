//! Where the repository lies.

use std::path::{Path, PathBuf};

/// The working copy this xtask was started from.
#[derive(Debug, Clone)]
pub(crate) struct Checkout {
    root: PathBuf,
}

impl Checkout {
    /// The repository root: two folders above this crate.
    pub(crate) fn find() -> Checkout {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .ancestors()
            .nth(2)
            .expect("the crate lies in rust/xtask below the root")
            .to_owned();
        Checkout { root }
    }

    /// The root folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside the checkout.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// The demo application.
    pub(crate) fn demo(&self) -> PathBuf {
        self.path("laravel/demo")
    }

    /// The release binary, where cargo puts it.
    pub(crate) fn binary(&self) -> PathBuf {
        self.target().join("release/askr")
    }

    /// Cargo's target folder.
    pub(crate) fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.path("target"), PathBuf::from)
    }
}
