//! To whom a parcel goes, as it was when it was packed.

use entity::address::Address;
use entity::order;
use serde::{Deserialize, Serialize};

use crate::kernel::{Error, ErrorCode, Result};

/// Name, phone and address on a parcel; what `shipment.recipient` holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recipient {
    /// Whom to hand it to.
    pub name: String,
    /// Phone in E.164; empty when none is known.
    pub phone: String,
    /// Where.
    pub address: Address,
}

impl Recipient {
    /// The recipient of an order. Error: `SHIPPING_ADDRESS_REQUIRED`.
    pub fn of(order: &order::Model) -> Result<Self> {
        let Some(address) = order.shipping_address.clone() else {
            return Err(Error::invalid(ErrorCode::ShippingAddressRequired, ""));
        };
        let written = [address.family_name.as_str(), address.given_name.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        let contact = order.contact_name.clone().unwrap_or_default();
        let name = [written, address.company.clone(), contact].into_iter().find(|name| !name.is_empty());
        let phone = Some(address.phone.clone()).filter(|phone| !phone.is_empty()).or_else(|| order.phone.clone());
        Ok(Self { name: name.unwrap_or_default(), phone: phone.unwrap_or_default(), address })
    }

    /// As the row keeps it.
    pub(crate) fn json(&self) -> Result<serde_json::Value> {
        serde_json::to_value(self).map_err(|error| Error::Bug(error.to_string()))
    }
}
