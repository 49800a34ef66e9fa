// Paginators, tags, permissions, policies, deletion.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as sdk from "@aws-sdk/client-acm-pca";
import { client, create, send } from "./steps.mjs";

let authorities;

before(async () => {
  authorities = await Promise.all([1, 2, 3].map((number) => create("ROOT", `Node Listed ${number}`)));
});

test("authorities in pages", async () => {
  const found = [];
  for await (const page of sdk.paginateListCertificateAuthorities({ client, pageSize: 2 }, {})) {
    assert.ok(page.CertificateAuthorities.length <= 2);
    found.push(...page.CertificateAuthorities.map((authority) => authority.Arn));
  }
  assert.ok(authorities.every((arn) => found.includes(arn)));
  assert.equal(new Set(found).size, found.length);
});

test("tags in pages", async () => {
  const at = { CertificateAuthorityArn: authorities[0] };
  const Tags = Array.from({ length: 5 }, (_, number) => ({ Key: `key${number}`, Value: `${number}` }));
  await send(new sdk.TagCertificateAuthorityCommand({ ...at, Tags }));
  const sizes = [];
  for await (const page of sdk.paginateListTags({ client, pageSize: 2 }, { ...at })) sizes.push(page.Tags.length);
  assert.deepEqual(sizes, [2, 2, 1]);
  await send(new sdk.UntagCertificateAuthorityCommand({ ...at, Tags }));
  assert.deepEqual((await send(new sdk.ListTagsCommand(at))).Tags ?? [], []);
});

test("permissions in pages", async () => {
  const at = { CertificateAuthorityArn: authorities[0], Principal: "acm.amazonaws.com" };
  for (const SourceAccount of ["000000000001", "000000000002", "000000000003"]) {
    await send(new sdk.CreatePermissionCommand({ ...at, SourceAccount, Actions: ["IssueCertificate"] }));
  }
  const found = [];
  for await (const page of sdk.paginateListPermissions({ client, pageSize: 2 }, { CertificateAuthorityArn: authorities[0] })) {
    found.push(...page.Permissions);
  }
  assert.equal(found.length, 3);
  assert.ok(found.every((permission) => permission.CreatedAt instanceof Date));
  await send(new sdk.DeletePermissionCommand({ ...at, SourceAccount: "000000000001" }));
});

test("a policy", async () => {
  const at = { ResourceArn: authorities[0] };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
  await send(new sdk.PutPolicyCommand({ ...at, Policy }));
  assert.equal((await send(new sdk.GetPolicyCommand(at))).Policy, Policy);
  await send(new sdk.DeletePolicyCommand(at));
  await assert.rejects(send(new sdk.GetPolicyCommand(at)), sdk.ResourceNotFoundException);
});

test("deleted and restored", async () => {
  const at = { CertificateAuthorityArn: authorities[1] };
  const describe = async () => (await send(new sdk.DescribeCertificateAuthorityCommand(at))).CertificateAuthority;
  await send(new sdk.DeleteCertificateAuthorityCommand({ ...at, PermanentDeletionTimeInDays: 7 }));
  const deleted = await describe();
  assert.equal(deleted.Status, "DELETED");
  assert.ok(deleted.RestorableUntil instanceof Date);
  assert.ok(Math.abs(deleted.RestorableUntil - Date.now() - 7 * 86_400_000) < 60_000);
  await send(new sdk.RestoreCertificateAuthorityCommand(at));
  assert.equal((await describe()).Status, "PENDING_CERTIFICATE");
});
