//! When a customer may ask for a parcel: days from a method's lead time on, times of day from its list. Pure.

use chrono::{Days, NaiveDate};
use entity::shipping_method;

use crate::{Error, ErrorCode, Result};

/// Days ahead that may be asked for; carriers take parcels no earlier.
const FARTHEST: u64 = 60;

/// The days and times that a method offers today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryTimes {
    /// The first day.
    pub first_on: NaiveDate,
    /// The last day.
    pub last_on: NaiveDate,
    /// Times of day, such as `14-16`.
    pub slots: Vec<String>,
}

/// What a method offers on a day of the channel; `None` when it takes no wishes: without lead time and times of day.
#[must_use]
pub fn offered(method: &shipping_method::Model, today: NaiveDate) -> Option<DeliveryTimes> {
    if method.delivery_slots.0.is_empty() && method.lead_days == 0 {
        return None;
    }
    let lead = u64::try_from(method.lead_days).unwrap_or(0);
    Some(DeliveryTimes {
        first_on: today.checked_add_days(Days::new(lead))?,
        last_on: today.checked_add_days(Days::new(lead.max(FARTHEST)))?,
        slots: method.delivery_slots.0.clone(),
    })
}

/// Whether a wish can be met. Error: `DELIVERY_TIME_UNAVAILABLE` at the field that cannot.
pub fn check(
    method: Option<&shipping_method::Model>,
    on: Option<NaiveDate>,
    slot: Option<&str>,
    today: NaiveDate,
) -> Result<()> {
    let refused = |path: &str| Err(Error::invalid(ErrorCode::DeliveryTimeUnavailable, path));
    let offered = method.and_then(|method| offered(method, today));
    if let Some(on) = on
        && !offered.as_ref().is_some_and(|times| (times.first_on..=times.last_on).contains(&on))
    {
        return refused("deliveryOn");
    }
    if let Some(slot) = slot
        && !offered.as_ref().is_some_and(|times| times.slots.iter().any(|offered| offered == slot))
    {
        return refused("deliverySlot");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use entity::id::{ChannelId, ShippingMethodId, TaxClassId};
    use entity::text_list::TextList;
    use entity::words::ShippingRateKind;
    use uuid::Uuid;

    use super::*;

    fn method(lead_days: i32, slots: &[&str]) -> shipping_method::Model {
        shipping_method::Model {
            id: ShippingMethodId(Uuid::nil()),
            channel_id: ChannelId(Uuid::nil()),
            code: "post".to_owned(),
            name: "Post".to_owned(),
            translations: serde_json::json!({}),
            kind: ShippingRateKind::Flat,
            amount: 550,
            free_over: None,
            countries: TextList(Vec::new()),
            tax_class_id: TaxClassId(Uuid::nil()),
            min_days: 1,
            max_days: 2,
            position: 1,
            active: true,
            carrier: None,
            service: None,
            delivery_slots: TextList(slots.iter().map(|slot| (*slot).to_owned()).collect()),
            lead_days,
        }
    }

    fn day(day: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(2026, 11, day)
    }

    #[test]
    fn wishes_are_met_from_the_lead_time_on() {
        let method = method(2, &["AM", "14-16"]);
        let today = day(21).unwrap_or_default();
        let check = |on, slot| super::check(Some(&method), on, slot, today).is_ok();
        assert!(!check(day(22), None), "too soon");
        assert!(check(day(23), Some("14-16")));
        assert!(!check(day(23), Some("20-21")), "no such time");
        assert!(!check(NaiveDate::from_ymd_opt(2027, 1, 21), None), "too far");
        assert!(check(NaiveDate::from_ymd_opt(2027, 1, 20), None), "the last day");
        assert!(check(None, Some("AM")) && check(None, None));
    }

    #[test]
    fn a_method_without_lead_time_and_times_takes_no_wishes() {
        let today = day(21).unwrap_or_default();
        assert_eq!(offered(&method(0, &[]), today), None);
        assert!(super::check(Some(&method(0, &[])), day(23), None, today).is_err());
        assert!(super::check(None, None, Some("AM"), today).is_err());
        assert!(super::check(None, None, None, today).is_ok());
    }
}
