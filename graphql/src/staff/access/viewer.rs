//! Who asks.

use std::collections::BTreeSet;

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::access::query;
use domain::kernel::permission::Grant;
use domain::{Actor, Permission, Result};
use entity::words::ActorKind;

use crate::context::ctx_of;
use crate::node::staff::{Device, Staff};
use crate::scalar::id;
use crate::word::{Word, words};

/// Who asks.
#[derive(Clone, Debug)]
pub struct Viewer(pub Actor);

/// Permissions at a place.
#[derive(Clone, Debug, SimpleObject)]
pub struct ViewerGrant {
    /// What is allowed.
    pub permissions: Vec<Word<Permission>>,
    /// Only for this channel; null for all.
    pub channel_id: Option<ID>,
    /// Only at this location; null for all.
    pub location_id: Option<ID>,
}

impl Viewer {
    fn grants(&self) -> &[Grant] {
        match &self.0 {
            Actor::Staff { grants, .. } | Actor::App { grants, .. } => grants,
            Actor::System | Actor::Guest { .. } | Actor::Customer { .. } | Actor::Device(_) => &[],
        }
    }
}

/// Who asks, and what they may do.
#[Object]
impl Viewer {
    /// Whether it is staff, a till, an app or nobody who is signed in.
    async fn kind(&self) -> Word<ActorKind> {
        Word(self.0.kind())
    }

    /// The member of staff.
    async fn staff(&self, ctx: &Context<'_>) -> Result<Option<Staff>> {
        let Actor::Staff { id, .. } = &self.0 else { return Ok(None) };
        Ok(query::staff_by_id(&ctx_of(ctx).db(), *id).await?.map(Staff))
    }

    /// The till.
    async fn device(&self, ctx: &Context<'_>) -> Result<Option<Device>> {
        let Some(till) = self.0.till() else { return Ok(None) };
        Ok(query::device_by_id(&ctx_of(ctx).db(), till.device_id).await?.map(Device))
    }

    /// Everything that is allowed somewhere.
    async fn permissions(&self) -> Vec<Word<Permission>> {
        let all: BTreeSet<Permission> =
            self.grants().iter().flat_map(|grant| grant.permissions.iter().copied()).collect();
        words(all)
    }

    /// What is allowed where.
    async fn grants_by_place(&self) -> Vec<ViewerGrant> {
        let show = |grant: &Grant| ViewerGrant {
            permissions: words(grant.permissions.iter().copied()),
            channel_id: grant.channel_id.map(id),
            location_id: grant.location_id.map(id),
        };
        self.grants().iter().map(show).collect()
    }
}
