field-issuer = Issuer
field-audience = Audience
field-claims = Claims
field-scope = Reach
field-namespaces = Namespaces
trusts-title = Trusted jobs
trusts-of = Trusted jobs of { $name }
trusts-about = Jobs of a CI system enter as this bot with the ID token that the system gives them. No secret is stored anywhere.
trusts-off = No job gets in: workload_identity.enabled is off.
trusts-link = { $n ->
    [0] No trusted jobs
    [one] { $n } kind of trusted jobs
   *[other] { $n } kinds of trusted jobs
}
trusts-list = Which jobs enter
trusts-whose = Whose
trusts-for = for { $name }
trusts-reach = What they may
trusts-used = Last used
trusts-unused = never
trusts-since = since
trusts-namespaces-gone = nothing any more: its namespaces are gone
trusts-remove = Trust { $name } no longer
trusts-remove-question = No job enters by it any more, from the next request on.
trusts-none = No job enters as this bot
trusts-none-text = Say below whose token opens it, and keep no token in the CI system.
trusts-new = Trust jobs
trusts-create = Trust these jobs
trusts-most = A bot cannot trust more than this. Remove one first.
trusts-name-placeholder = What it is for
trusts-issuer-hint = The “iss” of the tokens. It is asked for its keys.
trusts-audience-hint = The “aud” that the tokens are made for: one that nothing else takes.
trusts-claims-hint = A line each, NAME=PATTERN. A pattern is a regular expression that fits the whole value; all of them have to fit.
trusts-scope-hint = Never more than the bot itself may.
trusts-namespaces-hint = Names of the only ones it is good for, separated by commas. Empty is all that the bot reaches.
trust-scope-push = Pull and push images
trust-scope-pull = Pull images
trust-scope-read = Pull images and look around in the API
trust-scope-full = Everything in one namespace
trust-created = Jobs are trusted as '{ $name }'
trust-removed = The trust '{ $name }' was taken back
