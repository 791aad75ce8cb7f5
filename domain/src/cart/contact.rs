//! Whom to reach about a cart: one checked form of what people type.

use entity::cart;

use crate::Result;
use crate::customer::identifier;
use crate::kernel::text;

/// Contact details; `None` leaves a part as it is, an empty text removes it.
#[derive(Clone, Debug, Default)]
pub struct Contact {
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number, international or of the channel's country.
    pub phone: Option<String>,
    /// Whom to ask for.
    pub name: Option<String>,
    /// The customer's note to the shop.
    pub note: Option<String>,
}

impl Contact {
    /// Writes the checked parts into a cart; national phone numbers are read as of `country`.
    /// Errors: `INVALID_EMAIL`, `INVALID_PHONE`, `INVALID_TEXT`, `TEXT_TOO_LONG` at the parts' names.
    pub(crate) fn apply(&self, cart: &mut cart::Model, country: &str) -> Result<()> {
        if let Some(email) = &self.email {
            cart.email = given(email).map(identifier::normalize_email).transpose()?;
        }
        if let Some(phone) = &self.phone {
            cart.phone = given(phone).map(|phone| identifier::normalize_phone(phone, country)).transpose()?;
        }
        if let Some(name) = &self.name {
            cart.contact_name = given(name).map(|name| text::line("contactName", name, text::LINE)).transpose()?;
        }
        if let Some(note) = &self.note {
            cart.note = text::note("note", note, text::NOTE)?;
        }
        Ok(())
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.trim().is_empty())
}
