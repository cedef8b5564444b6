//! Where programs outside the server reach its store.

use std::path::PathBuf;

use rustix::process::geteuid;

use super::channels::Inputs;
use super::control_socket::{
    self, ControlSocket, application_name, has_room, in_folders, private_folders,
};
use super::error::ConfigError;
use super::options::Key;
use super::settings::Settings;
use crate::user::Account;

/// The store's socket, which is PHP's user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreSocket {
    /// Somebody chose its place.
    Given(PathBuf),
    /// The first of these that can be.
    Own {
        /// Beside the control socket, where that was given a place.
        beside: Option<PathBuf>,
        /// Each in a folder of PHP's user alone.
        private: Vec<PathBuf>,
    },
}

impl StoreSocket {
    /// The place: beside the control socket if that was given, else in a folder of the user that
    /// PHP runs as.
    ///
    /// # Errors
    /// A path that no socket can have, or no application to name it after.
    pub(crate) fn new(
        settings: &Settings,
        inputs: &Inputs,
        user: Option<&Account>,
    ) -> Result<Self, ConfigError> {
        if let Some(path) = settings.path(Key::StoreSocket) {
            return control_socket::given(settings, Key::StoreSocket, path).map(Self::Given);
        }
        let beside = match ControlSocket::new(settings, inputs)? {
            ControlSocket::Given(path) => Some(path.with_extension("store.sock")),
            ControlSocket::Private(_) => None,
        };
        let uid = user.map_or_else(|| geteuid().as_raw(), Account::uid);
        let file = format!("{}.store.sock", application_name(settings)?);
        Ok(Self::Own {
            beside: beside.filter(|path| has_room(path)),
            private: in_folders(&private_folders(inputs, uid), &file),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(flags: &[(&str, &str)], user: Option<&Account>) -> StoreSocket {
        let mut inputs = Inputs {
            current_dir: "/".into(),
            ..Inputs::default()
        };
        inputs
            .variables
            .insert("XDG_RUNTIME_DIR".into(), "/x".into());
        for (name, value) in flags {
            let values = vec![(*value).to_owned()];
            inputs.flags.insert((*name).to_owned(), values);
        }
        let settings = Settings::resolve(&inputs).unwrap();
        StoreSocket::new(&settings, &inputs, user).unwrap()
    }

    fn places(flags: &[(&str, &str)], user: Option<&Account>) -> Vec<String> {
        let StoreSocket::Own { beside, private } = socket(flags, user) else {
            panic!("nobody gave a place");
        };
        let places = beside.into_iter().chain(private);
        places.map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn a_place_that_was_given_is_the_only_one() {
        let given = socket(&[("store_socket", "/run/s.sock"), ("root", "/srv")], None);

        assert_eq!(given, StoreSocket::Given("/run/s.sock".into()));
    }

    #[test]
    fn it_lies_beside_the_control_socket() {
        let places = places(&[("control_socket", "/run/a.sock"), ("root", "/srv")], None);

        assert_eq!(places[0], "/run/a.store.sock");
        assert!(places[1].starts_with("/x/askr/"), "{places:?}");
    }

    #[test]
    fn the_name_is_one_that_php_computes_as_well() {
        let places = places(&[("app_base", "/srv/app")], None);

        // php -r 'echo hash("fnv1a64", "/srv/app");'
        assert_eq!(places[0], "/x/askr/148a99b954e2c46f.store.sock");
    }

    #[test]
    fn another_users_processes_find_it_in_their_own_folders() {
        let nobody = Account::of("nobody").unwrap().unwrap();
        let uid = nobody.uid();

        let places = places(&[("app_base", "/srv/app")], Some(&nobody));

        assert!(places[0].starts_with(&format!("/run/user/{uid}/askr/")));
        assert!(places[1].contains(&format!("/askr-{uid}/")), "{places:?}");
    }
}
