//! The category tree: what a node is under, and what is under it. Pure.

use std::collections::{HashMap, HashSet};

use entity::category;
use entity::id::CategoryId;

/// Deepest level of the tree.
pub const MAX_DEPTH: usize = 10;

/// How many levels a category would stand deep under `parent` (1 is a root); `None` when that would make a circle.
#[must_use]
pub fn depth_under(rows: &[category::Model], id: Option<CategoryId>, parent: Option<CategoryId>) -> Option<usize> {
    let parents: HashMap<CategoryId, Option<CategoryId>> = rows.iter().map(|row| (row.id, row.parent_id)).collect();
    let mut depth = 1;
    let mut above = parent;
    while let Some(node) = above {
        if Some(node) == id || depth > rows.len() {
            return None;
        }
        depth += 1;
        above = parents.get(&node).copied().flatten();
    }
    Some(depth)
}

/// A category and everything below it.
#[must_use]
pub fn subtree(rows: &[category::Model], root: CategoryId) -> HashSet<CategoryId> {
    let mut children: HashMap<CategoryId, Vec<CategoryId>> = HashMap::new();
    for row in rows {
        if let Some(parent) = row.parent_id {
            children.entry(parent).or_default().push(row.id);
        }
    }
    let mut found = HashSet::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        if found.insert(node) {
            open.extend(children.get(&node).into_iter().flatten());
        }
    }
    found
}

/// How many levels a subtree has; 1 is a leaf.
#[must_use]
pub fn height(rows: &[category::Model], root: CategoryId) -> usize {
    let mut level: HashSet<CategoryId> = HashSet::from([root]);
    let mut height = 0;
    while !level.is_empty() && height <= rows.len() {
        height += 1;
        level = rows
            .iter()
            .filter(|row| row.parent_id.is_some_and(|parent| level.contains(&parent)))
            .map(|row| row.id)
            .collect();
    }
    height
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> CategoryId {
        CategoryId(Uuid::from_u128(number))
    }

    fn tree(edges: &[(u128, Option<u128>)]) -> Vec<category::Model> {
        edges
            .iter()
            .map(|(node, parent)| category::Model {
                id: id(*node),
                parent_id: parent.map(id),
                slug: node.to_string(),
                name: node.to_string(),
                translations: serde_json::json!({}),
                position: 1,
            })
            .collect()
    }

    #[test]
    fn a_category_cannot_go_below_itself() {
        let rows = tree(&[(1, None), (2, Some(1)), (3, Some(2))]);
        assert_eq!(depth_under(&rows, Some(id(1)), Some(id(3))), None);
        assert_eq!(depth_under(&rows, Some(id(1)), Some(id(1))), None);
        assert_eq!(depth_under(&rows, Some(id(3)), Some(id(1))), Some(2));
        assert_eq!(depth_under(&rows, None, Some(id(3))), Some(4));
        assert_eq!(depth_under(&rows, None, None), Some(1));
    }

    #[test]
    fn a_subtree_holds_all_levels() {
        let rows = tree(&[(1, None), (2, Some(1)), (3, Some(2)), (4, None)]);
        assert_eq!(subtree(&rows, id(1)), HashSet::from([id(1), id(2), id(3)]));
        assert_eq!(height(&rows, id(1)), 3);
        assert_eq!(height(&rows, id(4)), 1);
    }
}
