// Shows the API's own description. Requests that are tried out go to the host that this page came from.
const element = document.getElementById("documentation");
const root = element.dataset.root;

fetch(`${root}/api/openapi-spec`)
  .then((answer) => {
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return answer.json();
  })
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
    });
  })
  .catch((error) => {
    element.textContent = `The API's description could not be loaded: ${error.message}`;
  });
