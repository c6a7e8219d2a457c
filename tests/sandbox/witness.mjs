// Two JavaScript clients ask for a code, confirm it and sign in, against the endpoint in argv.
// Results go to stdout, one JSON line each; codes are read from the sandbox's mailbox.
import { createRequire } from "node:module";

const [endpoint, poolId, clientId, username, which, password] = process.argv.slice(2);
const require = createRequire(process.cwd() + "/");
const newest = async () => (await (await fetch(`${endpoint}/_sandbox/mailbox`)).json()).at(-1).code;
const say = (value) => console.log(JSON.stringify(value));

if (which === "sdk") {
  const sdk = require("@aws-sdk/client-cognito-identity-provider");
  const client = new sdk.CognitoIdentityProviderClient({
    endpoint, region: "us-east-1", credentials: { accessKeyId: "x", secretAccessKey: "y" }, maxAttempts: 1,
  });
  const names = { ClientId: clientId, Username: username };
  say((await client.send(new sdk.ForgotPasswordCommand(names))).CodeDeliveryDetails);
  const code = await newest();
  const confirm = (Password, ConfirmationCode) =>
    client.send(new sdk.ConfirmForgotPasswordCommand({ ...names, Password, ConfirmationCode }));
  try { await confirm("short", code); } catch (error) {
    say({ name: error.name, message: error.message, typed: error instanceof sdk.InvalidPasswordException,
          status: error.$metadata.httpStatusCode, requestId: Boolean(error.$metadata.requestId) });
  }
  say((await confirm(password, code)).$metadata.httpStatusCode);
  const answer = await client.send(new sdk.InitiateAuthCommand({
    ClientId: clientId, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: { USERNAME: username, PASSWORD: password },
  }));
  say(answer.AuthenticationResult.TokenType);
} else {
  const { CognitoUser, CognitoUserPool, AuthenticationDetails } = require("amazon-cognito-identity-js");
  const pool = new CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint });
  const user = new CognitoUser({ Username: username, Pool: pool });
  const called = (start) => new Promise((resolve, reject) => start(resolve, reject));
  say(await called((resolve, reject) => user.forgotPassword({ inputVerificationCode: resolve, onSuccess: resolve, onFailure: reject })));
  const code = await newest();
  try { await called((onSuccess, onFailure) => user.confirmPassword(code, "short", { onSuccess, onFailure })); } catch (error) {
    say({ name: error.name, message: error.message });
  }
  say(await called((onSuccess, onFailure) => user.confirmPassword(code, password, { onSuccess, onFailure })));
  // This signs in by SRP: the password never leaves the client.
  const details = new AuthenticationDetails({ Username: username, Password: password });
  const session = await called((onSuccess, onFailure) => user.authenticateUser(details, { onSuccess, onFailure }));
  say({ username: session.getAccessToken().payload.username, email: session.getIdToken().payload.email });
}
