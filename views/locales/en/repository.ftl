repository-star = Star repository
repository-unstar = Unstar repository
repository-stars = { $n ->
    [one] { $n } star
   *[other] { $n } stars
}
repository-delete = Delete repository
repository-deleted = Repository removed with all its tags.
repository-described = Repository's description was updated successfully
repository-pull = Pull the latest
repository-about = About
repository-no-description = No description has been posted yet
repository-edit-description = Edit description
repository-description-placeholder = A short description of your repository
repository-markdown = Markdown is understood.
repository-last-push = Last push
repository-may-pull = You can pull images
repository-may-push = You can push images
repository-role-owner = You are an owner of this repository
repository-role-contributor = You are a contributor in this repository
repository-role-viewer = You are a viewer in this repository
repository-role-admin = You are an admin
images-filter = Filter by tag or digest
images-tick-all = Select all on this page
images-tick = Select { $name }
images-tag = Tag
images-size = Size
images-pushed = Last pushed
images-pulled = Last pulled
images-security = Security
images-pulls = { $n ->
    [one] { $n } pull
   *[other] { $n } pulls
}
images-never = never
images-pending = The registry has not been asked yet.
images-more-tags = +{ $n } more
images-details = How to pull
images-parts = { $n ->
    [one] { $n } platform
   *[other] { $n } platforms
}
images-referrers = { $n ->
    [one] { $n } attachment
   *[other] { $n } attachments
}
images-copy-digest = Copy the digest
images-copy-pull = Copy the pull command { $name }
images-pull = Pull
images-platforms = Platforms
images-platform = Platform
images-no-platform = none (attestation)
images-missing = missing
images-missing-hint = The registry does not have this part, so it cannot be pulled.
images-refer = Signatures, bills of materials and other attachments
images-kind = Kind
images-about = About
images-about-all = the whole image
images-digest = Digest
images-id = Image id
images-type = Type
images-first-seen = First seen
images-delete = Delete tags
images-delete-one = Delete tag
images-delete-hint = You will see what goes before it does.
images-none = Nothing has been pushed here
images-none-found = No tag or digest like that
images-none-chosen = Select what to delete first.
images-too-many = At most { $most } images can be deleted at once.
images-gone = What you selected is gone already.
images-removed = { $name } successfully removed.
images-kept = { $name } unable to be removed.
kind-image = Image
kind-index = Multi-platform
kind-helm = Helm chart
kind-signature = Signature
kind-attestation = Attestation
kind-sbom = Bill of materials
kind-plugin = Docker plugin
kind-artifact = Artifact
kind-schema1 = Schema 1
kind-unknown = Unknown type
scan-pending = Pending
scan-scanning = In progress
scan-failed = Scan failed
scan-unscannable = Not scannable
scan-passed = Passed
scan-found = { $n } { $severity } - { $total } total
severity-defcon1 = Defcon1
severity-critical = Critical
severity-high = High
severity-medium = Medium
severity-low = Low
severity-unknown = Unknown
severity-negligible = Negligible
comments-title = Comments
comments-write = Write comment
comments-placeholder = Please write a comment.
comments-add = Add
comments-none = Nobody has left a comment yet
comments-someone = Someone
comments-delete = Delete comment
comments-delete-question = Are you sure you want to remove this comment?
comment-written = Comment was posted successfully
comment-deleted = Comment was deleted successfully
field-body = Comment
deletion-images-title = Delete tags of { $name }
deletion-images-heading = { $n ->
    [one] Delete { $n } tag?
   *[other] Delete { $n } tags?
}
deletion-images-text = Registries delete by digest: every tag that points to the same image goes with it. This cannot be undone.
deletion-siblings = All of these tags point to this image, and all of them go.
deletion-referrers = { $n ->
    [one] { $n } attachment refers to it and will refer to nothing.
   *[other] { $n } attachments refer to it and will refer to nothing.
}
deletion-pulled = Last pulled
deletion-indexes = These multi-platform images list what is to go. They stay, but that platform can no longer be pulled from them:
deletion-last = No other tag is left: the repository goes too.
deletion-size = Together { $size }; layers that are shared with other images stay.
deletion-images-button = { $n ->
    [one] Delete tag
   *[other] Delete tags
}
deletion-repository-title = Delete { $name }?
deletion-repository-text = { $n ->
    [0] It holds no tags.
    [one] Its only tag goes with it, here and in the registry. This cannot be undone.
   *[other] Its { $n } tags go with it, here and in the registry. This cannot be undone.
}
deletion-type-name = Type { $name } to confirm
deletion-wrong-name = That is not its name.
comments-filter = Search the comments
