//! Flows: who gets what after what, and who does not.

mod addresses;
mod arriving;
mod asking;
mod channels;
mod claims;
mod dry_run;
mod figures;
mod fixture;
mod goods;
mod many;
mod marketplaces;
mod merging;
mod planting;
mod saving;
mod simulation;
mod starting;
mod steps;
mod stopping;
mod waiting;
