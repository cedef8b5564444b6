//! Compression: what it can be told, and what that becomes.

use askr_gateway::{Coding, CompressionConfig};

use super::*;

fn compression(mut scene: Scene) -> CompressionConfig {
    let root = tempfile::tempdir().unwrap();
    scene = scene.flag("root", root.path().to_str().unwrap());
    let settings = scene.resolve().unwrap();
    ServeConfig::new(&settings).unwrap().compression
}

#[test]
fn what_compression_cannot_be_told_is_refused() {
    const CODINGS: &str = "give off, or some of zstd, br, gzip, the best first";
    const LEVELS: &str =
        "give levels such as zstd=3,br=4,gzip=6: zstd 1 to 9, br 0 to 6, gzip 1 to 9";
    const TYPES: &str = "give media types such as text/html, text/* or application/*+json";
    for (option, value, expected) in [
        ("compress", "deflate", CODINGS),
        ("compress", "gzip,gzip", CODINGS),
        ("compress", "gzip,off", CODINGS),
        ("compress", "", CODINGS),
        ("compress_levels", "zstd", LEVELS),
        ("compress_levels", "zstd=0", LEVELS),
        ("compress_levels", "br=7", LEVELS),
        ("compress_levels", "deflate=1", LEVELS),
        ("compress_types", "html", TYPES),
        ("compress_types", "*/*", TYPES),
        ("compress_types", "text/html,", TYPES),
    ] {
        let complaint = Scene::new().flag(option, value).complaint();
        assert!(
            complaint.ends_with(expected),
            "{option}={value}: {complaint}"
        );
    }
}

#[test]
fn compression_has_what_it_was_given_and_else_its_defaults() {
    assert_eq!(compression(Scene::new()), CompressionConfig::default());
    let given = compression(
        Scene::new()
            .toml("compress = ['gzip', 'br']")
            .toml("compress_min = '2KB'")
            .toml("compress_types = ['Text/*', 'text/event-stream']")
            .toml("compress_levels = { gzip = 9 }"),
    );
    assert_eq!(given.codings, [Coding::Gzip, Coding::Brotli]);
    assert_eq!(given.bytes_min, 2048);
    let types: Vec<String> = given.types.iter().map(ToString::to_string).collect();
    assert_eq!(types, ["text/*", "text/event-stream"]);
    assert_eq!(given.levels.to_string(), "zstd=3,br=4,gzip=9");
    let loose = compression(Scene::new().laravel("compress_levels", "br=1, zstd=9"));
    assert_eq!(loose.levels.to_string(), "zstd=9,br=1,gzip=6");
}

#[test]
fn compression_can_be_off_and_then_wants_nothing_else() {
    assert!(
        compression(Scene::new().flag("compress", "off"))
            .codings
            .is_empty()
    );
    assert!(
        compression(Scene::new().toml("compress = false"))
            .codings
            .is_empty()
    );
    let root = tempfile::tempdir().unwrap();
    let off = || {
        let root = root.path().to_str().unwrap();
        Scene::new().flag("root", root).flag("compress", "off")
    };
    assert_eq!(
        off().toml("compress_min = 1").complaint(),
        "compress_min = 1 (DIR/askr.toml): with compress off nothing is compressed; turn compress on, or leave it out"
    );
    let levels = off().variable("ASKR_COMPRESS_LEVELS", "gzip=1").complaint();
    assert!(
        levels.ends_with("turn compress on, or leave it out"),
        "{levels}"
    );
}
