//! A message about an account leaves in the name of the shop in which its owner acts.

use entity::message;
use entity::words::IdentifierKind;
use sea_orm::EntityTrait;
use serde_json::json;

use crate::harness::over_http;

const EMAIL: &str = "hanako@example.jp";
const CODE: &str = "mutation($input: EmailInput!) { customerSignInCodeRequest(input: $input) {
    sentTo errors { code message path } } }";

over_http! {
    /// A storefront names its channel by `X-Channel`: the code comes from that shop and not from the older one.
    async fn a_code_comes_from_the_shop_that_the_request_names(app: TestApp) {
        let world = app.world();
        world.channel("first").create().await;
        let other = world.channel("other").create().await;
        world.new_customer("髙﨑", "花子").verified(IdentifierKind::Email, EMAIL).create().await;
        let storefront = app.shop().header("x-channel", "other");
        storefront.run("customerSignInCodeRequest", CODE, json!({ "email": EMAIL })).await;
        app.run_jobs().await;
        let [sent] = message::Entity::find().all(world.db()).await.unwrap().try_into().unwrap();
        assert_eq!((sent.template.as_str(), sent.channel_id), ("sign_in_code", Some(other.id)));
        assert_eq!(app.smtp().mails().len(), 1);
    }
}
