import java.io.FileInputStream;
import java.io.InputStream;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Follows the URLs in a certificate: `java CheckRevocation.java crl|ocsp ROOT CERTIFICATE` prints `accepted`, or why not. */
class CheckRevocation {
    private static X509Certificate read(CertificateFactory factory, String file) throws Exception {
        try (InputStream in = new FileInputStream(file)) {
            return (X509Certificate) factory.generateCertificate(in);
        }
    }

    public static void main(String[] arguments) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        EnumSet<PKIXRevocationChecker.Option> options = EnumSet.of(PKIXRevocationChecker.Option.NO_FALLBACK);
        if (arguments[0].equals("crl")) {
            options.add(PKIXRevocationChecker.Option.PREFER_CRLS);
        }
        checker.setOptions(options);
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(read(factory, arguments[1]), null)));
        parameters.addCertPathChecker(checker);
        try {
            CertPath path = factory.generateCertPath(List.of(read(factory, arguments[2])));
            validator.validate(path, parameters);
            System.out.println("accepted");
        } catch (CertPathValidatorException exception) {
            System.out.println(exception.getReason() + ": " + exception.getMessage());
        }
    }
}
