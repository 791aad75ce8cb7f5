//! Customers.

use domain::kernel::text;
use entity::id::{CustomerId, CustomerIdentifierId};
use entity::words::IdentifierKind;
use entity::{customer, customer_identifier};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use crate::World;

/// A customer in the making.
#[derive(Debug)]
pub struct CustomerBuilder {
    world: World,
    row: customer::Model,
    identifiers: Vec<(IdentifierKind, String, bool)>,
}

impl World {
    /// A customer without any identifier. Say what differs, then `create`.
    #[must_use]
    pub fn new_customer(&self, family_name: &str, given_name: &str) -> CustomerBuilder {
        let row = customer::Model {
            id: CustomerId(self.new_uuid()),
            family_name: family_name.to_owned(),
            given_name: given_name.to_owned(),
            family_name_kana: String::new(),
            given_name_kana: String::new(),
            locale: "ja".to_owned(),
            time_zone: None,
            birth_on: None,
            password_hash: None,
            search_text: text::fold(&format!("{family_name} {given_name}")),
            merged_into_id: None,
            erased_at: None,
            note: String::new(),
            metadata: json!({}),
            private_metadata: json!({}),
            version: 1,
            created_at: self.now(),
            updated_at: self.now(),
        };
        CustomerBuilder { world: self.clone(), row, identifiers: Vec::new() }
    }
}

impl CustomerBuilder {
    /// Changes anything.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut customer::Model)) -> Self {
        change(&mut self.row);
        self
    }

    /// With a verified identifier, already normalized.
    #[must_use]
    pub fn verified(mut self, kind: IdentifierKind, value: &str) -> Self {
        self.identifiers.push((kind, value.to_owned(), true));
        self
    }

    /// With an identifier that nobody verified, already normalized.
    #[must_use]
    pub fn unverified(mut self, kind: IdentifierKind, value: &str) -> Self {
        self.identifiers.push((kind, value.to_owned(), false));
        self
    }

    /// Writes it.
    pub async fn create(self) -> customer::Model {
        let db = self.world.db();
        customer::Entity::insert(self.row.clone().into_active_model().reset_all())
            .exec_without_returning(db)
            .await
            .expect("customer");
        for (kind, value, verified) in self.identifiers {
            let row = customer_identifier::Model {
                id: CustomerIdentifierId(self.world.new_uuid()),
                customer_id: self.row.id,
                kind,
                value,
                verified_at: verified.then(|| self.world.now()),
                created_at: self.world.now(),
            };
            customer_identifier::Entity::insert(row.into_active_model().reset_all())
                .exec_without_returning(db)
                .await
                .expect("customer identifier");
        }
        self.row
    }
}
