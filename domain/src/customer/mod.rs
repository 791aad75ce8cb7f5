//! One record per person: identifiers, sign-in, addresses, consents, and the way to staff's search.
//!
//! Only verified identifiers link anything on their own. An answer never tells whether an address is known.
//! Must not: send mail itself (it asks for it, see [`notify`]), or touch orders beyond whom they belong to.

pub(crate) mod absorb;
mod address;
pub mod address_format;
mod claim_order;
mod code;
mod consent;
mod erase;
mod export;
mod guest_orders;
pub mod identifier;
pub mod notify;
mod password_reset;
mod prefecture;
mod phone;
pub mod query;
mod register;
mod said;
mod save;
mod sign_in;
mod staff;
mod update;
mod verify;

pub use address::{SaveAddress, delete_address, save_address};
pub use claim_order::{ClaimOrder, claim_order};
pub(crate) use code::valid_minutes as code_valid_minutes;
pub use consent::{ConsentChange, set_consents};
pub use erase::erase;
pub use export::export;
pub use guest_orders::attach_guest_orders;
pub use password_reset::{ResetPassword, request_password_reset, reset_password};
pub use phone::{PhoneNumber, request_phone_verification, verify_phone};
pub use register::{RegisterCustomer, register};
pub use save::Names;
pub use sign_in::{CodeSignIn, CustomerSession, CustomerSignIn, request_sign_in_code, sign_in, sign_in_with_code};
pub use staff::{AddIdentifier, CreateCustomer, SetTags, add_identifier, create_customer, set_tags};
pub use update::{UpdateCustomer, update};
pub use verify::{RequestVerification, VerifyIdentifier, request_verification, verify_identifier};
