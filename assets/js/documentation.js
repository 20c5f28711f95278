// Shows the API's own description. Requests that are tried out go to the host that this page came from.
const element = document.getElementById("documentation");
const root = element.dataset.root;

// As light or dark as the system is.
const night = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", night.matches);
night.addEventListener("change", paint);
paint();

// What Swagger UI does not tell those who hear the page. It draws parts of it anew whenever something is opened.
const told = [
  [".servers select", { "aria-label": "Server" }],
  [".information-container", { role: "region", "aria-label": "About" }],
  [".scheme-container", { role: "region", "aria-label": "Server" }],
  ["section.filter", { "aria-label": "Filter" }],
  ["h3.opblock-tag, section.models > h4", { "aria-level": "2" }],
];
const tell = () => {
  for (const [which, attributes] of told) {
    for (const it of element.querySelectorAll(which)) {
      for (const [name, value] of Object.entries(attributes)) {
        if (it.getAttribute(name) !== value) it.setAttribute(name, value);
      }
    }
  }
};
new MutationObserver(tell).observe(element, { childList: true, subtree: true });

const read = async (path) => {
  const answer = await fetch(`${root}${path}`);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer.json();
};

// Who is signed in writes with this.
const csrf = read("/api/v1/session").then((session) => session.csrf_token, () => null);

read("/api/openapi-spec")
  .then((spec) => {
    spec.servers = [{ url: root || "/" }];
    // In the place of the list for those without scripts.
    element.replaceChildren();
    SwaggerUIBundle({
      spec,
      domNode: element,
      // It would put links into buttons.
      deepLinking: false,
      docExpansion: "none",
      filter: true,
      validatorUrl: null,
      showExtensions: true,
      tryItOutEnabled: true,
      requestInterceptor: async (request) => {
        const token = await csrf;
        if (token && !["GET", "HEAD"].includes((request.method || "GET").toUpperCase())) {
          request.headers["X-CSRF-Token"] = token;
        }
        return request;
      },
    });
  })
  .catch((error) => {
    const said = document.createElement("p");
    said.setAttribute("role", "alert");
    said.textContent = `${element.dataset.failed} ${error.message}`;
    element.prepend(said);
  });
