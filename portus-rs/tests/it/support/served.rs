//! Asking a service inside this process. What it is built from is kept from one question to the next.

use std::{cell::RefCell, mem::ManuallyDrop, rc::Rc, sync::Arc};

use actix_web::{
    dev::{Service as _, ServiceResponse},
    test::{TestRequest, init_service},
    web::Data,
};
use futures_util::future::LocalBoxFuture;
use portus_rs::app::App;

type Ask = Rc<dyn Fn(TestRequest) -> LocalBoxFuture<'static, ServiceResponse>>;

struct Served {
    // Kept, so that no other app comes to the same address.
    app: Arc<App>,
    ask: Ask,
}

thread_local! {
    // What is left at a thread's end cannot be dropped then: it has thread-locals of its own.
    static SERVED: RefCell<ManuallyDrop<Vec<Served>>> = const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// Lets go of what was kept for an app.
pub fn forget(app: &Arc<App>) {
    let gone: Vec<Served> = SERVED
        .try_with(|served| {
            let mut served = served.borrow_mut();
            served
                .extract_if(.., |it| Arc::ptr_eq(&it.app, app))
                .collect()
        })
        .unwrap_or_default();
    drop(gone);
}

/// The answer of an app.
pub async fn answer(app: &Arc<App>, request: TestRequest) -> ServiceResponse {
    let known = SERVED.with_borrow(|served| {
        served
            .iter()
            .find(|it| Arc::ptr_eq(&it.app, app))
            .map(|it| Rc::clone(&it.ask))
    });
    let ask = match known {
        Some(ask) => ask,
        None => {
            let service = init_service(
                actix_web::App::new()
                    .app_data(Data::from(Arc::clone(app)))
                    .configure(portus_rs::web::routes),
            )
            .await;
            let service = Rc::new(service);
            let ask: Ask = Rc::new(move |request| {
                let service = Rc::clone(&service);
                Box::pin(
                    async move { service.call(request.to_request()).await.expect("an answer") },
                )
            });
            SERVED.with_borrow_mut(|served| {
                served.push(Served {
                    app: Arc::clone(app),
                    ask: Rc::clone(&ask),
                });
            });
            ask
        }
    };
    ask(request).await
}
