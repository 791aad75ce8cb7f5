//! Every step that is not in the table of a count is refused by its command.

use domain::stock_count::{CancelCount, Recount, StartSession, cancel, recount, start};
use domain::{Ctx, Error, Permission};
use entity::id::StockCountId;
use entity::status::{StateMachine, StockCountAction};
use entity::stock_count::{Column, Entity};
use entity::words::StockCountStatus;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::{World, both_databases};

use super::{accept_it, begin, submitted};

async fn attempt(ctx: &Ctx, id: StockCountId, action: StockCountAction, key: &str) -> domain::Result<()> {
    match action {
        StockCountAction::Start => start(ctx, StartSession { count_id: id, storage_area_id: None }).await.map(|_| ()),
        StockCountAction::Submit => submitted(ctx, id, true).await.map(|_| ()),
        StockCountAction::Recount => {
            recount(ctx, Recount { count_id: id, lines: Vec::new(), expected_version: None }).await.map(|_| ())
        }
        StockCountAction::Accept => accept_it(ctx, id, key).await.map(|_| ()),
        StockCountAction::Cancel => cancel(ctx, CancelCount { count_id: id, expected_version: None }).await.map(|_| ()),
    }
}

both_databases! {
    /// From the table itself: what has no next state is refused and says what is possible; all else is not refused so.
    async fn only_the_table_leads_on(world: World) {
        let store = world.store("shibuya").await;
        world.product("tea").stock(&store, 5).create().await;
        let clerk = world.staff_at(store.id, &[Permission::CountsWork, Permission::CountsAccept]).await;
        let (mut refused_pairs, mut allowed_pairs) = (0, 0);
        for state in StockCountStatus::STATES {
            for action in StockCountStatus::ACTIONS {
                let key = format!("{state}-{action}");
                let count = domain::stock_count::create(&clerk, begin(store.id, None, &key)).await.unwrap();
                Entity::update_many()
                    .col_expr(Column::Status, Expr::value(*state))
                    .filter(Column::Id.eq(count.id))
                    .exec(world.db())
                    .await
                    .unwrap();
                let answer = attempt(&clerk, count.id, *action, &key).await;
                let now = Entity::find_by_id(count.id).one(world.db()).await.unwrap().unwrap().status;
                match state.next(*action) {
                    None => {
                        refused_pairs += 1;
                        let Err(Error::InvalidTransition { machine: "stockCount", from, action: tried, allowed }) = answer else {
                            panic!("{state} {action}: {answer:?}");
                        };
                        let possible: Vec<String> = state.supported_actions().iter().map(ToString::to_string).collect();
                        assert_eq!((from, tried, allowed, now), (state.to_string(), action.to_string(), possible, *state));
                    }
                    Some(next) => {
                        allowed_pairs += 1;
                        // Nothing was counted, so there is nothing to count again.
                        match action {
                            StockCountAction::Recount => assert!(!matches!(answer, Err(Error::InvalidTransition { .. }))),
                            StockCountAction::Start | StockCountAction::Submit | StockCountAction::Accept | StockCountAction::Cancel => {
                                answer.unwrap();
                                assert_eq!(now, next, "{state} {action}");
                            }
                        }
                    }
                }
            }
        }
        assert_eq!((allowed_pairs, refused_pairs), (8, 17));
    }
}
