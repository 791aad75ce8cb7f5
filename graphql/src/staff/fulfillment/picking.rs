//! Picking: walks through a location, and what is fetched on them.

use async_graphql::{Context, ID, InputObject, Object};
use domain::fulfillment::pick::{self, PickLineRef, PickWork, RecordPicks};
use domain::fulfillment::pick_list::{self, CreatePickList, Listed};
use domain::fulfillment::pick_short::{self, PickShort};
use domain::{Error, ErrorCode, Result};
use entity::id::{LocationId, PickListId};
use entity::words::RejectionEffect;

use super::input::{line_ref, work_id};
use super::{FulfillmentOrderPayload, kept, run, shown};
use crate::connection::{count, page_request};
use crate::context::{ctx_of, key_or_header};
use crate::node::fulfillment_order::FulfillmentOrder;
use crate::node::pick_list::{PickList, PickListConnection};
use crate::payload;
use crate::scalar::{parse_id, parse_ids};
use crate::word::Word;

/// Which pick lists are wanted.
#[derive(Clone, Debug, InputObject)]
pub struct PickListFilter {
    /// Of this location.
    pub location_id: ID,
    /// Also the ones that ended.
    #[graphql(default)]
    pub ended: bool,
}

/// A walk to plan: for the work named, or for the next in the queue.
#[derive(Clone, Debug, InputObject)]
pub struct PickListCreateInput {
    /// Where.
    pub location_id: ID,
    /// For which work, at most 50; open work is accepted by it. The next in the queue when left out.
    #[graphql(default)]
    pub fulfillment_order_ids: Vec<ID>,
    /// How many fulfillment orders to take from the queue, 1 to 50; 50 when left out.
    pub up_to: Option<i32>,
    /// The same key plans one walk; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl PickListCreateInput {
    fn read(self, ctx: &Context<'_>) -> Result<CreatePickList> {
        let refused = |_| Error::invalid(ErrorCode::InvalidQuantity, "input.upTo");
        Ok(CreatePickList {
            location_id: parse_id(&self.location_id, "input.locationId")?,
            work: parse_ids(&self.fulfillment_order_ids, "input.fulfillmentOrderIds")?,
            up_to: self.up_to.map(usize::try_from).transpose().map_err(refused)?,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// Units fetched for a line of a pick list, named by its id or by a scanned code.
#[derive(Clone, Debug, InputObject)]
pub struct PickListPickLineInput {
    /// The line.
    pub pick_list_line_id: Option<ID>,
    /// The barcode or SKU that was scanned.
    pub code: Option<String>,
    /// Units, or fewer than zero to undo.
    pub quantity: i64,
}

/// What was fetched on a walk.
#[derive(Clone, Debug, InputObject)]
pub struct PickListPickInput {
    /// The list.
    pub pick_list_id: ID,
    /// What was fetched, 1 to 500 lines.
    pub lines: Vec<PickListPickLineInput>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The same key records once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl PickListPickInput {
    fn read(self, ctx: &Context<'_>) -> Result<RecordPicks> {
        let lines = self.lines.into_iter().enumerate().map(|(index, line)| {
            let path = format!("input.lines.{index}");
            let which = match (line.pick_list_line_id, line.code) {
                (Some(id), None) => PickLineRef::Line(parse_id(&id, &format!("{path}.pickListLineId"))?),
                (None, Some(code)) => PickLineRef::Scan(code),
                (None, None) => return Err(Error::invalid(ErrorCode::Required, format!("{path}.pickListLineId"))),
                (Some(_), Some(_)) => return Err(Error::invalid(ErrorCode::Invalid, format!("{path}.code"))),
            };
            Ok((which, line.quantity))
        });
        Ok(RecordPicks {
            pick_list_id: parse_id(&self.pick_list_id, "input.pickListId")?,
            lines: lines.collect::<Result<_>>()?,
            expected_version: self.expected_version,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// Units that a picker did not find.
#[derive(Clone, Debug, InputObject)]
pub struct PickListShortInput {
    /// The list.
    pub pick_list_id: ID,
    /// Its line.
    pub pick_list_line_id: ID,
    /// Units that are not there, at least 1.
    pub quantity: i64,
    /// What it does to stock; `ZERO` when left out.
    pub stock_effect: Option<Word<RejectionEffect>>,
    /// In the picker's words.
    pub note: Option<String>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The same key reports once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl PickListShortInput {
    fn read(self, ctx: &Context<'_>) -> Result<PickShort> {
        Ok(PickShort {
            pick_list_id: parse_id(&self.pick_list_id, "input.pickListId")?,
            line: parse_id(&self.pick_list_line_id, "input.pickListLineId")?,
            quantity: self.quantity,
            effect: self.stock_effect.map(|effect| effect.0),
            note: self.note,
            expected_version: self.expected_version,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

/// A pick list, as you saw it.
#[derive(Clone, Debug, InputObject)]
pub struct PickListEndInput {
    /// The list.
    pub pick_list_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
}

impl PickListEndInput {
    fn read(&self) -> Result<PickListId> {
        parse_id(&self.pick_list_id, "input.pickListId")
    }
}

/// Units fetched for a line of work, named by its id or by a scanned code.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderPickLineInput {
    /// The line.
    pub fulfillment_order_line_id: Option<ID>,
    /// The barcode or SKU that was scanned; `NOT_IN_WORK` when it is not part of the work.
    pub code: Option<String>,
    /// Units, or fewer than zero to undo.
    pub quantity: i64,
}

/// What was fetched for one fulfillment order without a list.
#[derive(Clone, Debug, InputObject)]
pub struct FulfillmentOrderPickInput {
    /// The work.
    pub fulfillment_order_id: ID,
    /// What was fetched; all that is left when left out.
    #[graphql(default)]
    pub lines: Vec<FulfillmentOrderPickLineInput>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// The same key records once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

impl FulfillmentOrderPickInput {
    fn read(self, ctx: &Context<'_>) -> Result<PickWork> {
        let work = work_id(&self.fulfillment_order_id)?;
        let lines = self.lines.into_iter().enumerate().map(|(index, line)| {
            let path = format!("input.lines.{index}");
            Ok((line_ref(line.fulfillment_order_line_id.as_ref(), Some(work), line.code, &path)?, line.quantity))
        });
        Ok(PickWork {
            fulfillment_order_id: work,
            lines: lines.collect::<Result<_>>()?,
            expected_version: self.expected_version,
            idempotency_key: key_or_header(ctx, self.idempotency_key).unwrap_or_default(),
        })
    }
}

payload! {
    /// A pick list after a change.
    pub struct PickListPayload {
        /// The list.
        pick_list: PickList,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

payload! {
    /// A pick list on which something was missing.
    pub struct PickListShortPayload {
        /// The list.
        pick_list: PickList,
        /// The work that serves the missing units now. Empty on a replay.
        rerouted: Vec<FulfillmentOrder>,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

fn listed(done: Listed) -> (PickList, bool) {
    (PickList(done.pick_list), done.replayed)
}

/// Pick lists.
#[derive(Debug, Default)]
pub struct PickingQuery;

#[Object]
impl PickingQuery {
    /// A pick list of one of your locations; null when there is none.
    async fn pick_list(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<PickList>> {
        Ok(pick_list::find(ctx_of(ctx), parse_id(&id, "id")?).await?.map(PickList))
    }

    /// The pick lists of a location, newest first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn pick_lists(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: PickListFilter,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<PickListConnection> {
        let place: LocationId = parse_id(&filter.location_id, "filter.locationId")?;
        let request = page_request(first, after, last, before)?;
        let page = pick_list::page(ctx_of(ctx), place, filter.ended, &request).await?;
        let state = (ctx_of(ctx).clone(), place, filter.ended);
        let all = count(state, |(ctx, place, ended)| async move { pick_list::count(&ctx, place, ended).await });
        Ok(PickListConnection::new(page.map(PickList), all))
    }
}

/// What pickers do.
#[derive(Debug, Default)]
pub struct PickingMutation;

#[Object]
impl PickingMutation {
    /// Makes a pick list for one order or several, sorted the way a picker walks; once per key.
    async fn pick_list_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to fetch.")] input: PickListCreateInput,
    ) -> Result<PickListPayload> {
        let done = run(ctx_of(ctx), input.read(ctx), pick_list::create).await;
        PickListPayload::of(ctx, done.map(listed))
    }

    /// Records what was fetched on a walk, or undoes it; once per key.
    async fn pick_list_pick(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was fetched.")] input: PickListPickInput,
    ) -> Result<PickListPayload> {
        let done = run(ctx_of(ctx), input.read(ctx), pick::record).await;
        PickListPayload::of(ctx, done.map(listed))
    }

    /// Reports units as not found: they are rejected with `NOT_FOUND`, and another location is asked. Once per key.
    async fn pick_list_short(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is missing.")] input: PickListShortInput,
    ) -> Result<PickListShortPayload> {
        let done = run(ctx_of(ctx), input.read(ctx), pick_short::pick_short).await;
        let told = done.map(|(list, done)| (PickList(list), shown(done.rerouted), done.replayed));
        PickListShortPayload::of(ctx, told)
    }

    /// Ends a walk on which all was fetched or found short.
    async fn pick_list_finish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which list.")] input: PickListEndInput,
    ) -> Result<PickListPayload> {
        let done = match input.read() {
            Ok(id) => pick_list::finish(ctx_of(ctx), id, input.expected_version).await,
            Err(error) => Err(error),
        };
        PickListPayload::of(ctx, done.map(|list| (PickList(list), false)))
    }

    /// Gives a walk up: what was fetched stays picked, the rest can go on another list.
    async fn pick_list_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which list.")] input: PickListEndInput,
    ) -> Result<PickListPayload> {
        let done = match input.read() {
            Ok(id) => pick_list::cancel(ctx_of(ctx), id, input.expected_version).await,
            Err(error) => Err(error),
        };
        PickListPayload::of(ctx, done.map(|list| (PickList(list), false)))
    }

    /// Records what was fetched for one fulfillment order without a list, or undoes it; once per key.
    async fn fulfillment_order_pick(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was fetched.")] input: FulfillmentOrderPickInput,
    ) -> Result<FulfillmentOrderPayload> {
        let done = run(ctx_of(ctx), input.read(ctx), pick::pick).await;
        FulfillmentOrderPayload::of(ctx, done.map(kept))
    }
}
