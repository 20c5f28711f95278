layout-skip = Skip to the content
layout-search = Search
layout-profile = My profile
layout-logout = Logout
layout-menu = Menu
layout-navigation = Main navigation
layout-api = API
nav-dashboard = Dashboard
nav-repositories = Repositories
nav-namespaces = Namespaces
nav-teams = Teams
nav-administration = Administration
nav-health = Health
nav-users = Users
nav-registries = Registries
nav-jobs = Jobs
nav-activities = Activities
nav-explain = Who may?
nav-help = Help
flash-in-the-clear = This connection is not encrypted.
flash-in-the-clear-text = Passwords can be read on their way here. Come by https:// as soon as this is more than a trial.
flash-no-registry = No registry found.
flash-no-registry-admin = Click here
flash-no-registry-admin-rest = { " " }to complete configuration.
flash-no-registry-other = Ask an administrator to complete configuration.
flash-secret-once = Copy it now: it is never shown again.
flash-close = Close
flash-refused = The server did not do it.
flash-unanswered = There was no answer.
flash-unanswered-text = Look whether you are connected, and try again.
copy = Copy
copied = Copied
copied-pull = Copied pull command to clipboard
time-now = just now
time-soon = in a moment
time-minutes = { $n ->
    [one] { $n } minute ago
   *[other] { $n } minutes ago
}
time-hours = { $n ->
    [one] { $n } hour ago
   *[other] { $n } hours ago
}
time-days = { $n ->
    [one] { $n } day ago
   *[other] { $n } days ago
}
time-months = { $n ->
    [one] { $n } month ago
   *[other] { $n } months ago
}
time-years = { $n ->
    [one] { $n } year ago
   *[other] { $n } years ago
}
time-minutes-ahead = { $n ->
    [one] in { $n } minute
   *[other] in { $n } minutes
}
time-hours-ahead = { $n ->
    [one] in { $n } hour
   *[other] in { $n } hours
}
time-days-ahead = { $n ->
    [one] in { $n } day
   *[other] in { $n } days
}
time-months-ahead = { $n ->
    [one] in { $n } month
   *[other] in { $n } months
}
time-years-ahead = { $n ->
    [one] in { $n } year
   *[other] in { $n } years
}
visibility-private = Private
visibility-protected = Protected
visibility-public = Public
visibility-private-hint = Team members can pull images from this namespace
visibility-protected-hint = Logged-in users can pull images from this namespace
visibility-public-hint = Anyone can pull images from this namespace
role-viewer = Viewer
role-contributor = Contributor
role-owner = Owner
table-none = No entry
table-showing = Showing from { $from } to { $to } of { $total } entries
table-pages = Pages
table-previous = Previous
table-next = Next
table-filter = Filter
confirm-title = Please confirm
confirm-yes = Yes
confirm-no = No
form-blame = { $field } { $fault }
form-disabled = This installation has that switched off.
form-save = Save
form-cancel = Cancel
form-edit = Edit
form-delete = Delete
field-username = Username
field-password = Password
field-email = Email
field-name = Name
field-description = Description
door-sign-in-first = You need to sign in or sign up before continuing.
door-already-in = You are already signed in.
door-signed-out = Signed out successfully.
sign-in-title = Sign in
sign-in-button = Login
fault-oh-no = Oh no!
fault-home = Back to the start
fault-unauthorized-title = Unauthorized!
fault-unauthorized-text = You are not allowed to see this page or to do that.
fault-missing-title = Page not found!
fault-missing-text = There is no such page, or it is not for you to see.
fault-forged-title = Unprocessable Entity
fault-forged-text = What your browser sent cannot be used. Go back, load the page again and try once more.
fault-stale-title = This form is out of date
fault-stale-text = It was made before you signed in anew, here or in another tab, so nothing was changed. Load its page again and send it once more.
fault-reload = Load the page again
fault-broken-title = Something's wrong with our lighthouse.
fault-broken-text = Internal Server Error. The log of the service says what happened.
fault-away-title = The database does not answer.
fault-away-text = Docker clients that are logged in go on for a while; pages come back as soon as the database does.
review-title = Please review your configuration
review-text = No page is shown until this is mended.
review-ssl-title = SSL
review-ssl-text = Your browser asked for this page without TLS: passwords could be read on their way.
review-ssl-fix = Come by https://. This service speaks it with PORTUS_PUMA_TLS_KEY and PORTUS_PUMA_TLS_CERT; a proxy in front of it has to send X-Forwarded-Proto. In a network where plain HTTP is right, set PORTUS_CHECK_SSL_USAGE_ENABLED to false.
review-fqdn-title = Fix secret machine fqdn value
review-fqdn-text = This service does not know what it is called. Set PORTUS_MACHINE_FQDN_VALUE to its public host name.
review-database-title = Database
review-database-text = The database does not answer. See that it runs, and check PORTUS_DB_HOST, PORTUS_DB_PORT, PORTUS_DB_USERNAME, PORTUS_DB_PASSWORD and PORTUS_DB_DATABASE, or DATABASE_URL.
review-again = Try again
column-created = Created at
form-add = Add
form-create = Create
form-stale = Somebody has changed this meanwhile. Look at it again; saving now writes what stands here.
field-owner = Owner
field-user = User
field-role = Role
field-team = Team
field-application = Application
field-new-team = Team
field-registry = Registry
column-actions = Actions
role-viewer-hint = Viewers pull images
role-contributor-hint = Contributors pull and push images
role-owner-hint = Owners pull and push images and manage the team
suggest-type = Type to search
suggest-no-team = Oops! No team found. Consider changing the search query.
suggest-no-user = Oops! No username found. Consider changing the search query.
markdown-hint = Markdown is understood.
removal-final = This cannot be undone.
removal-confirm = Type { $name } to confirm
removal-other-name = This is not { $name }
removal-namespaces = { $n ->
    [one] { $n } namespace
   *[other] { $n } namespaces
}
removal-repositories = { $n ->
    [one] { $n } repository
   *[other] { $n } repositories
}
removal-tags = { $n ->
    [one] { $n } tag
   *[other] { $n } tags
}
removal-size = { $size } of images
removal-more = and { $n } more
field-url = URL
field-request-method = Request method
field-content-type = Content type
field-secret = Secret
field-value = Value
took-moment = < 1 s
took-seconds = { $n } s
took-minutes = { $n } min { $rest } s
took-hours = { $n } h { $rest } min
help-this = What's this?
help-do = What can I do?
help-role = What's my role?
help-namespaces = A namespace is what stands ahead of the name of an image. It belongs to a team, whose owners and contributors push into it.
help-private = Private: only members of the team pull.
help-protected = Protected: whoever is signed in pulls.
help-public = Public: anybody pulls, without an account too.
help-pull = Pull: get the images of this namespace.
help-push = Push: put images into it.
help-orphan = Why does it belong to no team?
