//! What a key of one location may touch.

use domain::access::token::Audience;
use domain::access::{CreateApiKey, Credentials, authenticate, create_api_key};
use domain::inventory::sync::SyncItem;
use domain::{Ctx, ErrorCode, Permission};
use entity::id::LocationId;
use support::{World, both_databases};

use super::{Depot, absolute, snapshot};

/// An app whose key is limited to some locations.
pub(super) async fn app(world: &World, permissions: &[Permission], locations: &[LocationId]) -> Ctx {
    let input = CreateApiKey {
        name: "ACME".to_owned(),
        permissions: permissions.iter().map(|permission| permission.as_str().to_owned()).collect(),
        location_ids: locations.to_vec(),
        expires_at: None,
    };
    let key = create_api_key(&world.ctx(), input).await.unwrap();
    let presented =
        Credentials { audience: Audience::Staff, bearer: Some(&key.secret), device: None, cart: None, order: None };
    let actor = authenticate(&world.guest(), &presented).await.unwrap();
    world.ctx().with_actor(actor)
}

both_databases! {
    /// A key of one location does not see, and does not change, another.
    async fn a_key_of_one_location_cannot_touch_another(world: World) {
        let depot = Depot::open(&world, 5).await;
        let other = world.location("DC2").with(|row| row.external_reference = Some("DC-2".to_owned())).create().await;
        world.stock(&other, depot.tea.id(), 5).await;
        let wms = app(&world, &[Permission::StockSync], &[depot.place.id]).await;
        assert_eq!(absolute(&wms, snapshot(6, world.now()), "a").await.unwrap().on_hand, Some(6));
        let elsewhere = SyncItem { location_reference: Some("DC-2".to_owned()), ..snapshot(6, world.now()) };
        assert_eq!(absolute(&wms, elsewhere.clone(), "b").await.unwrap().error(), Some(ErrorCode::NotFound));
        let by_id = SyncItem { location_reference: None, location_id: Some(other.id), ..elsewhere.clone() };
        assert_eq!(absolute(&wms, by_id, "c").await.unwrap().error(), Some(ErrorCode::NotFound));
        assert_eq!(super::on_hand(&world, other.id, depot.tea.id()).await, 5);
        let both = app(&world, &[Permission::StockSync], &[depot.place.id, other.id]).await;
        assert_eq!(absolute(&both, elsewhere.clone(), "d").await.unwrap().on_hand, Some(6));
        let everywhere = app(&world, &[Permission::StockSync], &[]).await;
        assert_eq!(absolute(&everywhere, elsewhere.clone(), "e").await.unwrap().on_hand, Some(6));
        let reader = app(&world, &[Permission::StockRead], &[other.id]).await;
        assert_eq!(absolute(&reader, elsewhere, "f").await.unwrap_err().code(), ErrorCode::Forbidden);
        let unknown = CreateApiKey {
            name: "x".to_owned(),
            permissions: vec!["stock.sync".to_owned()],
            location_ids: vec![LocationId(world.new_uuid())],
            expires_at: None,
        };
        assert_eq!(create_api_key(&world.ctx(), unknown).await.unwrap_err().code(), ErrorCode::NotFound);
    }
}
