dashboard-registries = { $n ->
    [one] Registry
   *[other] Registries
}
dashboard-users = { $n ->
    [one] User
   *[other] Users
}
dashboard-teams = { $n ->
    [one] Team
   *[other] Teams
}
dashboard-namespaces = { $n ->
    [one] Namespace
   *[other] Namespaces
}
dashboard-traffic = Last 30 days
dashboard-pushes = Pushes
dashboard-pulls = Pulls
dashboard-day = Day
dashboard-activities = Recent activities
dashboard-no-activities = No activities yet.
dashboard-all-activities = View all activities
dashboard-personal = Personal
dashboard-everybody = Admin
dashboard-all = All
dashboard-starred = Starred
dashboard-all-repositories = All { $n } repositories
dashboard-none-starred = Nothing starred yet
dashboard-none-starred-text = The star on a repository's page puts it here.
dashboard-none-personal = Nothing of your own yet
dashboard-none-personal-text = What you push to your personal namespace stands here.
dashboard-first-title = Your first push
dashboard-first-text = Nothing has been pushed that you can see. Three commands change that:
dashboard-first-waits = This page notices the push by itself.
dashboard-first-nowhere = You may not push anywhere yet. Ask the owner of a team to add you as a contributor.
dashboard-first-help = More in the help
dashboard-health = Health
dashboard-health-event = { $what } tells of pushes and pulls; last
dashboard-health-no-event = { $what } has not told of anything yet: is its notifications endpoint set?
dashboard-health-waiting = { $n ->
    [one] { $n } event waits to be applied, since
   *[other] { $n } events wait to be applied, since
}
dashboard-health-dead = { $n ->
    [one] { $n } event could not be applied
   *[other] { $n } events could not be applied
}
dashboard-health-open = { $what } sends events without its secret
dashboard-health-strangers = { $what } sends events and is no registry known here
dashboard-health-sync = { $n ->
    [0] In step with the catalog; compared
    [one] { $n } repair by the last comparison
   *[other] { $n } repairs by the last comparison
}
dashboard-health-sync-failed = The last comparison with the catalog failed: { $what }
dashboard-health-sync-held = A comparison would delete a lot and waits for your word, since
dashboard-health-no-sync = The catalog has not been compared yet
dashboard-health-certificate = The signing certificate ends
dashboard-health-no-certificate = The signing key has no certificate: registries 3.x need one
dashboard-health-deletion-off = Deleting images is switched off (delete.enabled)
dashboard-health-deletes-nothing = { $what } deletes nothing, although deleting images is on here
storage-title = Storage
storage-namespace = Namespace
storage-size = Size
storage-others = { $n ->
    [one] { $n } other namespace
   *[other] { $n } other namespaces
}
storage-what = Each image counts once in a repository, however many tags it has. Layers that images share count with each of them, so the registry may need less room.
storage-counted = Counted
dashboard-health-no-portus = The account portus is missing, in whose name images are found and background jobs work: start the service anew, which makes it again
