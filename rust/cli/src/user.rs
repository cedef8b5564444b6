//! The user that everything that runs PHP becomes.

use std::ffi::CString;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use askr_gateway::Rights;
use nix::unistd::{
    Gid, Uid, User, getegid, geteuid, getgrouplist, getgroups, setegid, seteuid, setgroups,
    setresgid, setresuid,
};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

/// A user with its groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) home: PathBuf,
    pub(crate) ids: Ids,
}

/// What the kernel knows of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ids {
    uid: Uid,
    gid: Gid,
    groups: Vec<Gid>,
}

/// Text that is no [`Ids`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not UID:GID:GROUP,…")]
pub(crate) struct NotIds;

/// This process cannot become the user.
#[derive(Debug, thiserror::Error)]
#[error("PHP cannot run as the user")]
pub(crate) struct BecomeError(#[from] io::Error);

impl Account {
    /// The user of that name or number, if there is one.
    pub(crate) fn of(text: &str) -> io::Result<Option<Self>> {
        let by_name = User::from_name(text)?;
        let user = match (by_name, text.parse()) {
            (None, Ok(number)) => User::from_uid(Uid::from_raw(number))?,
            (found, _) => found,
        };
        let Some(user) = user else { return Ok(None) };
        let name = CString::new(user.name.as_str())?;
        Ok(Some(Self {
            ids: Ids {
                uid: user.uid,
                gid: user.gid,
                groups: getgrouplist(&name, user.gid)?,
            },
            name: user.name,
            home: user.dir,
        }))
    }

    /// Whether this process has been that user from its start.
    pub(crate) fn is_own(&self) -> bool {
        geteuid() == self.ids.uid
    }

    /// Its number.
    pub(crate) fn uid(&self) -> u32 {
        self.ids.uid.as_raw()
    }

    /// Whether it may do everything, so that becoming it drops nothing.
    pub(crate) fn is_root(&self) -> bool {
        self.ids.uid.is_root()
    }

    /// What it may do, as the gateway is told.
    pub(crate) fn rights(&self) -> Rights {
        Rights {
            uid: self.uid(),
            gid: self.ids.gid.as_raw(),
            groups: self.ids.groups.iter().map(|group| group.as_raw()).collect(),
        }
    }

    /// The first of these paths that the user cannot read, and why.
    pub(crate) fn cannot_read<'a>(
        &self,
        paths: impl IntoIterator<Item = &'a Path>,
    ) -> io::Result<Option<(&'a Path, io::Error)>> {
        self.stand_in(|| {
            paths
                .into_iter()
                .find_map(|path| Some((path, read(path).err()?)))
        })
    }

    /// Does something in place of that user, with its rights and no others, and is root again. To
    /// be called while there is one thread.
    pub(crate) fn stand_in<T>(&self, act: impl FnOnce() -> T) -> io::Result<T> {
        let (uid, gid, groups) = (geteuid(), getegid(), getgroups()?);
        setgroups(&self.ids.groups)?;
        setegid(self.ids.gid)?;
        seteuid(self.ids.uid)?;
        let outcome = act();
        seteuid(uid)?;
        setegid(gid)?;
        setgroups(&groups)?;
        Ok(outcome)
    }

    /// Gives a file away, itself and not what it may point to.
    pub(crate) fn own(&self, path: &Path) -> io::Result<()> {
        std::os::unix::fs::lchown(path, Some(self.uid()), Some(self.ids.gid.as_raw()))
    }
}

impl Ids {
    /// Becomes that user for good; to be called while there is one thread.
    pub(crate) fn become_them(&self) -> Result<(), BecomeError> {
        setgroups(&self.groups).map_err(io::Error::from)?;
        setresgid(self.gid, self.gid, self.gid).map_err(io::Error::from)?;
        setresuid(self.uid, self.uid, self.uid).map_err(io::Error::from)?;
        // The kernel hides a process that gave up rights from its own user; PHP code of the
        // processes that this one forks, and their template, are to see it.
        set_dumpable_behavior(DumpableBehavior::Dumpable).map_err(io::Error::from)?;
        Ok(())
    }
}

impl FromStr for Ids {
    type Err = NotIds;

    fn from_str(text: &str) -> Result<Self, NotIds> {
        let number = |text: &str| text.parse::<u32>().map_err(|_| NotIds);
        let mut parts = text.split(':');
        let mut part = || parts.next().ok_or(NotIds);
        let uid = Uid::from_raw(number(part()?)?);
        let gid = Gid::from_raw(number(part()?)?);
        let groups = part()?
            .split(',')
            .map(|group| number(group).map(Gid::from_raw));
        let groups = groups.collect::<Result<_, _>>()?;
        Ok(Self { uid, gid, groups })
    }
}

/// As [`FromStr`] reads it back.
impl fmt::Display for Ids {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<String> = self.groups.iter().map(ToString::to_string).collect();
        write!(to, "{}:{}:{}", self.uid, self.gid, groups.join(","))
    }
}

fn read(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return fs::read_dir(path).map(drop);
    }
    File::open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_known_by_name_and_by_number() {
        let root = Account::of("root").unwrap().unwrap();
        assert_eq!(Account::of("0").unwrap(), Some(root.clone()));
        assert!(root.is_root());
        assert_eq!(Account::of("nobody-knows-this-one").unwrap(), None);
        assert_eq!(Account::of("4000000000").unwrap(), None);
    }

    #[test]
    fn ids_read_back() {
        let text = "33:33:33,4";
        assert_eq!(text.parse::<Ids>().unwrap().to_string(), text);
        for text in ["", "33", "33:33", "33:33:", "a:33:33"] {
            assert_eq!(text.parse::<Ids>(), Err(NotIds), "{text}");
        }
    }
}
