//! nginx as the peer that serves files: with sendfile, open files kept, and nothing logged.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;

use crate::bench::row::Site;

/// The configuration of one that serves the site's root, encrypted if the site is.
pub(in crate::bench) fn configuration(folder: &Path, site: &Site, address: SocketAddr) -> String {
    let (folder, root) = (folder.display(), site.root.display());
    let mut text = format!(
        "daemon off;\n\
         user root;\n\
         worker_processes auto;\n\
         pid {folder}/nginx-files.pid;\n\
         error_log stderr error;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n\
         \x20   types {{ text/plain txt; }}\n\
         \x20   access_log off;\n\
         \x20   sendfile on;\n\
         \x20   tcp_nopush on;\n\
         \x20   open_file_cache max=1000;\n\
         \x20   keepalive_requests 100000000;\n"
    );
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let line = writeln!(text, "    {kind}_temp_path {folder}/nginx-files-{kind};");
        line.expect("a String takes any text");
    }
    text += "    server {\n";
    text += &match &site.certificate {
        None => format!("        listen {address} backlog=1024;\n"),
        Some(certificate) => format!(
            "        listen {address} ssl http2 backlog=1024;\n\
             \x20       ssl_protocols TLSv1.2 TLSv1.3;\n\
             \x20       ssl_certificate {};\n\
             \x20       ssl_certificate_key {};\n",
            certificate.chain.display(),
            certificate.key.display()
        ),
    };
    text += &format!("        root {root};\n    }}\n}}\n");
    text
}
