import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import org.bouncycastle.asn1.DERPrintableString;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** A certification request by Bouncy Castle, in DER on standard output. */
class Request {
    public static void main(String[] arguments) throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        var keys = generator.generateKeyPair();
        var subject = new X500Name("C=AU,O=Größe,CN=bc.example.com");
        var extensions = new ExtensionsGenerator();
        var names = new GeneralName[] {
            new GeneralName(GeneralName.dNSName, "bc.example.com"),
            new GeneralName(GeneralName.iPAddress, "192.0.2.1"),
        };
        extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
        extensions.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        var request = new JcaPKCS10CertificationRequestBuilder(subject, keys.getPublic())
            .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate())
            .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_challengePassword, new DERPrintableString("password"))
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()));
        System.out.write(request.getEncoded());
        System.out.flush();
    }
}
