//! Pictures.

use super::super::cell;
use super::columns::Field;
use super::group::Group;
use super::product::ProductReader;
use super::record::ImageRecord;
use crate::ErrorCode;

impl ProductReader<'_> {
    pub(super) fn images(&mut self, group: &Group<'_>) -> Option<Vec<ImageRecord>> {
        if !self.columns.has(&Field::ImageSrc) {
            return None;
        }
        let mut images: Vec<ImageRecord> = Vec::new();
        for row in &group.rows {
            let url = self.columns.cell(row, &Field::ImageSrc);
            if url.is_empty() || images.iter().any(|image| image.url == url) {
                continue;
            }
            let position = self.number(row, &Field::ImagePosition, cell::whole, ErrorCode::Invalid);
            let alt = self.columns.cell(row, &Field::ImageAlt).to_owned();
            images.push(ImageRecord {
                line: row.line,
                url: url.to_owned(),
                alt,
                position: position.unwrap_or(i64::MAX),
            });
        }
        images.sort_by_key(|image| image.position);
        Some(images)
    }
}
