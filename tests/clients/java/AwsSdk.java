// The AWS SDK for Java against the embedded store. Reads HR_OPERATIONS, HR_ENDPOINT and the credentials; prints a line an
// operation, as client_cases.py does.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.*;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

public class AwsSdk {
    static final String CLIENT = "aws-sdk-java";
    static final int WHY_MAX = 400, MIB = 1 << 20, PART = 5 * MIB;
    static final byte[] OBJECT = random(100_000), LARGE = random(12 * MIB);
    static final List<String> BLANKS = List.of("a b+c.txt", "two  blanks/100% sure.txt", "größe/测试.txt");
    static final Map<String, String> TAGS = new TreeMap<>(Map.of("colour", "blue", "two words", "a+b c"));
    static final String BUCKET = "awsjava-" + Long.toHexString(new Random().nextInt() & 0xffffffffL), OTHER = BUCKET + "-other";
    static final URI ENDPOINT = URI.create(System.getenv("HR_ENDPOINT"));
    static final StaticCredentialsProvider KEYS = StaticCredentialsProvider.create(
        AwsBasicCredentials.create(System.getenv("AWS_ACCESS_KEY_ID"), System.getenv("AWS_SECRET_ACCESS_KEY")));
    static final S3Client s3 = S3Client.builder().endpointOverride(ENDPOINT).region(Region.US_EAST_1).forcePathStyle(true)
        .credentialsProvider(KEYS).httpClient(UrlConnectionHttpClient.create()).build();

    interface Operation { void run() throws Exception; }

    static class Gap extends Exception {
        Gap(String why) { super(why); }
    }

    static byte[] random(int size) {
        byte[] data = new byte[size];
        new Random().nextBytes(data);
        return data;
    }

    static void same(Object got, Object wanted) {
        if (got instanceof byte[] left) {
            if (!Arrays.equals(left, (byte[]) wanted)) throw new AssertionError(left.length + " bytes came back that differ");
        } else if (!Objects.equals(got, wanted)) throw new AssertionError(got + ", not " + wanted);
    }

    static void put(String key, byte[] data, Map<String, String> metadata) {
        s3.putObject(r -> r.bucket(BUCKET).key(key).contentType("text/x-test").metadata(metadata), RequestBody.fromBytes(data));
    }

    static byte[] read(String bucket, String key, String range) {
        return s3.getObjectAsBytes(r -> r.bucket(bucket).key(key).range(range)).asByteArray();
    }

    static List<String> keys(String bucket, String prefix) {
        return s3.listObjectsV2Paginator(r -> r.bucket(bucket).prefix(prefix).maxKeys(10)).contents().stream().map(S3Object::key).toList();
    }

