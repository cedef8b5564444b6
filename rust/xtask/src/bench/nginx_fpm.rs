//! Configuration files of the peer: nginx in front of FPM over a Unix socket.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::row::Site;
use super::server::{Bench, INI};
use crate::files::{self, FileError};

/// Where everything is.
#[derive(Debug)]
pub(super) struct PeerFiles {
    pub(super) fpm_configuration: PathBuf,
    pub(super) php_ini: PathBuf,
    pub(super) nginx_configuration: PathBuf,
    pub(super) socket: PathBuf,
    pub(super) address: SocketAddr,
}

/// Writes them into the benchmark's folder.
pub(super) fn write(
    bench: &Bench<'_>,
    site: &Site,
    address: SocketAddr,
) -> Result<PeerFiles, FileError> {
    let folder = bench.folder;
    let files = PeerFiles {
        fpm_configuration: folder.join("fpm.conf"),
        php_ini: folder.join("php.ini"),
        nginx_configuration: folder.join("nginx.conf"),
        socket: folder.join("fpm.sock"),
        address,
    };
    let _leftover = std::fs::remove_file(&files.socket);
    let defaults = files::read(&bench.php_ini)?;
    files::write(&files.php_ini, &php_ini(&defaults))?;
    files::write(&files.fpm_configuration, &fpm(&files, bench.workers))?;
    files::write(&files.nginx_configuration, &nginx(&files, bench, site))?;
    Ok(files)
}

fn php_ini(defaults: &str) -> String {
    let settings: String = INI
        .iter()
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect();
    format!("zend_extension = opcache\n{defaults}\n{settings}")
}

fn fpm(files: &PeerFiles, workers: usize) -> String {
    let socket = files.socket.display();
    format!(
        "[global]\n\
         error_log = /proc/self/fd/2\n\
         log_level = warning\n\
         [bench]\n\
         user = root\n\
         group = root\n\
         listen = {socket}\n\
         listen.mode = 0666\n\
         listen.backlog = 1024\n\
         pm = static\n\
         pm.max_children = {workers}\n\
         clear_env = no\n"
    )
}

/// No `keepalive` towards FPM: a kept connection occupies a child, and with as many children as
/// cores the connections of nginx's other worker would starve behind it.
fn nginx(files: &PeerFiles, bench: &Bench<'_>, site: &Site) -> String {
    let folder = bench.folder.display();
    let root = site.root.display();
    let socket = files.socket.display();
    let address = files.address;
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("    {kind}_temp_path {folder}/nginx-{kind};\n"))
        .collect();
    format!(
        "daemon off;\n\
         user root;\n\
         worker_processes auto;\n\
         pid {folder}/nginx.pid;\n\
         error_log stderr error;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n\
         {temporary}\
         \x20   access_log off;\n\
         \x20   keepalive_requests 100000000;\n\
         \x20   server {{\n\
         \x20       listen {address} backlog=1024;\n\
         \x20       root {root};\n\
         \x20       location / {{\n\
         \x20           include /etc/nginx/fastcgi_params;\n\
         \x20           fastcgi_param SCRIPT_FILENAME {root}/index.php;\n\
         \x20           fastcgi_param SCRIPT_NAME /index.php;\n\
         \x20           fastcgi_pass unix:{socket};\n\
         \x20       }}\n\
         \x20   }}\n\
         }}\n"
    )
}
