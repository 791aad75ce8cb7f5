//! Who may come in: staff, roles, tills, API keys, passwords, tokens and the throttle of wrong tries.
//!
//! Signing customers in is the customer area's; it borrows passwords, sessions and the throttle from here.
//! Must not: keep a secret as it is, tell known from unknown accounts, or answer faster for one of them.

mod api_key;
mod approval;
mod authenticate;
mod device;
mod grant;
pub mod password;
pub mod query;
pub mod role;
pub mod session;
mod sign_in;
mod staff;
pub mod throttle;
pub mod token;

pub use api_key::{CreateApiKey, NewApiKey, create_api_key, locations_of, revoke_api_key};
pub(crate) use approval::approve_anywhere;
pub use approval::{Approval, approve};
pub use authenticate::{Credentials, authenticate};
pub use device::{NewPairing, PairDevice, PairedDevice, create_pairing, pair_device, revoke_device};
pub use role::{UpsertRole, follow_product, seed_roles, upsert_role};
pub use session::{Tokens, refresh, sign_out};
pub(crate) use sign_in::normal;
pub use sign_in::{PinSignIn, StaffSession, StaffSignIn, staff_pin_sign_in, staff_sign_in};
pub use staff::{CreateAdmin, RoleAt, UpsertStaff, create_admin, upsert_staff};
