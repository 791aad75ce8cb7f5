//! The rows within a scope, in SQL.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{ChannelId, LocationId};
use sea_orm::Condition;

use super::Scope;

impl Scope {
    /// The rows in reach of at least one grant, said by how rows are found by channel and by location. A grant for both
    /// takes both of one row; a grant for a channel and another for a location reach what either one does, and no more.
    /// Further conditions narrow it: the outermost one asks for all of them.
    #[must_use]
    pub fn rows<C: Into<Condition>, L: Into<Condition>>(
        &self,
        of_channels: impl Fn(BTreeSet<ChannelId>) -> C,
        at_locations: impl Fn(BTreeSet<LocationId>) -> L,
    ) -> Condition {
        let Some(whole) = self.whole_channels() else { return Condition::all() };
        let mut reached = Condition::any();
        if !whole.is_empty() {
            reached = reached.add(of_channels(whole));
        }
        // One set of places per channel, so that staff of fifty stores are one condition and not fifty.
        let mut parts: BTreeMap<Option<ChannelId>, BTreeSet<LocationId>> = BTreeMap::new();
        for (channel, location) in self.places() {
            if let Some(location) = location {
                parts.entry(*channel).or_default().insert(*location);
            }
        }
        for (channel, locations) in parts {
            let channel = channel.map(|id| of_channels(BTreeSet::from([id])));
            reached = reached.add(Condition::all().add_option(channel).add(at_locations(locations)));
        }
        Condition::all().add(reached)
    }
}

#[cfg(test)]
mod tests {
    use entity::order;
    use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
    use uuid::Uuid;

    use super::*;
    use crate::kernel::Permission;
    use crate::kernel::permission::Grant;

    fn sql(places: &[(Option<u128>, Option<u128>)]) -> String {
        let grant = |(channel, location): &(Option<u128>, Option<u128>)| Grant {
            permissions: [Permission::OrdersRead].into(),
            channel_id: channel.map(|id| ChannelId(Uuid::from_u128(id))),
            location_id: location.map(|id| LocationId(Uuid::from_u128(id))),
        };
        let grants: Vec<Grant> = places.iter().map(grant).collect();
        let scope = Scope::of(&grants, Permission::OrdersRead);
        let within = scope.rows(|ids| order::Column::ChannelId.is_in(ids), |ids| order::Column::LocationId.is_in(ids));
        let within = within.add(order::Column::Number.eq("N"));
        let query = order::Entity::find().select_only().column(order::Column::Id).filter(within);
        query.build(DbBackend::Sqlite).sql
    }

    /// What asks for more narrows what is in reach, and never widens it.
    #[test]
    fn a_further_condition_narrows() {
        assert!(!sql(&[(None, None)]).contains(" OR "));
        for places in [&[(Some(1), None)][..], &[(None, Some(2))], &[(Some(1), None), (None, Some(2))], &[]] {
            let sql = sql(places);
            assert!(sql.contains(" AND ") && sql.ends_with(r#""number" = ?"#), "{places:?}: {sql}");
        }
    }

    /// Many grants of one kind are one condition.
    #[test]
    fn places_of_one_channel_are_asked_together() {
        for (places, wanted) in [
            (&[(Some(1), None), (Some(3), None)][..], 1),
            (&[(None, Some(2)), (None, Some(4)), (None, Some(5))], 1),
            (&[(Some(1), Some(2)), (Some(1), Some(4))], 2),
            (&[(Some(1), None), (None, Some(2)), (None, Some(4))], 2),
        ] {
            let sql = sql(places);
            assert_eq!(sql.matches(" IN (").count(), wanted, "{places:?}: {sql}");
        }
    }

    /// Who has it nowhere reaches nothing.
    #[test]
    fn nowhere_is_nothing() {
        assert!(sql(&[]).contains("FALSE"));
    }
}
