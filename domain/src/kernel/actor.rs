//! Who acts: the system, a guest, a customer, staff, a till or an app.

use std::sync::Arc;

use entity::id::{ApiKeyId, CartId, CustomerId, DeviceId, OrderId, RegisterId, StaffId};
use entity::words::ActorKind;
use uuid::Uuid;

use super::permission::{Grant, Permission, Scope};
use super::{Error, Result};

/// Who acts in a request, and what that one may reach.
#[derive(Clone, Debug)]
pub enum Actor {
    /// Jobs, schedules, the command line.
    System,
    /// Nobody signed in; may hold the secrets of one cart and one order.
    Guest {
        /// The cart whose secret was presented.
        cart_id: Option<CartId>,
        /// The order whose secret was presented.
        order_id: Option<OrderId>,
    },
    /// A signed-in customer.
    Customer {
        /// Who.
        id: CustomerId,
        /// A guest cart whose secret was presented too.
        cart_id: Option<CartId>,
    },
    /// A member of staff, maybe at a till.
    Staff {
        /// Who.
        id: StaffId,
        /// What and where.
        grants: Arc<[Grant]>,
        /// The till.
        till: Option<Till>,
    },
    /// A paired till with nobody signed in.
    Device(Till),
    /// An integration.
    App {
        /// Which key.
        id: ApiKeyId,
        /// What it may do.
        grants: Arc<[Grant]>,
    },
}

/// A paired till.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Till {
    /// The device.
    pub device_id: DeviceId,
    /// The till it is.
    pub register_id: RegisterId,
}

impl Actor {
    /// A guest without any secret.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self::Guest { cart_id: None, order_id: None }
    }

    /// Its kind, as events keep it.
    #[must_use]
    pub const fn kind(&self) -> ActorKind {
        match self {
            Self::System => ActorKind::System,
            Self::Guest { .. } => ActorKind::Guest,
            Self::Customer { .. } => ActorKind::Customer,
            Self::Staff { .. } => ActorKind::Staff,
            Self::Device(_) => ActorKind::Device,
            Self::App { .. } => ActorKind::App,
        }
    }

    /// Its id, as events keep it.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::System => None,
            Self::Guest { cart_id, order_id } => cart_id.map(CartId::uuid).or(order_id.map(OrderId::uuid)),
            Self::Customer { id, .. } => Some(id.uuid()),
            Self::Staff { id, .. } => Some(id.uuid()),
            Self::Device(till) => Some(till.device_id.uuid()),
            Self::App { id, .. } => Some(id.uuid()),
        }
    }

    /// Under whose name idempotency keys are kept.
    #[must_use]
    pub fn key(&self) -> String {
        match self.id() {
            Some(id) => format!("{}:{id}", self.kind()),
            None => self.kind().to_string(),
        }
    }

    /// The till it stands at.
    #[must_use]
    pub const fn till(&self) -> Option<Till> {
        match self {
            Self::Staff { till, .. } => *till,
            Self::Device(till) => Some(*till),
            Self::System | Self::Guest { .. } | Self::Customer { .. } | Self::App { .. } => None,
        }
    }

    /// The signed-in customer.
    #[must_use]
    pub const fn customer_id(&self) -> Option<CustomerId> {
        match self {
            Self::Customer { id, .. } => Some(*id),
            Self::System | Self::Guest { .. } | Self::Staff { .. } | Self::Device(_) | Self::App { .. } => None,
        }
    }

    /// The member of staff.
    #[must_use]
    pub const fn staff_id(&self) -> Option<StaffId> {
        match self {
            Self::Staff { id, .. } => Some(*id),
            Self::System | Self::Guest { .. } | Self::Customer { .. } | Self::Device(_) | Self::App { .. } => None,
        }
    }

    /// The cart whose secret was presented.
    #[must_use]
    pub const fn cart_id(&self) -> Option<CartId> {
        match self {
            Self::Guest { cart_id, .. } | Self::Customer { cart_id, .. } => *cart_id,
            Self::System | Self::Staff { .. } | Self::Device(_) | Self::App { .. } => None,
        }
    }

    /// Where a permission holds for this actor. Errors: `UNAUTHENTICATED` for a person who is not signed in as staff,
    /// `FORBIDDEN` without the permission.
    pub fn require(&self, permission: Permission) -> Result<Scope> {
        let grants = match self {
            Self::System => return Ok(Scope::everywhere()),
            Self::Staff { grants, .. } | Self::App { grants, .. } => grants,
            Self::Guest { .. } | Self::Device(_) => return Err(Error::Unauthenticated),
            Self::Customer { .. } => return Err(Error::Forbidden { permission: permission.as_str() }),
        };
        let scope = Scope::of(grants, permission);
        if scope.is_empty() { Err(Error::Forbidden { permission: permission.as_str() }) } else { Ok(scope) }
    }

    /// Requires a permission everywhere, for what belongs to no place. Errors: `UNAUTHENTICATED`, `FORBIDDEN` also for
    /// who has it at some places only.
    pub fn require_everywhere(&self, permission: Permission) -> Result<()> {
        let is_everywhere = self.require(permission)?.is_everywhere();
        if is_everywhere { Ok(()) } else { Err(Error::Forbidden { permission: permission.as_str() }) }
    }
}
