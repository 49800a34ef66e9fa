// What the tests share: a client, certification requests, and the ceremony.
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import {
  ACMPCAClient,
  CreateCertificateAuthorityCommand,
  GetCertificateAuthorityCsrCommand,
  GetCertificateCommand,
  ImportCertificateAuthorityCertificateCommand,
  IssueCertificateCommand,
  waitUntilCertificateAuthorityCSRCreated,
  waitUntilCertificateIssued,
} from "@aws-sdk/client-acm-pca";

export const SIGNING = "SHA256WITHECDSA";
export const NOBODY =
  "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/00000000-0000-4000-8000-000000000000";

export const client = new ACMPCAClient({
  endpoint: process.env.ACM_PCA_ENDPOINT,
  region: process.env.AWS_REGION ?? "us-west-2",
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
  maxAttempts: Number(process.env.ACM_PCA_ATTEMPTS ?? 1),
});

export const send = (command) => client.send(command);
export const templateArn = (name) => `arn:aws:acm-pca:::template/${name}/V1`;
export const bytes = (text) => new TextEncoder().encode(text);

// A certification request for a DNS name, and a key that is thrown away.
export function csr(dnsName) {
  const options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "/dev/null"];
  const names = ["-subj", `/O=Example Corp/CN=${dnsName}`, "-addext", `subjectAltName=DNS:${dnsName}`];
  return execFileSync("openssl", ["req", "-new", "-batch", ...options, ...names], { stdio: ["ignore", "pipe", "ignore"] });
}

export async function create(type, commonName, more = {}) {
  const { CertificateAuthorityArn } = await send(
    new CreateCertificateAuthorityCommand({
      CertificateAuthorityType: type,
      CertificateAuthorityConfiguration: {
        KeyAlgorithm: "EC_prime256v1",
        SigningAlgorithm: SIGNING,
        Subject: { Organization: "Example Corp", CommonName: commonName },
      },
      ...more,
    }),
  );
  const waiting = { client, maxWaitTime: 60 };
  const waited = await waitUntilCertificateAuthorityCSRCreated(waiting, { CertificateAuthorityArn });
  if (waited.state !== "SUCCESS") throw new Error(`the request was not created: ${waited.state}`);
  return CertificateAuthorityArn;
}

export async function issueArn(issuer, request, template, days = 30, more = {}) {
  const { CertificateArn } = await send(
    new IssueCertificateCommand({
      CertificateAuthorityArn: issuer,
      Csr: request,
      SigningAlgorithm: SIGNING,
      TemplateArn: template && templateArn(template),
      Validity: { Value: days, Type: "DAYS" },
      ...more,
    }),
  );
  return CertificateArn;
}

export async function issue(issuer, request, template, days, more) {
  const input = {
    CertificateAuthorityArn: issuer,
    CertificateArn: await issueArn(issuer, request, template, days, more),
  };
  await waitUntilCertificateIssued({ client, maxWaitTime: 60 }, input);
  const { Certificate, CertificateChain } = await send(new GetCertificateCommand(input));
  return { arn: input.CertificateArn, certificate: Certificate, chain: CertificateChain };
}

// Lets `issuer` certify an authority; a root is its own issuer.
export async function install(authority, issuer, template, days, more) {
  const { Csr } = await send(new GetCertificateAuthorityCsrCommand({ CertificateAuthorityArn: authority }));
  const { certificate, chain } = await issue(issuer, bytes(Csr), template, days, more);
  await send(
    new ImportCertificateAuthorityCertificateCommand({
      CertificateAuthorityArn: authority,
      Certificate: bytes(certificate),
      CertificateChain: chain && bytes(chain),
    }),
  );
  return new X509Certificate(certificate);
}

export async function activeRoot(commonName) {
  const arn = await create("ROOT", commonName);
  return { arn, certificate: await install(arn, arn, "RootCACertificate", 3650) };
}

// The certificates of a chain in PEM.
export function certificates(pem) {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}
