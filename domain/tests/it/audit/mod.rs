//! Every check of the audit holds on sound books, and finds what was made unsound.

mod books;
mod breaking;
mod supply;
