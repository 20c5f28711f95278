use super::*;
use crate::{
    entities::{Role, Visibility},
    policy::{NamespaceFacts, PushPolicy, Rules, namespaces, teams, users},
};

const RULES: Rules = Rules {
    push: PushPolicy::AllowTeams,
    delete: true,
    delete_by_contributors: true,
    create_team: true,
    manage_team: true,
    create_namespace: true,
    manage_namespace: true,
    change_visibility: true,
    create_webhook: true,
    manage_webhook: true,
};

fn namespace(id: i64, visibility: Visibility) -> NamespaceFacts {
    NamespaceFacts {
        id,
        team_id: 1,
        visibility,
        global: false,
        personal_user_id: None,
    }
}

/// Every person with every credential.
fn everybody() -> impl Iterator<Item = (Standing, Reach)> {
    let scopes = [TokenScope::Full, TokenScope::Read, TokenScope::Pull];
    let roles = [
        None,
        Some(Role::Viewer),
        Some(Role::Contributor),
        Some(Role::Owner),
    ];
    scopes.into_iter().flat_map(move |scope| {
        [None, Some(7)].into_iter().flat_map(move |only| {
            let reach = Reach {
                scope,
                namespace: only,
                ends: false,
            };
            [false, true].into_iter().flat_map(move |admin| {
                roles.map(|role| {
                    let who = Who::with(3, admin, reach);
                    (Standing { who, role }, reach)
                })
            })
        })
    })
}

#[test]
fn a_credential_without_limits_is_its_owner() {
    assert_eq!(
        Who::with(3, true, Reach::FULL),
        Who::User { id: 3, admin: true }
    );
}

#[test]
fn no_credential_gives_more_than_its_owner_has() {
    type Decision = fn(Standing, &NamespaceFacts) -> Verdict;
    let decisions: [Decision; 9] = [
        |who, it| namespaces::pull(who, it),
        |who, it| namespaces::push(who, it, &RULES),
        |who, _| namespaces::delete(who, &RULES),
        |who, it| namespaces::update(who, it, &RULES),
        |who, it| namespaces::change_visibility(who, it, &RULES),
        |who, _| namespaces::describe(who),
        |who, _| teams::show(who),
        |who, _| users::administer(who),
        |who, _| users::manage_tokens(who, 3),
    ];
    for (standing, reach) in everybody() {
        let owner = Standing {
            who: Who::User {
                id: 3,
                admin: matches!(
                    standing.who,
                    Who::User { admin: true, .. } | Who::Limited { admin: true, .. }
                ),
            },
            ..standing
        };
        for visibility in [
            Visibility::Private,
            Visibility::Protected,
            Visibility::Public,
        ] {
            for id in [7, 8] {
                let here = namespace(id, visibility);
                for (index, decide) in decisions.iter().enumerate() {
                    let verdict = decide(standing, &here);
                    assert!(
                        !verdict.granted || decide(owner, &here).granted,
                        "{index} {standing:?} {here:?}"
                    );
                    let changes = matches!(index, 1..=5);
                    let limited = changes && reach.scope != TokenScope::Full;
                    let elsewhere =
                        matches!(index, 0 | 1 | 3 | 4) && reach.namespace == Some(7) && id == 8;
                    assert!(
                        !verdict.granted || !(limited || elsewhere),
                        "{index} {standing:?} {here:?}"
                    );
                }
                let full_here = Reach {
                    scope: TokenScope::Full,
                    ..reach
                } == reach
                    && id == 7;
                if full_here || (reach.namespace.is_none() && reach.scope == TokenScope::Full) {
                    assert_eq!(
                        namespaces::push(standing, &here, &RULES),
                        namespaces::push(owner, &here, &RULES)
                    );
                }
            }
        }
    }
}

#[test]
fn a_role_is_forgotten_where_the_credential_does_not_reach() {
    let reach = Reach {
        scope: TokenScope::Full,
        namespace: Some(7),
        ends: false,
    };
    let who = Who::with(3, true, reach);
    let role = Some(Role::Owner);
    let there = Standing::towards(who, role, Some(7));
    assert_eq!((there.role, there.is_admin()), (role, true));
    for elsewhere in [None, Some(8)] {
        let there = Standing::towards(who, role, elsewhere);
        assert_eq!((there.role, there.is_admin()), (None, false));
    }
}

#[test]
fn the_api_is_closed_to_pulling_and_to_changes_by_reading() {
    let through = |scope| {
        Who::with(
            3,
            true,
            Reach {
                scope,
                namespace: None,
                ends: false,
            },
        )
    };
    assert!(api(through(TokenScope::Full), true).granted);
    assert!(api(through(TokenScope::Read), false).granted);
    assert!(!api(through(TokenScope::Read), true).granted);
    assert!(!api(through(TokenScope::Pull), false).granted);
}
