//! Customers: proofs, sign-in, details.

mod details;
mod phones;
mod proofs;

use domain::customer::notify::{CODE_JOB, CodeWish, prepare};
use domain::customer::{Names, RegisterCustomer, register};
use domain::{Ctx, Result};
use entity::job;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use support::World;

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) async fn sign_up(ctx: &Ctx, email: &str, password: Option<&str>) -> Result<String> {
    let input = RegisterCustomer {
        email: email.into(),
        password: password.map(Into::into),
        names: Names { family_name: "佐藤".into(), given_name: "花子".into(), ..Names::default() },
        locale: None,
    };
    register(ctx, input).await
}

/// Runs the wishes for codes and returns what was sent: recipient and code.
pub(crate) async fn letters(world: &World) -> Vec<(String, String)> {
    let jobs = job::Entity::find().filter(job::Column::Kind.eq(CODE_JOB)).all(world.db()).await.unwrap();
    let mut letters = Vec::new();
    for row in jobs {
        let wish: CodeWish = serde_json::from_value(row.payload).unwrap();
        let wish = &wish;
        let letter = world.ctx().write(|tx| async move { prepare(&tx, wish).await }).await.unwrap();
        letters.extend(letter.map(|letter| (letter.recipient, letter.code)));
        job::Entity::delete_by_id(row.id).exec(world.db()).await.unwrap();
    }
    letters
}
