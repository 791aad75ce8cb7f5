//! The files that label programs read, and the ones they write.

use domain::import::tracking::{ImportTracking, import_tracking};
use domain::shipping::carriers::export::{ExportParcels, export};
use domain::{ErrorCode, Permission};
use entity::words::Carrier;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use support::{World, both_databases};

use super::{Packed, now, number, packed};

/// Shift_JIS of a text that has nothing but ASCII and `お客様管理番号`, `伝票番号`.
fn shift_jis(text: &str) -> Vec<u8> {
    domain::shipping::carriers::charset::encode(text)
}

fn wanted(story: &Packed, carrier: Carrier) -> ExportParcels {
    ExportParcels { location_id: story.shop.warehouse.id, carrier, ship_on: None, with_number: false }
}

async fn send_phone(world: &World, story: &Packed) {
    let mut address = story.shop.warehouse.address.clone();
    address.phone = "+81312345678".into();
    let change =
        entity::location::ActiveModel { id: Set(story.shop.warehouse.id), address: Set(address), ..Default::default() };
    change.update(world.db()).await.unwrap();
}

both_databases! {
    /// What waits goes into the file of its carrier, and comes back with its number.
    async fn a_parcel_goes_to_the_label_program_and_back(world: World) {
        let story = packed(&world).await;
        send_phone(&world, &story).await;
        let file = export(&story.clerk, wanted(&story, Carrier::Yamato)).await.unwrap();
        assert_eq!((file.parcels, file.problems.len(), file.more), (1, 0, false), "{:?}", file.problems);
        let reference = format!("{}-1", story.order.number);
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        assert!(text.contains(&reference), "{text}");
        assert!(file.file_name.starts_with("yamato-WH-2026"), "{}", file.file_name);
        assert_eq!(export(&story.clerk, wanted(&story, Carrier::Sagawa)).await.unwrap().parcels, 0);

        let mine = number(41_201_234_567);
        let csv = format!("お客様管理番号,伝票番号\r\n{reference},{mine}\r\nH999999-1,{mine}\r\n{reference}9,{mine}\r\n{reference},12345\r\n");
        let import = |file: Vec<u8>, dry_run| {
            let clerk = story.clerk.clone();
            async move { import_tracking(&clerk, ImportTracking { carrier: Carrier::Yamato, file, dry_run }).await.unwrap() }
        };
        let tried = import(shift_jis(&csv), true).await;
        assert_eq!((tried.rows, tried.updated), (4, 1));
        assert_eq!(now(&world, story.parcel.id).await.tracking_number, None, "a dry run writes nothing");
        let done = import(shift_jis(&csv), false).await;
        let problems: Vec<_> = done.problems.iter().map(|problem| (problem.line, problem.error.code())).collect();
        let lines = [(3, ErrorCode::NotFound), (4, ErrorCode::NotFound), (5, ErrorCode::InvalidTrackingNumber)];
        assert_eq!((done.updated, problems.as_slice()), (1, lines.as_slice()));
        assert_eq!(now(&world, story.parcel.id).await.tracking_number, Some(mine.clone()));
        let again = import(format!("\u{feff}reference,tracking_number\n{reference},{mine}\n").into_bytes(), false).await;
        assert_eq!((again.updated, again.unchanged), (0, 1), "UTF-8 with a byte order mark, too");
        assert_eq!(export(&story.clerk, wanted(&story, Carrier::Yamato)).await.unwrap().parcels, 0, "it has its number");
        let all = ExportParcels { with_number: true, ..wanted(&story, Carrier::Yamato) };
        assert_eq!(export(&story.clerk, all).await.unwrap().parcels, 1);
    }

    /// A parcel that the carrier would refuse is told by column, and the others are in the file.
    async fn what_a_carrier_would_refuse_is_told(world: World) {
        let story = packed(&world).await;
        send_phone(&world, &story).await;
        let odd = world
            .parcel(story.shop.warehouse.id)
            .line(story.line, 1)
            .with(|row| {
                row.delivery_slot = Some("02-03".into());
                row.recipient = serde_json::json!({ "name": "😀", "phone": "", "address": { "line1": "x" } });
            })
            .create()
            .await;
        let file = export(&story.clerk, wanted(&story, Carrier::Yamato)).await.unwrap();
        assert_eq!(file.parcels, 1);
        assert!(file.problems.iter().all(|problem| problem.shipment_id == odd.id && problem.error.is_some()));
        let columns: Vec<&str> = file.problems.iter().map(|problem| problem.column.as_str()).collect();
        for column in ["お届け先電話番号", "お届け先郵便番号", "配達時間帯"] {
            assert!(columns.contains(&column), "{columns:?}");
        }
    }

    /// A file is a clerk's own location's, and nothing else is read as one.
    async fn files_are_for_those_who_work_there(world: World) {
        let story = packed(&world).await;
        let other = world.staff_at(story.shop.store.id, &[Permission::FulfillmentWork]).await;
        assert_eq!(export(&other, wanted(&story, Carrier::Yamato)).await.unwrap_err().code(), ErrorCode::NotFound);
        assert_eq!(export(&story.clerk, wanted(&story, Carrier::Dhl)).await.unwrap_err().code(), ErrorCode::Invalid);
        let file = format!("reference,tracking_number\n{}-1,{}\n", story.order.number, number(1)).into_bytes();
        let input = ImportTracking { carrier: Carrier::Yamato, file, dry_run: false };
        let report = import_tracking(&other, input).await.unwrap();
        assert_eq!((report.updated, report.problems[0].error.code()), (0, ErrorCode::NotFound));
        for file in ["", "a,b\n1,2\n", "reference,tracking_number\n\"open"] {
            let input = ImportTracking { carrier: Carrier::Yamato, file: file.as_bytes().to_vec(), dry_run: false };
            assert!(import_tracking(&story.clerk, input).await.is_err(), "{file}");
        }
    }
}
