tag-image = Image
tag-vulnerabilities = Vulnerabilities for tag { $name } of { $repository }
tag-found = { $n ->
    [one] We have detected { $n } vulnerability:
   *[other] We have detected { $n } vulnerabilities:
}
tag-none-found = We have detected no vulnerabilities on this tag.
tag-severity = { $n } { $severity }-level vulnerabilities
tag-severity-column = Severity
tag-cve = CVE
tag-fixed-by = Fixed by
tag-scanner = Scanned by
tag-no-description = No description provided.
tag-off = Scanning is not configured
tag-off-text = The section security of the configuration names a scanner.
tag-pending-text = A scanner takes it as soon as it is free.
tag-scanning-text = The result appears here by itself.
tag-failed-text = The scanner was asked again and again and gave no result, so nothing is known of this image. Its log and that of this service say why; an administrator can have it scanned again.
tag-unscannable-text = Scanners understand container images only.
tag-scan-again = Scan again
tag-scan-again-said = The image will be scanned again.
