// The AWS SDK for JavaScript at work while the service is killed: run by ../restart.py.
import {
  DescribeCertificateAuthorityCommand,
  GetCertificateCommand,
  ListTagsCommand,
  RevokeCertificateCommand,
} from "@aws-sdk/client-acm-pca";
import { create, csr, install, issueArn, send } from "./steps.mjs";

function check(good, what) {
  console.log(good ? `ok ${what}` : `not ok ${what}`);
  if (!good) process.exit(1);
}

const kill = async () => {
  const answer = await fetch(process.env.ACM_PCA_KILL, { method: "POST" });
  if (!answer.ok) throw new Error(`the service is not killed: ${answer.status}`);
};

const tags = [{ Key: "client", Value: "javascript" }];
const creation = { IdempotencyToken: "root", Tags: tags };
const root = await create("ROOT", "Restarted JavaScript", creation);
await install(root, root, "RootCACertificate", 3650, { IdempotencyToken: "own" });
const request = csr("www.example.com");
const issued = new Map();

async function issue(name) {
  issued.set(name, await issueArn(root, request, undefined, 30, { IdempotencyToken: name }));
  return issued.get(name);
}

async function certificate(arn) {
  return (await send(new GetCertificateCommand({ CertificateAuthorityArn: root, CertificateArn: arn }))).Certificate;
}

// Whether it was revoked before.
async function revoke() {
  const CertificateSerial = issued.get("revoked").split("/").at(-1);
  const members = { CertificateAuthorityArn: root, CertificateSerial, RevocationReason: "SUPERSEDED" };
  try {
    await send(new RevokeCertificateCommand(members));
    return false;
  } catch (error) {
    if (error.name !== "RequestAlreadyProcessedException") throw error;
    return true;
  }
}

const before = await certificate(await issue("before"));
await issue("revoked");
// A retry may be told that it is done.
await revoke();
check(true, "an authority, two certificates and a revocation");

await kill();
check((await certificate(issued.get("before"))) === before, "a certificate after the kill");
check((await issue("after")) === (await issue("after")), "one token, one certificate");

let killing = true;
const killed = kill().finally(() => (killing = false));
for (let number = 0; killing || number < 10; number += 1) {
  // Two at a time, as a retry may cross its call.
  const [first, second] = await Promise.all([issue(`while ${number}`), issue(`while ${number}`)]);
  if (first !== second) check(false, "one token, one certificate, whenever the service dies");
}
await killed;
check(true, "certificates while the service is killed");

const kept = issued.get("before");
check((await issue("before")) === kept, "a token from before both kills");
check((await certificate(kept)) === before, "its certificate");
check((await create("ROOT", "Restarted JavaScript", creation)) === root, "the token of the authority");
const here = { CertificateAuthorityArn: root };
check((await send(new DescribeCertificateAuthorityCommand(here))).CertificateAuthority.Status === "ACTIVE", "the authority");
const { Tags } = await send(new ListTagsCommand(here));
check(JSON.stringify(Tags) === JSON.stringify(tags), "its tags");
check(await revoke(), "the revocation");
// Its own is one more.
console.log(`# certificates ${root} ${issued.size + 1} 1`);
