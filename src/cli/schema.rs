//! `schema`: prints the SDL, as it is committed under `graphql/schema/`.

use clap::ValueEnum;

use super::say;

/// The two schemas.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Which {
    /// For storefronts and customers.
    Shop,
    /// For tills, stores, warehouses, support, administration and apps.
    Staff,
}

/// Prints one schema.
pub(super) fn run(which: Which) -> anyhow::Result<()> {
    let sdl = match which {
        Which::Shop => graphql::shop_schema(graphql::Options::default()).sdl(),
        Which::Staff => graphql::staff_schema(graphql::Options::default()).sdl(),
    };
    say(sdl.trim_end())
}
