import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;

/**
 * Whether a TLS client in Java takes a server for a host: `java Hosts.java SECONDS HOST KEY CERTIFICATE... ROOT` lets the two shake
 * hands in memory and prints what is wrong, if anything is. KEY is an EC key in PKCS#8.
 */
class Hosts {
    public static void main(String[] arguments) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<X509Certificate> certificates = new ArrayList<>();
        for (int index = 3; index < arguments.length; index++) {
            try (InputStream in = new FileInputStream(arguments[index])) {
                certificates.add((X509Certificate) factory.generateCertificate(in));
            }
        }
        X509Certificate root = certificates.remove(certificates.size() - 1);

        PKIXBuilderParameters parameters =
                new PKIXBuilderParameters(Set.of(new TrustAnchor(root, null)), new X509CertSelector());
        parameters.setRevocationEnabled(false);
        parameters.setDate(new Date(Long.parseLong(arguments[0]) * 1000));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(new CertPathTrustManagerParameters(parameters));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        SSLEngine client = context.createSSLEngine(arguments[1], 443);
        client.setUseClientMode(true);
        SSLParameters identification = client.getSSLParameters();
        identification.setEndpointIdentificationAlgorithm("HTTPS");
        client.setSSLParameters(identification);

        String pem = Files.readString(Path.of(arguments[2])).replaceAll("-----[A-Z ]+-----|\\s", "");
        PrivateKey key = KeyFactory.getInstance("EC")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("server", key, new char[0], certificates.toArray(new X509Certificate[0]));
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, new char[0]);
        SSLContext serverContext = SSLContext.getInstance("TLS");
        serverContext.init(keys.getKeyManagers(), null, null);
        SSLEngine server = serverContext.createSSLEngine();
        server.setUseClientMode(false);

        try {
            shakeHands(client, server);
        } catch (SSLException exception) {
            Throwable cause = exception;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            System.out.println(cause.getMessage().replaceAll("\\s+", " "));
        }
    }

    private static void shakeHands(SSLEngine client, SSLEngine server) throws SSLException {
        ByteBuffer[] wires = {buffer(client), buffer(client)};
        SSLEngine[] engines = {client, server};
        client.beginHandshake();
        server.beginHandshake();
        boolean clientIsDone = false;
        while (!clientIsDone) {
            for (int index = 0; index < 2; index++) {
                step(engines[index], wires[index], wires[1 - index]);
            }
            clientIsDone = client.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
        }
    }

    /** What an engine can do now: it reads what came and writes what goes. Both are kept in the state after a write. */
    private static void step(SSLEngine engine, ByteBuffer out, ByteBuffer in) throws SSLException {
        ByteBuffer nothing = ByteBuffer.allocate(0);
        ByteBuffer application = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
        switch (engine.getHandshakeStatus()) {
            case NEED_TASK -> {
                for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                    task.run();
                }
            }
            case NEED_WRAP -> engine.wrap(nothing, out);
            case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                in.flip();
                engine.unwrap(in, application);
                in.compact();
            }
            default -> { }
        }
    }

    private static ByteBuffer buffer(SSLEngine engine) {
        return ByteBuffer.allocate(4 * engine.getSession().getPacketBufferSize());
    }
}
