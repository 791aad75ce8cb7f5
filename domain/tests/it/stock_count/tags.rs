//! RFID tags as a source of counts.

use domain::ErrorCode;
use domain::stock_count::sgtin::{Sgtin, encode};
use domain::stock_count::{ReadTags, Recount, Selection, StartSession, TagsRead, read_tags, recount, start};
use entity::id::StockCountSessionId;
use entity::stock_count_tag;
use sea_orm::{EntityTrait, PaginatorTrait};
use support::{World, both_databases};

use super::{COUNTER, begun, line_of, lines, submitted};

const TEA: &str = "4901234567894";

fn epc(gtin: &str, serial: u64) -> String {
    encode(&Sgtin { gtin: format!("{gtin:0>14}"), serial }, 7, 1).unwrap()
}

async fn hear(
    ctx: &domain::Ctx,
    session_id: StockCountSessionId,
    epcs: Vec<String>,
    key: &str,
) -> domain::Result<TagsRead> {
    read_tags(ctx, ReadTags { session_id, epcs, idempotency_key: key.to_owned() }).await
}

both_databases! {
    /// A tag counts once in a round, whoever hears it and however often; strangers are told, not refused.
    async fn a_tag_counts_once(world: World) {
        let store = world.store("shibuya").await;
        let tea = world.product("tea").with(|row| row.barcode = Some(TEA.to_owned())).stock(&store, 5).create().await.id();
        let cup = world.product("cup").with(|row| row.barcode = Some("4006381333931".to_owned())).stock(&store, 5).create().await.id();
        let (one, two) = (world.staff(COUNTER).await, world.staff(COUNTER).await);
        let (count, first) = begun(&one, store.id, Some(Selection::Variants(vec![tea])), "k").await;
        let second = start(&two, StartSession { count_id: count.id, storage_area_id: None }).await.unwrap().id;
        let stranger = epc("4901777018884", 1);
        let epcs = vec![epc(TEA, 1), epc(TEA, 2), epc(TEA, 2).to_lowercase(), epc("4006381333931", 7), stranger.clone(), "E2003412".to_owned()];
        let read = hear(&one, first, epcs.clone(), "k1").await.unwrap();
        assert_eq!((read.counted, read.again, read.lines.len()), (2, 0, 1));
        assert_eq!(read.unexpected.into_iter().collect::<Vec<_>>(), [(cup, 1)], "not in this count");
        assert_eq!(read.unknown.into_iter().collect::<Vec<_>>(), [("04901777018884".to_owned(), 1)]);
        assert_eq!(read.unreadable, ["E2003412"]);
        let again = hear(&one, first, epcs, "k1").await.unwrap();
        assert!(again.replayed && again.counted == 0);
        let other = hear(&two, second, vec![epc(TEA, 2), epc(TEA, 3)], "k1").await.unwrap();
        assert_eq!((other.counted, other.again), (1, 1), "two readers hear the same tag");
        assert_eq!(line_of(&world, count.id, tea).await.counted, Some(3));
        assert_eq!(stock_count_tag::Entity::find().count(world.db()).await.unwrap(), 3);
        assert_eq!(hear(&one, first, Vec::new(), "k2").await.unwrap_err().code(), ErrorCode::Required);
        assert_eq!(hear(&one, first, vec![stranger; 5_001], "k2").await.unwrap_err().code(), ErrorCode::TooMany);
        // The next round hears everything anew.
        submitted(&one, count.id, false).await.unwrap();
        let line = line_of(&world, count.id, tea).await.id;
        recount(&one, Recount { count_id: count.id, lines: vec![line], expected_version: None }).await.unwrap();
        let session = start(&one, StartSession { count_id: count.id, storage_area_id: None }).await.unwrap().id;
        assert_eq!(hear(&one, session, vec![epc(TEA, 1)], "k3").await.unwrap().counted, 1);
        assert_eq!(line_of(&world, count.id, tea).await.counted, Some(1));
    }

    /// Five thousand tags in one call, in a bounded number of statements.
    async fn five_thousand_tags_are_read_at_once(world: World) {
        let store = world.store("shibuya").await;
        let mut epcs = Vec::new();
        for number in 0..20_u32 {
            let body = format!("490123400{number:03}");
            let check = char::from(domain::catalog::barcode::check_digit(body.as_bytes()).unwrap());
            let gtin = format!("{body}{check}");
            world.product(&format!("p{number}")).with(|row| row.barcode = Some(gtin.clone())).create().await;
            epcs.extend((0..250).map(|serial| epc(&gtin, serial)));
        }
        let clerk = world.staff(COUNTER).await;
        let (count, session) = begun(&clerk, store.id, None, "k").await;
        let before = clerk.statements.get();
        let read = hear(&clerk, session, epcs.clone(), "k1").await.unwrap();
        let statements = clerk.statements.get() - before;
        assert_eq!((read.counted, read.lines.len()), (5_000, 20));
        assert!(statements <= 24, "{statements} statements");
        assert!(lines(&world, count.id).await.iter().all(|line| line.counted == Some(250)));
        assert_eq!(hear(&clerk, session, epcs, "k2").await.unwrap().again, 5_000);
    }
}
