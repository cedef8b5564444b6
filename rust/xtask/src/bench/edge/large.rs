//! Two gigabytes in and out: what memory does it take, of whom?

use std::path::Path;
use std::process::Command;

use super::ground::{self, LARGE, LARGE_BYTES};
use super::peaks::{self, Peak};
use super::{Certificate, EdgeError};
use crate::bench::result::{Finding, Results};
use crate::bench::row::{Row, ServerKind, Site};
use crate::bench::server::{Bench, Server};
use crate::process;

/// What a process may grow by; buffers that are used for the first time.
const GROWTH_MIB_MAX: f64 = 8.0;

/// How a file goes over the wire.
struct Way {
    name: &'static str,
    url: String,
    version: &'static str,
}

pub(super) fn measure(
    bench: &Bench<'_>,
    site: &Site,
    results: &mut Results,
) -> Result<(), EdgeError> {
    ground::large(site)?;
    let file = site.root.join(LARGE);
    let expected = format!("{LARGE_BYTES} {}", sum(bench, &file)?);
    let mut bench = bench.clone();
    bench.arguments.extend([
        "--body-limit=3GB".to_owned(),
        "--ini=post_max_size=3G".to_owned(),
        "--ini=upload_max_filesize=3G".to_owned(),
        format!("--sendfile-roots={}", site.root.display()),
    ]);
    let encrypted = Site {
        certificate: Some(Certificate::create(bench.folder)?),
        ..site.clone()
    };
    for (site, scheme, version) in [(site, "http", "1.1"), (&encrypted, "https", "2")] {
        let server = Server::start(&bench, ServerKind::AskrWorker, site)?;
        let way = |name, path| Way {
            name,
            url: format!("{scheme}://{}{path}", server.address),
            version,
        };
        let file = site.root.join(LARGE);
        let way_up = way("upload", "/upload");
        let (said, peaks) = peaks::during(&server, || up(&way_up, &file));
        arrived(said?, &expected)?;
        tell(&way_up, &peaks, results);
        for way in [
            way("download that PHP hands over (X-Sendfile)", "/download"),
            way("download of a static file", "/2g.bin"),
        ] {
            let (done, peaks) = peaks::during(&server, || down(&way, &file));
            done?;
            tell(&way, &peaks, results);
        }
    }
    Ok(())
}

/// What PHP says the file is, in PHP's own way.
fn sum(bench: &Bench<'_>, file: &Path) -> Result<String, EdgeError> {
    let mut php = Command::new(&bench.engine.php);
    php.args(["-r", "echo hash_file('crc32b', $argv[1]);"])
        .arg(file);
    Ok(process::read(&mut php)?)
}

fn up(way: &Way, file: &Path) -> Result<String, EdgeError> {
    let mut form = std::ffi::OsString::from("file=@");
    form.push(file);
    Ok(process::read(
        curl(way).arg("--form").arg(form).arg(&way.url),
    )?)
}

/// Fetches it, and compares it as it comes.
fn down(way: &Way, file: &Path) -> Result<(), EdgeError> {
    let mut bash = Command::new("bash");
    let fetch = "set -o pipefail; \"${@:2}\" | cmp - \"$1\"";
    bash.args(["-c", fetch, "bash"]).arg(file).arg("curl");
    bash.args(curl(way).get_args()).arg(&way.url);
    process::read(&mut bash)?;
    Ok(())
}

fn curl(way: &Way) -> Command {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--insecure"])
        .args(["--max-time", "120", &format!("--http{}", way.version)]);
    curl
}

fn arrived(said: String, expected: &str) -> Result<(), EdgeError> {
    if said == expected {
        return Ok(());
    }
    let expected = expected.to_owned();
    Err(EdgeError::Upload { said, expected })
}

/// Every process, and the one that grew most.
fn tell(way: &Way, peaks: &[Peak], results: &mut Results) {
    let row = Row::Large.name();
    let (version, name) = (way.version, way.name);
    for peak in peaks {
        println!(
            "   HTTP/{version}, {name}: {} had {} KiB before, {} KiB at most",
            peak.name, peak.before_kb, peak.most_kb
        );
    }
    for who in ["main", "template", "worker"] {
        let its = peaks.iter().filter(|peak| peak.name.starts_with(who));
        let most = its.map(Peak::most_mib).fold(0.0, f64::max);
        let what = format!("HTTP/{version}, {name}: most memory of a {who} process");
        results.find_out(Finding::new(row, what, most, "MiB"));
    }
    let most = peaks.iter().map(Peak::growth_mib).fold(0.0, f64::max);
    let what = format!("HTTP/{version}, {name} of 2 GiB: most that a process grew by");
    let finding = Finding::new(row, what, most, "MiB");
    results.find_out(finding.at_most(GROWTH_MIB_MAX, "≤ 8"));
}
