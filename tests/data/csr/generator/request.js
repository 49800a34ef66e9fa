// A certification request in PEM by the npm package that the first argument names.
const fs = require("fs");
const { webcrypto } = require("crypto");

function forge(keyFile, order) {
  const forge = require("node-forge");
  const key = forge.pki.privateKeyFromPem(fs.readFileSync(keyFile));
  const request = forge.pki.createCertificationRequest();
  request.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  request.setSubject([
    { name: "commonName", value: "forge.example.com" },
    { name: "countryName", value: "US" },
    { shortName: "O", value: "Größe", valueTagClass: forge.asn1.Type.UTF8 },
  ]);
  const names = [
    { type: 2, value: "forge.example.com" },
    { type: 7, ip: "192.0.2.1" },
  ];
  // In the order of the package's own documentation.
  const attributes = [
    { name: "challengePassword", value: "password" },
    { name: "unstructuredName", value: "My Company, Inc." },
    {
      name: "extensionRequest",
      extensions: [
        { name: "subjectAltName", altNames: names },
        { name: "keyUsage", digitalSignature: true },
      ],
    },
  ];
  request.setAttributes(order === "reversed" ? attributes.reverse() : attributes);
  request.sign(key, forge.md.sha256.create());
  return forge.pki.certificationRequestToPem(request);
}

async function peculiar() {
  require("reflect-metadata");
  const x509 = require("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto);
  const signingAlgorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: "CN=peculiar.example.com, C=US",
    keys,
    signingAlgorithm,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "peculiar.example.com" }]),
    ],
    attributes: [new x509.ChallengePasswordAttribute("password")],
  });
  return request.toString("pem") + "\n";
}

const [name, ...rest] = process.argv.slice(2);
Promise.resolve({ forge, peculiar }[name](...rest)).then((text) => process.stdout.write(text));
