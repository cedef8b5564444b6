//! Which application a request is for, by the name of the host, and where it is sent instead.

pub(crate) mod application;
pub(crate) mod host_name;
pub(crate) mod https_redirect;
pub(crate) mod pools;
pub(crate) mod redirect_rule;
pub(crate) mod redirects;
