// Shows the API's own description. Requests that are tried out go to the host that this page came from.
const element = document.getElementById("documentation");
const root = element.dataset.root;

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
    SwaggerUIBundle({
      spec,
      domNode: element,
      deepLinking: true,
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
    element.textContent = `The API's description could not be loaded: ${error.message}`;
  });
