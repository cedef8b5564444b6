//! How libphp is built: `dist/libphp.toml`.

use serde::Deserialize;

use crate::cache;
use crate::checkout::Checkout;
use crate::files::{self, FileError};

/// Raised whenever what is made around the build changes.
const STEPS: &str = "1";

/// Why the recipe cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecipeError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not what it should be.
    #[error("dist/libphp.toml: {0}")]
    Syntax(#[from] toml::de::Error),
}

/// The recipe as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    /// Versions to take, as `8.4`.
    pub(crate) series: String,
    /// Flags for the C and C++ compilers.
    pub(crate) cflags: String,
    /// Arguments of `configure`.
    pub(crate) configure: Vec<String>,
    /// Extensions that have to be in the result.
    pub(crate) extensions: Vec<String>,
    /// Debian source package with the same upstream archive.
    pub(crate) debian_source: String,
    /// Names a result made by this recipe.
    #[serde(skip)]
    pub(crate) key: String,
}

impl Recipe {
    /// Reads `dist/libphp.toml`.
    pub(crate) fn read(checkout: &Checkout) -> Result<Recipe, RecipeError> {
        let text = files::read(&checkout.path("dist/libphp.toml"))?;
        let mut recipe: Recipe = toml::from_str(&text)?;
        // Comments and layout do not change what is built.
        let meaning = format!("{recipe:?}");
        recipe.key = cache::key(&[STEPS, &meaning]);
        Ok(recipe)
    }
}
