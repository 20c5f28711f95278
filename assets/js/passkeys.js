// Passkeys: a form with data-passkey asks there what to sign, has the browser sign it, and is sent with the answer.
(() => {
  "use strict";

  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (it) => it.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");

  // What travels as text is bytes for the browser.
  const read = (options) => {
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    const others = [...(options.allowCredentials ?? []), ...(options.excludeCredentials ?? [])];
    for (const it of others) it.id = bytes(it.id);
    return options;
  };
  const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const written = ({ id, rawId, type, response }) => {
    const parts = PARTS.filter((it) => response[it]).map((it) => [it, text(response[it])]);
    return JSON.stringify({ id, rawId: text(rawId), type, response: Object.fromEntries(parts) });
  };

  const tell = (form, words) => {
    const said = form.querySelector("[data-said]");
    said.textContent = words ?? "";
    said.hidden = !words;
  };

  // Browsers use passkeys at one address only, and some not at all.
  const obstacle = (form) => {
    const place = new URL(form.dataset.origin);
    const there = "local" in form.dataset ? location.hostname === place.hostname : location.origin === place.origin;
    if (!there) return "elsewhere";
    return window.PublicKeyCredential && navigator.credentials ? null : "unable";
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.passkey) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "true";
    tell(form);
    const { failed, known } = form.querySelector("[data-said]").dataset;
    try {
      const answer = await fetch(form.dataset.passkey, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(new FormData(form)),
      });
      const question = await answer.json();
      if (!answer.ok) {
        tell(form, question.error || failed);
        return;
      }
      const options = { publicKey: read(question.publicKey) };
      const container = navigator.credentials;
      const made = "make" in form.dataset ? await container.create(options) : await container.get(options);
      form.elements["passkey[answer]"].value = written(made);
      form.submit();
    } catch (error) {
      tell(form, error.name === "InvalidStateError" ? known : failed);
    } finally {
      delete form.dataset.busy;
    }
  });

  // Here a script has run: what needs one shows, or why it does not.
  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form[data-passkey]")) {
      const reason = obstacle(form);
      if (!reason) form.querySelector("[data-needs-passkey]").hidden = false;
      else if ("tells" in form.dataset) tell(form, form.querySelector("[data-said]").dataset[reason]);
    }
  });
})();
