import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Java's PKIXRevocationChecker over many certificates: `java Revocation.java LIST`, where each line of the list has the name of a case,
 * `crl` or `ocsp`, the time in Unix seconds, and the files of certificate, authority and list or answer. A line for each case: its
 * name, a tab, and what is wrong, if anything is.
 */
class Revocation {
    public static void main(String[] arguments) throws Exception {
        StringBuilder out = new StringBuilder();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] parts = line.split(" ");
            out.append(parts[0]).append('\t').append(problem(parts)).append('\n');
        }
        System.out.print(out);
    }

    private static X509Certificate read(CertificateFactory factory, String file) throws Exception {
        try (InputStream in = new FileInputStream(file)) {
            return (X509Certificate) factory.generateCertificate(in);
        }
    }

    private static String problem(String[] parts) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        X509Certificate certificate = read(factory, parts[3]);
        byte[] status = Files.readAllBytes(Path.of(parts[5]));
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(read(factory, parts[4]), null)));
        parameters.setDate(new Date(Long.parseLong(parts[2]) * 1000));
        PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        if (parts[1].equals("crl")) {
            checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK));
            var lists = List.of(factory.generateCRL(new ByteArrayInputStream(status)));
            parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists)));
        } else {
            checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.NO_FALLBACK));
            checker.setOcspResponses(Map.of(certificate, status));
        }
        parameters.addCertPathChecker(checker);
        try {
            CertPath path = factory.generateCertPath(List.of(certificate));
            validator.validate(path, parameters);
            return "";
        } catch (CertPathValidatorException exception) {
            return exception.getReason() + ": " + exception.getMessage().replaceAll("\\s+", " ");
        }
    }
}
