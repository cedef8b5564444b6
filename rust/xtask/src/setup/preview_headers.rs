//! Headers of a version of PHP newer than the one that is shipped, from Debian's archive.

use std::path::PathBuf;

use super::apt::{AptError, PREVIEW_SUITE, PrivateApt};
use crate::cache::{Cache, Staged};
use crate::files;

/// The version compiled against.
pub(crate) const SERIES: &str = "8.5";

/// A `php-config` for the headers, unpacked when they are not there yet.
pub(crate) fn open(cache: &Cache) -> Result<PathBuf, AptError> {
    let root = cache.path(&format!("php-headers/{SERIES}"));
    let php_config = root.join(format!("usr/bin/php-config{SERIES}"));
    if php_config.is_file() {
        return Ok(php_config);
    }
    let apt = PrivateApt::open(cache)?;
    files::create_folder(&cache.path("php-headers"))?;
    let staged = Staged::beside(&root)?;
    let package = format!("php{SERIES}-dev/{PREVIEW_SUITE}");
    apt.unpack(&[&package], staged.path())?;
    let script = staged.path().join(format!("usr/bin/php-config{SERIES}"));
    let text = files::read(&script)?;
    let moved = text.replace(
        "prefix=\"/usr\"",
        &format!("prefix=\"{}/usr\"", root.display()),
    );
    files::write(&script, &moved)?;
    staged.publish(&root)?;
    Ok(php_config)
}
