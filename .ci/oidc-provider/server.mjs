// The certified provider of the tests: logs in whomever the address /as/NAME said last, and asks nobody anything.
//
//   node server.mjs LIBRARY PORT REDIRECT_URI CLIENT SECRET
import { createServer } from "node:http";

const [library, port, redirect, client, secret] = process.argv.slice(2);
const { default: Provider } = await import(library);
let person = "carol";

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: client, client_secret: secret, redirect_uris: [redirect] }],
  cookies: { keys: ["only for tests"] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true, methods: ["S256"] },
  scopes: ["openid", "email", "profile", "address"],
  claims: {
    address: ["address"],
    email: ["email", "email_verified"],
    profile: ["name", "preferred_username"],
  },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: `${id}@id.example`,
      email_verified: true,
      name: `${id} <Certified>`,
      preferred_username: id,
    }),
  }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid email profile address");
    await grant.save();
    return grant;
  },
});

const answer = provider.callback();
createServer(async (request, response) => {
  if (request.url.startsWith("/as/")) {
    person = request.url.slice("/as/".length);
    response.end("ok");
  } else if (request.url.startsWith("/interaction/")) {
    await provider.interactionFinished(request, response, { login: { accountId: person } });
  } else {
    answer(request, response);
  }
}).listen(Number(port), "127.0.0.1");
