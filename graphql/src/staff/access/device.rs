//! Tills: pairing and giving up.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::access::{self, NewPairing, PairDevice};

use super::input::{DevicePairInput, DevicePairingCreateInput, DeviceRevokeInput};
use crate::context::ctx_of;
use crate::node::staff::Device;
use crate::payload;
use crate::scalar::parse_id;

payload! {
    /// A code that pairs one device.
    pub struct DevicePairingCreatePayload {
        /// The code; shown this once.
        code: String,
        /// Until when it works.
        expires_at: DateTime<Utc>,
    }
}
payload! {
    /// A paired till.
    pub struct DevicePairPayload {
        /// The till.
        device: Device,
        /// Its secret for `X-Device-Token`; shown this once.
        device_token: String,
    }
}
payload! {
    /// A till that was given up.
    pub struct DeviceRevokePayload {
        /// The till.
        device: Device,
    }
}

/// Tills: pairing and giving up.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeviceMutation;

/// Tills: pairing and giving up.
#[Object]
impl DeviceMutation {
    /// Makes a code that pairs one device with a register within 15 minutes.
    async fn device_pairing_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which register.")] input: DevicePairingCreateInput,
    ) -> Result<DevicePairingCreatePayload> {
        let pairing = match parse_id(&input.register_id, "input.registerId") {
            Ok(register) => access::create_pairing(ctx_of(ctx), register).await,
            Err(error) => Err(error),
        };
        DevicePairingCreatePayload::of(ctx, pairing.map(|NewPairing { code, expires_at, .. }| (code, expires_at)))
    }

    /// Pairs a device: the code is used up and the device gets its secret.
    async fn device_pair(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: DevicePairInput,
    ) -> Result<DevicePairPayload> {
        let paired = access::pair_device(ctx_of(ctx), PairDevice { code: input.code, name: input.name }).await;
        DevicePairPayload::of(ctx, paired.map(|paired| (Device(paired.device), paired.secret)))
    }

    /// Gives a till up: its secret and all sessions on it are refused from the next request on.
    async fn device_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which till.")] input: DeviceRevokeInput,
    ) -> Result<DeviceRevokePayload> {
        let device = match parse_id(&input.device_id, "input.deviceId") {
            Ok(id) => access::revoke_device(ctx_of(ctx), id).await,
            Err(error) => Err(error),
        };
        DeviceRevokePayload::of(ctx, device)
    }
}
