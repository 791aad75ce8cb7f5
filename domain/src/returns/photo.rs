//! Pictures of goods that come back: small, of a type that their bytes prove, kept with the return.

use std::collections::HashMap;

use data_encoding::BASE64;
use entity::id::{ReturnId, ReturnLineId, ReturnPhotoId};
use entity::return_photo;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::kernel::{Error, ErrorCode, Result, Tx};

/// Most pictures of a line.
pub const MAX_PHOTOS: usize = 5;
/// Largest picture, bytes.
pub const MAX_BYTES: usize = 1_048_576;

/// A picture that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Photo {
    content_type: &'static str,
    size: i64,
    data: String,
}

impl Photo {
    /// Stands for a picture that comes later, when it is only asked what goods would give; it is never kept.
    pub(super) const fn promised() -> Self {
        Self { content_type: "image/jpeg", size: 0, data: String::new() }
    }
}

/// The pictures of a return by its lines, to go on with in another one. One statement.
pub(super) async fn of_return(tx: &Tx, id: ReturnId) -> Result<HashMap<ReturnLineId, Vec<Photo>>> {
    let rows = return_photo::Entity::find()
        .filter(return_photo::Column::ReturnId.eq(id))
        .order_by_asc(return_photo::Column::Id)
        .all(tx)
        .await?;
    let mut found: HashMap<ReturnLineId, Vec<Photo>> = HashMap::new();
    for row in rows {
        let Some(line) = row.return_line_id else { continue };
        let known = ["image/jpeg", "image/png", "image/webp"].into_iter().find(|known| *known == row.content_type);
        if let Some(content_type) = known {
            found.entry(line).or_default().push(Photo { content_type, size: row.size, data: row.data });
        }
    }
    Ok(found)
}

/// More pictures of a line than may be: `TOO_MANY`.
#[must_use]
pub fn too_many(path: impl Into<String>) -> Error {
    let values = vec![("max", MAX_PHOTOS.to_string()), ("problem", "pictures".to_owned())];
    Error::invalid_with(ErrorCode::TooMany, path, values)
}

/// A picture of more bytes than may be: `INVALID_FILE`.
#[must_use]
pub fn too_large(path: impl Into<String>) -> Error {
    let megabytes = MAX_BYTES / (1024 * 1024);
    let values = vec![("max", megabytes.to_string()), ("problem", "picture-size".to_owned())];
    Error::invalid_with(ErrorCode::InvalidFile, path, values)
}

/// No picture of a type that is taken: `INVALID_FILE`.
fn no_picture(path: &str) -> Error {
    let values = vec![("detail", "JPEG, PNG, WebP".to_owned()), ("problem", "picture-type".to_owned())];
    Error::invalid_with(ErrorCode::InvalidFile, path, values)
}

/// Reads pictures in base64. Errors: `TOO_MANY`, `INVALID_FILE` for what is too large, no base64, or no JPEG, PNG or WebP.
pub(super) fn checked(path: &str, photos: &[String]) -> Result<Vec<Photo>> {
    if photos.len() > MAX_PHOTOS {
        return Err(too_many(path));
    }
    photos.iter().enumerate().map(|(index, data)| one(&format!("{path}.{index}"), data)).collect()
}

fn one(path: &str, data: &str) -> Result<Photo> {
    let bad = || Error::invalid(ErrorCode::InvalidFile, path);
    // Four letters hold three bytes: this stops megabytes before they are decoded.
    if data.len() > MAX_BYTES / 3 * 4 + 8 {
        return Err(too_large(path));
    }
    let bytes = BASE64.decode(data.trim().as_bytes()).map_err(|_| bad())?;
    if bytes.len() > MAX_BYTES {
        return Err(too_large(path));
    }
    let content_type = kind(&bytes).ok_or_else(|| no_picture(path))?;
    let size = i64::try_from(bytes.len()).map_err(|_| bad())?;
    Ok(Photo { content_type, size, data: BASE64.encode(&bytes) })
}

/// The type of a picture by its first bytes; what a client calls it proves nothing.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Some("image/jpeg")
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        None
    }
}

/// Keeps pictures of a line; their ids in order. One statement.
pub(super) async fn keep(
    tx: &Tx,
    return_id: ReturnId,
    photos: Vec<(ReturnLineId, Photo)>,
) -> Result<Vec<ReturnPhotoId>> {
    let rows: Vec<return_photo::Model> = photos
        .into_iter()
        .map(|(line, photo)| return_photo::Model {
            id: ReturnPhotoId(tx.new_uuid()),
            return_id,
            return_line_id: Some(line),
            content_type: photo.content_type.to_owned(),
            size: photo.size,
            data: photo.data,
            created_at: tx.now(),
        })
        .collect();
    let ids = rows.iter().map(|row| row.id).collect();
    if !rows.is_empty() {
        let rows = rows.into_iter().map(|row| row.into_active_model().reset_all());
        return_photo::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::kernel::language::Language;

    #[test]
    fn bytes_prove_the_type() {
        let png = BASE64.encode(b"\x89PNG\r\n\x1a\nrest");
        let photos = checked("photos", std::slice::from_ref(&png)).unwrap();
        assert_eq!(photos.first().map(|photo| (photo.content_type, photo.size)), Some(("image/png", 12)));
        let script = BASE64.encode(b"<script>alert(1)</script>");
        for bad in [script, "no base64!".to_owned(), String::new(), "A".repeat(1_400_000)] {
            assert_eq!(checked("photos", &[bad]).unwrap_err().code(), ErrorCode::InvalidFile);
        }
        assert_eq!(checked("photos", &vec![png; 6]).unwrap_err().code(), ErrorCode::TooMany);
    }

    #[test]
    fn a_picture_that_is_not_taken_is_told_why() {
        let gif = BASE64.encode(b"GIF89a");
        let large = BASE64.encode(&[b"\x89PNG\r\n\x1a\n".as_slice(), &vec![0; MAX_BYTES]].concat());
        for (photo, ja, en) in [
            (gif, "JPEG, PNG, WebP の写真をお選びください", "Please choose JPEG, PNG, WebP."),
            (large, "1枚 1 MB まで", "at most 1 MB each"),
        ] {
            let error = checked("photos", &[photo]).unwrap_err();
            assert_eq!(error.path(), "photos.0");
            assert!(error.message(Language::Ja).contains(ja) && error.message(Language::En).contains(en), "{error}");
        }
        assert!(too_many("photos").message(Language::Ja).contains("5 枚まで"));
    }
}
