//! What `--help` prints.

pub(crate) const HELP: &str = "\
An ACM-PCA endpoint for local development and tests.

  --listen ADDRESS       IP address and port, 127.0.0.1:8443 by default; port 0 takes a free one. An address that is not
                         loopback needs --credentials, --tls-cert and --tls-key, or --insecure
  --credentials FILE     who may call: a TOML file with an entry [[credentials]] for each access key, with access_key_id,
                         secret_access_key, account, and optionally name and policy (a policy document of IAM, in JSON or as a
                         path). Signatures are verified and the account is the entry's; without it nobody is authenticated
  --tls-cert FILE        speak TLS 1.2 and 1.3 with this certificate and its chain, in PEM
  --tls-key FILE         the private key of the certificate, in PEM
  --insecure             listen on any address without credentials or without TLS: everybody who reaches it is let in
  --public-listen ADDRESS
                         answer for revocation lists, OCSP and health on this address too, and for nothing else, without TLS
  --allow-host HOST      answer requests for this host, too; may be given again. Loopback names and the address by which a
                         client comes are always answered, any other Host is refused
  --public-url URL       where clients reach the service; its host is answered. Of http://HOST:PORT, certificates say that their
                         lists and OCSP are there, unless the authority has a custom name for them
  --region REGION        the region of callers whose signature names none, us-east-1 by default; the partition follows it. If it
                         is given with --credentials, signatures for another region are refused
  --account ID           the account of callers whose access key is not 12 digits: 12 digits, 123456789012 by default. With
                         --credentials each caller has that of its entry
  --hex-serials          ARNs of certificates end in hexadecimal, as the live service's; this is the default
  --decimal-serials      ARNs of certificates end in decimal
  --lenient              take requests for certificates in DER and under NEW CERTIFICATE REQUEST, which the live service refuses
  --policy FILE          refuse certificates that a policy refuses, also those of authorities: a policy in TOML or JSON
                         (docs/policies.md), or a policy document of IAM for acm-pca:IssueCertificate, told apart by content
  --template FILE        a custom template in TOML or JSON (docs/policies.md); may be given again
  --wait-for-keys        creating an authority waits for its key, however long that takes; by default 20 seconds for an RSA key
  --data DIR             keep everything in this directory, over restarts and crashes; by default in memory. Keys are encrypted
                         under a passphrase, or on a token. One process at a time
  --database URL         keep everything in this PostgreSQL database, which several processes may share:
                         postgresql://user@host/database; the password may be in PGPASSWORD. Over a network it needs
                         --database-roots
  --database-roots FILE  the certificates, in PEM, that the server's certificate is checked by
  --passphrase-file FILE the passphrase, but for a line feed at its end; without it the environment variable
                         ACM_PCA_PASSPHRASE
  --pkcs11-module FILE   keys are made on a PKCS#11 token and stay there: the library that reaches it. No passphrase is needed then
  --pkcs11-token LABEL   the label of the token; by default the only one that there is
  --pkcs11-pin-file FILE the PIN, but for a line feed at its end; without it the environment variable ACM_PCA_PKCS11_PIN
  --audit-reports DIR    where audit reports go, a directory for each bucket; with --data below it, else a fresh one in the
                         temporary directory by default
  --max-connections N    how many connections there are at a time, 512 by default; for another one, the one that has been
                         waiting longest for a request is ended
  --max-body-memory MIB  how much memory the bodies of requests have together, 64 MiB by default; 64 KiB of each are not counted
  --read-timeout SECONDS how long a client may take to send the head of a request, and to send its body, 30 by default
  --write-timeout SECONDS
                         how long a client may take to read a part of an answer, 30 by default
  --idle-timeout SECONDS how long a client may take to begin a request, 30 by default
  --authority ARN=CERTIFICATE,CHAIN,KEY
                         an authority that is there from the start, by the paths of PEM files; a root has no chain. May be given
                         again
  --quiet                no request log; by default standard error has a line for each request
  --help                 this text

acm-pca change-passphrase --data DIR --passphrase-file FILE --new-passphrase-file FILE
                         encrypt the keys under another passphrase; --database URL in place of --data, and the environment
                         variables ACM_PCA_PASSPHRASE and ACM_PCA_NEW_PASSPHRASE in place of the files

For tests of clients, in memory and on a loopback address alone:
  --allow-reset          POST /_reset leads back to the start
  --fault OPERATION=EXCEPTION:PROBABILITY
                         refuse some calls, as in issue-certificate=ThrottlingException:0.1; may be given again
  --delay OPERATION=DURATION
                         answer later, as in issue-certificate=250ms; may be given again
  --in-progress OPERATION=COUNT
                         the first calls get RequestInProgressException, as in get-certificate=2; may be given again
  --clock-offset DURATION
                         the service's clock is off by this, as in +1h or -15m
";
