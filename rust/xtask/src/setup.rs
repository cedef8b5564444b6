//! Turns a fresh clone into a working checkout; every step is skipped when its result is there.

mod apt;
mod binary;
mod composer_install;
mod composer_package;
mod demo_app;
pub(crate) mod earlier_laravel;
mod engine;
mod extensions;
mod laravel_source;
mod libphp;
mod opcache_archive;
mod packages;
mod php_source;
mod php_tools;
mod php_tree;
pub(crate) mod preview_headers;
mod recipe;

use std::time::Instant;

pub(crate) use self::engine::Engine;
use self::php_tools::PhpTools;
use crate::cache::{self, Cache};
use crate::checkout::Checkout;
use crate::files::{self, FileError};
use crate::step::{shown, step};

/// What a finished setup offers to the other commands.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The PHP engine that is built from source.
    pub(crate) engine: Engine,
}

/// The step of setup that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Packages(#[from] packages::PackagesError),
    #[error(transparent)]
    Engine(#[from] engine::EngineError),
    #[error(transparent)]
    Tools(#[from] php_tools::ToolsError),
    #[error(transparent)]
    Install(#[from] composer_install::InstallError),
    #[error(transparent)]
    Application(#[from] demo_app::ApplicationError),
    #[error(transparent)]
    Source(#[from] laravel_source::SourceError),
    #[error(transparent)]
    Earlier(#[from] earlier_laravel::EarlierError),
    #[error(transparent)]
    Binary(#[from] binary::BinaryError),
}

/// Does everything that is not done yet.
pub(crate) fn run(checkout: &Checkout, cache: &Cache) -> Result<Ready, SetupError> {
    let started = Instant::now();
    let ready = without_binary(checkout, cache)?;
    step("release binary", || binary::build(checkout))?;
    println!("setup took {}", shown(started.elapsed()));
    Ok(ready)
}

/// The same for those who bring a binary.
pub(crate) fn without_binary(checkout: &Checkout, cache: &Cache) -> Result<Ready, SetupError> {
    let lock = cache.lock()?;
    step("system packages", packages::install)?;
    let engine = step("libphp", || Engine::open(checkout, cache))?;
    let tools = step("PHP tools", || PhpTools::open(cache, &engine))?;
    step("shared extensions for tests and benchmarks", || {
        extensions::open(cache, &engine)
    })?;
    drop(lock);
    applications(checkout, cache, &engine, &tools)?;
    Ok(Ready { engine })
}

/// What only benchmarks need of the system, after the rest.
pub(crate) fn for_benchmarks(cache: &Cache) -> Result<(), SetupError> {
    let _lock = cache.lock()?;
    step("system packages of benchmarks", || {
        packages::install_for_benchmarks()
    })?;
    Ok(())
}

/// What lies in the checkout: another one's setup need not wait for it.
fn applications(
    checkout: &Checkout,
    cache: &Cache,
    engine: &Engine,
    tools: &PhpTools,
) -> Result<(), SetupError> {
    files::create_folder(&checkout.target())?;
    let _lock = cache::lock(&checkout.target().join("setup.lock"))?;
    step("PHP packages of the Composer package", || {
        composer_install::install(checkout, checkout.root(), tools)
    })?;
    step("Laravel for laravel/demo", || {
        demo_app::install(checkout, engine, tools)
    })?;
    step("the oldest Laravel that is supported", || {
        earlier_laravel::install(checkout, tools)
    })?;
    let _lock = cache.lock()?;
    step("Laravel's own tests", || {
        laravel_source::open(checkout, cache, tools)
    })?;
    Ok(())
}
