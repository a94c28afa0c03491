// A real OpenID Connect provider for one test. Arguments: the directory that has node_modules/oidc-provider, and the
// redirect address of the client. Prints its issuer and ends with its standard input.
import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [directory, redirectUri] = process.argv.slice(2);
const library = path.resolve(directory, "node_modules/oidc-provider/lib/index.js");
const { Provider } = await import(pathToFileURL(library));

let answer;
const server = http.createServer((request, response) => answer(request, response));
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "roster", client_secret: "hush: &%+", redirect_uris: [redirectUri] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    cookies: { keys: ["test"] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: id !== "eve", name: `Dr. ${id}` }),
    }),
  });
  answer = provider.callback();
  console.log(issuer);
});
process.stdin.resume().on("end", () => process.exit(0));