    static List<String> listed() {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 12; i++) keys.add(String.format("list/a/%02d", i));
        for (int i = 0; i < 13; i++) keys.add(String.format("list/b/%02d", i));
        return keys;
    }

    static void buckets() {
        s3.createBucket(r -> r.bucket(BUCKET));
        s3.createBucket(r -> r.bucket(OTHER));
        same(s3.listBuckets().buckets().stream().filter(b -> b.name().equals(BUCKET) || b.name().equals(OTHER)).count(), 2L);
    }

    static void list() {
        for (String key : listed()) put(key, new byte[1], Map.of());
        same(keys(BUCKET, "list/"), listed());
        ListObjectsV2Response page = s3.listObjectsV2(r -> r.bucket(BUCKET).prefix("list/").delimiter("/"));
        same(page.commonPrefixes().stream().map(CommonPrefix::prefix).toList(), List.of("list/a/", "list/b/"));
    }

    static void metadata() {
        put("metadata", new byte[1], Map.of("colour", "dark blue"));
        HeadObjectResponse head = s3.headObject(r -> r.bucket(BUCKET).key("metadata"));
        same(head.contentType() + ", " + head.metadata().get("colour"), "text/x-test, dark blue");
    }

    static void tags() {
        put("tags", new byte[1], Map.of());
        List<Tag> wanted = TAGS.entrySet().stream().map(e -> Tag.builder().key(e.getKey()).value(e.getValue()).build()).toList();
        s3.putObjectTagging(r -> r.bucket(BUCKET).key("tags").tagging(t -> t.tagSet(wanted)));
        Map<String, String> got = new TreeMap<>();
        for (Tag tag : s3.getObjectTagging(r -> r.bucket(BUCKET).key("tags")).tagSet()) got.put(tag.key(), tag.value());
        same(got, TAGS);
        s3.deleteObjectTagging(r -> r.bucket(BUCKET).key("tags"));
    }

    static void copy(String from, String bucket, String to) {
        s3.copyObject(r -> r.sourceBucket(BUCKET).sourceKey(from).destinationBucket(bucket).destinationKey(to));
    }

    static void copies() {
        put("source", OBJECT, Map.of("colour", "blue"));
        copy("source", BUCKET, "copied");
        same(read(BUCKET, "copied", null), OBJECT);
        same(s3.headObject(r -> r.bucket(BUCKET).key("copied")).metadata(), Map.of("colour", "blue"));
    }

    static void otherBucket() {
        copy("source", OTHER, "copied");
        same(read(OTHER, "copied", null), OBJECT);
    }

    static void blanks() {
        for (String key : BLANKS) {
            byte[] data = key.getBytes(StandardCharsets.UTF_8);
            put(key, data, Map.of());
            same(read(BUCKET, key, null), data);
            copy(key, BUCKET, "moved/" + key);
            same(read(BUCKET, "moved/" + key, null), data);
            same(keys(BUCKET, "moved/" + key), List.of("moved/" + key));
        }
    }

    static void multipart() {
        String upload = s3.createMultipartUpload(r -> r.bucket(BUCKET).key("multipart")).uploadId();
        List<CompletedPart> parts = new ArrayList<>();
        for (int at = 0; at < LARGE.length; at += PART) {
            int number = at / PART + 1;
            byte[] part = Arrays.copyOfRange(LARGE, at, Math.min(at + PART, LARGE.length));
            String tag = s3.uploadPart(r -> r.bucket(BUCKET).key("multipart").uploadId(upload).partNumber(number),
                RequestBody.fromBytes(part)).eTag();
            parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
        }
        String tag = s3.completeMultipartUpload(r -> r.bucket(BUCKET).key("multipart").uploadId(upload)
            .multipartUpload(m -> m.parts(parts))).eTag();
        same(tag.endsWith("-3\""), true);
        same(read(BUCKET, "multipart", null), LARGE);
    }

    static void presign() throws Exception {
        put("presign", OBJECT, Map.of());
        try (S3Presigner signer = S3Presigner.builder().endpointOverride(ENDPOINT).region(Region.US_EAST_1)
                 .credentialsProvider(KEYS).serviceConfiguration(S3Configuration.builder().pathStyleAccessEnabled(true).build()).build()) {
            URI url = signer.presignGetObject(r -> r.signatureDuration(Duration.ofMinutes(1))
                .getObjectRequest(g -> g.bucket(BUCKET).key("presign"))).url().toURI();
            same(HttpClient.newHttpClient().send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofByteArray()).body(), OBJECT);
        }
    }

    static void empty(String bucket) {
        List<ObjectIdentifier> all = keys(bucket, "").stream().map(key -> ObjectIdentifier.builder().key(key).build()).toList();
        same(s3.deleteObjects(r -> r.bucket(bucket).delete(d -> d.objects(all))).deleted().size(), all.size());
        s3.deleteBucket(r -> r.bucket(bucket));
    }

    static void delete() {
        s3.deleteObject(r -> r.bucket(BUCKET).key("put"));
        try {
            s3.headObject(r -> r.bucket(BUCKET).key("put"));
            throw new AssertionError("the object is still there");
        } catch (NoSuchKeyException gone) {
            empty(BUCKET);
            empty(OTHER);
        }
    }

    static Map<String, Operation> operations() {
        Map<String, Operation> all = new LinkedHashMap<>();
        all.put("bucket", AwsSdk::buckets);
        all.put("put", () -> put("put", OBJECT, Map.of()));
        all.put("get", () -> same(read(BUCKET, "put", null), OBJECT));
        all.put("range", () -> same(read(BUCKET, "put", "bytes=1000-1999"), Arrays.copyOfRange(OBJECT, 1000, 2000)));
        all.put("list", AwsSdk::list);
        all.put("metadata", AwsSdk::metadata);
        all.put("tags", AwsSdk::tags);
        all.put("copy", AwsSdk::copies);
        all.put("other-bucket", AwsSdk::otherBucket);
        all.put("blanks", AwsSdk::blanks);
        all.put("multipart", AwsSdk::multipart);
        all.put("presign", AwsSdk::presign);
        all.put("sync", () -> { throw new Gap("the client has no such call"); });
        all.put("delete", AwsSdk::delete);
        return all;
    }

    static String result(String name, Operation operation) {
        if (operation == null) return "fail: " + CLIENT + ": " + name + ": the program has no such operation";
        try {
            operation.run();
            return "ok: " + CLIENT + ": " + name;
        } catch (Gap gap) {
            return "gap: " + CLIENT + ": " + name + ": " + gap.getMessage();
        } catch (Exception | AssertionError problem) {
            String why = problem.toString().replaceAll("\\s+", " ");
            if (why.matches("(?i).*not ?implemented.*"))
                return "gap: " + CLIENT + ": " + name + ": not yet in the store" + why.replaceAll(".*is not implemented(: [\\w-]+)?.*", "$1");
            return "fail: " + CLIENT + ": " + name + ": " + why.substring(0, Math.min(WHY_MAX, why.length()));
        }
    }

    public static void main(String[] arguments) throws Exception {
        System.out.println("version: " + CLIENT + ": " + VersionInfo.SDK_VERSION);
        boolean failed = false;
        Map<String, Operation> operations = operations();
        for (String line : Files.readAllLines(Path.of(System.getenv("HR_OPERATIONS")))) {
            String name = line.split(":")[0], told = result(name, operations.get(name));
            failed |= told.startsWith("fail");
            System.out.println(told);
        }
        System.exit(failed ? 1 : 0);
    }
}
