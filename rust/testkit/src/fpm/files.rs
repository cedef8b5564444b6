//! The configuration files of nginx and FPM.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What is served, and where the files go.
#[derive(Debug)]
pub(super) struct Site<'a> {
    pub(super) folder: &'a Path,
    pub(super) root: &'a Path,
    pub(super) children: u16,
    pub(super) ini: &'a [(String, String)],
}

impl Site<'_> {
    /// The settings that Askr has built in, then those of the test. PHP's temporary files go
    /// with the folder: `request_parse_body()` forgets some.
    pub(super) fn write_php_ini(&self) -> PathBuf {
        let defaults = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist/php.ini");
        let defaults = fs::read_to_string(defaults).expect("a checkout has dist/php.ini");
        let settings = self.ini.iter();
        let settings: String = settings
            .map(|(key, value)| format!("{key} = \"{}\"\n", value.trim_matches('"')))
            .collect();
        let folder = self.folder.display();
        let text = format!(
            "zend_extension = opcache\n{defaults}\nsys_temp_dir = \"{folder}\"\n{settings}"
        );
        self.write("php.ini", &text)
    }

    pub(super) fn write_fpm_configuration(&self) -> PathBuf {
        let owner = if_root("user = root\ngroup = root\n");
        let socket = self.socket();
        let children = self.children;
        let text = format!(
            "[global]\n\
             error_log = /proc/self/fd/2\n\
             [parity]\n\
             {owner}\
             listen = {socket}\n\
             pm = static\n\
             pm.max_children = {children}\n\
             catch_workers_output = yes\n\
             decorate_workers_output = no\n"
        );
        self.write("fpm.conf", &text)
    }

    /// Debian's `snippets/fastcgi-php.conf` and `fastcgi.conf`, behind the two locations that
    /// every PHP framework's manual shows.
    pub(super) fn write_nginx_configuration(&self, addresses: [SocketAddr; 2]) -> PathBuf {
        let folder = self.folder.display();
        let root = self.root.display();
        let socket = self.socket();
        let [v4, v6] = addresses;
        let owner = if_root("user root;\n");
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|kind| format!("    {kind}_temp_path {folder}/nginx-{kind};\n"))
            .collect();
        let text = format!(
            "daemon off;\n\
             {owner}\
             worker_processes 1;\n\
             pid {folder}/nginx.pid;\n\
             error_log stderr error;\n\
             events {{ worker_connections 512; }}\n\
             http {{\n\
             {temporary}\
             \x20   access_log off;\n\
             \x20   client_max_body_size 0;\n\
             \x20   server {{\n\
             \x20       listen {v4};\n\
             \x20       listen {v6};\n\
             \x20       root {root};\n\
             \x20       index index.php;\n\
             \x20       location / {{\n\
             \x20           try_files $uri $uri/ /index.php$is_args$args;\n\
             \x20       }}\n\
             \x20       location ~ [^/]\\.php(/|$) {{\n\
             \x20           fastcgi_split_path_info ^(.+?\\.php)(/.*)$;\n\
             \x20           try_files $fastcgi_script_name =404;\n\
             \x20           set $path_info $fastcgi_path_info;\n\
             \x20           fastcgi_param PATH_INFO $path_info;\n\
             \x20           fastcgi_index index.php;\n\
             \x20           include /etc/nginx/fastcgi.conf;\n\
             \x20           fastcgi_pass unix:{socket};\n\
             \x20       }}\n\
             \x20   }}\n\
             }}\n"
        );
        self.write("nginx.conf", &text)
    }

    fn socket(&self) -> String {
        self.folder.join("fpm.sock").display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, text).expect("the temporary folder is writable");
        path
    }
}

/// Only root may say who the processes run as, and must: the default could not read the fixtures.
fn if_root(lines: &str) -> &str {
    if rustix::process::geteuid().is_root() {
        lines
    } else {
        ""
    }
}
