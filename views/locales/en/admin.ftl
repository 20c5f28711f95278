admin-yes = Yes
admin-no = No
admin-never = never
admin-display-name = Display name
admin-password-again = Password confirmation
admin-application = Application
admin-scope-full = All rights
admin-scope-read = Read only
admin-scope-pull = Pull only
admin-state-waiting = Waiting
admin-state-running = Running
admin-state-done = Done
admin-state-failed = Failed
admin-state-held = Held back
field-hostname = Hostname
field-external-hostname = External registry name
field-use-ssl = Use SSL
users-title = Users
users-new = Create new user
users-all = All users
users-filter = Filter by name
users-password-hint = At least 8 characters; a bot needs none
users-bot = Bot
users-person = Person
users-kind = Kind
users-bot-hint = A program: it gets an application token and cannot sign in here.
users-admin = Admin
users-enabled = Enabled
users-oneself = you
users-last-sign-in = Last sign-in
users-none = No user goes by that name
users-toggle-admin = : change whether { $name } is an admin
users-toggle-enabled = : change whether { $name } is enabled
users-leave-question = Disable your own account? You are signed out at once, and another administrator has to let you in again.
users-bot-token = Bot '{ $name }' was created successfully. An application token was created automatically:
user-created = User '{ $name }' was created successfully
bot-created = Bot '{ $name }' was created successfully
user-updated = User '{ $name }' was updated successfully
user-removed = User '{ $name }' was removed successfully
user-is-admin = User '{ $name }' is now an admin
user-is-no-admin = User '{ $name }' is no longer an admin
user-enabled = User '{ $name }' has been enabled
user-disabled = User '{ $name }' has been disabled
user-signed-out = User '{ $name }' has been signed out everywhere
user-title = Edit { $name }
user-disabled-badge = Disabled
user-locked = Locked after too many wrong passwords:
user-account = Account
user-new-password = New password
user-new-password-hint = Leave it empty to keep the present one.
user-since = Created
user-no-teams = In no team
user-tokens = Application tokens
user-token-made = The token was created successfully:
user-token-scope = Carries
user-token-last-used = Last used
user-token-ends = ends
user-token-ended = ended
user-token-new = Application of a new token
user-token-create = Create token
user-token-remove = Remove token
user-token-remove-question = Whatever uses the token '{ $name }' is shut out at once.
user-no-tokens = No application tokens
token-revoked = The token was removed successfully
user-sessions = Sessions
user-end-sessions = Sign out everywhere
user-no-sessions = Signed in nowhere
user-factor-remove = Remove the second factor
user-factor-what = For somebody who has lost theirs, once you are sure who asks: { $name } then signs in with the password alone, and can set up another one.
user-factor-button = Yes, remove it
user-factor-none = Whoever knows the password signs in.
user-end-docker = End all
user-no-docker = No docker logins
user-docker-ended = All docker logins of '{ $name }' were ended
user-delete = Delete { $name }
user-delete-what = The account and its application tokens go for good; entries of the log keep the name.
user-held = Refused from { $address } after too many wrong passwords, until
user-unlock = Unlock
user-unlocked = User '{ $name }' may try again from everywhere
user-directory = LDAP directory
user-directory-yes = Tied
user-directory-no = Not tied
user-directory-yes-text = The password is the one in the directory; none is kept here.
user-directory-no-text = The password is kept here, and what the directory says of this name does not count.
user-tie = Tie to the directory
user-tie-what = The password of { $name } that is kept here goes, the one in the directory counts from now on, and every browser and docker login has to sign in again.
user-tie-button = Yes, tie it
user-tied = User '{ $name }' signs in with the password of the directory from now on
user-loosen = Loosen from the directory
user-loosen-what = { $name } has no password until you set one here, and every browser and docker login has to sign in again. Application tokens go on.
user-loosen-button = Yes, loosen it
user-loosened = User '{ $name }' is no longer tied to the directory and has no password
user-delete-home-goes = Its personal namespace { $name } holds nothing and goes too.
user-delete-home-stays = Its personal namespace { $name } and the images in it stay.
user-delete-orphaned = These teams lose their only owner; until an administrator names another one, nobody else can look after them:
user-delete-name = Type { $name } to confirm
user-delete-button = I understand, delete user
registries-new = Add a registry
registries-ssl = SSL
registries-kind = Kind
registries-proxy = Passes on another registry
registries-test = Takes our tokens
registries-checked = Checked
registries-untested = Not asked yet
registries-check-now = Check now
registries-last-event = Last notification
registries-from-host = as { $host }
registries-authentication = Notifications
registries-enforced = Only with the registry's secret
registries-unenforced = Anybody may tell events in its name
registry-accepted = Accepted
registry-open-short = It asks nobody for a token: whoever reaches it may do everything
registry-accepts = The registry { $name } answers and takes our tokens.
registry-open = The registry { $name } asks nobody for a token: whoever reaches it may do everything.
registry-created = Registry was successfully created.
registry-updated = Registry updated successfully!
registry-title = Registry: { $name }
registry-new-title = New Registry
registry-new-text = Name the registry whose users and images are to be looked after. Its hostname includes the port, as in registry.test.lan:5000, and is the one that docker clients use.
registry-address = Where it is
registry-not-empty = There are images in it, so that its hostname stays.
registry-ssl-hint = Tick it where the registry speaks HTTPS.
registry-external-hint = Optional: the name that docker clients use, where it is another one than ours.
registry-force = Skip remote checks
registry-force-hint = Save although the registry does not answer now.
registry-skip-hint = You can skip this check by clicking on the "Skip remote checks" checkbox.
registry-reachable = The registry answers.
registries-issuer = Issuer of tokens
registry-takes-tokens = It takes our tokens.
registry-open-yet = It asks nobody for a token yet. After saving, the page shows what belongs into its configuration.
registry-other-service = It calls itself { $name }. Give that as the external registry name, or make auth.token.service in its configuration the hostname.
registry-remedy-plain = It speaks plain HTTP: take the tick from Use SSL.
registry-remedy-tls = It speaks HTTPS: tick Use SSL.
registry-remedy-untrusted = Its certificate is signed by an authority that is not known here. Put the authority's certificate into the certificate store of the system, or into the folder that PORTUS_CA_DIR names, and start this service again.
registry-stanza = The registry's own configuration
registry-stanza-text = Put this into the config.yml of the registry and restart it.
registry-stanza-command = With certificates, or as environment variables, by portus-rs registry-config
registry-secret-shown = The secret below is shown this once. The former one has ended.
registry-secret-text = A new secret for notifications ends the present one: the registry has to be restarted with it.
registry-secret-new = Make a new secret
registry-secret-first = The secret below is shown this once.
registry-secret-none = It has no secret yet for its notifications. With one it proves that they are its own: restart the registry with it.
activities-title = All activities
activities-csv = Download CSV
activities-jsonl = Download JSON lines
activities-search = What happened
activities-actor = By whom
activities-action = Action
activities-object = What or whom it was about
activities-after = After
activities-before = Before
activities-reset = Show everything
activities-when = When
activities-what = What
activities-none = Nothing like that has happened
activities-misread = One of the dates cannot be read; it was left aside. Write 2026-01-31.
explain-title = Who may?
explain-question = The question
explain-text = Which rule decides, and the smallest change that would turn the answer. The log and the command line say the same.
explain-user = User
explain-user-hint = Empty for somebody who has not logged in.
explain-name = Image
explain-name-hint = As in team/web, or web in the global namespace: may they pull, push and delete it?
explain-action = Action
explain-resource = Id of the thing
explain-ask = Ask
explain-answer = The answer
explain-may = May they?
explain-why = Because
explain-remedy = To change that
explain-turned-away = Whatever they ask for, they are turned away:
explain-no-such-thing = There is no such thing.
explain-no-user = There is no user '{ $name }'.
explain-needs-id = That action is about one thing: give its id.
jobs-all = All jobs
jobs-job = Job
jobs-last = Last run
jobs-took = Took
jobs-next = Next run
jobs-state = State
jobs-run = Run now
jobs-history = Comparisons with registries
jobs-filter = Filter by registry
jobs-begun = Begun
jobs-finished = Ended
jobs-registry = Registry
jobs-added = Added
jobs-changed = Changed
jobs-removed = Removed
jobs-errors = Errors
jobs-wanted-by = Wanted by
jobs-schedule = the schedule
jobs-no-runs = No comparison yet
jobs-no-runs-text = It finds what the registry holds and nobody told of.
job-sync = Synchronization
job-sync-about = Compares the registries with what is known of them.
job-details = Image details
job-details-about = Reads sizes, platforms and kinds of images from the registries.
job-housekeeping = Housekeeping
job-housekeeping-about = Clears ended sessions, unused logins and old comparisons away.
job-storage = Storage
job-storage-about = Counts how much room the images of each namespace take.
job-mail = Mail
job-mail-about = Sends letters, and those once more that failed.
job-people = LDAP accounts
job-people-about = Asks the directory who is still there.
job-groups = LDAP groups
job-groups-about = Brings teams up to date with their groups in the directory.
job-webhooks = Webhooks
job-webhooks-about = Tells other servers of pushes and deletions.
job-webhooks-rhythm = every few seconds, on each process
job-self-test = Registry check
job-self-test-about = Asks each registry whether it takes our tokens and deletes images.
job-self-test-rhythm = every hour, on each process
job-usage = Last use
job-usage-about = Notes when people, tokens and sessions were last seen.
job-usage-rhythm = every few seconds, on each process
job-providers = Identity providers
job-providers-about = Asks identity providers whether people who came from them are still theirs.
job-asked-for = The job begins within seconds.
job-history = Runs
job-only-failed = Only failures
job-all-runs = All runs
job-replica = On
job-times = { $n } times, the last
job-did-nothing = There was nothing to do.
job-failed-lately = Failed within 24 hours
job-no-runs = Nothing to tell yet
job-no-failures = No run has failed
job-kept = The newest 100 runs that did something, failed or were asked for are kept.
job-sync-did = { $n ->
    [one] { $n } difference repaired
   *[other] { $n } differences repaired
}
job-details-did = { $n ->
    [one] { $n } image read
   *[other] { $n } images read
}
job-housekeeping-did = { $n ->
    [one] { $n } old entry cleared away
   *[other] { $n } old entries cleared away
}
job-storage-did = { $n ->
    [one] { $n } namespace grew or shrank
   *[other] { $n } namespaces grew or shrank
}
job-mail-did = { $n ->
    [one] { $n } letter sent
   *[other] { $n } letters sent
}
job-people-did = { $n ->
    [one] { $n } account left or came back
   *[other] { $n } accounts left or came back
}
job-providers-did = { $n ->
    [one] { $n } person is gone or not let in any more
   *[other] { $n } people are gone or not let in any more
}
job-groups-did = { $n ->
    [one] { $n } team or person compared
   *[other] { $n } teams and people compared
}
job-webhooks-did = { $n ->
    [one] { $n } delivery attempted
   *[other] { $n } deliveries attempted
}
job-self-test-did = { $n ->
    [one] { $n } registry asked
   *[other] { $n } registries asked
}
job-usage-did = { $n ->
    [one] { $n } use noted
   *[other] { $n } uses noted
}
sync-title = Comparison with { $name }
sync-strategy = Strategy
sync-looked-at = Looked at
sync-counts = { $repositories ->
    [one] { $repositories } repository
   *[other] { $repositories } repositories
}, { $tags ->
    [one] { $tags } tag
   *[other] { $tags } tags
}
sync-carried-out = Nothing anew: it carried out
sync-carried-out-plan = removals that were held back
sync-repairs = Repairs
sync-repaired = { $added } added, { $changed } changed, { $removed } removed, { $errors } errors
sync-message = It says
sync-held = Removals held back
sync-held-text = More than half of what is known would go, so a person has to say that it is right. Each is removed only if the registry, asked once more, still says that it is gone.
sync-was-held = Removals that were held back
sync-was-held-text = This plan waits for nobody any more: it was carried out, or a later comparison has taken its place.
sync-waits-now = Look at the plan that waits now
sync-confirm = Remove them
sync-confirmed = The removals begin within seconds.
events-title = Notifications given up
events-dead = Given up
events-filter = Filter by repository
events-received = Received
events-repository = Repository
events-error = What went wrong
events-attempts = ({ $n } attempts)
events-replay = Try again
events-replay-all = Try all again
events-none = Everything was applied
events-none-text = Notifications that cannot be applied are kept here until somebody tries them again.
event-replayed = The notification is tried again.
events-replayed = { $n ->
    [one] { $n } notification is tried again.
   *[other] { $n } notifications are tried again.
}
health-lost-secret = The secrets of the webhook { $name } were stored under another key base and have to be entered again.
health-open-webhook = Open it
health-set-secret = Set it up
health-last-sync = Last comparison
health-repairs = Repairs and errors of the last comparisons
health-comparison = Comparison
health-look-at-plan = Look at the plan
health-inbox = Notifications
health-not-listening = Notifications are not applied: background.registry is off.
health-waiting = Waiting
health-oldest = the oldest came
health-refused = Refused for a wrong secret
health-malformed = Unreadable
health-unknown = From unknown registries
health-strangers = Hosts that send notifications and are no registry of ours
health-host = Host
health-address = Address
health-events = Events
health-last = Last
health-perhaps = Perhaps
health-service = This service
health-key = Signing key
health-key-ends = Its certificate ends
health-no-certificate = It has no certificate.
health-certificate-ends = The token certificate ends on { $name }: put a new one beside it into the registries' rootcertbundle before, and restart them.
health-certificate-ended = The token certificate ended on { $name }: registries refuse every token signed with it. Put a new one into their rootcertbundle and restart them.
health-deletion = Deleting images
health-deletion-on = Switched on here
health-deletion-off = Switched off: delete.enabled
health-deletes-yes = The registry deletes what it is told to.
health-deletes-no = The registry deletes nothing.
health-deletes-readonly = The registry is in read-only mode (storage.maintenance.readonly).
health-deletes-unknown = The registry could not be asked:
health-deletes-fix = What is deleted here stays in it. Start it with storage.delete.enabled in its config.yml, or with:
health-mail = Mail
health-mail-trouble = Letters that are tried again: { $waiting }. Given up: { $lost }.
health-mail-said = What went wrong last:
health-mail-smtp = Mend email.smtp in the configuration, or the server that it names.
health-mail-program = Mend email.sendmail in the configuration, or set up a server in email.smtp.
health-mail-well = No letter has failed lately
health-departures = The LDAP directory does not have { $gone } of its { $known } accounts any more. That is more than half, so all of them stay in use until you have looked.
health-departures-remedy = If the settings are wrong, mend ldap.base, ldap.filter or ldap.uid. If those people are gone, confirm it.
health-departures-confirm = They are gone
health-departures-sure = { $gone } accounts go out of use, and their sessions and docker logins end.
health-departures-confirmed = They go out of use within seconds.
registry-away-works = While the registry does not answer, these pages, teams and logins work, everything known stays to be seen, and tokens are issued. Pulling, pushing, deleting and comparing wait for the registry.
health-applied = Applied notifications per day
health-given-up = Given up per day
health-applied-kept = Applied notifications are kept, and so counted, for seven days.
health-applied-most = Of a day at most { $n } are counted.
