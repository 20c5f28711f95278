//! Where the three databases differ.

use sea_orm::{
    DatabaseBackend, DbErr, ExprTrait as _, RuntimeErr,
    sea_query::{Expr, Func},
};

/// What a cast to 64 bits is called: sums of whole numbers are decimals on MySQL and PostgreSQL.
pub fn whole_number(backend: DatabaseBackend) -> &'static str {
    match backend {
        DatabaseBackend::MySql => "SIGNED",
        _ => "BIGINT",
    }
}

/// Whether the database undid a transaction because another was in its way: a deadlock, a lock waited for too long, a
/// serialization failure.
pub fn is_collision(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        error
    else {
        return false;
    };
    let text = cause.to_string();
    // sqlx gives MySQL's SQLSTATE as the code, which is 40001 for a deadlock but says nothing of a timeout.
    cause
        .as_database_error()
        .and_then(sea_orm::sqlx::error::DatabaseError::code)
        .is_some_and(|code| {
            matches!(
                code.as_ref(),
                "40001" | "40P01" | "1213" | "1205" | "5" | "517"
            )
        })
        || text.contains("Lock wait timeout")
}

/// Whether the database was not reached, or hung up: asked again, it may answer.
pub fn is_away(error: &DbErr) -> bool {
    use sea_orm::sqlx::Error;
    let cause = match error {
        DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => return true,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            cause
        }
        _ => return false,
    };
    match cause.as_ref() {
        Error::Io(_)
        | Error::Tls(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed => true,
        // PostgreSQL says goodbye, or that it is about to start (class 57P); MariaDB ends what runs (1053).
        Error::Database(cause) => cause
            .code()
            .is_some_and(|it| it.starts_with("57P0") || it == "08S01"),
        _ => false,
    }
}

/// Whether a text occurs in a column, sign by sign: no sign stands for others, and case counts.
pub fn contains(backend: DatabaseBackend, column: Expr, text: String) -> Expr {
    let function = match backend {
        DatabaseBackend::Postgres => "strpos",
        _ => "instr",
    };
    let at: Expr = Func::cust(function).arg(column).arg(text).into();
    at.gt(0)
}
