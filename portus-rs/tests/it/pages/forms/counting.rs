//! What pages ask of the database does not grow with what is in it.

use super::Site;

impl Site {
    async fn fill(&self, from: usize, to: usize) {
        let anna = portus_rs::queries::by_name::user(&self.service.app.database, "anna").await;
        let anna = anna.unwrap().unwrap();
        for n in from..to {
            let team = self.service.team(&format!("team{n}"), &anna).await;
            let space = format!("space{n}");
            self.service.namespace(&space, &team, "private").await;
            let person = self.service.user(&format!("person{n}")).await;
            let devs = portus_rs::entities::team::Model {
                id: self.team,
                name: "devs".to_owned(),
                ..team
            };
            self.service.member(&devs, &person, "viewer").await;
            self.service
                .namespace(&format!("more{n}"), &devs, "public")
                .await;
            let bot = [("bot[username]", &*format!("robot{n}"))];
            let bots = format!("/teams/{}/bots", self.team);
            self.send(&self.anna, "post", &bots, &bot).await.is(303);
        }
    }
}

#[actix_web::test]
async fn a_page_asks_as_much_for_many_rows_as_for_a_few() {
    let site = Site::with(&[("PORTUS_PAGINATION_PER_PAGE", "50")]).await;
    site.fill(0, 2).await;
    let own = format!("/teams/{}", site.team);
    let paths = ["/teams", &own, "/namespaces"];
    let mut few = Vec::new();
    for path in paths {
        few.push(site.selects(&site.anna, path).await);
    }
    site.fill(2, 9).await;
    for (path, few) in paths.into_iter().zip(few) {
        let many = site.selects(&site.anna, path).await;
        assert_eq!(many, few, "{path}");
        assert!(many < 50, "{path} asks {many} times");
    }
}
