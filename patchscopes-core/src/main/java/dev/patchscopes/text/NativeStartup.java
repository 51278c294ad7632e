package dev.patchscopes.text;

/**
 * Settings that the native libraries read once, when they are first used.
 *
 * <p>Every entry point of this library that reaches native code calls {@link #prepare()} first. A
 * program that uses DJL itself before using this library can call it at the top of {@code main}.
 */
public final class NativeStartup {

    private NativeStartup() {}

    /**
     * Sets defaults for the native libraries, leaving alone whatever the user has set.
     *
     * <ul>
     *   <li>{@code OPT_OUT_TRACKING=true}: DJL neither reports its start nor looks for a cloud
     *       metadata server, which costs seconds of connection timeouts outside that cloud.
     *   <li>{@code RUST_FLAVOR=cpu}: the tokenizer uses the native library in its jar; on a machine
     *       with a CUDA device it would otherwise try to download another build.
     * </ul>
     *
     * <p>A setting counts as the user's when an environment variable or a system property of that
     * name exists. The call is cheap, may be repeated and is safe from any thread. It does not set
     * {@code ai.djl.offline}: a user may rely on DJL to download the native tensor library.
     */
    public static void prepare() {
        setByDefault("OPT_OUT_TRACKING", "true");
        setByDefault("RUST_FLAVOR", "cpu");
    }

    private static void setByDefault(String name, String value) {
        if (System.getenv(name) == null && System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }
}
