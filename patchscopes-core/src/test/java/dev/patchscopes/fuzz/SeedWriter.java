package dev.patchscopes.fuzz;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes the seeds that are not findings: small files of every kind each target reads.
 *
 * <p>They are committed; run it again, from the module's directory, after changing it.
 */
final class SeedWriter {

    private static final Path GOLDEN = Path.of("src", "test", "resources", "golden");

    private SeedWriter() {}

    /** Writes all seeds. */
    public static void main(String[] arguments) throws IOException {
        write(Target.SAFETENSORS, safetensors());
        write(Target.TORCH, torch());
        write(Target.CONFIG, configs());
        write(Target.TOKENIZER, TokenizerSeeds.all());
        write(Target.CHECKPOINT, checkpoints());
    }

    private static void write(Target target, Map<String, byte[]> seeds) throws IOException {
        Files.createDirectories(target.seeds());
        for (Map.Entry<String, byte[]> seed : seeds.entrySet()) {
            Files.write(target.seeds().resolve(seed.getKey()), seed.getValue());
        }
    }

    private static Map<String, byte[]> safetensors() {
        Map<String, byte[]> seeds = new TreeMap<>();
        seeds.put("empty", safetensors("{}", 0));
        seeds.put(
                "two",
                safetensors(
                        "{'a':{'dtype':'F32','shape':[2,1],'data_offsets':[0,8]},"
                                + "'b.weight':{'dtype':'I64','shape':[1],'data_offsets':[8,16]}}",
                        16));
        seeds.put(
                "metadata",
                safetensors(
                        "{'__metadata__':{'format':'pt','k':'\\u00e9'},"
                                + "'h.0':{'dtype':'BF16','shape':[3],'data_offsets':[0,6]}}  ",
                        6));
        seeds.put(
                "scalars",
                safetensors(
                        "{'s':{'dtype':'F64','shape':[],'data_offsets':[4,12]},"
                                + "'z':{'dtype':'F16','shape':[0,7],'data_offsets':[0,0]},"
                                + "'i':{'data_offsets':[0,4],'dtype':'I32','shape':[1,1,1]}}",
                        12));
        StringBuilder types = new StringBuilder("{");
        int at = 0;
        for (String type : List.of("I8", "U8", "BOOL", "I16", "F16", "I32", "F8_E4M3")) {
            int end = at + (type.endsWith("8") || type.equals("BOOL") ? 1 : 4);
            types.append(
                    "'%s':{'dtype':'%s','shape':[1],'data_offsets':[%d,%d]},"
                            .formatted(type, type, at, end));
            at = end;
        }
        for (String name : List.copyOf(seeds.keySet())) {
            byte[] file = seeds.get(name);
            int length = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt();
            seeds.put("header-" + name, Arrays.copyOfRange(file, 8, 8 + length));
        }
        seeds.put("plan", new byte[] {SafetensorsPlan.MARK, 0, 4, 0, 4, 2, 0, 6, 9, 0});
        seeds.put("types", safetensors(types.substring(0, types.length() - 1) + "}", at));
        return seeds;
    }

    private static byte[] safetensors(String header, int dataBytes) {
        byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        ByteBuffer file =
                ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(json.length).put(json);
        for (int i = 0; i < dataBytes; i++) {
            file.put((byte) (i * 37));
        }
        return file.array();
    }

    /** Pickles, and the whole files that the reader's own tests use. */
    private static Map<String, byte[]> torch() throws IOException {
        Map<String, byte[]> seeds = new TreeMap<>();
        seeds.put("pickle-empty", new PickleSeed().code("}").end());
        seeds.put("pickle-flat", new PickleSeed().code("}(").named("a").named("b").code("u").end());
        seeds.put(
                "pickle-wrapped",
                new PickleSeed()
                        .code("}(")
                        .text("state_dict")
                        .code("ccollections\nOrderedDict\n)Rq\1(")
                        .named("w")
                        .code("u")
                        .text("epoch")
                        .code("K\3u")
                        .end());
        seeds.put(
                "pickle-parameter",
                new PickleSeed()
                        .code("}")
                        .text("p")
                        .code("ctorch._utils\n_rebuild_parameter\n")
                        .tensor()
                        .code("\u0088ccollections\nOrderedDict\n)R\u0087Rs")
                        .end());
        seeds.put(
                "pickle-values",
                new PickleSeed()
                        .code("}q\0(")
                        .text("x")
                        .code("N")
                        .text("y")
                        .code("G@\t!\u00fbTD-\u0018")
                        .text("z")
                        .code("]q\2(K\1M\1\1J\1\0\0\0\u008a\2\1\1e")
                        .text("again")
                        .code("h\2\u0086tu0h\0")
                        .end());
        PickleSeed shared = new PickleSeed().code("}").named("w").code("sq\0");
        for (char i = 0; i < 11; i++) {
            String last = "h" + i + "s";
            shared.code("0}").text("a".repeat(250)).code(last).text("b".repeat(250)).code(last);
            shared.code("q" + (char) (i + 1));
        }
        seeds.put("pickle-shared", shared.end());
        seeds.put("archive", TorchArchive.of(seeds.get("pickle-flat")));
        seeds.put("legacy", legacy());
        seeds.put("nested.bin", Files.readAllBytes(GOLDEN.resolve("edge_pickle/nested.bin")));
        return seeds;
    }

    /** Magic number, protocol, system, content and keys, each a pickle; then one storage. */
    private static byte[] legacy() {
        return new PickleSeed()
                .code("\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.")
                .code("\u0080\2M\u00e9\3.")
                .code("\u0080\2}q\0(")
                .text("protocol_version")
                .code("M\u00e9\3")
                .text("little_endian")
                .code("\u0088u.\u0080\2}(")
                .named("a")
                .code("u.\u0080\2]q\0")
                .text("0")
                .code("a.")
                .code("\20\0\0\0\0\0\0\0")
                .code("\0\0\u0080?".repeat(16))
                .bytes();
    }

    /** One configuration of every kind the tests know, without line breaks. */
    private static Map<String, byte[]> configs() throws IOException {
        Map<String, byte[]> seeds = new TreeMap<>();
        try (var directories = Files.newDirectoryStream(GOLDEN)) {
            for (Path directory : directories) {
                Path config = directory.resolve("config.json");
                if (Files.exists(config)) {
                    String compact = JsonParser.parseString(Files.readString(config)).toString();
                    seeds.put(
                            directory.getFileName().toString(),
                            compact.getBytes(StandardCharsets.UTF_8));
                }
            }
        }
        return seeds;
    }

    private static Map<String, byte[]> checkpoints() {
        Map<String, byte[]> seeds = new TreeMap<>();
        String index =
                "{\"metadata\":{\"total_size\":16},\"weight_map\":{\"a\":\"a%s\",\"b\":\"b%s\"}}";
        char separator = (char) Parts.SEPARATOR;
        seeds.put("safetensors", utf8(index.formatted("", "")));
        seeds.put(
                "torch",
                utf8(
                        index.formatted(".bin", ".bin")
                                + separator
                                + "{\"model_type\":\"gpt2\",\"x\":[null,1.5,true,{\"y\":-3}]}"
                                + separator
                                + "bin"));
        seeds.put("outside", utf8("{\"weight_map\":{\"a\":\"../a\",\"b\":\"sub/b\"}}"));
        seeds.put("missing", utf8("{\"weight_map\":{\"c\":\"a\",\"b\":\"c\"}}"));
        return seeds;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
