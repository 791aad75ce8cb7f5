//! When and how often a channel may write what needs consent, as staff set it.

use chrono::{NaiveTime, TimeDelta};
use chrono_tz::Tz;
use entity::id::ChannelId;
use entity::message_policy::{Column, Entity, Model};
use entity::words::MessageClass;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;

use crate::channel;
use crate::kernel::event::NewEvent;
use crate::kernel::text::{self, Texts};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, version};

/// Longest wording, in characters.
const WORDING: usize = 2_000;
/// Quiet hours leave so many hours of a day in which messages may go.
const OPEN_HOURS: TimeDelta = TimeDelta::hours(4);
/// Most messages and days of a cap.
const MOST_MESSAGES: i32 = 100;
const MOST_DAYS: i32 = 365;

/// A policy as it should be. Everything is replaced.
#[derive(Debug, Clone)]
pub struct SaveMessagePolicy {
    /// The channel.
    pub channel_id: ChannelId,
    /// Local time of the recipient from which nothing that needs consent is sent.
    pub quiet_from: NaiveTime,
    /// Until when; the same as `quiet_from`: no quiet hours.
    pub quiet_until: NaiveTime,
    /// Zone of those of whom none is known.
    pub time_zone: Tz,
    /// So many messages that need consent; 0 means none at all
    pub cap_count: i32,
    /// in so many days, at most.
    pub cap_days: i32,
    /// What people agree to, by language. Without it nothing that needs consent is sent.
    pub consent_wording: Texts,
    /// Whether looking at a message is noticed.
    pub track_opens: bool,
    /// The version that the client saw; 0 for none.
    pub expected_version: Option<i32>,
}

/// Creates or replaces the policy of a channel. A changed wording gets a version of its own, by which later consents
/// are told. Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID` for numbers out of range and for quiet hours that leave less than
/// four hours of a day, `STALE_VERSION`, those of texts by language.
pub async fn save(ctx: &Ctx, input: SaveMessagePolicy) -> Result<Model> {
    let scope = ctx.require(Permission::PlacesWrite)?;
    // A channel writes in the name of all its stores: who answers for one of them changes nothing.
    if !scope.covers_channel(Some(input.channel_id)) {
        return Err(Error::not_found("channel"));
    }
    check(&input)?;
    let wording = &text::by_language("consentWording", &input.consent_wording, WORDING)?;
    let input = &input;
    ctx.write(|tx| async move {
        channel::query::get(&tx, input.channel_id).await?;
        let old = Entity::find_by_id(input.channel_id).lock_exclusive().one(&tx).await?;
        version::check(input.expected_version, old.as_ref().map_or(0, |old| old.version))?;
        let number = old.as_ref().map_or(1, |old| old.version + 1);
        let time = |time: NaiveTime| time.format("%H:%M").to_string();
        let row = Model {
            channel_id: input.channel_id,
            quiet_from: time(input.quiet_from),
            quiet_until: time(input.quiet_until),
            time_zone: input.time_zone.name().to_owned(),
            cap_count: input.cap_count,
            cap_days: input.cap_days,
            consent_wording: wording.clone(),
            wording_version: match &old {
                Some(old) if old.consent_wording == *wording => old.wording_version.clone(),
                Some(_) | None => format!("{number} of {}", tx.now().format("%Y-%m-%d")),
            },
            track_opens: input.track_opens,
            version: number,
            created_at: old.as_ref().map_or(tx.now(), |old| old.created_at),
            updated_at: tx.now(),
        };
        match old {
            Some(_) => {
                let filter = Column::ChannelId.eq(row.channel_id);
                Entity::update_many().set(row.clone().into_active_model().reset_all()).filter(filter).exec(&tx).await?;
            }
            None => {
                Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(&tx).await?;
            }
        }
        let facts = json!({ "version": row.version, "wording_version": row.wording_version });
        tx.event(NewEvent::new("message_policy_saved", "channel", row.channel_id.uuid()).payload(facts));
        Ok(row)
    })
    .await
}

fn check(input: &SaveMessagePolicy) -> Result<()> {
    for (path, value, least, most) in
        [("capCount", input.cap_count, 0, MOST_MESSAGES), ("capDays", input.cap_days, 1, MOST_DAYS)]
    {
        if !(least..=most).contains(&value) {
            return Err(Error::invalid(ErrorCode::Invalid, path));
        }
    }
    let (from, until) = (input.quiet_from, input.quiet_until);
    let open = match from.cmp(&until) {
        std::cmp::Ordering::Equal => TimeDelta::days(1),
        std::cmp::Ordering::Less => TimeDelta::days(1) - (until - from),
        std::cmp::Ordering::Greater => from - until,
    };
    if open < OPEN_HOURS { Err(Error::invalid(ErrorCode::Invalid, "quietUntil")) } else { Ok(()) }
}

/// The policy of a channel. For callers that have checked who may see the channel.
pub async fn get(db: &impl ConnectionTrait, id: ChannelId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Whether a channel has what flows of a class need to be switched on: a wording, for those that need consent.
pub async fn allows(db: &impl ConnectionTrait, id: ChannelId, class: MessageClass) -> Result<bool> {
    match class {
        MessageClass::Transactional => Ok(true),
        MessageClass::Survey | MessageClass::Marketing => {
            Ok(get(db, id).await?.is_some_and(|policy| super::policy::has_wording(&policy)))
        }
    }
}
