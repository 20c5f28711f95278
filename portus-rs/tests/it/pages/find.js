// Finds what a person would mean: the visible control with this name, within the part that is meant.
// arguments: kind ("press" | "field" | "part"), name, part (or null)
const [kind, wanted, part] = arguments;
const clean = (text) => (text || "").replace(/\s+/g, " ").trim();
const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: false }) &&
  !element.closest("[inert]");
const texts = (ids) => (ids || "").split(/\s+/).map((id) => clean(document.getElementById(id)?.innerText)).join(" ");

const names = (element) => [
  element.getAttribute("aria-label"),
  texts(element.getAttribute("aria-labelledby")),
  ...[...(element.labels || [])].map((label) => label.innerText),
  /^(submit|button|reset)$/.test(element.type || "") && element.tagName === "INPUT" ? element.value : "",
  /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName) ? "" : element.innerText,
  element.title,
  element.placeholder,
  [...element.querySelectorAll("img[alt], svg[aria-label]")]
    .map((it) => it.alt || it.getAttribute("aria-label")).join(" "),
].map(clean).filter(Boolean);

// What is asked for as required carries a star behind its label.
const same = (name) => name === wanted || name.replace(/\s*\*$/, "") === wanted;

const best = (elements) => {
  const candidates = elements.filter(shown);
  return candidates.find((it) => names(it).some(same)) ||
    candidates.find((it) => names(it).some((name) => name.startsWith(wanted))) ||
    candidates.find((it) => names(it).some((name) => name.includes(wanted)));
};

// The smallest part with this heading, caption, label or, for a row, this text in it.
const partNamed = (name) => {
  if (/^[#.]/.test(name)) return document.querySelector(name);
  const parts = [...document.querySelectorAll(
    "dialog, section, fieldset, form, details, table, tr, li, .card, article, nav, header, main, aside")].filter(shown);
  const titled = (it) => [
    it.getAttribute("aria-label"),
    texts(it.getAttribute("aria-labelledby")),
    it.querySelector("h1, h2, h3, h4, legend, caption, summary, .card-title")?.innerText,
  ].map(clean).includes(name);
  const size = (it) => it.querySelectorAll("*").length;
  const smallest = (found) => found.sort((a, b) => size(a) - size(b))[0];
  return smallest(parts.filter(titled)) ||
    smallest(parts.filter((it) => /^(TR|LI)$/.test(it.tagName) && clean(it.innerText).split(" ").includes(name))) ||
    smallest(parts.filter((it) => /^(TR|LI)$/.test(it.tagName) && clean(it.innerText).includes(name)));
};

const open = [...document.querySelectorAll("dialog[open]")].filter(shown).pop();
const root = part ? partNamed(part) : open || document.body;
if (!root) return null;
switch (kind) {
  case "part":
    return root;
  case "field":
    return best([...root.querySelectorAll("input:not([type=hidden]):not([type=submit]), select, textarea")]) || null;
  default:
    return best([...root.querySelectorAll("button, input[type=submit], a[href], summary, [role=button], [role=tab], label.form-selectgroup-item")]) || null;
}
