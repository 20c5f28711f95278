//! Accounts that people make, lose and get back by themselves.

mod sign_up;
