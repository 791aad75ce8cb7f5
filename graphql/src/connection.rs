//! Lists after the Relay cursor connections specification, made from `domain::kernel::paging::Page`.

use async_graphql::SimpleObject;
use domain::Result;
use domain::kernel::paging::PageRequest;

/// Where a page lies in its list.
#[derive(Clone, Debug, SimpleObject)]
pub struct PageInfo {
    /// Whether more follow.
    pub has_next_page: bool,
    /// Whether some go before.
    pub has_previous_page: bool,
    /// Cursor of the first; null on an empty page.
    pub start_cursor: Option<String>,
    /// Cursor of the last; null on an empty page.
    pub end_cursor: Option<String>,
}

/// Reads the arguments of a list. Errors: see [`PageRequest::new`].
pub fn page_request(
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
) -> Result<PageRequest> {
    PageRequest::new(first, after.as_deref(), last, before.as_deref())
}

/// How many there are in all: asked only when the client selects `totalCount`.
pub type Count = Box<dyn Fn() -> futures::future::BoxFuture<'static, Result<u64>> + Send + Sync>;

/// A count for [`connection!`] from what it needs: `count((db, filter), |(db, filter)| async move { … })`.
pub fn count<S, F, W>(state: S, work: W) -> Count
where
    S: Clone + Send + Sync + 'static,
    W: Fn(S) -> F + Send + Sync + 'static,
    F: Future<Output = Result<u64>> + Send + 'static,
{
    Box::new(move || Box::pin(work(state.clone())))
}

/// A count that is known already.
pub fn known(total: u64) -> Count {
    count(total, |total| async move { Ok(total) })
}

/// Declares the list types of a node: `connection!(OrderConnection, OrderEdge, Order, "orders");`
///
/// `OrderConnection::new(page.map(Order), count(…))` makes one.
#[macro_export]
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty, $what:literal) => {
        #[doc = concat!("One entry of a list of ", $what, ".")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge {
            /// Opaque position in the list, for `after` and `before`.
            pub cursor: String,
            /// The entry itself.
            pub node: $node,
        }

        #[doc = concat!("A page of a list of ", $what, ".")]
        pub struct $connection {
            edges: Vec<$edge>,
            page_info: $crate::connection::PageInfo,
            count: $crate::connection::Count,
        }

        impl $connection {
            /// From a page of nodes and a way to count the whole list.
            pub fn new(page: domain::kernel::paging::Page<$node>, count: $crate::connection::Count) -> Self {
                let edges: Vec<$edge> =
                    page.rows.into_iter().map(|(cursor, node)| $edge { cursor: cursor.encode(), node }).collect();
                let page_info = $crate::connection::PageInfo {
                    has_next_page: page.has_next,
                    has_previous_page: page.has_previous,
                    start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                    end_cursor: edges.last().map(|edge| edge.cursor.clone()),
                };
                Self { edges, page_info, count }
            }
        }

        #[doc = concat!("A page of a list of ", $what, ".")]
        #[async_graphql::Object]
        impl $connection {
            /// The entries with their cursors.
            async fn edges(&self) -> &[$edge] {
                &self.edges
            }

            /// The entries alone.
            async fn nodes(&self) -> Vec<&$node> {
                self.edges.iter().map(|edge| &edge.node).collect()
            }

            /// Where the page lies.
            async fn page_info(&self) -> &$crate::connection::PageInfo {
                &self.page_info
            }

            /// How many entries the whole list has. Costs a query of its own.
            async fn total_count(&self) -> domain::Result<u64> {
                (self.count)().await
            }
        }
    };
}
