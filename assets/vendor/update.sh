#!/usr/bin/env bash
# Fetches what others made again: the versions below from npm, each archive held against its checksum.
#
#   assets/vendor/update.sh          all of it; `git diff --stat` says what changed
#
# For a newer version change it here and put the checksum that is found in place of the old one. Another icon is a word
# in icons.txt. Needs npm, python3, gzip and brotli; building portus-rs needs none of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() { # directory package@version sha256
    echo "$2"
    mkdir "$work/$1"
    local archive found
    archive=$work/$(cd "$work" && npm pack --silent "$2")
    found=$(sha256sum <"$archive")
    [ "${found%% *}" = "$3" ] || { echo "$2 has the checksum ${found%% *}, not $3" >&2; exit 1; }
    tar -xzf "$archive" -C "$work/$1" --strip-components=1
}

pack() { # name: standard input as NAME.gz and NAME.br
    cat >"$work/plain"
    gzip -9 -n -c "$work/plain" >"$1.gz"
    brotli -q 11 -w 24 -c "$work/plain" >"$1.br"
}

# Tabler turns dark where an attribute says so. Each such rule is repeated for a page without the attribute on a system
# that is dark, so that no script has to set it.
system_dark() {
    python3 - "$1" <<'PYTHON'
import re, sys
css = open(sys.argv[1], encoding="utf-8").read()
dark = re.compile(r"^(:root)?\[data-bs-theme=dark\]")
system = ":root:where(:not([data-bs-theme]))"

def repeat(rule):
    selectors, body = rule.group(1), rule.group(2)
    own = [dark.sub(system, it) for it in selectors.split(",") if dark.match(it)]
    if not own:
        return rule.group(0)
    return f"{rule.group(0)}@media (prefers-color-scheme:dark){{{','.join(own)}{{{body}}}}}"

css = re.sub(r"/\*# sourceMappingURL.*?\*/", "", css)
css, count = re.subn(r"(?<=[}/])([^{}@/]*\[data-bs-theme=dark\][^{}]*)\{([^{}]*)\}", repeat, css)
assert css.count("prefers-color-scheme:dark") >= 6, "Tabler writes its dark rules in another way now"
notice = "/* Changed for portus-rs: dark rules repeated for systems that are dark. */"
sys.stdout.write(css.replace("*/", "*/\n" + notice, 1))
PYTHON
}

# One file of symbols: <use href="icons.svg#tag">. Lines are as wide as the page says (Tabler's .icon: 1.5).
sprite() {
    python3 - "$1" icons.txt <<'PYTHON'
import re, sys
print('<svg xmlns="http://www.w3.org/2000/svg">')
for name in open(sys.argv[2]).read().split():
    filled = name.endswith("-filled")
    style, file = ("filled", name.removesuffix("-filled")) if filled else ("outline", name)
    text = open(f"{sys.argv[1]}/{style}/{file}.svg", encoding="utf-8").read()
    inside = re.search(r"<svg[^>]*>(.*)</svg>", text, re.S).group(1)
    inside = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', "", inside)
    inside = re.sub(r"\s*\n\s*", "", inside).replace(" />", "/>")
    lines = 'fill="currentColor"' if filled else (
        'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"')
    print(f'<symbol id="{name}" viewBox="0 0 24 24" {lines}>{inside}</symbol>')
print("</svg>")
PYTHON
}

fetch tabler @tabler/core@1.4.0 12ad1d2a4a8bd254fcc2cc9481071d3408006a392ffb0dec5f84da1fa4622b09
fetch icons @tabler/icons@3.51.0 b30108713d3fa60aee862c2a133225da8e0f309be0708fe2925763ff810c766c
fetch htmx htmx.org@2.0.11 165a2655073e9e6e55e307a7c74e8ebcdb76afb7701f9c16cfd106a13add408e
fetch swagger swagger-ui-dist@5.35.0 1b8e891893404ea4c3558b6a87e2a3e494e7eedba41168c2ece5800a391a6ea6

system_dark "$work/tabler/dist/css/tabler.min.css" | pack tabler.css
pack htmx.js <"$work/htmx/dist/htmx.min.js"
sprite "$work/icons/icons" | pack icons.svg
for file in swagger-ui-bundle.js swagger-ui.css; do
    gzip -9 -n -c "$work/swagger/$file" >"$file.gz"
done
cp "$work/icons/LICENSE" tabler-icons.LICENSE
cp "$work/htmx/LICENSE" htmx.LICENSE
cp "$work/swagger/swagger-ui-bundle.js.LICENSE.txt" swagger-ui-bundle.LICENSE.txt
sha256sum -- *.gz *.br >SHA256SUMS
ls -l -- *.gz *.br
