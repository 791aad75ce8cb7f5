//! Notices about accounts: who has a new password hears of it, and who is forgotten hears it last.

use std::sync::Arc;

use domain::Permission;
use domain::customer::erase;
use domain::kernel::event::NewEvent;
use entity::id::CustomerId;
use entity::job;
use entity::words::{IdentifierKind, MessageStatus};
use sea_orm::EntityTrait;
use support::{World, both_databases};

use super::fixture::{Server, clear, messages};

async fn with_mailbox(world: &World) -> CustomerId {
    let person = world.new_customer("髙﨑", "花子").verified(IdentifierKind::Email, "hanako@example.jp");
    person.create().await.id
}

both_databases! {
    /// A new password is told to the verified address, once per time.
    async fn a_new_password_is_told(world: World) {
        let id = with_mailbox(&world).await;
        let server = Arc::new(Server::default());
        world
            .ctx()
            .write(|tx| async move { Ok(tx.event(NewEvent::new("customer_password_reset", "customer", id.uuid()))) })
            .await
            .unwrap();
        server.work(&world).await;
        let [mail] = server.mails().try_into().unwrap();
        assert_eq!(mail.to, "hanako@example.jp");
        assert!(mail.html.contains("髙﨑 花子") || mail.html.contains("花子 髙﨑"), "{}", mail.text);
        let [kept] = messages(&world).await.try_into().unwrap();
        assert_eq!((kept.template.as_str(), kept.status), ("password_changed", MessageStatus::Sent));
        clear(&world).await;
    }

    /// Who is erased hears it at the address that was theirs; after that nothing of it stays.
    async fn the_last_message_leaves_nothing(world: World) {
        let id = with_mailbox(&world).await;
        let staff = world.staff(&[Permission::CustomersWrite]).await;
        erase(&staff, Some(id)).await.unwrap();
        let server = Arc::new(Server::default());
        server.work(&world).await;
        let [mail] = server.mails().try_into().unwrap();
        assert_eq!(mail.to, "hanako@example.jp");
        assert!(!mail.html.contains("花子"), "the name is gone");
        let [kept] = messages(&world).await.try_into().unwrap();
        assert_eq!((kept.template.as_str(), kept.status), ("account_deleted", MessageStatus::Sent));
        assert_eq!((kept.recipient.as_str(), kept.html.as_str(), kept.text.as_str()), ("", "", ""));
        assert!(kept.customer_id.is_none());
        assert!(job::Entity::find().all(world.db()).await.unwrap().is_empty(), "no address in a job");
        clear(&world).await;
    }
}
