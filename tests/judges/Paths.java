import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Set;

/**
 * Java's CertPathValidator over many paths: `java Paths.java SECONDS LIST`, where each line of the list is the name of a case
 * and the files of its path, from the certificate in question up to the root. A line for each case: its name, a tab, and what
 * is wrong, if anything is.
 */
class Paths {
    public static void main(String[] arguments) throws Exception {
        Date at = new Date(Long.parseLong(arguments[0]) * 1000);
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        StringBuilder out = new StringBuilder();
        for (String line : Files.readAllLines(Path.of(arguments[1]))) {
            String[] parts = line.split(" ");
            out.append(parts[0]).append('\t').append(problem(factory, validator, at, parts)).append('\n');
        }
        System.out.print(out);
    }

    private static String problem(CertificateFactory factory, CertPathValidator validator, Date at, String[] parts)
            throws Exception {
        try {
            List<X509Certificate> certificates = new ArrayList<>();
            for (int index = 1; index < parts.length; index++) {
                try (InputStream in = new FileInputStream(parts[index])) {
                    certificates.add((X509Certificate) factory.generateCertificate(in));
                }
            }
            X509Certificate root = certificates.remove(certificates.size() - 1);
            CertPath path = factory.generateCertPath(certificates);
            PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
            parameters.setRevocationEnabled(false);
            parameters.setDate(at);
            validator.validate(path, parameters);
            return "";
        } catch (CertPathValidatorException exception) {
            return exception.getReason() + ": " + exception.getMessage().replaceAll("\\s+", " ");
        } catch (CertificateException exception) {
            return "unreadable: " + exception.getMessage().replaceAll("\\s+", " ");
        }
    }
}
